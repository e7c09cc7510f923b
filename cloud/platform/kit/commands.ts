// Commands on one record: load, check, change, audit, in the transaction of the context. What a domain
// adds of its own are rules, called where the record and the change are both known.

import { sql } from 'kysely';
import { recordAudit } from '../audit.ts';
import { DomainError } from '../errors.ts';
import type { Context } from '../http/context.ts';
import { checkReferences } from './references.ts';
import { writing } from './refusals.ts';
import type { AnyResource, Field, FieldsOf, RecordOf } from './resource.ts';
import {
  type AnyRecord,
  columnOf,
  type Row,
  selection,
  source,
  tableOf,
  toColumn,
  toRecord,
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
  /** After each command, in its transaction: what else follows from it. */
  afterChange?(ctx: Context, record: RecordOf<R>, action: 'create' | 'update' | 'archive' | 'restore'): Promise<void>;
}

export type AnyRules = Rules<AnyResource>;

export interface Kind {
  readonly resource: AnyResource;
  readonly rules: AnyRules;
}

/** Throws `not_found`. */
export async function getRecord(ctx: Context, resource: AnyResource, id: number): Promise<AnyRecord> {
  const { rows } = await sql<Row>`
    SELECT ${selection(resource)} FROM ${source(resource)} WHERE record.id = ${id}`.execute(ctx.db);
  if (!rows[0]) throw new DomainError('not_found', `There is no ${resource.singular} ${id} that you may see.`);
  return toRecord(resource, rows[0]);
}

/** Throws InvalidRequest, `conflict` when the key is taken, and what the rules throw. */
export async function createRecord(ctx: Context, kind: Kind, given: Values & { reason?: string }): Promise<AnyRecord> {
  const { reason, ...fields } = given;
  const id = await insertRecord(ctx, kind, fields);
  const record = await getRecord(ctx, kind.resource, id);
  await recordAudit(ctx, {
    ...about(kind.resource, record),
    action: 'create',
    new: audited(kind.resource, record),
    reason,
  });
  await kind.rules.afterChange?.(ctx, record as RecordOf<AnyResource>, 'create');
  return record;
}

async function insertRecord(ctx: Context, { resource, rules }: Kind, fields: Values): Promise<number> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries<Field>(resource.fields))
    values[name] = fields[name] ?? field.default ?? (field.readOnly ? undefined : null);
  await checkReferences(ctx, resource, values);
  Object.assign(values, (await rules.beforeCreate?.(ctx, values as FieldsOf<AnyResource>)) ?? {});
  const stored = Object.entries(values).filter(([, value]) => value !== undefined);
  const columns = [sql.ref('organization_id'), ...stored.map(([name]) => sql.ref(columnOf(name)))];
  const row = [ctx.actor.organizationId, ...stored.map(([name, value]) => toColumn(resource.fields[name], value))];
  const insert = sql<{ id: number }>`
    INSERT INTO ${tableOf(resource)} (${sql.join(columns)}) VALUES (${sql.join(row)}) RETURNING id`;
  const { rows } = await writing(resource, insert.execute(ctx.db));
  return Number(rows[0]?.id);
}

/** Changes what differs; nothing differs: nothing happens. Throws `conflict` for an old version or a taken key. */
export async function updateRecord(
  ctx: Context,
  { resource, rules }: Kind,
  { id, version, reason, fields }: { id: number; version: number; reason?: string | undefined; fields: Values },
): Promise<AnyRecord> {
  const before = await lockRecord(ctx, resource, { id, version });
  if (before.archivedAt !== null)
    throw new DomainError('conflict', `This ${resource.singular} is archived. Restore it before you change it.`);
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (JSON.stringify(value) !== JSON.stringify(before[name])) changes[name] = value;
  }
  if (Object.keys(changes).length === 0) return before;
  await checkReferences(ctx, resource, changes);
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
  await rules.afterChange?.(ctx, after as RecordOf<AnyResource>, 'update');
  return after;
}

/** Hides or brings back a record. Throws `conflict` for an old version, or when it is so already. */
export async function setArchived(
  ctx: Context,
  { resource, rules }: Kind,
  { id, version, reason, archived }: { id: number; version: number; reason?: string | undefined; archived: boolean },
): Promise<AnyRecord> {
  const before = await lockRecord(ctx, resource, { id, version });
  if ((before.archivedAt !== null) === archived)
    throw new DomainError(
      'conflict',
      `This ${resource.singular} is ${archived ? 'archived already' : 'not archived'}.`,
    );
  const record = before as RecordOf<AnyResource>;
  await (archived ? rules.beforeArchive?.(ctx, record) : rules.beforeRestore?.(ctx, record));
  await sql`UPDATE ${tableOf(resource)} SET archived_at = ${archived ? ctx.now : null} WHERE id = ${id}`.execute(
    ctx.db,
  );
  const after = await getRecord(ctx, resource, id);
  const action = archived ? 'archive' : 'restore';
  await recordAudit(ctx, { ...about(resource, after), action, reason });
  await rules.afterChange?.(ctx, after as RecordOf<AnyResource>, action);
  return after;
}

async function setColumns(ctx: Context, resource: AnyResource, id: number, changes: Values): Promise<void> {
  const assignments = Object.entries(changes).map(
    ([name, value]) => sql`${sql.ref(columnOf(name))} = ${toColumn(resource.fields[name], value)}`,
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
  if (record.version === version) return record;
  const who = await lastChange(ctx, resource, id);
  throw new DomainError(
    'conflict',
    `${who ?? 'Somebody'} has changed this ${resource.singular} since you read it (version ${record.version}, yours is ${version}). Load it again, then make your change.`,
  );
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

function about(resource: AnyResource, record: AnyRecord): { entity: string; entityId: number; plantId: number | null } {
  const plantId = record['plantId'];
  return { entity: resource.name, entityId: record.id, plantId: typeof plantId === 'number' ? plantId : null };
}

/** The fields of a record for the trail: all that have a value, or those named. */
function audited(
  resource: AnyResource,
  record: AnyRecord,
  names = Object.keys(resource.fields),
): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => name in resource.fields).map((name) => [name, record[name] ?? null]),
  );
}
