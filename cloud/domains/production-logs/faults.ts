// What can be wrong with an operator's entry, or stand against taking it back.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  is_reversal: () => 'This entry takes another one back. Enter the quantity again instead.',
  taken_back: ({ who, at }: { who: string | null; at: string | null; plantId: number }) =>
    `${who ?? 'Somebody'} took this entry back already${at === null ? '' : ` at ${at}`}.`,
  six_digits: () => 'must have at most six digits after the point',
  scrap_needs_reason: () => 'must say why it is scrap',
  reason_of_other_kind: ({ kind }: { kind: 'good' | 'scrap' | 'rework' }) => `is no reason for ${kind}`,
};

export type LogFaults = typeof texts;
export const logFault = faultsOf(texts);
