// Commands on many records at once, for imports: the same checks, versions, rules and audit rows as one by
// one, in few statements. One that is refused refuses all; who wants to know which one tries them singly.

import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { recordAudits } from '../audit.ts';
import { DomainError } from '../errors.ts';
import type { Context } from '../http/context.ts';
import {
  about,
  audited,
  checkNotArchived,
  checkVersion,
  follow,
  getRecord,
  type Kind,
  readRecords,
  valuesToStore,
} from './commands.ts';
import { checkReferences } from './references.ts';
import { writing } from './refusals.ts';
import { type AnyResource, type FieldsOf, fieldsOf, type RecordOf } from './resource.ts';
import { type AnyRecord, columnOf, rowsAsTable, tableOf, type Values } from './rows.ts';

/** Creates them in the order given. Throws InvalidRequest, `conflict` when a key is taken, and what the rules throw. */
export async function createRecords(ctx: Context, kind: Kind, given: readonly Values[]): Promise<void> {
  const { resource, rules } = kind;
  const rows: Values[] = [];
  for (const fields of given) rows.push(await valuesToStore(ctx, kind, fields));
  await checkReferences(ctx, resource, rows);
  const ids = await insertRows(ctx, resource, rows);
  await recordAudits(
    ctx,
    rows.map((values, index) => {
      const record = { ...values, id: ids[index] ?? 0 } as AnyRecord;
      return { ...about(resource, record), action: 'create', new: audited(resource, record) };
    }),
  );
  if (!rules.afterChange && !rules.afterChanges) return;
  const records = await readRecords(ctx, resource, ids);
  const made = ids.flatMap((id) => records.get(id) ?? []);
  await follow(
    ctx,
    kind,
    made.map((record) => ({ record, before: null, action: 'create' })),
  );
}

async function insertRows(ctx: Context, resource: AnyResource, rows: readonly Values[]): Promise<number[]> {
  const names = fieldsOf(resource)
    .map(([name]) => name)
    .filter((name) => name in (rows[0] ?? {}));
  const columns = names.map((name) => sql.ref(columnOf(name)));
  const insert = sql<{ id: number }>`
    INSERT INTO ${tableOf(resource)} (organization_id, ${sql.join(columns)})
    SELECT ${ctx.actor.organizationId}::int, ${sql.join(columns)} FROM ${rowsAsTable(resource, rows, names)} RETURNING id`;
  const { rows: made } = await writing(resource, insert.execute(ctx.db));
  return made.map(({ id }) => id);
}

interface Update {
  readonly id: number;
  /** The one that was read. */
  readonly version: number;
  readonly fields: Values;
}

interface Change {
  readonly before: AnyRecord;
  readonly changes: Readonly<Record<string, unknown>>;
}

/**
 * Changes what differs of each, all different records. Only for kinds whose rules do not compare a record
 * with others: these are asked of all before the first is written. Throws as updateRecord does.
 */
export async function updateRecords(ctx: Context, kind: Kind, given: readonly Update[]): Promise<void> {
  const { resource, rules } = kind;
  const found = await changesOf(ctx, resource, given);
  await checkReferences(
    ctx,
    resource,
    found.map(({ changes }) => changes),
  );
  const wanted: Change[] = [];
  for (const { before, changes } of found) {
    const record = before as RecordOf<AnyResource>;
    const more = await rules.beforeUpdate?.(ctx, record, changes as Partial<FieldsOf<AnyResource>>);
    wanted.push({ before, changes: { ...changes, ...more } });
  }
  await setColumns(ctx, resource, wanted);
  const after = await readRecords(
    ctx,
    resource,
    wanted.map(({ before }) => before.id),
  );
  const done = wanted.flatMap(({ before, changes }) => {
    const record = after.get(before.id);
    return record ? [{ before, record, names: Object.keys(changes) }] : [];
  });
  await recordAudits(
    ctx,
    done.map(({ before, record, names }) => ({
      ...about(resource, record),
      action: 'update',
      old: audited(resource, before, names),
      new: audited(resource, record, names),
    })),
  );
  await follow(
    ctx,
    kind,
    done.map(({ record, before }) => ({ record, before, action: 'update' })),
  );
}

/** What differs, of records that are locked from now on and still have the version that was read. */
async function changesOf(ctx: Context, resource: AnyResource, given: readonly Update[]): Promise<Change[]> {
  const ids = given.map(({ id }) => id);
  // In the order of the ids, so that two imports of the same records wait for each other instead of for ever.
  await sql`SELECT FROM ${tableOf(resource)} WHERE id = ANY (${ids}) ORDER BY id FOR UPDATE`.execute(ctx.db);
  const records = await readRecords(ctx, resource, ids);
  const found: Change[] = [];
  for (const { id, version, fields } of given) {
    const before = records.get(id) ?? (await getRecord(ctx, resource, id));
    await checkVersion(ctx, resource, { record: before, version });
    checkNotArchived(resource, before);
    const changes = Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => !isDeepStrictEqual(value, before[name])),
    );
    if (Object.keys(changes).length > 0) found.push({ before, changes });
  }
  return found;
}

/** A statement for all records in which the same fields change: what does not change is not written either. */
async function setColumns(ctx: Context, resource: AnyResource, wanted: readonly Change[]): Promise<void> {
  const alike = Map.groupBy(wanted, ({ changes }) => Object.keys(changes).toSorted().join());
  for (const same of alike.values()) {
    const names = Object.keys(same[0]?.changes ?? {});
    const assignments = names.map((name) => {
      const column = sql.ref(columnOf(name));
      return sql`${column} = given.${column}`;
    });
    const rows = same.map(({ before, changes }) => ({ ...changes, id: before.id }));
    const update = sql`
      UPDATE ${tableOf(resource)} AS record SET ${sql.join(assignments)}
      FROM ${rowsAsTable(resource, rows, ['id', ...names])} WHERE record.id = given.id`;
    const { numAffectedRows } = await writing(resource, update.execute(ctx.db));
    if (numAffectedRows !== BigInt(same.length))
      throw new DomainError('forbidden', `You may not write each ${resource.singular}: one is outside your plants.`);
  }
}
