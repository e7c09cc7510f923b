// What a work order must be beyond its fields, and which step may follow which:
//
//   planned ──release──► released ──start──► running ◄─resume/pause─► paused ──complete──► completed ──close──► closed
//   and from each before completed: cancel
//
// A run on a machine also moves it: see run-status.ts.

import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import type { RecordOf } from '../../platform/kit/resource.ts';
import { orderFault } from './faults.ts';
import { copyRouting, endOperations, hasRuns, laneIsOf, unitOfMaterial } from './queries.ts';
import type { workOrders } from './resource.ts';

type WorkOrder = RecordOf<typeof workOrders>;
export type Status = WorkOrder['status'];

/** What each command asks for, and what it leads to. */
export const steps = {
  release: { from: ['planned'], to: 'released' },
  start: { from: ['released'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  complete: { from: ['running', 'paused'], to: 'completed' },
  close: { from: ['completed'], to: 'closed' },
  cancel: { from: ['planned', 'released', 'running', 'paused'], to: 'cancelled' },
} as const satisfies Readonly<Record<string, { readonly from: readonly Status[]; readonly to: Status }>>;

export type Step = keyof typeof steps;

const ended: readonly Status[] = ['completed', 'closed', 'cancelled'];
/** What may still be said of an order that has ended. */
const afterwards = new Set(['status', 'actualFrom', 'actualTo', 'erpReference', 'remarks']);

export const workOrderRules: Rules<typeof workOrders> = {
  updatesAlone: true,

  async beforeCreate(ctx, order) {
    checkPlan(order);
    await checkLane(ctx, order);
    return { unitId: order.unitId ?? (await unitOfMaterial(ctx, order.materialId)) };
  },

  async beforeUpdate(ctx, order, changes) {
    if (ended.includes(order.status) && Object.keys(changes).some((name) => !afterwards.has(name)))
      throw new Conflict(orderFault('order_ended', { number: order.number, status: order.status }));
    if (changes.materialId !== undefined && (await hasRuns(ctx, order.id)))
      throw new Conflict(orderFault('material_stays', { number: order.number }));
    const after = { ...order, ...changes };
    checkPlan(after);
    if (changes.laneId !== undefined) await checkLane(ctx, after);
  },

  async beforeArchive(_ctx, order) {
    if (order.status === 'running' || order.status === 'paused')
      throw new Conflict(orderFault('order_goes_on', { number: order.number, status: order.status }));
  },

  async afterChange(ctx, order, action) {
    if (action === 'create') await copyRouting(ctx, order);
    if (action === 'update' && ended.includes(order.status)) await endOperations(ctx, order);
  },
};

type Planned = Pick<WorkOrder, 'plannedFrom' | 'plannedTo'>;

function checkPlan({ plannedFrom, plannedTo }: Planned): void {
  if (plannedTo === null || plannedTo === undefined) return;
  if (plannedFrom === null || plannedFrom === undefined)
    throw new InvalidRequest([{ path: 'body/plannedTo', ...orderFault('begin_missing') }]);
  if (Date.parse(plannedFrom) >= Date.parse(plannedTo))
    throw new InvalidRequest([{ path: 'body/plannedTo', ...fault('ends_before_it_begins', {}) }]);
}

async function checkLane(
  ctx: Parameters<NonNullable<Rules<typeof workOrders>['beforeCreate']>>[0],
  { laneId, plantId }: Pick<WorkOrder, 'laneId' | 'plantId'>,
): Promise<void> {
  if (laneId === null || laneId === undefined || (await laneIsOf(ctx, { laneId, plantId }))) return;
  throw new InvalidRequest([{ path: 'body/laneId', ...fault('other_plant', {}) }]);
}
