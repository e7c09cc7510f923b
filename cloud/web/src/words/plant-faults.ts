// What can be wrong with machines, lanes, reasons, materials, units, tags and counters, or stand against their change.

import type { CounterFaults } from '../../../domains/counters/index.ts';
import type { LaneFaults } from '../../../domains/lanes/index.ts';
import type { LossReasonFaults } from '../../../domains/loss-reasons/index.ts';
import type { MachineFaults } from '../../../domains/machines/index.ts';
import type { MaterialFaults } from '../../../domains/materials/index.ts';
import type { MetricsFaults } from '../../../domains/metrics/index.ts';
import type { StandardFaults } from '../../../domains/production-standards/index.ts';
import type { StateMapFaults } from '../../../domains/state-maps/index.ts';
import type { TagFaults } from '../../../domains/tags/index.ts';
import type { ConversionFaults } from '../../../domains/unit-conversions/index.ts';
import type { WordsFor } from '../kit/fault-context.ts';
import { edgeWords } from '../pages/edge/edge-words.ts';
import type { Language } from '../shell/settings.ts';

const roleIn = (language: Language, role: string): string => edgeWords[language].roles[role] ?? role;

type Words = WordsFor<
  MachineFaults &
    LaneFaults &
    LossReasonFaults &
    MaterialFaults &
    ConversionFaults &
    StandardFaults &
    TagFaults &
    StateMapFaults &
    CounterFaults &
    MetricsFaults
>;

const en: Words = {
  machine_in_lane: ({ machine, lane }) => `${machine} stands in ${lane}. Take it out of there, then archive it.`,
  lane_has_machines: ({ lane, machines, more }) =>
    `In ${lane} stand ${machines.join(', ')}${more ? ' …' : ''}. Take them out, then archive it.`,
  machine_elsewhere: ({ machine, lane }) =>
    `${machine} stands in ${lane ?? 'another lane'} by then: somebody has put it there. Load the lane again, then take it out of there.`,
  one_mark_only: ({ mark }) => (mark === 'constraint' ? 'A lane has one constraint.' : 'A lane has one outfeed.'),
  serial_only: () => 'Only a serial lane has a constraint and an outfeed.',
  reasons_below: ({ name, count }) =>
    `Below ${name} ${count === 1 ? 'is a reason' : `are ${count} reasons`}. Archive or move ${count === 1 ? 'it' : 'them'} first.`,
  reason_above_archived: ({ name }) => `The reason above it, ${name}, is archived. Restore that first.`,
  failure_of_stop_only: () => 'Only an unplanned stop can be a failure.',
  reason_below_itself: () => 'A reason does not hang below itself, or below one that hangs below it.',
  tree_too_deep: ({ levels }) => `The tree would be deeper than ${levels} levels.`,
  revision_taken: ({ revision }) => `There was a revision ${revision} of this material already. Choose another name.`,
  before_last_revision: ({ revision, since }, { format }) =>
    `It must begin after revision ${revision}, ${format.moment(Date.parse(since), 'UTC')}.`,
  no_conversion: ({ from, to }) =>
    `No conversion leads from ${from} to ${to}. Add one that says how many ${to} are 1 ${from}.`,
  conversions_contradict: ({ one, other }) =>
    `The conversions contradict each other: ${one}, but ${other}. Change or archive one of them.`,
  contradicts_conversion: ({ found, given }) =>
    `This contradicts what is there: ${found}, not ${given}. Change that first, or mend the factor.`,
  same_unit: () => 'Choose another unit than the first.',
  one_speed_only: () => 'Give either seconds per piece or pieces per hour, not both.',
  no_speed: () => 'Give seconds per piece or pieces per hour.',
  text_counter: ({ tag }) => `The values of ${tag} are text: nothing rolls over.`,
  text_tag: ({ tag, role }) => `${tag} cannot be ${roleIn('en', role)}: its values are text.`,
  mapped_meanwhile: ({ value }) => `The value ${value} was mapped anew meanwhile. Change that.`,
  every_plant_only: () => 'A value for all machines can be mapped by who may do so in every plant.',
  readings_changed: () => 'Late data has changed these readings since you saw them. Load the list again.',
  decided_already: ({ who }) =>
    `${who ?? 'Nobody'} has decided this already. Load the list again, then change the decision.`,
  period_needed: () => 'Give a first and a last day, or an instant from which and one until which.',
  no_hours_of_version: () => 'Choose days or shifts: a version keeps the sums of whole shifts, not of hours.',
};

const de: Words = {
  machine_in_lane: ({ machine, lane }) =>
    `${machine} steht in ${lane}. Nehmen Sie sie dort heraus, und archivieren Sie sie dann.`,
  lane_has_machines: ({ lane, machines, more }) =>
    `In ${lane} stehen ${machines.join(', ')}${more ? ' …' : ''}. Nehmen Sie sie heraus, und archivieren Sie dann.`,
  machine_elsewhere: ({ machine, lane }) =>
    `${machine} steht dann in ${lane ?? 'einer anderen Linie'}: Jemand hat sie dorthin gestellt. Laden Sie die Linie neu, und nehmen Sie sie dann von dort.`,
  one_mark_only: ({ mark }) =>
    mark === 'constraint' ? 'Eine Linie hat einen Engpass.' : 'Eine Linie hat einen Auslauf.',
  serial_only: () => 'Engpass und Auslauf hat nur eine serielle Linie.',
  reasons_below: ({ name, count }) =>
    `Unter ${name} ${count === 1 ? 'steht ein Grund' : `stehen ${count} Gründe`}. Bitte zuerst archivieren oder verschieben.`,
  reason_above_archived: ({ name }) =>
    `Der Grund darüber, ${name}, ist archiviert. Bitte zuerst diesen wiederherstellen.`,
  failure_of_stop_only: () => 'Nur ein ungeplanter Stopp kann ein Ausfall sein.',
  reason_below_itself: () => 'Ein Grund steht nicht unter sich selbst oder unter einem, der unter ihm steht.',
  tree_too_deep: ({ levels }) => `Der Baum würde tiefer als ${levels} Ebenen.`,
  revision_taken: ({ revision }) =>
    `Eine Revision ${revision} dieses Materials gab es schon. Bitte einen anderen Namen wählen.`,
  before_last_revision: ({ revision, since }, { format }) =>
    `Sie muss nach der Revision ${revision} beginnen, ${format.moment(Date.parse(since), 'UTC')}.`,
  no_conversion: ({ from, to }) =>
    `Keine Umrechnung führt von ${from} zu ${to}. Legen Sie eine an, die sagt, wie viele ${to} 1 ${from} sind.`,
  conversions_contradict: ({ one, other }) =>
    `Die Umrechnungen widersprechen sich: ${one}, aber ${other}. Bitte eine davon ändern oder archivieren.`,
  contradicts_conversion: ({ found, given }) =>
    `Das widerspricht dem, was da ist: ${found}, nicht ${given}. Bitte zuerst das ändern, oder den Faktor berichtigen.`,
  same_unit: () => 'Bitte eine andere Einheit als die erste wählen.',
  one_speed_only: () => 'Bitte entweder Sekunden je Stück oder Stück je Stunde angeben, nicht beides.',
  no_speed: () => 'Bitte Sekunden je Stück oder Stück je Stunde angeben.',
  text_counter: ({ tag }) => `Die Werte von ${tag} sind Text: Da läuft nichts über.`,
  text_tag: ({ tag, role }) => `${tag} kann nicht ${roleIn('de', role)} sein: Die Werte sind Text.`,
  mapped_meanwhile: ({ value }) => `Der Wert ${value} wurde inzwischen neu zugeordnet. Bitte jenen Eintrag ändern.`,
  every_plant_only: () => 'Einen Wert für alle Maschinen ordnet zu, wer das in allen Werken darf.',
  readings_changed: () =>
    'Späte Daten haben diese Stände geändert, seit Sie sie gesehen haben. Bitte die Liste neu laden.',
  decided_already: ({ who }) =>
    `${who ?? 'Niemand'} hat das schon entschieden. Bitte die Liste neu laden und dann die Entscheidung ändern.`,
  no_hours_of_version: () =>
    'Bitte Tage oder Schichten wählen: Eine Version kennt nur die Summen ganzer Schichten, keine Stunden.',
  period_needed: () => 'Bitte einen ersten und einen letzten Tag angeben, oder von wann bis wann.',
};

export const plantFaultWords = { en, de };
