// Reading the trail and checking its chain. Both see what the actor's transaction sees.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { AuditPage, AuditQuery, Verification } from './schema.ts';

/** Faults told at once: the first ones say where to look. */
const MAX_FAULTS = 100;

export async function listAudit(ctx: Context, query: AuditQuery): Promise<AuditPage> {
  let rows = ctx.db
    .selectFrom('mes.audit_logs as logs')
    .leftJoin('mes.audit_seals as seals', (join) =>
      join.onRef('seals.organization_id', '=', 'logs.organization_id').onRef('seals.audit_log_id', '=', 'logs.id'),
    )
    .selectAll('logs')
    .select('seals.sequence')
    .where('logs.organization_id', '=', ctx.actor.organizationId)
    .orderBy('logs.id', 'desc')
    .limit(query.limit + 1);
  if (query.entity !== undefined) rows = rows.where('logs.entity', '=', query.entity);
  if (query.entityId !== undefined) rows = rows.where('logs.entity_id', '=', query.entityId);
  if (query.action !== undefined) rows = rows.where('logs.action', '=', query.action);
  if (query.actorId !== undefined) rows = rows.where('logs.actor_id', '=', query.actorId);
  if (query.from !== undefined) rows = rows.where('logs.at', '>=', new Date(query.from));
  if (query.to !== undefined) rows = rows.where('logs.at', '<', new Date(query.to));
  if (query.before !== undefined) rows = rows.where('logs.id', '<', String(query.before));
  if (query.search !== undefined) {
    const pattern = `%${query.search.replace(/[\\%_]/g, '\\$&')}%`;
    rows = rows.where((where) =>
      where.or([where('logs.actor_name', 'ilike', pattern), where('logs.reason', 'ilike', pattern)]),
    );
  }
  const found = await rows.execute();
  const items = found.slice(0, query.limit).map((row) => ({
    id: Number(row.id),
    at: row.at.toISOString(),
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorName: row.actor_name,
    action: row.action,
    entity: row.entity,
    entityId: row.entity_id,
    plantId: row.plant_id,
    old: row.old as Record<string, unknown> | null,
    new: row.new as Record<string, unknown> | null,
    reason: row.reason,
    requestId: row.request_id,
    sequence: row.sequence === null ? null : Number(row.sequence),
  }));
  return { items, nextBefore: found.length > query.limit ? (items.at(-1)?.id ?? null) : null };
}

/** Walks the whole chain: every hash is computed again from its row and the seal before. */
export async function verifyAudit(ctx: Context): Promise<Verification> {
  const { rows: faults } = await sql<{ sequence: string | null; audit_log_id: string | null; kind: string }>`
    SELECT * FROM mes.audit_faults(${MAX_FAULTS})`.execute(ctx.db);
  const head = await ctx.db
    .selectFrom('mes.audit_seals')
    .selectAll()
    .where('organization_id', '=', ctx.actor.organizationId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const waiting = await ctx.db
    .selectFrom('mes.audit_unsealed')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('organization_id', '=', ctx.actor.organizationId)
    .executeTakeFirstOrThrow();
  const whole = (text: string | null): number | null => (text === null ? null : Number(text));
  return {
    ok: faults.length === 0,
    sealedUpTo: head
      ? {
          sequence: Number(head.sequence),
          auditLogId: Number(head.audit_log_id),
          sealedAt: head.sealed_at.toISOString(),
          hash: head.hash.toString('hex'),
        }
      : null,
    waiting: Number(waiting.count),
    faults: faults.map((fault) => ({
      sequence: whole(fault.sequence),
      auditLogId: whole(fault.audit_log_id),
      kind: fault.kind as Verification['faults'][number]['kind'],
    })),
  };
}
