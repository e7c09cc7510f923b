// Records as CSV and back. A reference is written as its title under the reference's plain name: the
// column of plantId is `plant`, and holds the plant's name. Comma, semicolon and tab are understood, and
// with the semicolon a decimal comma, as German spreadsheets write it.

import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { AnyResource, Field } from './resource.ts';
import { titleNameOf } from './resource.ts';
import { type AnyRecord, writtenFields } from './rows.ts';

export const MAX_CSV_ROWS = 100_000;
export const MAX_CSV_BYTES = 20 * 1_048_576;

export interface CsvFault {
  /** As an editor counts; 1 is the header. */
  readonly line: number;
  /** Header of the column; null where the whole line or file is meant. */
  readonly column: string | null;
  readonly message: string;
}

export interface CsvRow {
  readonly line: number;
  /** By field name; references still hold their title, or null. What is not in the file is not here. */
  readonly values: Record<string, unknown>;
}

/** Thrown when a file cannot be read as a whole. */
export class CsvError extends Error {
  override name = 'CsvError';
  readonly fault: CsvFault;

  constructor(fault: CsvFault) {
    super(fault.message);
    this.fault = fault;
  }
}

const whole = (line: number, message: string): CsvError => new CsvError({ line, column: null, message });

/** `plantId` → `plant`, all others as they are. */
export function headerOf(name: string, field: Field): string {
  return field.kind === 'reference' ? name.replace(/Id$/, '') : name;
}

/** Rows with their values, and what is wrong with single cells. Throws CsvError for the file as a whole. */
export function readCsv(
  resource: AnyResource,
  bytes: Uint8Array,
): { rows: CsvRow[]; faults: CsvFault[]; columns: string[] } {
  const text = decode(bytes);
  const header = text.slice(0, text.search(/\r|\n|$/));
  const delimiter = delimiterOf(header);
  const lines = parseLines(text, delimiter);
  const [head, ...body] = lines;
  if (!head) throw whole(1, 'The file is empty. Its first line names the columns.');
  if (body.length > MAX_CSV_ROWS)
    throw whole(1, `The file has ${body.length} rows; at most ${MAX_CSV_ROWS} go in at once. Split it.`);
  const fields = columnsOf(resource, head.cells);
  const faults: CsvFault[] = [];
  const rows = body.map(({ line, cells }) => {
    const values: Record<string, unknown> = {};
    for (const [index, { name, field, header: column }] of fields.entries()) {
      const read = readCell(field, unguard((cells[index] ?? '').trim()), delimiter === ';');
      if ('fault' in read) faults.push({ line, column, message: read.fault });
      else values[name] = read.value;
    }
    return { line, values };
  });
  return { rows, faults, columns: fields.map(({ name }) => name) };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw whole(1, 'The file is not UTF-8. In a spreadsheet, save it as "CSV UTF-8".');
  }
}

function delimiterOf(header: string): string {
  const count = (mark: string): number => header.split(mark).length;
  return [';', '\t', ','].reduce((best, mark) => (count(mark) > count(best) ? mark : best), ',');
}

function parseLines(text: string, delimiter: string): { line: number; cells: string[] }[] {
  try {
    const records = parse(text, {
      delimiter,
      info: true,
      skip_empty_lines: true,
      relax_column_count: false,
    }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return records.map(({ record, info }) => ({
      cells: record,
      line: info.lines - record.reduce((breaks, cell) => breaks + (cell.match(/\n/g)?.length ?? 0), 0),
    }));
  } catch (error) {
    const { message, lines } = error as { message: string; lines?: number };
    throw whole(lines ?? 1, `The file cannot be read as CSV: ${message}`);
  }
}

interface Column {
  readonly name: string;
  readonly field: Field;
  readonly header: string;
}

function columnsOf(resource: AnyResource, headers: readonly string[]): Column[] {
  const known = writtenFields(resource).map(([name, field]) => ({ name, field, header: headerOf(name, field) }));
  const columns = headers.map((given) => {
    const found = known.find(({ header, name }) =>
      [header, name].some((one) => one.toLowerCase() === given.trim().toLowerCase()),
    );
    if (!found) {
      const names = known.map(({ header }) => header).join(', ');
      throw new CsvError({
        line: 1,
        column: given,
        message: `There is no column "${given}". The columns are: ${names}.`,
      });
    }
    return found;
  });
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice)
    throw new CsvError({ line: 1, column: twice.header, message: `The column ${twice.header} is there twice.` });
  return columns;
}

type Cell = { value: unknown } | { fault: string };

function readCell(field: Field, text: string, decimalComma: boolean): Cell {
  if (text === '') return { value: null };
  switch (field.kind) {
    case 'text':
    case 'choice':
    case 'date':
    case 'reference':
      return { value: text };
    case 'integer':
      return /^[+-]?\d{1,15}$/.test(text) ? { value: Number(text) } : { fault: `is no whole number: ${text}` };
    case 'decimal': {
      const plain = decimalComma ? text.replace(',', '.') : text;
      return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(plain) ? { value: Number(plain) } : { fault: `is no number: ${text}` };
    }
    case 'boolean':
      if (/^(true|yes|ja|1|x)$/i.test(text)) return { value: true };
      return /^(false|no|nein|0)$/i.test(text) ? { value: false } : { fault: `is neither yes nor no: ${text}` };
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
export function printHeader(resource: AnyResource): string {
  return `\uFEFF${stringify([writtenFields(resource).map(([name, field]) => headerOf(name, field))])}`;
}

export function printRows(resource: AnyResource, records: readonly AnyRecord[]): string {
  const fields = writtenFields(resource);
  return stringify(records.map((record) => fields.map(([name, field]) => printCell(record, name, field))));
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
