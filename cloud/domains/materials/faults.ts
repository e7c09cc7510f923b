// What can stand against a revision of a material.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  revision_taken: ({ revision }: { revision: string }) =>
    `There was a revision ${revision} of this material already. Choose another name.`,
  before_last_revision: ({ revision, since }: { revision: string; since: string }) =>
    `must be after revision ${revision} began, ${since}`,
};

export type MaterialFaults = typeof texts;
export const materialFault = faultsOf(texts);
