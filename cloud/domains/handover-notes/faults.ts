// What stands against correcting a note.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  note_replaced: ({ who, at }: { who: string; at: string; plantId: number }) =>
    `${who} corrected this note already at ${at}. Correct that one.`,
};

export type NoteFaults = typeof texts;
export const noteFault = faultsOf(texts);
