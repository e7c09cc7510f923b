// Commands on one record: load, check, change, audit, in the transaction of the context. What a domain
// adds of its own are rules, called where the record and the change are both known.

import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { recordAudit } from '../audit.ts';
import { Conflict, DomainError } from '../errors.ts';
import { fault } from '../faults.ts';
import type { Context } from '../http/context.ts';
import type { ImportReport } from './import.ts';
import { checkReferences } from './references.ts';
import { writing } from './refusals.ts';
import { type AnyResource, type FieldsOf, fieldOf, fieldsOf, type RecordOf } from './resource.ts';
import {
  type AnyRecord,
  columnOf,
  type Row,
  recordReader,
  selection,
  source,
  tableOf,
  toColumn,
  type Values,
} from './rows.ts';

/** What a domain says beyond its declaration. Each may throw a DomainError, or change values on their way. */
export interface Rules<R extends AnyResource> {
  /** The values to insert: as given, with defaults. Returns what is stored. */
  beforeCreate?(ctx: Context, values: FieldsOf<R>): Promise<Partial<FieldsOf<R>> | void>;
  /** `changes` holds the fields that really change. */
  beforeUpdate?(ctx: Context, record: RecordOf<R>, changes: Partial<FieldsOf<R>>): Promise<Partial<FieldsOf<R>> | void>;
  beforeArchive?(ctx: Context, record: RecordOf<R>): Promise<void>;
  beforeRestore?(ctx: Context, record: RecordOf<R>): Promise<void>;
  /** Says that beforeUpdate compares a record with no other of its kind: an import asks it of many before it writes. */
  readonly updatesAlone?: boolean;
  /** After each command, in its transaction: what else follows from it. */
  afterChange?(ctx: Context, record: RecordOf<R>, action: Action): Promise<void>;
  /** The same once for all that were changed together: an import calls it once for each thousand of its lines. */
  afterChanges?(ctx: Context, changed: readonly ChangedRecord<R>[]): Promise<void>;
}

type Action = 'create' | 'update' | 'archive' | 'restore';

export interface ChangedRecord<R extends AnyResource> {
  readonly record: RecordOf<R>;
  /** What it was; null for a new one. */
  readonly before: RecordOf<R> | null;
  readonly action: Action;
}

/** What follows from commands, in their transaction. */
export async function follow(
  ctx: Context,
  { rules }: Kind,
  changed: readonly { record: AnyRecord; before: AnyRecord | null; action: Action }[],
): Promise<void> {
  const records = changed as unknown as readonly ChangedRecord<AnyResource>[];
  if (rules.afterChange) for (const { record, action } of records) await rules.afterChange(ctx, record, action);
  if (records.length > 0) await rules.afterChanges?.(ctx, records);
}

type AnyRules = Rules<AnyResource>;

export interface Kind {
  readonly resource: AnyResource;
  readonly rules: AnyRules;
  readonly file?: KindFile;
}

/** A CSV file of its own, for records that are more than their fields; small enough to go in at once. */
export interface KindFile {
  /** Its fields are the columns. */
  readonly resource: AnyResource;
  /** Adds to records what the file has beyond them. */
  complete(ctx: Context, records: readonly AnyRecord[]): Promise<readonly AnyRecord[]>;
  /** As importCsv, which see. */
  take(ctx: Context, bytes: Uint8Array): Promise<ImportReport>;
}

/** A resource with its rules, as those take it that serve all alike. */
export function kindOf<R extends AnyResource>(resource: R, rules: Rules<R> = {}, file?: KindFile): Kind {
  return { resource, rules: rules as AnyRules, ...(file ? { file } : {}) };
}

/** Throws `not_found`. */
export async function getRecord(ctx: Context, resource: AnyResource, id: number): Promise<AnyRecord> {
  const { rows } = await sql<Row>`
    SELECT ${selection(resource)} FROM ${source(resource)} WHERE record.id = ${id}`.execute(ctx.db);
  if (!rows[0]) throw new DomainError('not_found', `There is no ${resource.singular} ${id} that you may see.`);
  return recordReader(resource)(rows[0]);
}

/** Those of these ids that the actor may see. */
export async function readRecords(
  ctx: Context,
  resource: AnyResource,
  ids: readonly number[],
): Promise<Map<number, AnyRecord>> {
  const { rows } = await sql<Row>`
    SELECT ${selection(resource)} FROM ${source(resource)} WHERE record.id = ANY (${ids})`.execute(ctx.db);
  return new Map(rows.map(recordReader(resource)).map((record) => [record.id, record]));
}

/** Throws InvalidRequest, `conflict` when the key is taken, and what the rules throw. */
export async function createRecord(ctx: Context, kind: Kind, given: Values & { reason?: string }): Promise<AnyRecord> {
  const { reason, ...fields } = given;
  const values = await valuesToStore(ctx, kind, fields);
  await checkReferences(ctx, kind.resource, [values]);
  const id = await insertRow(ctx, kind.resource, values);
  const record = await getRecord(ctx, kind.resource, id);
  const entry = { ...about(kind.resource, record), action: 'create', new: audited(kind.resource, record), reason };
  await recordAudit(ctx, entry);
  await follow(ctx, kind, [{ record, before: null, action: 'create' }]);
  return record;
}

/** All fields of a new record, with defaults and what the rules make of them. */
export async function valuesToStore(ctx: Context, { resource, rules }: Kind, fields: Values): Promise<Values> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of fieldsOf(resource)) {
    const value = fields[name] ?? field.default ?? (field.readOnly ? undefined : null);
    if (value !== undefined) values[name] = value;
  }
  return { ...values, ...(await rules.beforeCreate?.(ctx, values as FieldsOf<AnyResource>)) };
}

async function insertRow(ctx: Context, resource: AnyResource, values: Values): Promise<number> {
  const names = Object.keys(values);
  const columns = names.map((name) => sql.ref(columnOf(name)));
  const cells = names.map((name) => toColumn(fieldOf(resource, name), values[name]));
  const insert = sql<{ id: number }>`
    INSERT INTO ${tableOf(resource)} (organization_id, ${sql.join(columns)})
    VALUES (${ctx.actor.organizationId}, ${sql.join(cells)}) RETURNING id`;
  const { rows } = await writing(resource, insert.execute(ctx.db));
  return rows[0]?.id ?? 0;
}

/** Changes what differs; nothing differs: nothing happens. Throws `conflict` for an old version or a taken key. */
export async function updateRecord(
  ctx: Context,
  kind: Kind,
  { id, version, reason, fields }: { id: number; version: number; reason?: string | undefined; fields: Values },
): Promise<AnyRecord> {
  const { resource, rules } = kind;
  const before = await lockRecord(ctx, resource, { id, version });
  checkNotArchived(resource, before);
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!isDeepStrictEqual(value, before[name])) changes[name] = value;
  }
  if (Object.keys(changes).length === 0) return before;
  await checkReferences(ctx, resource, [changes]);
  const record = before as RecordOf<AnyResource>;
  Object.assign(changes, (await rules.beforeUpdate?.(ctx, record, changes as Partial<FieldsOf<AnyResource>>)) ?? {});
  await setColumns(ctx, resource, id, changes);
  const after = await getRecord(ctx, resource, id);
  const names = Object.keys(changes);
  await recordAudit(ctx, {
    ...about(resource, after),
    action: 'update',
    old: audited(resource, before, names),
    new: audited(resource, after, names),
    reason,
  });
  await follow(ctx, kind, [{ record: after, before, action: 'update' }]);
  return after;
}

/** Hides or brings back a record. Throws `conflict` for an old version, or when it is so already. */
export async function setArchived(
  ctx: Context,
  kind: Kind,
  { id, version, reason, archived }: { id: number; version: number; reason?: string | undefined; archived: boolean },
): Promise<AnyRecord> {
  const { resource, rules } = kind;
  const before = await lockRecord(ctx, resource, { id, version });
  const { singular } = resource;
  if ((before.archivedAt !== null) === archived)
    throw new Conflict(fault(archived ? 'archived_already' : 'not_archived', { singular }));
  const record = before as RecordOf<AnyResource>;
  await (archived ? rules.beforeArchive?.(ctx, record) : rules.beforeRestore?.(ctx, record));
  await sql`UPDATE ${tableOf(resource)} SET archived_at = ${archived ? ctx.now : null} WHERE id = ${id}`.execute(
    ctx.db,
  );
  const after = await getRecord(ctx, resource, id);
  const action = archived ? 'archive' : 'restore';
  await recordAudit(ctx, { ...about(resource, after), action, reason });
  await follow(ctx, kind, [{ record: after, before, action }]);
  return after;
}

async function setColumns(ctx: Context, resource: AnyResource, id: number, changes: Values): Promise<void> {
  const assignments = Object.entries(changes).map(
    ([name, value]) => sql`${sql.ref(columnOf(name))} = ${toColumn(fieldOf(resource, name), value)}`,
  );
  const update = sql`UPDATE ${tableOf(resource)} SET ${sql.join(assignments)} WHERE id = ${id}`;
  await writing(resource, update.execute(ctx.db));
}

/** The record, locked until the end of the transaction, if it still has the version that was read. */
async function lockRecord(
  ctx: Context,
  resource: AnyResource,
  { id, version }: { id: number; version: number },
): Promise<AnyRecord> {
  await sql`SELECT FROM ${tableOf(resource)} WHERE id = ${id} FOR UPDATE`.execute(ctx.db);
  const record = await getRecord(ctx, resource, id);
  await checkVersion(ctx, resource, { record, version });
  return record;
}

/** Throws `conflict` when it is not the version that was read. */
export async function checkVersion(
  ctx: Context,
  resource: AnyResource,
  { record, version }: { record: AnyRecord; version: number },
): Promise<void> {
  if (record.version === version) return;
  const who = await lastChange(ctx, resource, record.id);
  const { singular } = resource;
  throw new Conflict(fault('changed_since', { singular, who, version: record.version, yours: version }));
}

export function checkNotArchived({ singular }: AnyResource, record: AnyRecord): void {
  if (record.archivedAt !== null) throw new Conflict(fault('is_archived', { singular }));
}

async function lastChange(ctx: Context, resource: AnyResource, id: number): Promise<string | null> {
  const row = await ctx.db
    .selectFrom('mes.audit_logs')
    .select('actor_name')
    .where('organization_id', '=', ctx.actor.organizationId)
    .where('entity', '=', resource.name)
    .where('entity_id', '=', String(id))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.actor_name ?? null;
}

/** Which record an audit row is about. */
export function about(
  resource: AnyResource,
  record: AnyRecord,
): { entity: string; entityId: number; plantId: number | null } {
  const plantId = record['plantId'];
  return { entity: resource.name, entityId: record.id, plantId: typeof plantId === 'number' ? plantId : null };
}

/** The fields of a record for the trail: all that have a value, or those named. */
export function audited(
  resource: AnyResource,
  record: AnyRecord,
  names = fieldsOf(resource).map(([name]) => name),
): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => fieldOf(resource, name)).map((name) => [name, record[name] ?? null]),
  );
}
