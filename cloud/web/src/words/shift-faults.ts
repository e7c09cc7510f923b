// What stands against signing a shift.

import type { ShiftReportFaults } from '../../../domains/shift-reports/index.ts';
import type { WordsFor } from '../kit/fault-context.ts';

const en: WordsFor<ShiftReportFaults> = {
  shift_not_over: ({ name, at, plantId }, { moment }) => `${name} lasts until ${moment(at, plantId)}. Sign it then.`,
  shift_signed: ({ who, at, plantId }, { moment }) =>
    `${who} signed this shift: ${moment(at, plantId)}. Nothing has changed since.`,
};

const de: WordsFor<ShiftReportFaults> = {
  shift_not_over: ({ name, at, plantId }, { moment }) =>
    `${name} dauert bis ${moment(at, plantId)}. Bitte danach unterschreiben.`,
  shift_signed: ({ who, at, plantId }, { moment }) =>
    `${who} hat diese Schicht unterschrieben: ${moment(at, plantId)}. Seitdem hat sich nichts geändert.`,
};

export const shiftFaultWords = { en, de };
