// What a loss reason must be beyond its fields: the tree has no cycle, only unplanned stops are failures, a
// reason that others hang below is not archived. What a reason means changes figures of every machine.

import { sql } from 'kysely';
import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { reasonFault } from './faults.ts';
import type { lossReasons } from './resource.ts';

/** Deeper than anybody reads on a tablet. */
const MAX_DEPTH = 6;

export const lossReasonRules: Rules<typeof lossReasons> = {
  async beforeCreate(ctx, { parentId, isFailure, category }) {
    checkFailure(isFailure, category);
    if (parentId !== null) await checkParent(ctx, { id: null, parentId });
  },
  async beforeUpdate(ctx, reason, changes) {
    const { isFailure, category, parentId } = changes;
    checkFailure(isFailure ?? reason.isFailure, category ?? reason.category);
    if (parentId !== undefined && parentId !== null) await checkParent(ctx, { id: reason.id, parentId });
    // Before any sample until now, and for the machines of all plants, whoever sees them.
    if (isFailure !== undefined || category !== undefined)
      await sql`SELECT mes.mark_all_machines('epoch', ${ctx.now}, 'settings', ${ctx.actor.name})`.execute(ctx.db);
  },
  async beforeArchive(ctx, { id, name }) {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::int AS count FROM mes.loss_reasons
      WHERE loss_reasons.parent_id = ${id} AND loss_reasons.archived_at IS NULL`.execute(ctx.db);
    const count = rows[0]?.count ?? 0;
    if (count > 0) throw new Conflict(reasonFault('reasons_below', { name, count }));
  },
  async beforeRestore(ctx, { parentId, parentName }: { parentId: number | null; parentName?: string }) {
    if (parentId === null) return;
    const { rows } = await sql`
      SELECT FROM mes.loss_reasons WHERE loss_reasons.id = ${parentId} AND loss_reasons.archived_at IS NULL`.execute(
      ctx.db,
    );
    if (rows.length === 0)
      throw new Conflict(reasonFault('reason_above_archived', { name: parentName ?? String(parentId) }));
  },
};

function checkFailure(isFailure: boolean, category: string): void {
  if (isFailure && category !== 'unplanned_stop')
    throw new InvalidRequest([{ path: 'body/isFailure', ...reasonFault('failure_of_stop_only') }]);
}

/** Throws InvalidRequest where the parent hangs below the reason itself, or the tree becomes too deep. */
async function checkParent(ctx: Context, { id, parentId }: { id: number | null; parentId: number }): Promise<void> {
  // One change of the tree after the other: two that are each harmless can make a cycle together.
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.loss_reasons'), ${ctx.actor.organizationId})`.execute(ctx.db);
  const { rows } = await sql<{ above: number; below: number; cycle: boolean }>`
    WITH RECURSIVE above (id, parent_id, depth) AS (
      SELECT id, parent_id, 1 FROM mes.loss_reasons WHERE id = ${parentId}
      UNION ALL
      SELECT parents.id, parents.parent_id, above.depth + 1
      FROM mes.loss_reasons AS parents JOIN above ON parents.id = above.parent_id
      WHERE above.depth <= ${MAX_DEPTH}
    ), below (id, depth) AS (
      SELECT ${id}::int, 1
      UNION ALL
      SELECT children.id, below.depth + 1
      FROM mes.loss_reasons AS children JOIN below ON children.parent_id = below.id
      WHERE below.depth <= ${MAX_DEPTH}
    )
    SELECT (SELECT max(depth) FROM above) AS above, (SELECT max(depth) FROM below) AS below,
           ${id}::int IN (SELECT above.id FROM above) AS cycle`.execute(ctx.db);
  const found = rows[0];
  if (found?.cycle) throw new InvalidRequest([{ path: 'body/parentId', ...reasonFault('reason_below_itself') }]);
  if ((found?.above ?? 0) + (found?.below ?? 0) > MAX_DEPTH)
    throw new InvalidRequest([{ path: 'body/parentId', ...reasonFault('tree_too_deep', { levels: MAX_DEPTH }) }]);
}
