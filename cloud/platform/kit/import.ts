// CSV import: the whole file or nothing. Every row is read, checked and, where the key is known, matched
// with what is there; only when no row is wrong are rows written, in the one transaction of the context.
//
// A dry run does the same and is rolled back by its caller, so that it finds what the real run would find.

import { sql } from 'kysely';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { DomainError, InvalidRequest } from '../errors.ts';
import type { Context } from '../http/context.ts';
import { explainErrors } from '../http/validation.ts';
import { createRecord, type Kind, updateRecord } from './commands.ts';
import { CsvError, type CsvFault, type CsvRow, headerOf, readCsv } from './csv.ts';
import type { AnyResource, Field } from './resource.ts';
import { type AnyRecord, columnOf, type Row, selection, source, toRecord } from './rows.ts';
import { createSchema } from './schemas.ts';

/** Faults that are told; more would only be more of the same. */
const MAX_FAULTS = 1_000;
const CHUNK_ROWS = 500;

export interface ImportReport {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Lines that are wrong; while there is one, nothing is imported. */
  readonly faults: readonly CsvFault[];
  readonly moreFaults: number;
}

/** How far it is, 0 to 1, told after each chunk. */
export type Progress = (fraction: number) => Promise<void>;

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
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const schema = createSchema(resource);
  const valid = Compile(schema);
  for (let start = 0; start < read.rows.length; start += CHUNK_ROWS) {
    const chunk = read.rows.slice(start, start + CHUNK_ROWS);
    const there = await findByKey(ctx, resource, chunk);
    for (const row of chunk) {
      if (faults.length > MAX_FAULTS) break;
      const before = there.get(keyOf(resource, row.values));
      faults.push(...(await importRow(ctx, kind, { row, before, schema, valid, counts, dry: faults.length > 0 })));
    }
    await options.progress((start + chunk.length) / read.rows.length);
  }
  return report({ rows: read.rows.length, faults, ...counts });
}

function report(found: { rows: number; faults: readonly CsvFault[] } & Partial<ImportReport>): ImportReport {
  const faults = found.faults.toSorted((a, b) => a.line - b.line);
  return {
    created: 0,
    updated: 0,
    unchanged: 0,
    ...found,
    faults: faults.slice(0, MAX_FAULTS),
    moreFaults: Math.max(faults.length - MAX_FAULTS, 0),
  };
}

interface RowImport {
  readonly row: CsvRow;
  readonly before: AnyRecord | undefined;
  readonly schema: TSchema;
  readonly valid: ReturnType<typeof Compile>;
  readonly counts: { created: number; updated: number; unchanged: number };
  /** A row before was wrong: this one is checked, and not written any more. */
  readonly dry: boolean;
}

async function importRow(
  ctx: Context,
  kind: Kind,
  { row, before, schema, valid, counts, dry }: RowImport,
): Promise<CsvFault[]> {
  const { resource } = kind;
  const values = before ? { ...ownValues(resource, before), ...row.values } : withoutEmpty(row.values);
  if (!valid.Check(values))
    return explainErrors(schema, valid.Errors(values)).map((error) => fault(resource, row, error));
  if (dry) return [];
  // A refused row must not take the transaction with it: the next ones are still to be checked.
  await sql`SAVEPOINT csv_row`.execute(ctx.db);
  try {
    if (before) {
      const after = await updateRecord(ctx, kind, {
        id: before.id,
        version: before.version,
        fields: changeable(resource, row),
      });
      counts[after.version === before.version ? 'unchanged' : 'updated'] += 1;
    } else {
      await createRecord(ctx, kind, values);
      counts.created += 1;
    }
    await sql`RELEASE SAVEPOINT csv_row`.execute(ctx.db);
    return [];
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT csv_row`.execute(ctx.db);
    if (error instanceof InvalidRequest) return error.fields.map((field) => fault(resource, row, field));
    if (error instanceof DomainError) return [{ line: row.line, column: null, message: error.message }];
    throw error;
  }
}

function fault(resource: AnyResource, row: CsvRow, { path, message }: { path: string; message: string }): CsvFault {
  const name = path.split('/')[1] ?? '';
  const field: Field | undefined = resource.fields[name];
  return { line: row.line, column: field ? headerOf(name, field) : null, message };
}

/** An empty cell of a new record is a field left out: its default applies. */
function withoutEmpty(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function ownValues(resource: AnyResource, record: AnyRecord): Record<string, unknown> {
  const names = Object.entries<Field>(resource.fields).filter(([, field]) => !field.readOnly);
  return Object.fromEntries(names.map(([name]) => [name, record[name]]));
}

function changeable(resource: AnyResource, row: CsvRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row.values).filter(([name]) => !resource.fields[name].fixed));
}

const keyOf = (resource: AnyResource, values: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(resource.key.map((name) => values[name]));

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
        message: `is the same ${resource.singular} as in line ${first}`,
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
    .map(({ values }) => resource.key.map((name) => values[name]))
    .filter((key) => key.every((value) => value !== undefined && value !== null));
  if (wanted.length === 0) return new Map();
  const columns = sql.join(resource.key.map((name) => sql.ref(`record.${columnOf(name)}`)));
  const keys = sql.join(wanted.map((key) => sql`(${sql.join(key)})`));
  const { rows: found } = await sql<Row>`
    SELECT ${selection(resource)} FROM ${source(resource)} WHERE (${columns}) IN (${keys})`.execute(ctx.db);
  const records = found.map((row) => toRecord(resource, row));
  return new Map(records.map((record) => [keyOf(resource, record), record]));
}

/** Titles become ids. What leads nowhere, or to several, is a fault, and its row keeps no value. */
async function resolveReferences(
  ctx: Context,
  resource: AnyResource,
  rows: readonly CsvRow[],
  faults: CsvFault[],
): Promise<void> {
  for (const [name, field] of Object.entries<Field>(resource.fields)) {
    if (field.kind !== 'reference') continue;
    const titles = [...new Set(rows.map(({ values }) => values[name]).filter((title) => typeof title === 'string'))];
    if (titles.length === 0) continue;
    const column = sql.ref(field.title);
    const { rows: found } = await sql<{ id: number; title: string }>`
      SELECT id, ${column} AS title FROM ${sql.table(`mes.${field.to.replaceAll('-', '_')}`)}
      WHERE ${column} = ANY (${titles}) AND archived_at IS NULL`.execute(ctx.db);
    const ids = Map.groupBy(found, ({ title }) => title);
    for (const { line, values } of rows) {
      const title = values[name];
      if (typeof title !== 'string') continue;
      const hits = ids.get(title) ?? [];
      values[name] = hits.length === 1 ? hits[0]?.id : undefined;
      if (hits.length === 1) continue;
      const message =
        hits.length === 0
          ? `is none of the ${field.to} that you may see: ${title}`
          : `is the name of several ${field.to}: ${title}`;
      faults.push({ line, column: headerOf(name, field), message });
    }
  }
}
