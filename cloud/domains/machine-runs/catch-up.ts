// What becomes known later: an order or material that a PLC named before it was made, and the begin of orders
// that the schedule opens.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { RunRow } from './queries.ts';
import * as queries from './queries.ts';
import { writeRuns } from './write.ts';

/** Runs that are linked in one round; the rest follows in the next. */
const BATCH = 200;

/** Runs that kept a text get their order and material as soon as somebody has made or linked them. */
export async function linkUnknown(ctx: Context): Promise<void> {
  const { rows } = await sql<RunRow>`
    SELECT runs.* FROM mes.machine_runs AS runs
    WHERE (runs.plc_order IS NOT NULL AND runs.work_order_id IS NULL OR runs.plc_material IS NOT NULL AND runs.material_id IS NULL)
      AND NOT runs.corrected
      AND (EXISTS (SELECT FROM mes.work_orders WHERE runs.work_order_id IS NULL AND work_orders.plant_id = runs.plant_id AND work_orders.number = runs.plc_order)
        OR EXISTS (SELECT FROM mes.work_order_names AS names WHERE runs.work_order_id IS NULL AND names.plant_id = runs.plant_id AND names.name = runs.plc_order)
        OR EXISTS (SELECT FROM mes.materials WHERE runs.material_id IS NULL AND materials.code = runs.plc_material AND materials.archived_at IS NULL))
    ORDER BY runs.machine_id, runs.from_time LIMIT ${BATCH}`.execute(ctx.db);
  for (const [machineId, runs] of Map.groupBy(rows, (run) => run.machine_id)) {
    const machine = await queries.lockMachine(ctx, machineId);
    const current = await queries.runsAfter(ctx, machineId, runs[0]?.from_time ?? null);
    const orders = await queries.ordersByName(
      ctx,
      machine.plant_id,
      runs.flatMap(({ plc_order }) => plc_order ?? []),
    );
    const materials = await queries.materialsByName(
      ctx,
      runs.flatMap(({ plc_material }) => plc_material ?? []),
    );
    const update = current.flatMap((before) => {
      if (before.corrected || !runs.some(({ id, version }) => id === before.id && version === before.version))
        return [];
      const order = before.plc_order === null ? undefined : orders.get(before.plc_order);
      const material = before.plc_material === null ? order?.materialId : materials.get(before.plc_material);
      const after = {
        ...before,
        work_order_id: before.work_order_id ?? order?.id ?? null,
        material_id: before.material_id ?? material ?? null,
      };
      const same = after.work_order_id === before.work_order_id && after.material_id === before.material_id;
      return same ? [] : [{ before, after }];
    });
    if (update.length > 0) await writeRuns(ctx, { update });
  }
}

/** On machines that follow the schedule, the order that is planned for now runs; it is released or further. */
export async function followSchedules(ctx: Context): Promise<void> {
  const { rows: machines } = await sql<{ id: number }>`
    SELECT machines.id FROM mes.machines
    WHERE machines.run_source = 'schedule' AND machines.archived_at IS NULL ORDER BY machines.id`.execute(ctx.db);
  for (const { id } of machines) {
    const machine = await queries.lockMachine(ctx, id);
    const planned = await plannedNow(ctx, id);
    const runs = await queries.runsAfter(ctx, id, ctx.now);
    const open = runs.find((run) => run.to_time === null);
    // What somebody began there by hand, or put right, goes on until he ends it.
    if (open && (open.source !== 'schedule' || open.corrected)) continue;
    if (open && open.work_order_id === planned?.id) continue;
    const update = open ? [{ before: open, after: { ...open, to_time: ctx.now } }] : [];
    const busy = runs.some((run) => run !== open);
    const insert = planned && !busy ? [scheduledRun(ctx, { machine, planned })] : [];
    if (update.length + insert.length > 0) await writeRuns(ctx, { update, insert });
  }
}

interface Planned {
  readonly id: number;
  readonly material_id: number;
  readonly operation_id: number | null;
}

async function plannedNow(ctx: Context, machineId: number): Promise<Planned | undefined> {
  const { rows } = await sql<Planned>`
    SELECT orders.id, orders.material_id, operations.id AS operation_id
    FROM mes.work_orders AS orders
    LEFT JOIN mes.work_order_operations AS operations
      ON operations.work_order_id = orders.id AND operations.machine_id = ${machineId} AND operations.archived_at IS NULL
    WHERE orders.status IN ('released', 'running', 'paused') AND orders.archived_at IS NULL
      AND orders.planned_from <= ${ctx.now} AND coalesce(orders.planned_to, 'infinity') > ${ctx.now}
      AND (operations.id IS NOT NULL OR orders.lane_id = (
        SELECT places.lane_id FROM mes.lane_memberships AS places
        WHERE places.machine_id = ${machineId} AND places.archived_at IS NULL
          AND places.valid_from <= ${ctx.now} AND coalesce(places.valid_to, 'infinity') > ${ctx.now}))
    ORDER BY orders.planned_from DESC, orders.priority, orders.id LIMIT 1`.execute(ctx.db);
  return rows[0];
}

function scheduledRun(
  ctx: Context,
  { machine, planned }: { machine: queries.MachineRow; planned: Planned },
): queries.NewRun {
  return {
    plant_id: machine.plant_id,
    machine_id: machine.id,
    work_order_id: planned.id,
    operation_id: planned.operation_id,
    material_id: planned.material_id,
    kind: 'production',
    from_time: ctx.now,
    to_time: null,
    source: 'schedule',
    plc_order: null,
    plc_material: null,
    plc_tag_id: null,
    corrected: false,
    reason: null,
    created_by: null,
  };
}
