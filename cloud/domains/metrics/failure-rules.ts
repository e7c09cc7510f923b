// Reliability from what machines did: how long they work between failures, and how long a repair takes
// (DEFINITIONS 3). Pure.

import { over, type Ratio } from './rules.ts';

/** Time in microseconds. */
export interface FailureSums {
  /** Running and setup. */
  readonly operating: number;
  /** Begun in the window, and those of them that ended in it with the time of their repair. */
  readonly failures: number;
  readonly repaired: number;
  readonly repair: number;
  /** From the end of one failure to the begin of the next, both in the window: how many, and operating time. */
  readonly completed: number;
  readonly between: number;
}

export interface Reliability {
  readonly mtbf: Readonly<Record<'operatingByFailures' | 'completedIntervals' | 'operatingByFailuresAndOne', Ratio>>;
  /** Without a failure: between failures lies at least this. */
  readonly atLeast: number | null;
  readonly mttr: Ratio;
}

const names = ['operating', 'failures', 'repaired', 'repair', 'completed', 'between'] as const;

export function reliabilityOf(sums: FailureSums): Reliability {
  const { operating, failures, repaired, repair, completed, between } = sums;
  const none = failures === 0;
  return {
    mtbf: {
      operatingByFailures: over(operating, failures),
      completedIntervals: over(between, completed),
      operatingByFailuresAndOne: over(operating, failures + 1, none),
    },
    atLeast: none ? operating : null,
    mttr: over(repair, repaired),
  };
}

export function addFailures(rows: readonly Readonly<Record<(typeof names)[number], string>>[]): FailureSums {
  const sum = (name: (typeof names)[number]) => rows.reduce((total, row) => total + Number(row[name]), 0);
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as unknown as FailureSums;
}
