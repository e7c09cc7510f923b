// An operation belongs to its order's plant, and so do its lane and its machine.

import { sql } from 'kysely';
import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { operationFault } from './faults.ts';
import type { workOrderOperations } from './resource.ts';

export const workOrderOperationRules: Rules<typeof workOrderOperations> = {
  async beforeCreate(ctx, operation) {
    const order = await openOrder(ctx, operation.workOrderId);
    await checkPlaces(ctx, { ...operation, plantId: order.plant_id });
    return { plantId: order.plant_id, plannedQuantity: operation.plannedQuantity ?? Number(order.quantity) };
  },
  async beforeUpdate(ctx, operation, changes) {
    await openOrder(ctx, operation.workOrderId);
    if (changes.plannedQuantity === null)
      throw new InvalidRequest([{ path: 'body/plannedQuantity', ...fault('missing', {}) }]);
    await checkPlaces(ctx, {
      plantId: operation.plantId,
      laneId: changes.laneId ?? null,
      machineId: changes.machineId ?? null,
    });
  },
  async beforeArchive(ctx, operation) {
    await openOrder(ctx, operation.workOrderId);
  },
};

async function openOrder(ctx: Context, id: number): Promise<{ plant_id: number; quantity: string }> {
  const { rows } = await sql<{ plant_id: number; quantity: string; number: string; status: string }>`
    SELECT work_orders.plant_id, work_orders.quantity, work_orders.number, work_orders.status
    FROM mes.work_orders WHERE work_orders.id = ${id}`.execute(ctx.db);
  const [order] = rows;
  if (!order)
    throw new InvalidRequest([{ path: 'body/workOrderId', ...fault('no_record', { of: 'work orders', value: id }) }]);
  if (['completed', 'closed', 'cancelled'].includes(order.status))
    throw new Conflict(operationFault('operations_stay', { number: order.number, status: order.status }));
  return order;
}

async function checkPlaces(
  ctx: Context,
  { plantId, laneId, machineId }: { plantId: number; laneId: number | null; machineId: number | null },
): Promise<void> {
  const { rows } = await sql<{ lane: boolean; machine: boolean }>`
    SELECT ${laneId}::int IS NULL OR EXISTS (SELECT FROM mes.lanes WHERE lanes.id = ${laneId} AND lanes.plant_id = ${plantId}) AS lane,
           ${machineId}::int IS NULL OR EXISTS (SELECT FROM mes.machines WHERE machines.id = ${machineId} AND machines.plant_id = ${plantId}) AS machine`.execute(
    ctx.db,
  );
  if (rows[0]?.lane === false) throw new InvalidRequest([{ path: 'body/laneId', ...fault('other_plant', {}) }]);
  if (rows[0]?.machine === false) throw new InvalidRequest([{ path: 'body/machineId', ...fault('other_plant', {}) }]);
}
