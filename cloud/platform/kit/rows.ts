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

/** Everything of a record, from `record` and what its references join. */
export function selection(resource: AnyResource): RawBuilder<unknown> {
  const columns = [sql`record.id`, sql`record.version`];
  for (const column of Object.values(stamps)) columns.push(sql`${sql.ref(`record.${column}`)}`);
  for (const [name, field] of fieldsOf(resource)) {
    const column = sql.ref(`record.${columnOf(name)}`);
    // A date goes as text: as a Date it would carry a time zone nobody meant.
    columns.push(field.kind === 'date' ? sql`${column}::text AS ${sql.ref(columnOf(name))}` : sql`${column}`);
    if (field.kind === 'reference')
      columns.push(sql`${sql.ref(`${joined(name)}.${field.title}`)} AS ${sql.ref(columnOf(titleNameOf(name)))}`);
  }
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

const joined = (referenceName: string): string => `${columnOf(referenceName)}_of`;

export function toRecord(resource: AnyResource, row: Row): AnyRecord {
  const record: Record<string, unknown> = { id: Number(row['id']) };
  for (const [name, field] of fieldsOf(resource)) {
    const value = row[columnOf(name)] ?? null;
    record[name] = field.kind === 'decimal' && value !== null ? Number(value) : value;
    if (field.kind === 'reference') record[titleNameOf(name)] = row[columnOf(titleNameOf(name))] ?? null;
  }
  record['version'] = row['version'];
  for (const [name, column] of Object.entries(stamps)) {
    const value = row[column];
    record[name] = value instanceof Date ? value.toISOString() : null;
  }
  return record as AnyRecord;
}

/** A value as the column takes it. */
export function toColumn(field: Field | undefined, value: unknown): unknown {
  return field?.kind === 'texts' && value !== null ? JSON.stringify(value) : value;
}

/** The fields of a record that clients write, as CSV and the audit trail show them. */
export function writtenFields(resource: AnyResource): [string, Field][] {
  return fieldsOf(resource).filter(([, field]) => !field.readOnly);
}
