// What can be wrong with a loss reason, or stand against its change.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  reasons_below: ({ name, count }: { name: string; count: number }) =>
    `Below ${name} ${count === 1 ? 'is a reason' : `are ${count} reasons`}. Archive or move ${count === 1 ? 'it' : 'them'} first.`,
  reason_above_archived: ({ name }: { name: string }) =>
    `The reason above it, ${name}, is archived. Restore that first.`,
  failure_of_stop_only: () => 'can be said of an unplanned stop only',
  reason_below_itself: () => 'must not be the reason itself or one below it',
  tree_too_deep: ({ levels }: { levels: number }) => `makes the tree deeper than ${levels} levels`,
};

export type LossReasonFaults = typeof texts;
export const reasonFault = faultsOf(texts);
