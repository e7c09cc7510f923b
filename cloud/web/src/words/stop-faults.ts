// What can be wrong with the reason of a stop, or stand against taking it back.

import type { StopFaults } from '../../../domains/stops/index.ts';
import type { WordsFor } from '../kit/fault-context.ts';
import { pluralOf } from '../kit/plural.ts';

const plural = { en: pluralOf('en'), de: pluralOf('de') };

const en: WordsFor<StopFaults> = {
  not_kept: ({ days }, { format }) =>
    `At most ${format.number(days)} ${plural.en(days, { one: 'day', other: 'days' })} ago: older figures stay as they are.`,
  no_stop_reason: () => 'Choose a reason for a stop, setup or waiting.',
  overruled_without_words: () => 'Say why the machine did not run, though it says that it did.',
  overrules_what_lasts: () => 'Give an end: running time can only be overruled for a time that is over.',
  classification_taken_back: ({ who, at, plantId }, { moment }) =>
    `${who ?? 'Somebody'} has taken this back already${at === null ? '' : ` at ${moment(at, plantId)}`}.`,
};

const de: WordsFor<StopFaults> = {
  not_kept: ({ days }, { format }) =>
    `Höchstens ${format.number(days)} ${plural.de(days, { one: 'Tag', other: 'Tage' })} zurück: Ältere Zahlen bleiben, wie sie sind.`,
  no_stop_reason: () => 'Bitte einen Grund für Stillstand, Rüsten oder Warten wählen.',
  overruled_without_words: () => 'Bitte sagen, warum die Maschine nicht lief, obwohl sie es meldet.',
  overrules_what_lasts: () =>
    'Bitte ein Ende angeben: Laufzeit lässt sich nur für eine Zeit überstimmen, die vorbei ist.',
  classification_taken_back: ({ who, at, plantId }, { moment }) =>
    `${who ?? 'Jemand'} hat das schon zurückgenommen${at === null ? '' : `: ${moment(at, plantId)}`}.`,
};

export const stopFaultWords = { en, de };
