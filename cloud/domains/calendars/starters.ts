// Rotations that plants begin with, each one click and then edited like any other.

import type { Break, CalendarPlan } from './rules.ts';

export const patterns = ['3x8', '2x8', '4-team-12h'] as const;

export interface StarterWish {
  readonly pattern: (typeof patterns)[number];
  /** Start of the first shift, `06:00`. */
  readonly start: string;
  /** Days of the week that are worked, from Monday on; the four teams of 12 h work all. */
  readonly workdays: number;
  /** Names of the shifts, in order; what is missing has its English name. */
  readonly names: readonly string[];
  /** A Monday, where the rotation is a week. */
  readonly anchor: string;
}

const PAUSE_MINUTES = 30;
const defaultNames = { '3x8': ['Early', 'Late', 'Night'], '2x8': ['Early', 'Late'], '4-team-12h': ['Day', 'Night'] };
/** Two days, two nights, four days off: who works the day and who the night, on each of eight days. */
const fourTeams = ['AD', 'AD', 'BA', 'BA', 'CB', 'CB', 'DC', 'DC'];

/** Shifts have no ids yet: days name them by their place, 1, 2, … */
export function starterPlan(wish: StarterWish): Pick<CalendarPlan, 'anchor' | 'days' | 'shifts'> {
  const { pattern, start, workdays, names, anchor } = wish;
  const hours = pattern === '4-team-12h' ? 12 : 8;
  const shifts = defaultNames[pattern].map((name, at) => {
    const begin = later(start, at * hours);
    const breaks: Break[] = [{ start: later(begin, hours / 2), minutes: PAUSE_MINUTES }];
    return { id: at + 1, name: names[at] ?? name, start: begin, end: later(begin, hours), breaks };
  });
  if (pattern === '4-team-12h') {
    const days = fourTeams.map((teams) => shifts.map(({ id }, at) => ({ shiftId: id, team: teams[at] ?? null })));
    return { anchor, days, shifts };
  }
  const days = Array.from({ length: 7 }, (_, day) =>
    day < workdays ? shifts.map(({ id }) => ({ shiftId: id, team: null })) : [],
  );
  return { anchor, days, shifts };
}

function later(time: string, hours: number): string {
  const hour = (Number(time.slice(0, 2)) + hours) % 24;
  return `${String(hour).padStart(2, '0')}${time.slice(2)}`;
}
