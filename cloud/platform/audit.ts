// The audit trail: every command writes what it did in its own transaction. A sealer links committed rows
// into the organisation's chain afterwards (sql/0007_people.sql); here a row is only written.

import { sql } from 'kysely';
import type { Database, TenantTransaction } from './database.ts';
import type { Context } from './http/context.ts';

export type AuditActorKind = 'user' | 'api_key' | 'device' | 'system' | 'visitor';

/** What was done to which record. Secrets (passwords, PINs, tokens, their hashes) never belong in it. */
export interface AuditEntry {
  /** `create`, `update`, `archive`, `sign_in`, … */
  readonly action: string;
  /** Kind of record as the API names it: `departments`. */
  readonly entity: string;
  readonly entityId: string | number;
  readonly plantId?: number | null;
  /** Values before and after, of the fields that changed. */
  readonly old?: object | null;
  readonly new?: object | null;
  readonly reason?: string | undefined;
}

type WhoAndWhere = {
  readonly organizationId: number;
  readonly actor: { readonly kind: AuditActorKind; readonly id: number | null; readonly name: string };
  readonly requestId: string;
};

export function recordAudit(ctx: Context, entry: AuditEntry): Promise<void> {
  return recordAudits(ctx, [entry]);
}

export async function recordAudits(ctx: Context, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const { actor, requestId } = ctx;
  const who = {
    organizationId: actor.organizationId,
    actor: { kind: actor.kind, id: actor.userId, name: actor.name },
    requestId,
  };
  const rows = entries.map((entry) => rowOf({ ...entry, ...who }));
  if (rows.length === 1) await ctx.db.insertInto('mes.audit_logs').values(rows.map(asCells)).execute();
  else await insertMany(ctx, rows);
}

/** In one parameter: imports bring thousands. */
async function insertMany(ctx: Context, rows: readonly AuditRow[]): Promise<void> {
  const columns = sql.join(Object.keys(rows[0] ?? {}).map((name) => sql.ref(name)));
  await sql`
    INSERT INTO mes.audit_logs (${columns})
    SELECT ${columns} FROM json_populate_recordset(NULL::mes.audit_logs, ${JSON.stringify(rows)}::json)`.execute(
    ctx.db,
  );
}

/** For what no signed-in actor does: a sign-in, a job. The transaction carries the organisation. */
export async function insertAudit(db: Database | TenantTransaction, entry: AuditEntry & WhoAndWhere): Promise<void> {
  await db
    .insertInto('mes.audit_logs')
    .values(asCells(rowOf(entry)))
    .execute();
}

type AuditRow = ReturnType<typeof rowOf>;

function rowOf(entry: AuditEntry & WhoAndWhere) {
  return {
    organization_id: entry.organizationId,
    plant_id: entry.plantId ?? null,
    actor_kind: entry.actor.kind,
    actor_id: entry.actor.id,
    actor_name: entry.actor.name,
    action: entry.action,
    entity: entry.entity,
    entity_id: String(entry.entityId),
    old: entry.old ?? null,
    new: entry.new ?? null,
    reason: entry.reason ?? null,
    request_id: entry.requestId,
  };
}

function asCells(row: AuditRow) {
  return { ...row, old: row.old && JSON.stringify(row.old), new: row.new && JSON.stringify(row.new) };
}
