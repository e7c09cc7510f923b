// What can be wrong with calendars, their exceptions and planned windows, or stand against their change.

import type { CalendarFaults } from '../../../domains/calendars/index.ts';
import type { WindowFaults } from '../../../domains/planned-windows/index.ts';
import type { FaultContext, WordsFor } from '../kit/fault-context.ts';

type Overlapping = Parameters<CalendarFaults['shifts_overlap']>[0];

/** `Late (Mon, 1 Jun 2026, 14:00–22:00)` by the plant's clock. */
function shiftIn(overlap: Overlapping, which: 'first' | 'second', format: FaultContext['format']): string {
  const { name, from, to } = overlap[which];
  const clock = (time: string): string => format.time(Date.parse(time), overlap.timeZone).slice(0, 5);
  return `${name} (${format.date(Date.parse(from), overlap.timeZone)}, ${clock(from)}–${clock(to)})`;
}

type Words = WordsFor<CalendarFaults & WindowFaults>;

const en: Words = {
  shifts_overlap: (overlap, { format }) =>
    `On ${overlap.machine}${overlap.others > 0 ? ` and ${overlap.others} more` : ''}, ${shiftIn(overlap, 'first', format)} and ${shiftIn(overlap, 'second', format)} would overlap. Shorten or move one of them.`,
  rotation_overlaps: ({ first, second }) =>
    `${first.name} of day ${first.day} and ${second.name} of day ${second.day} would overlap. Shorten or move one of them.`,
  more_days_needed: ({ from, to }, { format }) =>
    `Between ${format.day(from)} and ${format.day(to)} a shift would overlap one that is there already. Take more days into the correction.`,
  other_calendars_shift: ({ shift }) => `The shift ${shift} is not of this calendar. Load it again.`,
  shift_in_exception: ({ shift, exception, day }, { format }) =>
    `${exception} on ${format.day(day)} is about the shift ${shift}. Take that away before you take the shift out.`,
  calendar_followed: ({ who }) => `${who} follows this calendar. Let it follow another one first.`,
  name_twice: ({ name }) => `Another shift is called ${name}, too.`,
  break_outside: ({ at, shift }) => `The break at ${at} is not inside the shift ${shift}.`,
  breaks_overlap: ({ at }) => `The break at ${at} begins before the one before it has ended.`,
  unknown_shift: ({ shift }) => `There is no shift ${shift}.`,
  shift_twice: ({ shift }) => `The shift ${shift} is there twice.`,
  one_place_only: () => 'Choose a lane or a machine, or none for the whole plant.',
  times_together: () => 'Start and end belong together.',
  start_missing: () => 'Say when it starts.',
  times_have_no_meaning: () => 'Leave start and end out here.',
  shift_missing: () => 'Say whose hours change.',
  shift_has_no_meaning: () => 'Leave this out: an extra shift is a shift of its own.',
  minutes_missing: () => 'Say how much longer the shift is, before or after.',
  minutes_have_no_meaning: () => 'Leave this out: it makes a shift longer by overtime.',
  minutes_with_shift: () => 'Choose a shift and say by how many minutes it is longer.',
  past_needs_reason: () => 'Say why: what is past is corrected only with a reason.',
  not_after_today: () => 'Not after today: days to come follow the calendar by themselves.',
  holiday_line: ({ line }) => `Line ${line}: write a date and a name, such as 2026-12-25, Christmas Day.`,
  too_many_holidays: ({ most }) => `At most ${most} holidays at once.`,
  lane_or_machine: () => 'Choose a lane or a machine, one of them.',
  planned_reason_only: () => 'Choose a reason of the category planned stop.',
  approved_already: () => 'This planned window is approved already.',
};

const de: Words = {
  shifts_overlap: (overlap, { format }) =>
    `An ${overlap.machine}${overlap.others > 0 ? ` und ${overlap.others} weiteren` : ''} würden sich ${shiftIn(overlap, 'first', format)} und ${shiftIn(overlap, 'second', format)} überschneiden. Bitte eine davon kürzen oder verschieben.`,
  rotation_overlaps: ({ first, second }) =>
    `${first.name} am Tag ${first.day} und ${second.name} am Tag ${second.day} würden sich überschneiden. Bitte eine davon kürzen oder verschieben.`,
  more_days_needed: ({ from, to }, { format }) =>
    `Zwischen ${format.day(from)} und ${format.day(to)} würde eine Schicht eine überschneiden, die schon da ist. Bitte mehr Tage in die Berichtigung nehmen.`,
  other_calendars_shift: ({ shift }) => `Die Schicht ${shift} gehört nicht zu diesem Kalender. Bitte neu laden.`,
  shift_in_exception: ({ shift, exception, day }, { format }) =>
    `${exception} am ${format.day(day)} betrifft die Schicht ${shift}. Bitte zuerst das wegnehmen, dann die Schicht.`,
  calendar_followed: ({ who }) => `${who} folgt diesem Kalender. Bitte zuerst einem anderen folgen lassen.`,
  name_twice: ({ name }) => `Noch eine Schicht heißt ${name}.`,
  break_outside: ({ at, shift }) => `Die Pause um ${at} liegt nicht in der Schicht ${shift}.`,
  breaks_overlap: ({ at }) => `Die Pause um ${at} beginnt, bevor die davor zu Ende ist.`,
  unknown_shift: ({ shift }) => `Eine Schicht ${shift} gibt es nicht.`,
  shift_twice: ({ shift }) => `Die Schicht ${shift} steht doppelt da.`,
  one_place_only: () => 'Bitte eine Linie oder eine Maschine wählen, oder keins von beiden für das ganze Werk.',
  times_together: () => 'Anfang und Ende gehören zusammen.',
  start_missing: () => 'Bitte sagen, wann es anfängt.',
  times_have_no_meaning: () => 'Anfang und Ende hier bitte weglassen.',
  shift_missing: () => 'Bitte sagen, wessen Zeiten sich ändern.',
  shift_has_no_meaning: () => 'Bitte weglassen: Eine Zusatzschicht ist eine eigene Schicht.',
  minutes_missing: () => 'Bitte sagen, um wie viel die Schicht länger ist, davor oder danach.',
  minutes_have_no_meaning: () => 'Bitte weglassen: Das macht eine Schicht durch Überstunden länger.',
  minutes_with_shift: () => 'Bitte eine Schicht wählen und sagen, um wie viele Minuten sie länger ist.',
  past_needs_reason: () => 'Bitte sagen, warum: Vergangenes wird nur mit einem Grund berichtigt.',
  not_after_today: () => 'Nicht nach heute: Kommende Tage folgen dem Kalender von selbst.',
  holiday_line: ({ line }) => `Zeile ${line}: Bitte ein Datum und einen Namen schreiben, etwa 2026-12-25, Weihnachten.`,
  too_many_holidays: ({ most }) => `Höchstens ${most} Feiertage auf einmal.`,
  lane_or_machine: () => 'Bitte eine Linie oder eine Maschine wählen, eins von beiden.',
  planned_reason_only: () => 'Bitte einen Grund der Art „geplanter Stopp“ wählen.',
  approved_already: () => 'Dieses geplante Fenster ist schon freigegeben.',
};

export const calendarFaultWords = { en, de };
