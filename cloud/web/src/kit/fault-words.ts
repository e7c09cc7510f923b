// What is wrong with a field or a cell, or stands against a change, said in the language of the page: the words for each code that the
// server sends; those of the domains are in cloud/web/src/words. Without a word it is said as the server says it.

import type { Expected, Fault, FaultCode, FaultParams } from '../../../platform/faults.ts';
import { spoken } from '../shell/format.ts';
import type { Language } from '../shell/settings.ts';
import { calendarFaultWords } from '../words/calendar-faults.ts';
import { noteFaultWords } from '../words/note-faults.ts';
import { orderFaultWords } from '../words/order-faults.ts';
import { plantFaultWords } from '../words/plant-faults.ts';
import { shiftFaultWords } from '../words/shift-faults.ts';
import { stopFaultWords } from '../words/stop-faults.ts';
import type { FaultContext } from './fault-context.ts';
import { pluralOf } from './plural.ts';

type FaultWords = { readonly [C in FaultCode]: (params: FaultParams[C], context: FaultContext) => string };

const plural = { en: pluralOf('en'), de: pluralOf('de') };

function oneOf({ values }: FaultParams['one_of'], { choices }: FaultContext): string {
  return values.map((value) => choices?.[String(value)] ?? String(value)).join(', ');
}

function sameIn({ fields }: FaultParams['taken'], { labels }: FaultContext, and: string): string {
  return fields.map((name) => labels?.[name] ?? spoken(name.replace(/Id$/, ''))).join(and);
}

const expectedEn: Readonly<Record<Expected, string>> = {
  text: 'Enter a text.',
  number: 'Enter a number.',
  integer: 'Enter a whole number.',
  boolean: 'Enter yes or no.',
  list: 'Enter a list.',
  object: 'Enter an object.',
  date: 'Enter a date such as 2026-03-04.',
  instant: 'Enter a time with its offset, such as 2026-03-04T05:06:07Z.',
};

const en: FaultWords = {
  missing: () => 'Fill this in.',
  unknown_fields: ({ names }) => `There is no field ${names.join(', ')}.`,
  type: ({ expected, given }) => expectedEn[expected] + (given === undefined ? '' : ` There is: ${given}`),
  minimum: ({ limit }, { format }) => `At least ${format.number(limit)}.`,
  maximum: ({ limit }, { format }) => `At most ${format.number(limit)}.`,
  min_length: ({ limit }, { format }) =>
    limit === 1
      ? 'Fill this in.'
      : `At least ${format.number(limit)} ${plural.en(limit, { one: 'character', other: 'characters' })}.`,
  max_length: ({ limit }, { format }) =>
    `At most ${format.number(limit)} ${plural.en(limit, { one: 'character', other: 'characters' })}.`,
  min_items: ({ limit }, { format }) =>
    `At least ${format.number(limit)} ${plural.en(limit, { one: 'entry', other: 'entries' })}.`,
  max_items: ({ limit }, { format }) =>
    `At most ${format.number(limit)} ${plural.en(limit, { one: 'entry', other: 'entries' })}.`,
  duplicates: () => 'Something is there twice.',
  one_of: (params, context) => `Choose one of: ${oneOf(params, context)}.`,
  pattern: ({ says }, { hint }) => `Use ${hint ?? says}.`,
  one_line: () => 'Use one line only.',
  format: ({ format }) => `Write it as ${format}.`,
  no_record: ({ value }) => `This is not there, or you may not see it: ${value}`,
  several_records: ({ value, byPlant }) =>
    `Several are called so: ${value}. ${byPlant ? 'Say which in a column “plant”.' : 'Give them different names first.'}`,
  is_fixed: ({ value }) => `A file does not change this: it is ${String(value)}. Write that, or leave the column out.`,
  archived_record: () => 'This is archived; restore it first.',
  same_as_line: ({ line }) => `The same is in line ${line} already.`,
  cell_count: ({ count, expected }, { format }) =>
    `${format.number(count)} ${plural.en(count, { one: 'cell', other: 'cells' })} in this line, ${format.number(expected)} expected.`,
  empty_file: () => 'The file is empty. Its first line names the columns.',
  not_utf8: () => 'The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.',
  too_many_rows: ({ rows, most }, { format }) =>
    `${format.number(rows)} rows; at most ${format.number(most)} go in at once. Split the file.`,
  no_column: ({ columns }) => `There is no such column. The columns are: ${columns.join(', ')}.`,
  column_twice: () => 'This column is there twice.',
  quote_open: () => 'A quotation mark opens here or in a line below, and is never closed.',
  quote_inside: () =>
    'A quotation mark stands inside a cell. Put the whole cell in quotation marks, and write the one inside twice.',
  not_csv: () => 'From this line on, the file cannot be read as CSV.',
  taken: (params, context) =>
    params.fields.length === 0
      ? 'There is one like it already, perhaps an archived one.'
      : `There is one with the same ${sameIn(params, context, ' and ')} already, perhaps an archived one.`,
  changed_since: ({ who }) =>
    `${who ?? 'Somebody'} has changed this since you read it. Load it again, then make your change.`,
  is_archived: () => 'This is archived. Restore it before you change it.',
  archived_already: () => 'This is archived already.',
  not_archived: () => 'This is not archived.',
  reference_gone: () => 'This refers to something that is not there any more. Load it again.',
  against_rule: ({ rule }) => `This breaks a rule of the database: ${rule}.`,
  just_changed: () => 'Somebody else has changed this at this moment. Load it again, then make your change.',
  other_plant: () => 'This belongs to another plant.',
  none_of_plant: () => 'This is not in this plant, or you may not see it.',
  ends_before_it_begins: () => 'It must end after it begins.',
  in_future: () => 'This must not be in the future.',
  within_days: ({ days }, { format }) =>
    `At most ${format.number(days)} ${plural.en(days, { one: 'day', other: 'days' })} after the begin.`,
  not_of_list: () => 'The list has changed. Load it again.',
};

const expectedDe: Readonly<Record<Expected, string>> = {
  text: 'Bitte einen Text eingeben.',
  number: 'Bitte eine Zahl eingeben.',
  integer: 'Bitte eine ganze Zahl eingeben.',
  boolean: 'Bitte ja oder nein eingeben.',
  list: 'Bitte eine Liste eingeben.',
  object: 'Bitte ein Objekt eingeben.',
  date: 'Bitte ein Datum wie 2026-03-04 eingeben.',
  instant: 'Bitte einen Zeitpunkt wie 2026-03-04T05:06:07Z eingeben.',
};

const de: FaultWords = {
  missing: () => 'Bitte ausfüllen.',
  unknown_fields: ({ names }) => `Dieses Feld gibt es nicht: ${names.join(', ')}.`,
  type: ({ expected, given }) => expectedDe[expected] + (given === undefined ? '' : ` Dort steht: ${given}`),
  minimum: ({ limit }, { format }) => `Mindestens ${format.number(limit)}.`,
  maximum: ({ limit }, { format }) => `Höchstens ${format.number(limit)}.`,
  min_length: ({ limit }, { format }) =>
    limit === 1 ? 'Bitte ausfüllen.' : `Mindestens ${format.number(limit)} Zeichen.`,
  max_length: ({ limit }, { format }) => `Höchstens ${format.number(limit)} Zeichen.`,
  min_items: ({ limit }, { format }) =>
    `Mindestens ${format.number(limit)} ${plural.de(limit, { one: 'Eintrag', other: 'Einträge' })}.`,
  max_items: ({ limit }, { format }) =>
    `Höchstens ${format.number(limit)} ${plural.de(limit, { one: 'Eintrag', other: 'Einträge' })}.`,
  duplicates: () => 'Etwas steht doppelt da.',
  one_of: (params, context) => `Bitte eins davon wählen: ${oneOf(params, context)}.`,
  pattern: ({ says }, { hint }) => `Erlaubt: ${hint ?? says}.`,
  one_line: () => 'Bitte nur eine Zeile.',
  format: ({ format }) => `Bitte so schreiben: ${format}.`,
  no_record: ({ value }) => `Das gibt es nicht, oder Sie dürfen es nicht sehen: ${value}`,
  several_records: ({ value, byPlant }) =>
    `So heißen mehrere: ${value}. ${byPlant ? 'Eine Spalte „plant“ sagt, welches Werk gemeint ist.' : 'Bitte zuerst verschieden benennen.'}`,
  is_fixed: ({ value }) =>
    `Das ändert keine Datei: Es ist ${String(value)}. Bitte so schreiben oder die Spalte weglassen.`,
  archived_record: () => 'Das ist archiviert; bitte zuerst wiederherstellen.',
  same_as_line: ({ line }) => `Dasselbe steht schon in Zeile ${line}.`,
  cell_count: ({ count, expected }, { format }) =>
    `${format.number(count)} ${plural.de(count, { one: 'Zelle', other: 'Zellen' })} in dieser Zeile, ${format.number(expected)} erwartet.`,
  empty_file: () => 'Die Datei ist leer. Ihre erste Zeile nennt die Spalten.',
  not_utf8: () => 'Die Datei ist nicht in UTF-8. In der Tabellenkalkulation als „CSV UTF-8“ speichern.',
  too_many_rows: ({ rows, most }, { format }) =>
    `${format.number(rows)} Zeilen; höchstens ${format.number(most)} gehen auf einmal. Bitte die Datei teilen.`,
  no_column: ({ columns }) => `Diese Spalte gibt es nicht. Die Spalten sind: ${columns.join(', ')}.`,
  column_twice: () => 'Diese Spalte gibt es doppelt.',
  quote_open: () => 'Hier oder in einer Zeile darunter beginnt ein Anführungszeichen, das nie endet.',
  quote_inside: () =>
    'In einer Zelle steht ein Anführungszeichen. Die ganze Zelle in Anführungszeichen setzen, das innere doppelt schreiben.',
  not_csv: () => 'Ab dieser Zeile lässt sich die Datei nicht als CSV lesen.',
  taken: (params, context) =>
    params.fields.length === 0
      ? 'So etwas gibt es schon, vielleicht archiviert.'
      : `Das gibt es schon, vielleicht archiviert. Gleich: ${sameIn(params, context, ' und ')}.`,
  changed_since: ({ who }) =>
    `${who ?? 'Jemand'} hat dies inzwischen geändert. Bitte neu laden und dann noch einmal ändern.`,
  is_archived: () => 'Das ist archiviert. Vor dem Ändern bitte wiederherstellen.',
  archived_already: () => 'Das ist schon archiviert.',
  not_archived: () => 'Das ist nicht archiviert.',
  reference_gone: () => 'Das verweist auf etwas, das es nicht mehr gibt. Bitte neu laden.',
  against_rule: ({ rule }) => `Das bricht eine Regel der Datenbank: ${rule}.`,
  just_changed: () =>
    'Jemand anders hat dies in diesem Augenblick geändert. Bitte neu laden und dann noch einmal ändern.',
  other_plant: () => 'Das gehört zu einem anderen Werk.',
  none_of_plant: () => 'Das gibt es in diesem Werk nicht, oder Sie dürfen es nicht sehen.',
  ends_before_it_begins: () => 'Das Ende muss nach dem Anfang liegen.',
  in_future: () => 'Das darf nicht in der Zukunft liegen.',
  within_days: ({ days }, { format }) =>
    `Höchstens ${format.number(days)} ${plural.de(days, { one: 'Tag', other: 'Tage' })} nach dem Anfang.`,
  not_of_list: () => 'Die Liste hat sich geändert. Bitte neu laden.',
};

type Word = ((params: unknown, context: FaultContext) => string) | undefined;

const catalogue = {
  en: {
    ...en,
    ...plantFaultWords.en,
    ...calendarFaultWords.en,
    ...orderFaultWords.en,
    ...stopFaultWords.en,
    ...shiftFaultWords.en,
    ...noteFaultWords.en,
  },
  de: {
    ...de,
    ...plantFaultWords.de,
    ...calendarFaultWords.de,
    ...orderFaultWords.de,
    ...stopFaultWords.de,
    ...shiftFaultWords.de,
    ...noteFaultWords.de,
  },
} as unknown as Readonly<Record<Language, Readonly<Record<string, Word>>>>;

/** What to do about a fault, in the language of the page. */
export function faultText(wrong: Fault, language: Language, context: FaultContext): string {
  const { code = '', params = {}, message } = wrong;
  return context.own?.[code] ?? catalogue[language][code]?.(params, context) ?? message;
}

/** Whether a page can say a fault in a language; a test asks for every one that the servers know. */
export const hasWords = (code: string, language: Language): boolean => catalogue[language][code] !== undefined;
