// How long machine states have lasted, and what could not be seen. Pure.

import { meaningOf, type StateMap, type StateMeaning, type TagValue } from '../state-maps/index.ts';

/** One stretch of samples with one value: when it began, and whether the search simply ended there. */
export interface Run {
  readonly from: Date;
  readonly value: TagValue;
  readonly status: number;
}

export interface Since {
  readonly since: Date;
  /** True: it lasts since then at least; the search did not look further back. */
  readonly atLeast: boolean;
}

/** How long the newest of these runs' meaning has lasted; `runs` newest first, without holes. Null for none. */
export function sinceOf(runs: readonly Run[], same: (one: Run, other: Run) => boolean): Since | null {
  const [newest] = runs;
  if (!newest) return null;
  let oldest = newest;
  for (const run of runs.slice(1)) {
    if (!same(run, newest)) return { since: oldest.from, atLeast: false };
    oldest = run;
  }
  return { since: oldest.from, atLeast: true };
}

/** Whether two stretches are the same state by this map. */
export function sameState(map?: StateMap): (one: Run, other: Run) => boolean {
  return (one, other) =>
    meaningOf(one.value, one.status, map).state === meaningOf(other.value, other.status, map).state;
}

export function sameValue(one: Run, other: Run): boolean {
  return one.value === other.value;
}

/** The running picture of one machine's state while live values come in. */
export interface StateNow extends StateMeaning {
  /** Time of the last value, ms. */
  readonly time: number;
  /** When this state began, ms. */
  readonly since: number;
  readonly atLeast: boolean;
}

/** The state after one more value; an older value than the last changes nothing. */
export function nextState(
  now: StateNow | undefined,
  value: { value: TagValue; status: number; time: number },
  map?: StateMap,
): StateNow {
  if (now && value.time < now.time) return now;
  const meaning = meaningOf(value.value, value.status, map);
  const lasts = now?.state === meaning.state;
  return {
    ...meaning,
    time: value.time,
    since: lasts ? now.since : value.time,
    atLeast: lasts ? now.atLeast : false,
  };
}

export interface CoverageRow {
  readonly time: Date;
  readonly state: string;
}

export interface Gap {
  readonly from: Date;
  readonly to: Date;
  readonly cause: string;
}

/**
 * The stretches of [from, to) in which a device was known to be unseen. `rows` in order of time, the one
 * that holds at `from` included. Before the first row nothing is claimed.
 */
export function coverageGaps(rows: readonly CoverageRow[], from: Date, to: Date): Gap[] {
  const gaps: Gap[] = [];
  rows.forEach((row, at) => {
    if (row.state === 'up') return;
    const begin = row.time < from ? from : row.time;
    const next = rows[at + 1]?.time ?? to;
    const end = next > to ? to : next;
    if (begin < end) gaps.push({ from: begin, to: end, cause: row.state === 'down' ? 'device_down' : 'not_observed' });
  });
  return gaps;
}
