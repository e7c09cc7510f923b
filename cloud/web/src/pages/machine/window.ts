// The window of time that a machine's page shows: zooming, moving, and what stands on its axis. Pure; times
// are in milliseconds.

import { Temporal } from 'temporal-polyfill';

export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SHORTEST = MINUTE;
const LONGEST = 366 * DAY;
/** How far beyond now one may look: the end of a shift, not an empty year. */
const AHEAD = DAY;

export const lengthOf = ({ from, to }: TimeWindow): number => to - from;

/** In whole milliseconds, from a minute to a year, and not all of it in the future. */
export function bounded({ from, to }: TimeWindow, nowMs: number): TimeWindow {
  const length = Math.min(LONGEST, Math.max(SHORTEST, to - from));
  const middle = (from + to) / 2;
  const begin = Math.round(Math.min(middle - length / 2, nowMs + AHEAD - length));
  return { from: begin, to: begin + Math.round(length) };
}

/** `factor` below 1 shows less; what lies at `anchor` stays where it is. */
export function zoomed(
  { from, to }: TimeWindow,
  { factor, anchor, nowMs }: { factor: number; anchor: number; nowMs: number },
): TimeWindow {
  const length = Math.min(LONGEST, Math.max(SHORTEST, (to - from) * factor));
  const share = (anchor - from) / (to - from);
  return bounded({ from: anchor - share * length, to: anchor + (1 - share) * length }, nowMs);
}

/** `share` of its own length, to the right where it is above 0. */
export function moved({ from, to }: TimeWindow, share: number, nowMs: number): TimeWindow {
  const by = (to - from) * share;
  return bounded({ from: from + by, to: to + by }, nowMs);
}

/** Whole hours of the plant's clock around it: what figures are summed by. */
export function hoursAround({ from, to }: TimeWindow, zone: string): TimeWindow {
  const floor = (ms: number) => {
    const local = zoned(ms, zone);
    return ms - ((local.minute * MINUTE + local.second * SECOND + local.millisecond) % HOUR);
  };
  const end = floor(to);
  return { from: floor(from), to: end === to ? to : floor(end + HOUR) };
}

export interface Tick {
  readonly at: number;
  readonly kind: 'day' | 'minute' | 'second';
}

const steps = [10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE].concat(
  [1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  [1, 2, 7, 14].map((days) => days * DAY),
);
const MONTH = 30 * DAY;

/** Round times of the plant's clock, at most `most` of them. */
export function ticksOf(window: TimeWindow, zone: string, most: number): Tick[] {
  const step = steps.find((one) => lengthOf(window) / one <= most) ?? MONTH;
  const within = ({ at }: Tick) => at >= window.from && at <= window.to;
  if (step === MONTH) {
    const every = Math.max(1, Math.ceil(lengthOf(window) / MONTH / most));
    const first = zoned(window.from, zone).toPlainDate().with({ day: 1 });
    const months = Math.ceil(lengthOf(window) / MONTH) + 2;
    return Array.from({ length: Math.ceil(months / every) }, (_, at) => first.add({ months: at * every }))
      .map((day): Tick => ({ at: beginOf(day, zone), kind: 'day' }))
      .filter(within);
  }
  const ticks: Tick[] = [];
  const days = step > DAY ? step / DAY : 1;
  const monday = (day: Temporal.PlainDate) => (days % 7 === 0 ? day.subtract({ days: day.dayOfWeek - 1 }) : day);
  let day = monday(zoned(window.from, zone).toPlainDate());
  for (; beginOf(day, zone) <= window.to; day = day.add({ days })) {
    ticks.push({ at: beginOf(day, zone), kind: 'day' });
    if (step >= DAY) continue;
    const end = beginOf(day.add({ days: 1 }), zone);
    // By the clock on the wall, so that 06:00 stays 06:00 on the day it changes.
    for (let wall = step; wall < DAY; wall += step) {
      const time = day.toPlainDateTime().add({ milliseconds: wall });
      const at = time.toZonedDateTime(zone).epochMilliseconds;
      if (at >= window.from && at <= window.to && at < end)
        ticks.push({ at, kind: step < MINUTE ? 'second' : 'minute' });
      if (at > window.to) break;
    }
  }
  return ticks.filter(within);
}

const zoned = (ms: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);

const beginOf = (day: Temporal.PlainDate, zone: string): number => day.toZonedDateTime(zone).epochMilliseconds;

/** The plant days that a window touches, the last included. */
export function daysOf({ from, to }: TimeWindow, zone: string): { readonly fromDay: string; readonly toDay: string } {
  return {
    fromDay: zoned(from, zone).toPlainDate().toString(),
    toDay: zoned(to - 1, zone)
      .toPlainDate()
      .toString(),
  };
}

/** From the begin of a plant day to the end of another. */
export function windowOfDays({ fromDay, toDay }: { fromDay: string; toDay: string }, zone: string): TimeWindow {
  return {
    from: beginOf(Temporal.PlainDate.from(fromDay), zone),
    to: beginOf(Temporal.PlainDate.from(toDay).add({ days: 1 }), zone),
  };
}

/** The last so many plant days, today included. */
export function lastDays(days: number, nowMs: number, zone: string): TimeWindow {
  const today = zoned(nowMs, zone).toPlainDate();
  return windowOfDays({ fromDay: today.subtract({ days: days - 1 }).toString(), toDay: today.toString() }, zone);
}

/** `14:05` where seconds say nothing; instants of the server carry microseconds, which a screen does not. */
export const msOf = (instant: string): number => Date.parse(instant);

export const instantsOf = ({ from, to }: TimeWindow) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

/** The address of a machine's page at a period. */
export function machineHref(machineId: number, window: TimeWindow): string {
  return `/machines/${machineId}?${new URLSearchParams(instantsOf(window))}`;
}
