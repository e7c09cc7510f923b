// What can be wrong with a field or a cell, or stand against a change, as a code with its parameters for programs, and in English for
// people. Screens say the same in their own language: cloud/web/src/kit/fault-words.ts has a word for each.

/** What a value must be. */
export type Expected = 'text' | 'number' | 'integer' | 'boolean' | 'list' | 'object' | 'date' | 'instant';

/** Every code, and what comes with it. */
export interface FaultParams {
  readonly missing: object;
  readonly unknown_fields: { readonly names: readonly string[] };
  /** `given` where it was a cell of a file. */
  readonly type: { readonly expected: Expected; readonly given?: string };
  readonly minimum: { readonly limit: number };
  readonly maximum: { readonly limit: number };
  readonly min_length: { readonly limit: number };
  readonly max_length: { readonly limit: number };
  readonly min_items: { readonly limit: number };
  readonly max_items: { readonly limit: number };
  readonly duplicates: object;
  readonly one_of: { readonly values: readonly unknown[] };
  /** `says` is what a text may hold, in English. */
  readonly pattern: { readonly says: string };
  readonly one_line: object;
  readonly format: { readonly format: string };
  /** A reference that leads nowhere: `of` is the resource, `value` the id or title that was given. */
  readonly no_record: { readonly of: string; readonly value: number | string };
  /** `byPlant`: a column with the plant would tell them apart. */
  readonly several_records: { readonly of: string; readonly value: string; readonly byPlant: boolean };
  /** A field of a record that is there, which a file would change; `value` is what it has. */
  readonly is_fixed: { readonly value: unknown };
  readonly archived_record: { readonly singular: string };
  readonly same_as_line: { readonly singular: string; readonly line: number };
  readonly cell_count: { readonly line: number; readonly count: number; readonly expected: number };
  readonly empty_file: object;
  readonly not_utf8: object;
  readonly too_many_rows: { readonly rows: number; readonly most: number };
  readonly no_column: { readonly column: string; readonly columns: readonly string[] };
  readonly column_twice: { readonly column: string };
  readonly quote_open: { readonly line: number };
  readonly quote_inside: object;
  readonly not_csv: object;
  /** Another record has the same in these fields; the database tells only its name for some keys. */
  readonly taken: { readonly singular: string; readonly fields: readonly string[] };
  readonly changed_since: {
    readonly singular: string;
    readonly who: string | null;
    readonly version: number;
    readonly yours: number;
  };
  readonly is_archived: { readonly singular: string };
  readonly archived_already: { readonly singular: string };
  readonly not_archived: { readonly singular: string };
  readonly reference_gone: { readonly singular: string };
  readonly against_rule: { readonly singular: string; readonly rule: string };
  readonly just_changed: object;
  readonly other_plant: object;
  /** A reference to what the plant does not have, or nobody may see there. */
  readonly none_of_plant: { readonly of: string };
  readonly ends_before_it_begins: object;
  readonly in_future: object;
  readonly within_days: { readonly days: number };
  /** A place in a list that the list has not given. */
  readonly not_of_list: object;
}

export type FaultCode = keyof FaultParams;

/** One part of a request that is wrong: where it is (`body/email`) and what it must be. */
export interface FieldError {
  readonly path: string;
  /** In English, to be read after the field's name. */
  readonly message: string;
  /** For programs; a rule of a domain may have none. */
  readonly code?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export type Fault = Omit<FieldError, 'path'>;

export function fault<C extends FaultCode>(code: C, params: FaultParams[C]): Fault {
  return { message: texts[code](params), code, params: params as Readonly<Record<string, unknown>> };
}

/**
 * The faults that only one domain knows, each with its English text. Screens have words for them, too:
 * cloud/web/src/words; a test says which are missing.
 */
export function faultsOf<T extends Readonly<Record<string, (params: never) => string>>>(own: T) {
  return <C extends keyof T & string>(code: C, ...[params]: Parameters<T[C]>): Fault => {
    const text = own[code] as (params: unknown) => string;
    return { message: text(params), code, params: params ?? {} };
  };
}

const expectations: Readonly<Record<Expected, string>> = {
  text: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'yes or no',
  list: 'a list',
  object: 'an object',
  date: 'a date such as 2026-03-04',
  instant: 'a time with its offset such as 2026-03-04T05:06:07Z',
};

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const texts: { readonly [C in FaultCode]: (params: FaultParams[C]) => string } = {
  missing: () => 'is missing',
  unknown_fields: ({ names }) => `has unknown fields: ${names.join(', ')}`,
  type: ({ expected, given }) => `must be ${expectations[expected]}${given === undefined ? '' : `, not "${given}"`}`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  min_length: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`),
  max_length: ({ limit }) => `must have at most ${counted(limit, 'character')}`,
  min_items: ({ limit }) => `must have at least ${counted(limit, 'item')}`,
  max_items: ({ limit }) => `must have at most ${counted(limit, 'item')}`,
  duplicates: () => 'must not have the same twice',
  one_of: ({ values }) => `must be one of ${values.map(String).join(', ')}`,
  pattern: ({ says }) => `may hold ${says} only`,
  one_line: () => 'must be one line of text',
  format: ({ format }) => `must be written as ${format}`,
  no_record: ({ of, value }) => `is none of the ${of} that you may see: ${value}`,
  several_records: ({ of, value, byPlant }) =>
    `is the name of several ${of}: ${value}. ${byPlant ? 'Say which in a column "plant".' : 'Give them different names first.'}`,
  is_fixed: ({ value }) => `cannot be changed by a file: it is ${String(value)}. Write that, or leave the column out.`,
  archived_record: ({ singular }) => `is an archived ${singular}; restore it first`,
  same_as_line: ({ singular, line }) => `is the same ${singular} as in line ${line}`,
  cell_count: ({ line, count, expected }) =>
    `Line ${line} has ${counted(count, 'cell')}, and ${expected} are expected: as many as the first line names columns.`,
  empty_file: () => 'The file is empty. Its first line names the columns.',
  not_utf8: () => 'The file is not UTF-8. In a spreadsheet, save it as "CSV UTF-8".',
  too_many_rows: ({ rows, most }) => `The file has ${rows} rows; at most ${most} go in at once. Split it.`,
  no_column: ({ column, columns }) => `There is no column "${column}". The columns are: ${columns.join(', ')}.`,
  column_twice: ({ column }) => `The column ${column} is there twice.`,
  quote_open: ({ line }) => `The row that begins in line ${line} opens a quotation mark that is never closed.`,
  quote_inside: () =>
    'A quotation mark stands inside a cell. Put the whole cell in quotation marks, and write the one inside twice.',
  not_csv: () => 'From this line on, the file cannot be read as CSV.',
  taken: ({ singular, fields }) =>
    `There is a ${singular} ${fields.length === 0 ? 'like it' : `with the same ${fields.map((name) => name.replace(/Id$/, '')).join(' and ')}`} already, perhaps an archived one.`,
  changed_since: ({ singular, who, version, yours }) =>
    `${who ?? 'Somebody'} has changed this ${singular} since you read it (version ${version}, yours is ${yours}). Load it again, then make your change.`,
  is_archived: ({ singular }) => `This ${singular} is archived. Restore it before you change it.`,
  archived_already: ({ singular }) => `This ${singular} is archived already.`,
  not_archived: ({ singular }) => `This ${singular} is not archived.`,
  reference_gone: ({ singular }) => `This ${singular} refers to something that is not there any more. Load it again.`,
  against_rule: ({ singular, rule }) => `This ${singular} breaks a rule of the database: ${rule}.`,
  just_changed: () => 'Somebody else has changed this at this moment. Load it again, then make your change.',
  other_plant: () => 'belongs to another plant',
  none_of_plant: ({ of }) => `is none of the ${of} of this plant`,
  ends_before_it_begins: () => 'must be after the begin',
  in_future: () => 'must not be in the future',
  within_days: ({ days }) => `must be within ${days} days of the begin`,
  not_of_list: () => 'is not of this list: take it as it was given',
};
