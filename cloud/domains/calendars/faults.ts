// What can be wrong with a calendar, or stand against its change.

import { faultsOf } from '../../platform/faults.ts';
import { dayAt } from './rules.ts';

/** A shift as it would be: instants. */
interface NamedShift {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface OverlappingShifts {
  /** One of the machines, and how many more it is about. */
  readonly machine: string;
  readonly others: number;
  readonly first: NamedShift;
  readonly second: NamedShift;
  readonly timeZone: string;
}

interface PlaceInRotation {
  readonly name: string;
  /** Counted from 1. */
  readonly day: number;
}

const texts = {
  shifts_overlap: ({ machine, others, first, second, timeZone }: OverlappingShifts) =>
    `On ${machine}${others > 0 ? ` and ${others} more` : ''}, ${shiftInWords(first, timeZone)} and ${shiftInWords(second, timeZone)} would overlap. Shorten or move one of them.`,
  rotation_overlaps: ({ first, second }: { first: PlaceInRotation; second: PlaceInRotation }) =>
    `${first.name} of day ${first.day} and ${second.name} of day ${second.day} would overlap. Shorten or move one of them.`,
  more_days_needed: ({ from, to }: { from: string; to: string }) =>
    `Between ${from} and ${to} a shift would overlap one that is there already. Take more days into the correction.`,
  other_calendars_shift: ({ shift }: { shift: string }) => `The shift ${shift} is not of this calendar. Load it again.`,
  shift_in_exception: ({ shift, exception, day }: { shift: string; exception: string; day: string }) =>
    `${exception} on ${day} is about the shift ${shift}. Take that away before you take the shift out.`,
  calendar_followed: ({ who }: { who: string }) => `${who} follows this calendar. Let it follow another one first.`,
  name_twice: ({ name }: { name: string }) => `is the name of another shift, too: ${name}`,
  break_outside: ({ at, shift }: { at: string; shift: string }) =>
    `the break at ${at} is not inside the shift ${shift}`,
  breaks_overlap: ({ at }: { at: string }) => `the break at ${at} begins before the one before it has ended`,
  unknown_shift: ({ shift }: { shift: string }) => `names a shift that is not there: ${shift}`,
  shift_twice: ({ shift }: { shift: string }) => `has the shift ${shift} twice`,
  one_place_only: () => 'is given with a lane: choose one of them, or none for the plant',
  times_together: () => 'is missing: start and end belong together',
  start_missing: () => 'must say when it starts',
  times_have_no_meaning: () => 'has no meaning here: leave start and end out',
  shift_missing: () => 'must say whose hours change',
  shift_has_no_meaning: () => 'has no meaning here: an extra shift is a shift of its own',
  minutes_missing: () => 'must say how much longer the shift is, before or after',
  minutes_have_no_meaning: () => 'has no meaning here: it makes a shift longer by overtime',
  minutes_with_shift: () => 'is missing: a shift is made longer by minutes',
  past_needs_reason: () => 'is missing: what is past is corrected only with a reason',
  not_after_today: () => 'must not be after today: days to come follow the calendar by themselves',
  holiday_line: ({ line }: { line: number }) =>
    `line ${line} must be a date and a name, such as 2026-12-25, Christmas Day`,
  too_many_holidays: ({ most }: { most: number }) => `line ${most + 1} is one too many: at most ${most} at once`,
};

export type CalendarFaults = typeof texts;
export const calendarFault = faultsOf(texts);

/** `Late (Mon 2026-06-01 14:00–22:00)` */
export function shiftInWords({ name, from, to }: NamedShift, zone: string): string {
  const part = (time: string, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(Date.parse(time));
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  return `${name} (${part(from, { weekday: 'short' })} ${dayAt(zone, Date.parse(from))} ${part(from, clock)}–${part(to, clock)})`;
}
