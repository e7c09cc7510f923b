// What stands against signing a shift.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  shift_not_over: ({ name, at }: { name: string; at: string; plantId: number }) =>
    `${name} is not over before ${at}. Sign it then.`,
  shift_signed: ({ who, at }: { who: string; at: string; plantId: number }) =>
    `${who} signed this shift at ${at}, and nothing has changed since.`,
};

export type ShiftReportFaults = typeof texts;
export const shiftReportFault = faultsOf(texts);
