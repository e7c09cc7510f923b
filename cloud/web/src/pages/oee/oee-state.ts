// What the page OEE is asked for: a period in plant days and a place, both in the URL, so that a link shows a
// colleague the same.

import { Temporal } from 'temporal-polyfill';
import { useSearchParams } from 'wouter';

export const periods = ['today', 'yesterday', '7d', '30d', 'own'] as const;
export type PeriodName = (typeof periods)[number];
export type Profile = 'iso22400' | 'tpm';
export type By = 'shift' | 'day' | 'week';
export type Rows = 'machine' | 'lane' | 'shift';
export type Compared = 'nothing' | 'before' | 'own';

/** Plant days, both included. */
export interface Days {
  readonly fromDay: string;
  readonly toDay: string;
}

/** Bars that still say something beside each other. */
const MOST_SHIFT_DAYS = 31;
const MOST_DAYS = 100;
const SHIFTS_UNTIL_DAYS = 7;

export interface OeeState {
  readonly period: PeriodName;
  readonly fromDay: string;
  /** Included. */
  readonly toDay: string;
  /** Only shifts called so; null: all time. */
  readonly shift: string | null;
  readonly place: { readonly kind: 'plant' | 'lane' | 'machine'; readonly id: number };
  readonly profile: Profile;
  readonly basis: 'line' | 'machine';
  readonly by: By;
  /** What the bars of the trend can be for a period of this length. */
  readonly byChoices: readonly By[];
  readonly rows: Rows;
  readonly reasons: 'time' | 'count';
  /** What the period is compared with: as many days before it, or from a day on. */
  readonly compared: Compared;
  readonly other: Days | null;
  /** Null takes a name out of the URL. */
  change(values: Readonly<Record<string, string | null>>): void;
  /** This page with other values, as a link. */
  href(values: Readonly<Record<string, string | null>>): string;
}

export function useOeeState(plantId: number, timeZone: string): OeeState {
  const [parameters, setParameters] = useSearchParams();
  const changed = (before: URLSearchParams, values: Readonly<Record<string, string | null>>) => {
    const after = new URLSearchParams(before);
    for (const [name, value] of Object.entries(values)) {
      if (value === null) after.delete(name);
      else after.set(name, value);
    }
    return after;
  };
  const days = daysOf(parameters, timeZone);
  const length = daysBetween(days.fromDay, days.toDay) + 1;
  const byChoices: By[] = length > MOST_DAYS ? ['week'] : length > MOST_SHIFT_DAYS ? ['day', 'week'] : ['shift', 'day'];
  const usual: By = length > MOST_DAYS ? 'week' : length > SHIFTS_UNTIL_DAYS ? 'day' : 'shift';
  const place = placeOf(parameters, plantId);
  const compare = parameters.get('compare');
  const own = dayIn(compare);
  const otherFrom = compare === 'before' ? Temporal.PlainDate.from(days.fromDay).subtract({ days: length }) : own;
  return {
    ...days,
    place,
    // Longer than the API takes: no shift is called so.
    shift: parameters.get('shift')?.slice(0, 200) || null,
    profile: parameters.get('profile') === 'tpm' ? 'tpm' : 'iso22400',
    basis: place.kind === 'machine' || parameters.get('basis') === 'machine' ? 'machine' : 'line',
    by: byChoices.find((one) => one === parameters.get('by')) ?? usual,
    byChoices,
    rows: rowsIn(parameters.get('rows'), place.kind),
    reasons: parameters.get('reasons') === 'count' ? 'count' : 'time',
    compared: own ? 'own' : otherFrom ? 'before' : 'nothing',
    other: otherFrom && { fromDay: otherFrom.toString(), toDay: otherFrom.add({ days: length - 1 }).toString() },
    change: (values) => setParameters((before) => changed(before, values)),
    href: (values) => `/oee?${changed(parameters, values)}`,
  };
}

/** What the API is asked for, without a grouping. */
export function queryOf({ fromDay, toDay, shift, place, profile, basis }: OeeState, plantId: number): URLSearchParams {
  const query = new URLSearchParams({ fromDay, toDay, plant: String(plantId), profile, basis });
  if (place.kind !== 'plant') query.set(place.kind, String(place.id));
  if (shift !== null) query.set('shiftName', shift);
  return query;
}

export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(to, { largestUnit: 'days' }).days;
}

export function daysBefore(day: string, days: number): string {
  return Temporal.PlainDate.from(day).subtract({ days }).toString();
}

function daysOf(parameters: URLSearchParams, timeZone: string): Pick<OeeState, 'period' | 'fromDay' | 'toDay'> {
  const today = Temporal.Now.plainDateISO(timeZone);
  const period = periods.find((one) => one === parameters.get('period')) ?? '7d';
  const until = (from: Temporal.PlainDate, to = today) => ({ period, fromDay: from.toString(), toDay: to.toString() });
  if (period === 'today') return until(today);
  if (period === 'yesterday') return until(today.subtract({ days: 1 }), today.subtract({ days: 1 }));
  if (period === '30d') return until(today.subtract({ days: 29 }));
  if (period === 'own') {
    const from = dayIn(parameters.get('from')) ?? today.subtract({ days: 6 });
    const to = dayIn(parameters.get('to')) ?? today;
    return Temporal.PlainDate.compare(from, to) > 0 ? until(to, from) : until(from, to);
  }
  return until(today.subtract({ days: 6 }));
}

function rowsIn(text: string | null, place: OeeState['place']['kind']): Rows {
  return text === 'shift' || (text === 'lane' && place !== 'machine') ? text : 'machine';
}

function dayIn(text: string | null): Temporal.PlainDate | null {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' });
  } catch {
    return null;
  }
}

function placeOf(parameters: URLSearchParams, plantId: number): OeeState['place'] {
  for (const kind of ['machine', 'lane'] as const) {
    const id = parameters.get(kind);
    if (id !== null && /^[1-9]\d{0,9}$/.test(id)) return { kind, id: Number(id) };
  }
  return { kind: 'plant', id: plantId };
}
