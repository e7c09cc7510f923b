// What can be wrong with the mapping of a tag.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  text_tag: ({ tag, role }: { tag: string; role: string }) => `cannot be ${role}: its values are text (tag ${tag})`,
  text_counter: ({ tag }: { tag: string }) => `has no meaning here: the values of ${tag} are text, nothing rolls over`,
};

export type TagFaults = typeof texts;
export const tagFault = faultsOf(texts);
