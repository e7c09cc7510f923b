// Revisions: a material is made in one of them at a time. A new one is a command with its reason; what was
// made before stays readable.

import { sql } from 'kysely';
import { recordAudit } from '../../platform/audit.ts';
import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord } from '../../platform/kit/commands.ts';
import { materialFault } from './faults.ts';
import { materials } from './resource.ts';

interface Revision {
  readonly revision: string;
  readonly validFrom: string;
  readonly note: string | null;
}

/** Newest first. One that never had another began with its record. Throws `not_found`. */
export async function readRevisions(ctx: Context, materialId: number): Promise<{ items: Revision[] }> {
  const material = await getRecord(ctx, materials, materialId);
  const rows = await ctx.db
    .selectFrom('mes.material_revisions')
    .select(['revision', 'valid_from', 'note'])
    .where('organization_id', '=', ctx.actor.organizationId)
    .where('material_id', '=', materialId)
    .orderBy('valid_from', 'desc')
    .execute();
  if (rows.length === 0)
    return {
      items: [{ revision: String(material['revision']), validFrom: String(material['createdAt']), note: null }],
    };
  return {
    items: rows.map(({ revision, valid_from, note }) => ({ revision, validFrom: valid_from.toISOString(), note })),
  };
}

/**
 * Makes another revision the one that is made from now on, or has been made since `validFrom`. Throws
 * `not_found`, `conflict` for an old version and a revision that was there before, InvalidRequest for a time
 * that is to come or before the revision that it follows.
 */
export async function makeRevision(
  ctx: Context,
  wanted: { materialId: number; version: number; revision: string; validFrom: Date; reason: string },
): Promise<{ items: Revision[] }> {
  const { materialId, version, revision, validFrom, reason } = wanted;
  await sql`SELECT FROM mes.materials WHERE id = ${materialId} FOR UPDATE`.execute(ctx.db);
  const material = await getRecord(ctx, materials, materialId);
  if (material.version !== version)
    throw new Conflict(
      fault('changed_since', { singular: 'material', who: null, version: material.version, yours: version }),
    );
  if (material.archivedAt !== null) throw new Conflict(fault('is_archived', { singular: 'material' }));
  const { items } = await readRevisions(ctx, materialId);
  if (items.some((one) => one.revision === revision)) throw new Conflict(materialFault('revision_taken', { revision }));
  const [now] = items;
  if (validFrom > ctx.now) throw new InvalidRequest([{ path: 'body/validFrom', ...fault('in_future', {}) }]);
  if (now && validFrom <= new Date(now.validFrom))
    throw new InvalidRequest([
      {
        path: 'body/validFrom',
        ...materialFault('before_last_revision', { revision: now.revision, since: now.validFrom }),
      },
    ]);
  await insertRevision(ctx, { materialId, first: now ?? null, next: { revision, validFrom, note: reason } });
  await ctx.db.updateTable('mes.materials').set({ revision }).where('id', '=', materialId).execute();
  await recordAudit(ctx, {
    action: 'revise',
    entity: materials.name,
    entityId: materialId,
    old: { revision: material['revision'] },
    new: { revision, validFrom: validFrom.toISOString() },
    reason,
  });
  return readRevisions(ctx, materialId);
}

/** `first` is kept with its row when the second comes: a material that never changes needs none. */
async function insertRevision(
  ctx: Context,
  {
    materialId,
    first,
    next,
  }: { materialId: number; first: Revision | null; next: { revision: string; validFrom: Date; note: string } },
): Promise<void> {
  const own = { organization_id: ctx.actor.organizationId, material_id: materialId };
  if (first)
    await ctx.db
      .insertInto('mes.material_revisions')
      .values({ ...own, revision: first.revision, valid_from: new Date(first.validFrom), note: first.note })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  await ctx.db
    .insertInto('mes.material_revisions')
    .values({ ...own, revision: next.revision, valid_from: next.validFrom, note: next.note })
    .execute();
}
