// CSV import: the whole file or nothing. Every row is read, checked and, where the key is known, matched
// with what is there; only when no row is wrong are rows written, in the one transaction of the context.
//
// A dry run does the same and is rolled back by its caller, so that it finds what the real run would find.

import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { DomainError, InvalidRequest, Refusal } from '../errors.ts';
import { type FieldError, fault } from '../faults.ts';
import type { Context } from '../http/context.ts';
import { explainErrors } from '../http/validation.ts';
import { createRecords, updateRecords } from './bulk.ts';
import { type Kind, updateRecord } from './commands.ts';
import { CsvError, type CsvFault, type CsvRow, readCsv } from './csv.ts';
import { resolveReferences } from './import-references.ts';
import {
  type AnyResource,
  type Attributes,
  fieldOf,
  fieldsOf,
  headerOf,
  printAttribute,
  readAttribute,
  titleNameOf,
} from './resource.ts';
import {
  type AnyRecord,
  columnOf,
  type Row,
  recordReader,
  rowsAsTable,
  selection,
  source,
  type Values,
} from './rows.ts';
import { createSchema } from './schemas.ts';

/** Faults that are told; more would only be more of the same. */
const MAX_FAULTS = 1_000;
/** Rows of one statement. */
const CHUNK_ROWS = 1_000;

export interface ImportReport {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Lines that are wrong; while there is one, nothing is imported. */
  readonly faults: readonly CsvFault[];
  readonly moreFaults: number;
  /** How many lines have a fault. */
  readonly faultyRows: number;
}

/** How far it is, 0 to 1, told after each chunk. */
type Progress = (fraction: number) => void;

/**
 * Imports a file into the transaction of `ctx`. With faults in the report the caller must roll back:
 * some rows may have been written before a later one was refused.
 */
export async function importCsv(
  ctx: Context,
  kind: Kind,
  options: { bytes: Uint8Array; progress: Progress },
): Promise<ImportReport> {
  const { resource } = kind;
  let read: ReturnType<typeof readCsv>;
  try {
    read = readCsv(resource, options.bytes);
  } catch (error) {
    if (error instanceof CsvError) return report({ rows: 0, faults: [error.fault] });
    throw error;
  }
  const faults = [...read.faults];
  await resolveReferences(ctx, resource, read.rows, faults);
  checkKeys(resource, read.rows, faults);
  const unread = new Set(faults.map(({ line, column }) => `${line} ${column}`));
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const schema = createSchema(resource);
  const check: Check = { schema, valid: Compile(schema) };
  for (let start = 0; start < read.rows.length && faults.length <= MAX_FAULTS; start += CHUNK_ROWS) {
    const chunk = read.rows.slice(start, start + CHUNK_ROWS);
    const there = await findByKey(ctx, resource, chunk);
    const good: RowChange[] = [];
    for (const row of chunk) {
      const before = there.get(keyOf(resource, row.values));
      mergeAttributes(resource, { row, before, decimalComma: read.decimalComma });
      const change = changeOf(resource, row, before);
      const wrong = refused(resource, check, change);
      // A cell that could not be read is not also missing.
      faults.push(...wrong.filter(({ line, column }) => !unread.has(`${line} ${column}`)));
      if (wrong.length === 0) good.push(change);
    }
    // Once a row is wrong nothing will be kept: the others are checked, and not written any more.
    if (faults.length === 0) faults.push(...(await writeChunk(ctx, kind, { changes: good, counts })));
    options.progress((start + chunk.length) / read.rows.length);
  }
  return report({ rows: read.count, faults, ...counts });
}

interface Check {
  readonly schema: TSchema;
  readonly valid: ReturnType<typeof Compile>;
}

interface RowChange {
  readonly row: CsvRow;
  /** Undefined: it is new. */
  readonly before: AnyRecord | undefined;
  /** All fields, as a creation would take them. */
  readonly values: Record<string, unknown>;
  /** Of a record that is there, what differs. */
  readonly changes: Record<string, unknown>;
}

function changeOf(resource: AnyResource, row: CsvRow, before: AnyRecord | undefined): RowChange {
  if (!before) return { row, before, values: withoutEmpty(row.values), changes: {} };
  const own = fieldsOf(resource).filter(([, field]) => !field.readOnly);
  // An empty cell is the default here, too, so that the same file twice changes nothing.
  const given = Object.entries(row.values).map(([name, value]): [string, unknown] => {
    const field = fieldOf(resource, name);
    return [name, value === null && field?.required && field.default !== undefined ? field.default : value];
  });
  const values = { ...Object.fromEntries(own.map(([name]) => [name, before[name]])), ...Object.fromEntries(given) };
  const changes = given.filter(
    ([name, value]) => !fieldOf(resource, name)?.fixed && !isDeepStrictEqual(value, before[name]),
  );
  return { row, before, values, changes: Object.fromEntries(changes) };
}

/** The cells of attributes become the whole of them: those without a column stay, an empty cell takes one away. */
function mergeAttributes(
  resource: AnyResource,
  { row, before, decimalComma }: { row: CsvRow; before: AnyRecord | undefined; decimalComma: boolean },
): void {
  for (const [name, cells] of Object.entries(row.values)) {
    if (fieldOf(resource, name)?.kind !== 'attributes') continue;
    const merged = new Map(Object.entries((before?.[name] ?? {}) as Attributes));
    for (const [attribute, cell] of cells as ReadonlyMap<string, string>) {
      const was = merged.get(attribute);
      if (cell === '') merged.delete(attribute);
      // What is written as it was stays what it was: a text 12 does not become a number.
      else if (was === undefined || printAttribute(was) !== cell)
        merged.set(attribute, readAttribute(cell, { decimalComma }));
    }
    row.values[name] = Object.fromEntries(merged);
  }
}

function refused(resource: AnyResource, { schema, valid }: Check, { row, before, values }: RowChange): CsvFault[] {
  if (before && before.archivedAt !== null)
    return [{ line: row.line, column: null, ...fault('archived_record', { singular: resource.singular }) }];
  const fixed = before ? changedThoughFixed(resource, row, before) : [];
  if (valid.Check(values)) return fixed;
  return [...fixed, ...explainErrors(schema, valid.Errors(values)).map((error) => faultAt(resource, row, error))];
}

/** What was set at creation is not passed over in silence when a file says otherwise; an empty cell says nothing. */
function changedThoughFixed(resource: AnyResource, row: CsvRow, before: AnyRecord): CsvFault[] {
  return fieldsOf(resource).flatMap(([name, field]) => {
    const given = row.values[name];
    if (!field.fixed || given === undefined || given === null || isDeepStrictEqual(given, before[name])) return [];
    const value = before[field.kind === 'reference' ? titleNameOf(name) : name];
    return [{ line: row.line, column: headerOf(name, field), ...fault('is_fixed', { value }) }];
  });
}

type Counts = { created: number; updated: number; unchanged: number };

/** All of a chunk in few statements; where that is refused, row by row, to find which ones are wrong. */
async function writeChunk(
  ctx: Context,
  kind: Kind,
  { changes, counts }: { changes: readonly RowChange[]; counts: Counts },
): Promise<CsvFault[]> {
  const write = async (some: readonly RowChange[]): Promise<void> => {
    const made = some.filter(({ before }) => !before);
    if (made.length > 0)
      await createRecords(
        ctx,
        kind,
        made.map(({ values }) => values),
      );
    const changed = some.flatMap(({ before, changes: fields }) =>
      before && Object.keys(fields).length > 0 ? [{ id: before.id, version: before.version, fields }] : [],
    );
    if (changed.length > 1 && (kind.rules.updatesAlone ?? !kind.rules.beforeUpdate))
      await updateRecords(ctx, kind, changed);
    else for (const one of changed) await updateRecord(ctx, kind, one);
  };
  const count = (some: readonly RowChange[]): void => {
    for (const { before, changes: fields } of some)
      counts[before ? (Object.keys(fields).length > 0 ? 'updated' : 'unchanged') : 'created'] += 1;
  };
  if ((await attempt(ctx, () => write(changes))) === null) {
    count(changes);
    return [];
  }
  const faults: CsvFault[] = [];
  for (const change of changes) {
    const refusal = await attempt(ctx, () => write([change]));
    if (refusal === null) count([change]);
    else faults.push(...faultsOf(kind.resource, change.row, refusal));
  }
  return faults;
}

/** Null when it was done; what refused it otherwise, with nothing of it left. */
export async function attempt(ctx: Context, work: () => Promise<void>): Promise<DomainError | null> {
  await sql`SAVEPOINT csv_rows`.execute(ctx.db);
  try {
    await work();
    await sql`RELEASE SAVEPOINT csv_rows`.execute(ctx.db);
    return null;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT csv_rows`.execute(ctx.db);
    if (error instanceof DomainError) return error;
    throw error;
  }
}

export function faultsOf(resource: AnyResource, row: CsvRow, refusal: DomainError): CsvFault[] {
  if (refusal instanceof InvalidRequest) return refusal.fields.map((field) => faultAt(resource, row, field));
  const wrong = refusal instanceof Refusal ? refusal.wrong : { message: refusal.message };
  return [{ line: row.line, column: null, ...wrong }];
}

/** The report of an import that has found this; counts that are left out are 0. */
export function report(found: { rows: number; faults: readonly CsvFault[] } & Partial<ImportReport>): ImportReport {
  const faults = found.faults.toSorted((a, b) => a.line - b.line);
  return {
    created: 0,
    updated: 0,
    unchanged: 0,
    ...found,
    faults: faults.slice(0, MAX_FAULTS),
    moreFaults: Math.max(faults.length - MAX_FAULTS, 0),
    faultyRows: new Set(faults.map(({ line }) => line)).size,
  };
}

export function faultAt(resource: AnyResource, row: CsvRow, { path, ...wrong }: FieldError): CsvFault {
  const name = path.split('/')[1] ?? '';
  const field = fieldOf(resource, name);
  return { line: row.line, column: field ? headerOf(name, field) : null, ...wrong };
}

/** An empty cell of a new record is a field left out: its default applies. */
function withoutEmpty(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

const keyOf = (resource: AnyResource, values: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(keyValues(resource, values));

/** A part of the key that is left out is its default. */
const keyValues = (resource: AnyResource, values: Readonly<Record<string, unknown>>): unknown[] =>
  resource.key.map((name) => values[name] ?? fieldOf(resource, name)?.default);

/** One record, one line: which of two lines would win is nobody's guess. */
function checkKeys(resource: AnyResource, rows: readonly CsvRow[], faults: CsvFault[]): void {
  if (resource.key.length === 0) return;
  const lines = new Map<string, number>();
  for (const { line, values } of rows) {
    const key = keyOf(resource, values);
    const first = lines.get(key);
    if (first === undefined) lines.set(key, line);
    else
      faults.push({
        line,
        column: resource.key.at(-1) ?? null,
        ...fault('same_as_line', { singular: resource.singular, line: first }),
      });
  }
}

async function findByKey(
  ctx: Context,
  resource: AnyResource,
  rows: readonly CsvRow[],
): Promise<Map<string, AnyRecord>> {
  if (resource.key.length === 0) return new Map();
  const wanted = rows
    .map(({ values }) => keyValues(resource, values))
    .filter((key) => key.every((value) => value !== undefined && value !== null));
  if (wanted.length === 0) return new Map();
  const names: readonly string[] = resource.key;
  const asked = wanted.map((key): Values => Object.fromEntries(names.map((name, at) => [name, key[at]])));
  const matches = names
    .map(columnOf)
    .map((column) => sql`${sql.ref(`record.${column}`)} = ${sql.ref(`given.${column}`)}`);
  const { rows: found } = await sql<Row>`
    SELECT ${selection(resource)} FROM ${rowsAsTable(resource, asked, names)}, ${source(resource)}
    WHERE ${sql.join(matches, sql` AND `)}`.execute(ctx.db);
  const records = found.map(recordReader(resource));
  return new Map(records.map((record) => [keyOf(resource, record), record]));
}
