// What can stand against a conversion of units, or a quantity that is converted.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  no_conversion: ({ from, to, steps }: { from: string; to: string; steps: number }) =>
    `No conversion leads from ${from} to ${to} in ${steps} steps or fewer. Add one that says how many ${to} are 1 ${from}.`,
  conversions_contradict: ({ one, other }: { one: string; other: string }) =>
    `The conversions contradict each other: ${one}, but ${other}. Change or archive one of them.`,
  contradicts_conversion: ({ found, given }: { found: string; given: string }) =>
    `This contradicts what is there: ${found}, not ${given}. Change that first, or mend the factor.`,
  same_unit: () => 'must be another unit than the first',
};

export type ConversionFaults = typeof texts;
export const conversionFault = faultsOf(texts);
