// What can be wrong with orders, operations, runs and declarations, or stand against their change.

import type { RunFaults } from '../../../domains/machine-runs/index.ts';
import type { LogFaults } from '../../../domains/production-logs/index.ts';
import type { OperationFaults } from '../../../domains/work-order-operations/index.ts';
import type { OrderFaults } from '../../../domains/work-orders/index.ts';
import type { WordsFor } from '../kit/fault-context.ts';
import { orderWords } from '../pages/orders/words.ts';
import type { Language } from '../shell/settings.ts';

const statusIn = (language: Language, status: string): string =>
  (orderWords[language].statuses as Readonly<Record<string, string>>)[status] ?? status;
const stepIn = (language: Language, step: string): string =>
  (orderWords[language].steps as Readonly<Record<string, string>>)[step] ?? step;

type Words = WordsFor<OrderFaults & OperationFaults & RunFaults & LogFaults>;

const en: Words = {
  wrong_status: ({ number, status, step, needed, who }) =>
    `${number} is ${statusIn('en', status)}${who === null ? '' : ` (changed by ${who})`}. “${stepIn('en', step)}” needs: ${needed.map((one) => statusIn('en', one)).join(', ')}. Load it again.`,
  order_runs: ({ number, machines }) => `${number} runs on ${machines}. End it there first.`,
  order_ended: ({ number, status }) =>
    `${number} is ${statusIn('en', status)}: only its remarks and its ERP reference may still change.`,
  material_stays: ({ number }) =>
    `${number} has been made in part: its material stays. Make a new order for another material.`,
  order_goes_on: ({ number, status }) => `${number} is ${statusIn('en', status)}. Complete or cancel it first.`,
  begin_missing: () => 'Say when it begins, too.',
  operations_stay: ({ number, status }) => `${number} is ${statusIn('en', status)}: its operations stay as they are.`,
  opened_by_other: ({ machine, source }) =>
    `The runs of ${machine} are opened by ${source === 'plc' ? 'its PLC' : 'the schedule'}. Correct a run, or change who opens them in the machine’s set-up.`,
  run_ended: ({ at, plantId }, { moment }) => `This run ended at ${moment(at, plantId)} already.`,
  plc_ends_run: ({ machine }) => `The PLC of ${machine} ends this run. Move its end, if the PLC was wrong.`,
  outside_run: () => 'This must be inside the run.',
  name_linked: ({ name }) => `“${name}” is linked to an order already. Correct the run instead.`,
  order_not_to_start: ({ number, status }) =>
    `${number} is ${statusIn('en', status)}. ${status === 'planned' ? 'Release it first.' : 'Start another one.'}`,
  machine_runs: ({ machine, what, from, to, who, plantId }, { moment }) => {
    const begun = who === null ? '' : `, begun by ${who}`;
    return to === null
      ? `${machine} runs ${what ?? 'something else'} since ${moment(from, plantId)}${begun}. End it first.`
      : `${machine} ran ${what ?? 'something else'} from ${moment(from, plantId)} to ${moment(to, plantId)}${begun}. Runs of one machine do not overlap.`;
  },
  covers_run: ({ what, from, to, plantId }, { moment }) =>
    `There it would cover the run of ${what ?? 'no order'} from ${moment(from, plantId)}${to === null ? '' : ` to ${moment(to, plantId)}`}. Delete or move that one first.`,
  is_reversal: () => 'This entry takes another one back. Enter the quantity again instead.',
  taken_back: ({ who, at, plantId }, { moment }) =>
    `${who ?? 'Somebody'} took this entry back already${at === null ? '' : ` at ${moment(at, plantId)}`}.`,
  six_digits: () => 'At most six digits after the point.',
  scrap_needs_reason: () => 'Say why it is scrap.',
  reason_of_other_kind: () => 'Choose a reason that fits.',
};

const de: Words = {
  wrong_status: ({ number, status, step, needed, who }) =>
    `${number}: ${statusIn('de', status)}${who === null ? '' : ` (geändert von ${who})`}. „${stepIn('de', step)}“ geht nur bei: ${needed.map((one) => statusIn('de', one)).join(', ')}. Bitte neu laden.`,
  order_runs: ({ number, machines }) => `${number} läuft auf ${machines}. Bitte zuerst dort beenden.`,
  order_ended: ({ number, status }) =>
    `${number}: ${statusIn('de', status)}. Nur Bemerkungen und ERP-Nummer lassen sich noch ändern.`,
  material_stays: ({ number }) =>
    `${number} ist schon zum Teil hergestellt: Das Material bleibt. Bitte für ein anderes Material einen neuen Auftrag anlegen.`,
  order_goes_on: ({ number, status }) =>
    `${number}: ${statusIn('de', status)}. Bitte zuerst fertig melden oder stornieren.`,
  begin_missing: () => 'Bitte auch sagen, wann er beginnt.',
  operations_stay: ({ number, status }) =>
    `${number}: ${statusIn('de', status)}. Seine Arbeitsgänge bleiben, wie sie sind.`,
  opened_by_other: ({ machine, source }) =>
    `Die Läufe von ${machine} öffnet ${source === 'plc' ? 'die SPS' : 'der Plan'}. Bitte einen Lauf berichtigen, oder bei der Maschine einstellen, wer sie öffnet.`,
  run_ended: ({ at, plantId }, { moment }) => `Dieser Lauf ist schon zu Ende: ${moment(at, plantId)}.`,
  plc_ends_run: ({ machine }) =>
    `Diesen Lauf beendet die SPS von ${machine}. Verschieben Sie sein Ende, wenn sie sich geirrt hat.`,
  outside_run: () => 'Das muss im Lauf liegen.',
  name_linked: ({ name }) => `„${name}“ ist schon mit einem Auftrag verbunden. Bitte stattdessen den Lauf berichtigen.`,
  order_not_to_start: ({ number, status }) =>
    `${number}: ${statusIn('de', status)}. ${status === 'planned' ? 'Bitte zuerst freigeben.' : 'Bitte einen anderen beginnen.'}`,
  machine_runs: ({ machine, what, from, to, who, plantId }, { moment }) => {
    const begun = who === null ? '' : `, begonnen von ${who}`;
    return to === null
      ? `Auf ${machine} läuft ${what ?? 'etwas anderes'} seit ${moment(from, plantId)}${begun}. Bitte zuerst beenden.`
      : `Auf ${machine} lief ${what ?? 'etwas anderes'} von ${moment(from, plantId)} bis ${moment(to, plantId)}${begun}. Läufe einer Maschine überschneiden sich nicht.`;
  },
  covers_run: ({ what, from, to, plantId }, { moment }) =>
    `Dort würde er den Lauf von ${what ?? 'keinem Auftrag'} verdecken, ab ${moment(from, plantId)}${to === null ? '' : ` bis ${moment(to, plantId)}`}. Bitte zuerst diesen löschen oder verschieben.`,
  is_reversal: () => 'Diese Meldung nimmt eine andere zurück. Bitte stattdessen die Menge neu melden.',
  taken_back: ({ who, at, plantId }, { moment }) =>
    `${who ?? 'Jemand'} hat diese Meldung schon zurückgenommen${at === null ? '' : `: ${moment(at, plantId)}`}.`,
  six_digits: () => 'Höchstens sechs Stellen nach dem Komma.',
  scrap_needs_reason: () => 'Bitte sagen, warum es Ausschuss ist.',
  reason_of_other_kind: () => 'Bitte einen Grund wählen, der dazu passt.',
};

export const orderFaultWords = { en, de };
