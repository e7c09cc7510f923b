// What can be wrong with the reason of a stop, or stand against taking it back.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  not_kept: ({ days }: { days: number }) =>
    `must be at most ${days} days ago: figures of time before are not computed anew`,
  no_stop_reason: () => 'is no reason for a stop, setup or waiting',
  overruled_without_words: () => 'must say why the machine did not run, though it says so itself',
  overrules_what_lasts: () => 'must not be set where running time is overruled: what lasts ends when the machine runs',
  classification_taken_back: ({ who, at }: { who: string | null; at: string | null; plantId: number }) =>
    `${who ?? 'Somebody'} has taken this back already${at === null ? '' : ` at ${at}`}.`,
};

export type StopFaults = typeof texts;
export const stopFault = faultsOf(texts);
