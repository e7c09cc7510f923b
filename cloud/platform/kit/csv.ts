// Records as CSV and back. A reference is written as its title under the reference's plain name: the
// column of plantId is `plant`, and holds the plant's name. Comma, semicolon and tab are understood, and
// with the semicolon a decimal comma, as German spreadsheets write it.

import { CsvError as ParserError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { type Expected, type Fault, type FaultCode, type FaultParams, fault } from '../faults.ts';
import {
  type AnyResource,
  ATTRIBUTE_NAME,
  type Attributes,
  type Field,
  fileFieldsOf,
  headerOf,
  printAttribute,
  titleNameOf,
} from './resource.ts';
import type { AnyRecord } from './rows.ts';

export const MAX_CSV_ROWS = 100_000;
export const MAX_CSV_BYTES = 20 * 1_048_576;

export interface CsvFault extends Fault {
  /** As an editor counts; 1 is the header. */
  readonly line: number;
  /** Header of the column; null where the whole line or file is meant. */
  readonly column: string | null;
}

export interface CsvRow {
  readonly line: number;
  /**
   * By field name; references still hold their title, or null, and attributes their cells as they were
   * typed. What is not in the file is not here.
   */
  readonly values: Record<string, unknown>;
}

/** Thrown when a file cannot be read as a whole. */
export class CsvError extends Error {
  override name = 'CsvError';
  readonly fault: CsvFault;

  constructor(wrong: CsvFault) {
    super(wrong.message);
    this.fault = wrong;
  }
}

function whole<C extends FaultCode>(line: number, code: C, params: FaultParams[C]): CsvError {
  return new CsvError({ line, column: null, ...fault(code, params) });
}

/**
 * Rows with their values, and what is wrong with single lines and cells; `count` is how many rows the file
 * has, those included that cannot be read. Throws CsvError for the file as a whole.
 */
export function readCsv(
  resource: AnyResource,
  bytes: Uint8Array,
): { rows: CsvRow[]; count: number; faults: CsvFault[]; decimalComma: boolean } {
  const text = decode(bytes);
  const header = text.slice(0, text.search(/\r|\n|$/));
  const delimiter = delimiterOf(header);
  const lines = parseLines(text, delimiter);
  const [head, ...body] = lines;
  if (!head) throw whole(1, 'empty_file', {});
  if (body.length > MAX_CSV_ROWS) throw whole(1, 'too_many_rows', { rows: body.length, most: MAX_CSV_ROWS });
  const fields = columnsOf(resource, head.cells);
  const faults: CsvFault[] = [];
  const rows = body.flatMap(({ line, cells }) => {
    if (cells.length !== head.cells.length) {
      const params = { line, count: cells.length, expected: head.cells.length };
      faults.push({ line, column: null, ...fault('cell_count', params) });
      return [];
    }
    const values: Record<string, unknown> = {};
    for (const [index, { name, field, header: column, attribute }] of fields.entries()) {
      const cell = unguard((cells[index] ?? '').trim());
      const read = readCell(field, cell, delimiter === ';');
      if (attribute !== undefined) ((values[name] ??= new Map()) as Map<string, string>).set(attribute, cell);
      else if ('fault' in read) faults.push({ line, column, ...read.fault });
      else values[name] = read.value;
    }
    return [{ line, values }];
  });
  return { rows, count: body.length, faults, decimalComma: delimiter === ';' };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw whole(1, 'not_utf8', {});
  }
}

function delimiterOf(header: string): string {
  const count = (mark: string): number => header.split(mark).length;
  return [';', '\t', ','].reduce((best, mark) => (count(mark) > count(best) ? mark : best), ',');
}

interface ParsedRow {
  readonly record: string[];
  /** `lines` is where the row ends. */
  readonly info: { readonly lines: number };
}

function parseRows(text: string, delimiter: string, to = -1): ParsedRow[] {
  // A line with too few or too many cells is told beside the others that are wrong.
  const options = { delimiter, info: true, skip_empty_lines: true, relax_column_count: true } as const;
  return parse(text, { ...options, to }) as unknown as ParsedRow[];
}

function parseLines(text: string, delimiter: string): { line: number; cells: string[] }[] {
  try {
    const records = parseRows(text, delimiter);
    return records.map(({ record, info }) => ({
      cells: record,
      line: info.lines - record.reduce((breaks, cell) => breaks + (cell.match(/\n/g)?.length ?? 0), 0),
    }));
  } catch (error) {
    throw unreadable(error, (rows) => parseRows(text, delimiter, rows).at(-1)?.info.lines ?? 0);
  }
}

/** `endOf` tells in which line the first rows of the file end. */
function unreadable(error: unknown, endOf: (rows: number) => number): CsvError {
  if (!(error instanceof ParserError)) throw error;
  const { code, lines, records } = error as { code?: string; lines?: number; records?: number };
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED': {
      // Here the parser's line is the end of the file.
      const line = (records ? endOf(records) : 0) + 1;
      return whole(line, 'quote_open', { line });
    }
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return whole(lines ?? 1, 'quote_inside', {});
    default:
      return whole(lines ?? 1, 'not_csv', {});
  }
}

interface Column {
  readonly name: string;
  readonly field: Field;
  readonly header: string;
  /** The column is one attribute of the field. */
  readonly attribute?: string;
}

function columnsOf(resource: AnyResource, headers: readonly string[]): Column[] {
  const known: Column[] = fileFieldsOf(resource).map(([name, field]) => ({
    name,
    field,
    header: headerOf(name, field),
  }));
  const columns = headers.map((given): Column => {
    const [of = '', attribute = ''] = given.trim().split('.');
    const holder = known.find(({ name, field }) => field.kind === 'attributes' && name === of);
    if (holder && new RegExp(ATTRIBUTE_NAME, 'u').test(attribute))
      return { ...holder, header: given.trim(), attribute };
    const plain = known.filter(({ field }) => field.kind !== 'attributes');
    const found = plain.find(({ header, name }) =>
      [header, name].some((one) => one.toLowerCase() === given.trim().toLowerCase()),
    );
    if (!found) {
      const params = { column: given, columns: known.map(({ header }) => header) };
      throw new CsvError({ line: 1, column: given, ...fault('no_column', params) });
    }
    return found;
  });
  const twice = columns.find(({ header }, index) => columns.findIndex((one) => one.header === header) !== index);
  if (twice) throw new CsvError({ line: 1, column: twice.header, ...fault('column_twice', { column: twice.header }) });
  return columns;
}

type Cell = { value: unknown } | { fault: Fault };

function readCell(field: Field, text: string, decimalComma: boolean): Cell {
  if (text === '') return { value: null };
  const not = (expected: Expected): Cell => ({ fault: fault('type', { expected, given: text }) });
  switch (field.kind) {
    case 'text':
    case 'choice':
    case 'date':
    case 'instant':
    case 'reference':
      return { value: text };
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? { value: Number(text) } : not('integer');
    case 'decimal': {
      const plain = decimalComma ? text.replace(',', '.') : text;
      return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(plain) ? { value: Number(plain) } : not('number');
    }
    case 'boolean':
      if (/^(true|yes|ja|1|x)$/i.test(text)) return { value: true };
      return /^(false|no|nein|0)$/i.test(text) ? { value: false } : not('boolean');
    case 'attributes':
      return { value: text };
    case 'texts':
      return {
        value: text
          .split('|')
          .map((one) => one.trim())
          .filter((one) => one !== ''),
      };
  }
}

/** The header line, or rows, as CSV with comma. The byte order mark tells spreadsheets that it is UTF-8. */
export function printHeader(resource: AnyResource, attributes: readonly string[] = []): string {
  const headers = fileFieldsOf(resource).flatMap(([name, field]) =>
    field.kind === 'attributes' ? attributes.map((one) => guard(`${name}.${one}`)) : [headerOf(name, field)],
  );
  return `\uFEFF${stringify([headers])}`;
}

/** `attributes`: the names of those that have a column. */
export function printRows(
  resource: AnyResource,
  records: readonly AnyRecord[],
  attributes: readonly string[] = [],
): string {
  const fields = fileFieldsOf(resource);
  const cells = (record: AnyRecord) =>
    fields.flatMap(([name, field]) =>
      field.kind === 'attributes'
        ? attributes.map((one) => printOne(record[name] as Attributes, one))
        : [printCell(record, name, field)],
    );
  return stringify(records.map(cells));
}

function printOne(values: Attributes, name: string): string {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) return '';
  return typeof value === 'number' ? String(value) : guard(printAttribute(value));
}

function printCell(record: AnyRecord, name: string, field: Field): string {
  const value = field.kind === 'reference' ? record[titleNameOf(name)] : record[name];
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return guard(value.join('|'));
  return typeof value === 'number' ? String(value) : guard(value as string);
}

// A spreadsheet would run a text that begins like a formula (OWASP: CSV injection). An apostrophe keeps it
// a text, and is taken away on the way back.
const guard = (text: string): string => (/^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text);
const unguard = (text: string): string => (/^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text);
