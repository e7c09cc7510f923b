// What can stand against a decision about a counter.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  readings_changed: () => 'Late data has changed these readings since you saw them. Load the list again.',
  decided_already: ({ who }: { who: string | null }) =>
    `${who ?? 'Nobody'} has decided this already. Load the list again, then change the decision.`,
};

export type CounterFaults = typeof texts;
export const counterFault = faultsOf(texts);
