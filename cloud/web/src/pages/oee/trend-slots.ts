// The places of a trend: one for each shift, day or week of the period, also where there is nothing, so that
// a gap stays a gap. Pure.

import { Temporal } from 'temporal-polyfill';
import type { Row } from './figure-text.ts';
import { type By, daysBetween } from './oee-state.ts';

export interface Slot {
  readonly key: string;
  /** First and last plant day: where a press leads. */
  readonly fromDay: string;
  readonly toDay: string;
  /** The shift's own name. */
  readonly name: string | null;
  readonly row: Row | null;
}

/**
 * Of each slot what lies in its place in the other period: as many weeks or days from its begin, and of shifts
 * the one of the same name.
 */
export function othersOf(slots: readonly Slot[], others: readonly Slot[], by: By): readonly (Slot | undefined)[] {
  if (by !== 'shift') return slots.map((_, at) => others[at]);
  const days = [...new Set(slots.map(({ fromDay }) => fromDay))];
  const otherDays = [...new Set(others.map(({ fromDay }) => fromDay))];
  return slots.map(({ fromDay, name }) =>
    others.find((one) => one.fromDay === otherDays[days.indexOf(fromDay)] && one.name === name),
  );
}

export function slotsOf(
  rows: readonly Row[],
  { by, fromDay, toDay }: { by: By; fromDay: string; toDay: string },
): Slot[] {
  const first = Temporal.PlainDate.from(fromDay);
  if (by === 'week') {
    const monday = first.subtract({ days: first.dayOfWeek - 1 });
    const weeks = Math.floor(daysBetween(monday.toString(), toDay) / 7) + 1;
    return Array.from({ length: weeks }, (_, at) => {
      const from = monday.add({ days: at * 7 });
      const key = from.toString();
      const last = from.add({ days: 6 }).toString();
      const row = rows.find((one) => one.key.week === key) ?? null;
      return { key, fromDay: key < fromDay ? fromDay : key, toDay: last > toDay ? toDay : last, name: null, row };
    });
  }
  const days = Array.from({ length: daysBetween(fromDay, toDay) + 1 }, (_, at) => first.add({ days: at }).toString());
  return days.flatMap((day): Slot[] => {
    const empty = { key: day, fromDay: day, toDay: day, name: null, row: null };
    if (by === 'day') return [{ ...empty, row: rows.find((one) => one.key.day === day) ?? null }];
    const shifts = rows.flatMap((row): Slot[] => {
      const { shift } = row.key;
      return shift && shift.day === day
        ? [{ ...empty, key: `${shift.from} ${shift.to} ${shift.name}`, name: shift.name, row }]
        : [];
    });
    return shifts.length === 0 ? [empty] : shifts.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  });
}
