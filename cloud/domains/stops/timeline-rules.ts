// How a timeline is cut: which steps of the plant's clock a period is told in. Pure.

import { Temporal } from 'temporal-polyfill';
import type { Period } from './rules.ts';
import { type Unit, units } from './timeline-schema.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Shortest step of each unit, for a bound of how many there are before they are made. */
const shortestMs: Readonly<Record<Unit, number>> = {
  minute: MINUTE_MS,
  ten_minutes: 10 * MINUTE_MS,
  hour: HOUR_MS,
  day: 23 * HOUR_MS,
  week: 167 * HOUR_MS,
  month: 28 * DAY_MS - HOUR_MS,
};

/** Longer periods get the next unit of pieces. Below an hour each piece is read, not a sum. */
const countsUntilMs: readonly (readonly [Unit, number])[] = [
  ['minute', 2 * HOUR_MS],
  ['ten_minutes', 13 * HOUR_MS],
  ['hour', 8 * DAY_MS],
  ['day', Number.POSITIVE_INFINITY],
];

/** Alarms of a longer period would be a wall. */
export const ALARM_DAYS = 8;

export const lengthOf = ({ from, to }: Period): number => to.getTime() - from.getTime();

export function countUnit(period: Period): Unit {
  return countsUntilMs.find(([, until]) => lengthOf(period) <= until)?.[0] ?? 'day';
}

/** Units in which a period has at most `most` buckets, finest first; the coarsest in any case. */
export function shareUnits(period: Period, most: number): readonly Unit[] {
  const fitting = units.filter((unit) => Math.ceil(lengthOf(period) / shortestMs[unit]) + 1 <= most);
  return fitting.length > 0 ? fitting : ['month'];
}

/** Begins of the buckets that touch the period, and the end of the last one, in order; whole by the plant's clock. */
export function edgesOf({ from, to }: Period, unit: Unit, zone: string): Date[] {
  const edges: Date[] = [];
  let begin = beginOf(from.getTime(), unit, zone);
  for (; begin < to.getTime(); begin = nextBegin(begin, unit, zone)) edges.push(new Date(begin));
  return [...edges, new Date(begin)];
}

/** The whole hours of the plant within the period; null where there is none. */
export function wholeHours({ from, to }: Period, zone: string): Period | null {
  const begin = beginOf(from.getTime(), 'hour', zone);
  const first = begin === from.getTime() ? begin : nextBegin(begin, 'hour', zone);
  const last = beginOf(to.getTime(), 'hour', zone);
  return first < last ? { from: new Date(first), to: new Date(last) } : null;
}

function beginOf(ms: number, unit: Unit, zone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  if (unit === 'minute' || unit === 'ten_minutes' || unit === 'hour') {
    const stepMs = shortestMs[unit];
    const wall = local.minute * MINUTE_MS + local.second * 1_000 + local.millisecond;
    return ms - (wall % stepMs);
  }
  const day = local.startOfDay();
  if (unit === 'day') return day.epochMilliseconds;
  return day.subtract({ days: unit === 'week' ? day.dayOfWeek - 1 : day.day - 1 }).startOfDay().epochMilliseconds;
}

function nextBegin(begin: number, unit: Unit, zone: string): number {
  if (unit === 'minute' || unit === 'ten_minutes' || unit === 'hour') {
    // Where a clock changes by half an hour, the hour that begins then is a short one.
    const next = beginOf(begin + shortestMs[unit], unit, zone);
    return next > begin ? next : begin + shortestMs[unit];
  }
  const local = Temporal.Instant.fromEpochMilliseconds(begin).toZonedDateTimeISO(zone);
  const step = unit === 'day' ? { days: 1 } : unit === 'week' ? { weeks: 1 } : { months: 1 };
  return local.add(step).startOfDay().epochMilliseconds;
}
