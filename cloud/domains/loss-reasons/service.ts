// Loading the reasons to begin with: those whose code nobody has yet. Doing it again makes nothing twice,
// and what was archived since stays archived.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { createRecord, type Kind } from '../../platform/kit/commands.ts';
import type { AnyRecord } from '../../platform/kit/rows.ts';
import { starterReasons } from './starter.ts';

export interface Loaded {
  readonly created: AnyRecord[];
  /** How many were there already, archived or not. */
  readonly there: number;
}

export async function loadStarter(ctx: Context, kind: Kind): Promise<Loaded> {
  const { organizationId } = ctx.actor;
  // Two who press at once: the second finds what the first has made.
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.loss_reasons'), ${organizationId})`.execute(ctx.db);
  const { rows } = await sql<{ id: number; code: string; active: boolean }>`
    SELECT id, code, archived_at IS NULL AS active FROM mes.loss_reasons
    WHERE organization_id = ${organizationId} AND code = ANY (${starterReasons.map(({ code }) => code)})`.execute(
    ctx.db,
  );
  const known = new Map(rows.map((row) => [row.code, row]));
  const created: AnyRecord[] = [];
  for (const { parent, ...fields } of starterReasons) {
    if (known.has(fields.code)) continue;
    const above = parent === null ? undefined : known.get(parent);
    const record = await createRecord(ctx, kind, { ...fields, parentId: above?.active ? above.id : null });
    known.set(fields.code, { id: record.id, code: fields.code, active: true });
    created.push(record);
  }
  return { created, there: rows.length };
}
