// Between a table's rows and the records of the API: names, and what JSON cannot say.

import { type RawBuilder, sql } from 'kysely';
import { type AnyResource, type Field, fieldsOf, titleNameOf } from './resource.ts';

export type Row = Readonly<Record<string, unknown>>;
/** A record's fields by their API names. */
export type Values = Readonly<Record<string, unknown>>;
/** A record of any resource. */
export interface AnyRecord extends Values {
  readonly id: number;
  readonly version: number;
  readonly archivedAt: string | null;
}

const stamps = { createdAt: 'created_at', updatedAt: 'updated_at', archivedAt: 'archived_at' } as const;

/** `plantId` → `plant_id`. */
export function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export const tableOf = (resource: AnyResource): RawBuilder<unknown> => sql.table(`mes.${resource.table}`);

/** Everything of a record by its API names, from `record` and what its references join. */
export function selection(resource: AnyResource): RawBuilder<unknown> {
  const columns = [sql`record.id`];
  for (const [name, field] of fieldsOf(resource)) {
    const column = sql.ref(`record.${columnOf(name)}`);
    // A date goes as text: as a Date it would carry a time zone nobody meant.
    columns.push(sql`${field.kind === 'date' ? sql`${column}::text` : column} AS ${sql.ref(name)}`);
    if (field.kind === 'reference')
      columns.push(sql`${sql.ref(`${joined(name)}.${field.title}`)} AS ${sql.ref(titleNameOf(name))}`);
  }
  columns.push(sql`record.version`);
  for (const [name, column] of Object.entries(stamps))
    columns.push(sql`${sql.ref(`record.${column}`)} AS ${sql.ref(name)}`);
  return sql.join(columns);
}

/** `FROM` and the joins that bring the titles of references. */
export function source(resource: AnyResource): RawBuilder<unknown> {
  const joins = fieldsOf(resource)
    .filter((entry): entry is [string, Field & { kind: 'reference' }] => entry[1].kind === 'reference')
    .map(
      ([name, field]) =>
        sql`LEFT JOIN ${sql.table(`mes.${field.to.replaceAll('-', '_')}`)} AS ${sql.ref(joined(name))} ON ${sql.ref(`${joined(name)}.id`)} = ${sql.ref(`record.${columnOf(name)}`)}`,
    );
  return sql`${tableOf(resource)} AS record ${sql.join(joins, sql` `)}`;
}

/** What `source` calls the table that a reference leads to. */
export const joined = (referenceName: string): string => `${columnOf(referenceName)}_of`;

/** How a row that `selection` named becomes a record: in place, since lists have many. */
export function recordReader(resource: AnyResource): (row: Row) => AnyRecord {
  const decimals = fieldsOf(resource).flatMap(([name, field]) => (field.kind === 'decimal' ? [name] : []));
  const instants = fieldsOf(resource).flatMap(([name, field]) => (field.kind === 'instant' ? [name] : []));
  return (row) => {
    const record = row as Record<string, unknown>;
    for (const name of decimals) if (record[name] !== null) record[name] = Number(record[name]);
    for (const name of [...instants, ...Object.keys(stamps)]) {
      const value = record[name];
      record[name] = value instanceof Date ? value.toISOString() : null;
    }
    return record as unknown as AnyRecord;
  };
}

/** A value as the column takes it. */
export function toColumn(field: Field | undefined, value: unknown): unknown {
  return (field?.kind === 'texts' || field?.kind === 'attributes') && value !== null ? JSON.stringify(value) : value;
}

/**
 * Many rows in one parameter, as a table called `given` with the columns of the resource's own: a parameter
 * a cell is dear, and PostgreSQL takes 65,535 of them.
 */
export function rowsAsTable(
  resource: AnyResource,
  rows: readonly Values[],
  names: readonly string[],
): RawBuilder<unknown> {
  const columns = names.map((name): [name: string, column: string] => [name, columnOf(name)]);
  const cells = rows.map((values) =>
    Object.fromEntries(columns.map(([name, column]) => [column, wellFormed(values[name])])),
  );
  return sql`json_populate_recordset(NULL::${tableOf(resource)}, ${JSON.stringify(cells)}::json) AS given`;
}

/** Half a surrogate pair is no text to PostgreSQL's JSON. */
const wellFormed = (value: unknown): unknown => (typeof value === 'string' ? value.toWellFormed() : value);
