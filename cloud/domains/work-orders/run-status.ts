// What runs say of their orders: with an open run an order is running, without one any more it is paused.
// An order that has ended stays as it is; its runs are shown as they were.

import { sql } from 'kysely';
import { recordAudits } from '../../platform/audit.ts';
import type { Context } from '../../platform/http/context.ts';

interface Moved {
  readonly id: number;
  readonly plant_id: number;
  readonly old_status: string;
  readonly status: string;
}

/** To be called after runs of these orders were opened, ended or corrected, in the same transaction. */
export async function followRuns(ctx: Context, workOrderIds: readonly (number | null)[]): Promise<void> {
  const ids = [...new Set(workOrderIds.filter((id) => id !== null))];
  if (ids.length === 0) return;
  const { rows } = await sql<Moved>`
    WITH locked AS (
      SELECT work_orders.id, work_orders.status FROM mes.work_orders
      WHERE work_orders.id = ANY (${ids}) AND work_orders.status IN ('planned', 'released', 'running', 'paused')
      ORDER BY work_orders.id FOR UPDATE
    ), known AS (
      SELECT locked.id, locked.status, min(runs.from_time) AS first,
             coalesce(bool_or(runs.to_time IS NULL), false) AS is_open, count(runs.id) AS runs
      FROM locked LEFT JOIN mes.machine_runs AS runs ON runs.work_order_id = locked.id
      GROUP BY locked.id, locked.status
    ), wanted AS (
      SELECT known.id, known.status, known.first,
             CASE WHEN known.is_open THEN 'running' WHEN known.runs > 0 THEN 'paused' ELSE known.status END AS next
      FROM known
    )
    UPDATE mes.work_orders SET status = wanted.next, actual_from = least(work_orders.actual_from, wanted.first)
    FROM wanted
    WHERE work_orders.id = wanted.id
      AND (wanted.next <> wanted.status OR wanted.first < coalesce(work_orders.actual_from, 'infinity'))
    RETURNING work_orders.id, work_orders.plant_id, wanted.status AS old_status, work_orders.status`.execute(ctx.db);
  await recordAudits(
    ctx,
    rows
      .filter(({ old_status, status }) => old_status !== status)
      .map(({ id, plant_id, old_status, status }) => ({
        action: 'update',
        entity: 'work-orders',
        entityId: id,
        plantId: plant_id,
        old: { status: old_status },
        new: { status },
      })),
  );
}
