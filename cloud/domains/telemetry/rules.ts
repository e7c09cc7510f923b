// What machine states mean, and how long they have lasted. Pure.

/** The states of a machine that a tag maps to (ISO 22400-2 time model); nothing known is `unknown`. */
export const machineStates = ['running', 'setup', 'idle', 'stopped', 'unknown'] as const;
export type MachineState = (typeof machineStates)[number];

/** Why, where the state itself says so. */
export const stateReasons = ['machine_fault', 'starved_or_blocked'] as const;
export type StateReason = (typeof stateReasons)[number];

export type TagValue = number | string | boolean | null;

export interface StateMeaning {
  readonly state: MachineState;
  readonly reason: StateReason | null;
  /** The device's own word: a PackML name, or what it sent where that is not one; null when it sent nothing good. */
  readonly word: string | null;
}

/** The PackML default map, by state name. Numbers: ISA-TR88.00.02 (2015), as Modbus machines send them. */
const packml: Readonly<Record<string, { number: number; state: MachineState; reason?: StateReason }>> = {
  Clearing: { number: 1, state: 'stopped', reason: 'machine_fault' },
  Stopped: { number: 2, state: 'stopped' },
  Starting: { number: 3, state: 'idle' },
  Idle: { number: 4, state: 'idle' },
  Suspended: { number: 5, state: 'idle', reason: 'starved_or_blocked' },
  Execute: { number: 6, state: 'running' },
  Stopping: { number: 7, state: 'stopped' },
  Aborting: { number: 8, state: 'stopped', reason: 'machine_fault' },
  Aborted: { number: 9, state: 'stopped', reason: 'machine_fault' },
  Holding: { number: 10, state: 'stopped' },
  Held: { number: 11, state: 'stopped' },
  Unholding: { number: 12, state: 'stopped' },
  Suspending: { number: 13, state: 'idle', reason: 'starved_or_blocked' },
  Unsuspending: { number: 14, state: 'idle', reason: 'starved_or_blocked' },
  Resetting: { number: 15, state: 'idle' },
  Completing: { number: 16, state: 'running' },
  Complete: { number: 17, state: 'idle' },
};

const byNumber = new Map(Object.entries(packml).map(([name, { number }]) => [number, name]));

/** What a value of a state tag means. Values that are on no map are `unknown`, never guessed. */
export function meaningOf(value: TagValue, status: number): StateMeaning {
  if (value === null || isBadStatus(status)) return { state: 'unknown', reason: null, word: null };
  const name = typeof value === 'number' ? byNumber.get(value) : String(value).trim();
  const meaning = name !== undefined && Object.hasOwn(packml, name) ? packml[name] : undefined;
  if (!meaning) return { state: 'unknown', reason: null, word: String(value) };
  return { state: meaning.state, reason: meaning.reason ?? null, word: name ?? null };
}

/** Bad by OPC UA: the two highest bits are 10. */
function isBadStatus(status: number): boolean {
  return status >>> 30 === 2;
}

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

export function sameState(one: Run, other: Run): boolean {
  return meaningOf(one.value, one.status).state === meaningOf(other.value, other.status).state;
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
): StateNow {
  if (now && value.time < now.time) return now;
  const meaning = meaningOf(value.value, value.status);
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
