// What machines themselves counted. Counts come from the counters' increments (DEFINITIONS 8); where nothing
// has derived them for a stretch there is no figure, and none is made up.

import type { Context } from '../../platform/http/context.ts';

export interface Counted {
  readonly good: number;
  readonly rejects: number;
}

export interface CountedStretch {
  readonly machineId: number;
  readonly from: Date;
  /** Null: until now. */
  readonly to: Date | null;
}

/** The sums of a machine over stretches of time; null: nothing has counted there. */
export type ReadCounts = (ctx: Context, stretches: readonly CountedStretch[]) => Promise<Counted | null>;
