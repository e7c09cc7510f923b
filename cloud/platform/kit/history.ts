// Who changed a record, when, and what: the audit trail of one record, newest first.

import type { Context } from '../http/context.ts';

interface HistoryItem {
  readonly id: number;
  readonly at: string;
  readonly actorKind: string;
  readonly actorName: string;
  readonly action: string;
  readonly old: Record<string, unknown> | null;
  readonly new: Record<string, unknown> | null;
  readonly reason: string | null;
  readonly requestId: string;
}

export async function readHistory(
  ctx: Context,
  { entity, entityId, limit, before }: { entity: string; entityId: number; limit: number; before?: number | undefined },
): Promise<{ items: HistoryItem[]; nextBefore: number | null }> {
  let query = ctx.db
    .selectFrom('mes.audit_logs')
    .selectAll()
    .where('organization_id', '=', ctx.actor.organizationId)
    .where('entity', '=', entity)
    .where('entity_id', '=', String(entityId))
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (before !== undefined) query = query.where('id', '<', String(before));
  const rows = await query.execute();
  const items = rows.slice(0, limit).map((row) => ({
    id: Number(row.id),
    at: row.at.toISOString(),
    actorKind: row.actor_kind,
    actorName: row.actor_name,
    action: row.action,
    old: row.old as Record<string, unknown> | null,
    new: row.new as Record<string, unknown> | null,
    reason: row.reason,
    requestId: row.request_id,
  }));
  return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
