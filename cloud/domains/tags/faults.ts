// What can be wrong with the mapping of a tag.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  text_tag: ({ tag, role }: { tag: string; role: string }) => `cannot be ${role}: its values are text (tag ${tag})`,
};

export type TagFaults = typeof texts;
export const tagFault = faultsOf(texts);
