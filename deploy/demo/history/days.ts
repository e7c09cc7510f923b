// The days of the demo's history: from shift change to shift change in the plant's time, the newest first, and
// what is not as usual on some of them.

import type pg from 'pg';

export interface HistoryDay {
  /** 1 is the newest, which ends where the live data began. */
  readonly number: number;
  /** The day on which its first shift starts. */
  readonly day: string;
  /** Milliseconds since 1970, half-open. */
  readonly from: number;
  readonly to: number;
  readonly isOff: boolean;
  /** The capper is broken so long, its neighbours wait. */
  readonly breakdown: Stretch | null;
  /** The agent of the packing machines saw nothing. */
  readonly unseen: Stretch | null;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** When the first shift of the demo's calendar starts (seed-calendars.ts). */
const SHIFT_START = '06:00';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK_DAYS = 7;
/** One Sunday in so many weeks the line stands. */
const OFF_EVERY_WEEKS = 4;
const UNSEEN_ON = 2;
/** A bad day in so many, and which of them is the first. */
const BAD_EVERY = 30;
const FIRST_BAD = 9;

/** Days before `until`, of which only the newest may be a part of one. */
export async function historyDays(
  db: pg.ClientBase,
  { until, days, timeZone }: { until: Date; days: number; timeZone: string },
): Promise<HistoryDay[]> {
  const { rows } = await db.query<{ day: string; from: Date; to: Date }>(
    `SELECT to_char(day, 'YYYY-MM-DD') AS day, (day + $4::time) AT TIME ZONE $2 AS from,
            least((day + interval '1 day' + $4::time) AT TIME ZONE $2, $1::timestamptz) AS to
     FROM (SELECT ($1::timestamptz AT TIME ZONE $2 - $4::time)::date - back AS date FROM generate_series(0, $3::int - 1) AS back) AS dates
     CROSS JOIN LATERAL (SELECT dates.date::timestamp AS day) AS midnight
     ORDER BY day DESC`,
    [until, timeZone, days, SHIFT_START],
  );
  return rows.map(({ day, from, to }, index) => {
    const number = index + 1;
    const isOff = number > 1 && isSundayOff(day);
    return {
      number,
      day,
      from: from.getTime(),
      to: to.getTime(),
      isOff,
      breakdown:
        !isOff && number % BAD_EVERY === FIRST_BAD
          ? { from: from.getTime() + 3 * HOUR, to: from.getTime() + 9 * HOUR }
          : null,
      unseen:
        !isOff && number === UNSEEN_ON
          ? { from: from.getTime() + 10 * HOUR, to: from.getTime() + 10 * HOUR + 40 * MINUTE }
          : null,
    };
  });
}

function isSundayOff(day: string): boolean {
  const days = Date.parse(day) / (24 * HOUR);
  // Day 0 of 1970 was a Thursday, day 3 a Sunday.
  return days % WEEK_DAYS === 3 && Math.floor(days / WEEK_DAYS) % OFF_EVERY_WEEKS === 0;
}
