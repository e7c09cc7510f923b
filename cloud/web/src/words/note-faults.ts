// What stands against correcting a handover note.

import type { NoteFaults } from '../../../domains/handover-notes/index.ts';
import type { WordsFor } from '../kit/fault-context.ts';

const en: WordsFor<NoteFaults> = {
  note_replaced: ({ who, at, plantId }, { moment }) =>
    `${who} corrected this note already: ${moment(at, plantId)}. Correct that one.`,
};

const de: WordsFor<NoteFaults> = {
  note_replaced: ({ who, at, plantId }, { moment }) =>
    `${who} hat diese Notiz schon berichtigt: ${moment(at, plantId)}. Bitte jene berichtigen.`,
};

export const noteFaultWords = { en, de };
