// The steps of a work order: each is one change of its status, with the version that was read, in the trail.

import { Conflict } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord, kindOf, updateRecord } from '../../platform/kit/commands.ts';
import { readHistory } from '../../platform/kit/history.ts';
import type { RecordOf } from '../../platform/kit/resource.ts';
import type { AnyRecord } from '../../platform/kit/rows.ts';
import { orderFault } from './faults.ts';
import { openRuns } from './queries.ts';
import { workOrders } from './resource.ts';
import { type Step, steps, workOrderRules } from './rules.ts';

type WorkOrder = RecordOf<typeof workOrders>;

export interface StepWanted {
  readonly id: number;
  readonly version: number;
  readonly reason?: string | undefined;
}

/** Throws `not_found`, or `conflict` with who changed the order to what, or why it cannot go on. */
export async function takeStep(ctx: Context, step: Step, { id, version, reason }: StepWanted): Promise<AnyRecord> {
  const order = (await getRecord(ctx, workOrders, id)) as unknown as WorkOrder;
  const { from, to } = steps[step];
  if (!(from as readonly string[]).includes(order.status)) throw await wrongStatus(ctx, step, order);
  if (step === 'cancel' || step === 'complete') await checkRuns(ctx, step, order);
  const now = ctx.now.toISOString();
  const fields = {
    status: to,
    ...(to === 'running' && order.actualFrom === null ? { actualFrom: now } : {}),
    ...(to === 'completed' ? { actualTo: now } : {}),
  };
  return updateRecord(ctx, kindOf(workOrders, workOrderRules), { id, version, reason, fields });
}

async function wrongStatus(ctx: Context, step: Step, order: WorkOrder): Promise<Conflict> {
  const { items } = await readHistory(ctx, { entity: workOrders.name, entityId: order.id, limit: 20 });
  const change = items.find((item) => item.new?.['status'] === order.status);
  const changed = change && change.action === 'update' ? change : null;
  return new Conflict(
    orderFault('wrong_status', {
      number: order.number,
      status: order.status,
      step,
      needed: steps[step].from,
      who: changed?.actorName ?? null,
      at: changed?.at ?? null,
    }),
  );
}

/** What people started they end first; a PLC may show an order that is done until it gets the next one. */
async function checkRuns(ctx: Context, step: Step, order: WorkOrder): Promise<void> {
  const runs = await openRuns(ctx, order.id);
  const open = step === 'cancel' ? runs : runs.filter(({ source }) => source !== 'plc');
  if (open.length === 0) return;
  const machines = open.map(({ machine }) => machine).join(', ');
  throw new Conflict(orderFault('order_runs', { number: order.number, machines, step }));
}
