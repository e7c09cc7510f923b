// What the rules and commands of work orders ask the database.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';

export async function laneIsOf(
  { db }: Context,
  { laneId, plantId }: { laneId: number; plantId: number },
): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM mes.lanes WHERE lanes.id = ${laneId} AND lanes.plant_id = ${plantId}`.execute(db);
  return rows.length > 0;
}

/** A material that is not there is told by the check of references. */
export async function unitOfMaterial({ db }: Context, materialId: number): Promise<number | null> {
  const { rows } = await sql<{ unit_id: number }>`
    SELECT materials.unit_id FROM mes.materials WHERE materials.id = ${materialId}`.execute(db);
  return rows[0]?.unit_id ?? null;
}

export async function hasRuns({ db }: Context, workOrderId: number): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM mes.machine_runs WHERE machine_runs.work_order_id = ${workOrderId} LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** Machines on which the order runs now, and who opened each run. */
export async function openRuns({ db }: Context, workOrderId: number): Promise<{ machine: string; source: string }[]> {
  const { rows } = await sql<{ machine: string; source: string }>`
    SELECT machines.display_name AS machine, machine_runs.source
    FROM mes.machine_runs JOIN mes.machines ON machines.id = machine_runs.machine_id
    WHERE machine_runs.work_order_id = ${workOrderId} AND machine_runs.to_time IS NULL
    ORDER BY machines.id`.execute(db);
  return rows;
}

/** The steps of the material's routing become the order's operations, on the machines and lanes of its plant. */
export async function copyRouting(
  { db, actor }: Context,
  order: { id: number; plantId: number; materialId: number; quantity: number },
): Promise<void> {
  await sql`
    INSERT INTO mes.work_order_operations
      (organization_id, plant_id, work_order_id, sequence, code, name, lane_id, machine_id, planned_quantity)
    SELECT ${actor.organizationId}::int, ${order.plantId}::int, ${order.id}::int, steps.sequence, steps.code, steps.name, lanes.id,
           machines.id, ${order.quantity}::numeric
    FROM mes.routings
    JOIN mes.routing_operations AS steps ON steps.routing_id = routings.id AND steps.archived_at IS NULL
    LEFT JOIN mes.machines ON machines.plant_id = ${order.plantId} AND machines.name = steps.machine_name AND machines.archived_at IS NULL
    LEFT JOIN mes.lanes ON lanes.plant_id = ${order.plantId} AND lanes.name = steps.lane_name AND lanes.archived_at IS NULL
    WHERE routings.material_id = ${order.materialId} AND routings.archived_at IS NULL`.execute(db);
}

/** What was not done when the order ended is done or cancelled with it. */
export async function endOperations({ db }: Context, order: { id: number; status: string }): Promise<void> {
  const status = order.status === 'cancelled' ? 'cancelled' : 'completed';
  await sql`
    UPDATE mes.work_order_operations SET status = ${status}
    WHERE work_order_operations.work_order_id = ${order.id}
      AND work_order_operations.status NOT IN ('completed', 'cancelled')`.execute(db);
}
