// Commands on runs: begin and end by people, and corrections afterwards, each with its reason. All take the
// machine's lock, so that of two who write at once one waits, and then sees what the other did.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import { recordAudit } from '../../platform/audit.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { runFault } from './faults.ts';
import type { MachineRow, NewRun, RunRow } from './queries.ts';
import * as queries from './queries.ts';
import { readRun } from './reading.ts';
import type { AddBody, AssignBody, EndBody, LinkBody, MoveBody, Run, SplitBody, StartBody, What } from './schema.ts';
import { type RunChanges, writeRuns } from './write.ts';

/** A person's clock may be a little ahead. */
const AHEAD_MS = 60_000;

/** Throws `conflict` when the machine runs already, or is not for people to start. */
export async function startRun(ctx: Context, body: Static<typeof StartBody>): Promise<Run> {
  const machine = await queries.lockMachine(ctx, body.machineId);
  if (machine.source !== 'operator') {
    throw new Conflict(runFault('opened_by_other', { machine: machine.display_name, source: machine.source }));
  }
  const from = body.from === undefined ? ctx.now : timeOf(ctx, 'from', body.from);
  const what = await whatRuns(ctx, { machine, what: body, before: null, toStart: true });
  const run = { ...blankRun(ctx, machine), ...what, from_time: from, to_time: null };
  await refuseOverlaps(ctx, machine, { from, to: null });
  return one(ctx, { insert: [run] });
}

export async function endRun(ctx: Context, id: number, body: Static<typeof EndBody>): Promise<Run> {
  const { run, machine } = await lockRun(ctx, id, body.version);
  if (run.to_time !== null)
    throw new Conflict(runFault('run_ended', { at: run.to_time.toISOString(), plantId: run.plant_id }));
  if (run.source === 'plc' && machine.source === 'plc')
    throw new Conflict(runFault('plc_ends_run', { machine: machine.display_name }));
  const to = body.to === undefined ? ctx.now : timeOf(ctx, 'to', body.to);
  if (to <= run.from_time) throw new InvalidRequest([{ path: 'body/to', ...fault('ends_before_it_begins', {}) }]);
  return one(ctx, { update: [{ before: run, after: { ...run, to_time: to } }] });
}

/** Two runs in place of one; the second may be of another order. Returns the second. */
export async function splitRun(ctx: Context, id: number, body: Static<typeof SplitBody>): Promise<Run> {
  const { run, machine } = await lockRun(ctx, id, body.version);
  const at = timeOf(ctx, 'at', body.at);
  if (at <= run.from_time || (run.to_time !== null && at >= run.to_time))
    throw new InvalidRequest([{ path: 'body/at', ...runFault('outside_run') }]);
  const marks = { corrected: true, reason: body.reason };
  const what = await whatRuns(ctx, { machine, what: body.second ?? {}, before: run, toStart: false });
  const first = { ...run, ...marks, to_time: at };
  const second = { ...run, ...what, ...marks, from_time: at, created_by: ctx.actor.userId };
  await keepCorrection(ctx, { machine, action: 'split', reason: body.reason, runs: [run] });
  return one(ctx, { update: [{ before: run, after: first }], insert: [second], reason: body.reason });
}

/** New boundaries; runs that touch it grow or shrink with it. */
export async function moveRun(ctx: Context, id: number, body: Static<typeof MoveBody>): Promise<Run> {
  const { run, machine } = await lockRun(ctx, id, body.version);
  const marks = { corrected: true, reason: body.reason };
  const from = body.from === undefined ? run.from_time : timeOf(ctx, 'from', body.from);
  const to = body.to === undefined ? run.to_time : body.to === null ? null : timeOf(ctx, 'to', body.to);
  if (to !== null && to <= from) throw new InvalidRequest([{ path: 'body/to', ...fault('ends_before_it_begins', {}) }]);
  const update = [{ before: run, after: { ...run, ...marks, from_time: from, to_time: to } }];
  for (const other of await queries.runsAfter(ctx, machine.id, null)) {
    if (other.id === run.id) continue;
    if (other.to_time?.getTime() === run.from_time.getTime() && from.getTime() !== run.from_time.getTime()) {
      if (from <= other.from_time) throw await swallows(ctx, other);
      update.push({ before: other, after: { ...other, ...marks, to_time: from } });
    } else if (
      run.to_time !== null &&
      other.from_time.getTime() === run.to_time.getTime() &&
      to?.getTime() !== run.to_time.getTime()
    ) {
      if (to === null || (other.to_time !== null && to >= other.to_time)) throw await swallows(ctx, other);
      update.push({ before: other, after: { ...other, ...marks, from_time: to } });
    } else if ((to === null || other.from_time < to) && (other.to_time === null || other.to_time > from)) {
      throw await swallows(ctx, other);
    }
  }
  const runs = update.flatMap(({ before, after }) => [before, after]);
  await keepCorrection(ctx, { machine, action: 'move', reason: body.reason, runs });
  return one(ctx, { update, reason: body.reason });
}

/** Another order, material or kind. */
export async function assignRun(ctx: Context, id: number, body: Static<typeof AssignBody>): Promise<Run> {
  const { run, machine } = await lockRun(ctx, id, body.version);
  const what = await whatRuns(ctx, { machine, what: body, before: run, toStart: false });
  await keepCorrection(ctx, { machine, action: 'assign', reason: body.reason, runs: [run] });
  const after = { ...run, ...what, corrected: true, reason: body.reason };
  return one(ctx, { update: [{ before: run, after }], reason: body.reason });
}

export async function deleteRun(
  ctx: Context,
  id: number,
  { version, reason }: { version: number; reason: string },
): Promise<void> {
  const { run, machine } = await lockRun(ctx, id, version);
  await keepCorrection(ctx, { machine, action: 'delete', reason, runs: [run] });
  await writeRuns(ctx, { delete: [run], reason });
}

/** A run that nobody began when it was time. */
export async function addRun(ctx: Context, body: Static<typeof AddBody>): Promise<Run> {
  const machine = await queries.lockMachine(ctx, body.machineId);
  const [from, to] = [timeOf(ctx, 'from', body.from), timeOf(ctx, 'to', body.to)];
  if (to <= from) throw new InvalidRequest([{ path: 'body/to', ...fault('ends_before_it_begins', {}) }]);
  await refuseOverlaps(ctx, machine, { from, to });
  const what = await whatRuns(ctx, { machine, what: body, before: null, toStart: false });
  const run = {
    ...blankRun(ctx, machine),
    ...what,
    from_time: from,
    to_time: to,
    corrected: true,
    reason: body.reason,
  };
  await keepCorrection(ctx, { machine, action: 'add', reason: body.reason, runs: [run] });
  return one(ctx, { insert: [run], reason: body.reason });
}

/** From now on this name means that order; runs that have it get the order at once. */
export async function linkOrder(ctx: Context, { plantId, name, workOrderId }: Static<typeof LinkBody>): Promise<void> {
  const order = await findOrder(ctx, { id: workOrderId, plantId });
  const { rows } = await sql`
    INSERT INTO mes.work_order_names (organization_id, plant_id, name, work_order_id)
    VALUES (${ctx.actor.organizationId}, ${plantId}, ${name.trim()}, ${workOrderId})
    ON CONFLICT (organization_id, plant_id, name) DO NOTHING RETURNING name`.execute(ctx.db);
  if (rows.length === 0) throw new Conflict(runFault('name_linked', { name: name.trim() }));
  await recordAudit(ctx, {
    action: 'link_name',
    entity: 'work-orders',
    entityId: order.id,
    plantId,
    new: { name: name.trim() },
  });
}

function timeOf(ctx: Context, field: string, text: string): Date {
  const time = new Date(text);
  if (time.getTime() > ctx.now.getTime() + AHEAD_MS)
    throw new InvalidRequest([{ path: `body/${field}`, ...fault('in_future', {}) }]);
  return time;
}

async function lockRun(ctx: Context, id: number, version: number): Promise<{ run: RunRow; machine: MachineRow }> {
  const found = await sql<{ machine_id: number }>`
    SELECT machine_runs.machine_id FROM mes.machine_runs WHERE machine_runs.id = ${id}`.execute(ctx.db);
  const gone = new DomainError('not_found', 'There is no such run, or somebody has deleted it. Load the runs again.');
  if (!found.rows[0]) throw gone;
  const machine = await queries.lockMachine(ctx, found.rows[0].machine_id);
  const { rows } = await sql<RunRow>`SELECT runs.* FROM mes.machine_runs AS runs WHERE runs.id = ${id}`.execute(ctx.db);
  const [run] = rows;
  if (!run) throw gone;
  if (run.version === version) return { run, machine };
  const last = await sql<{ actor_name: string }>`
    SELECT audit_logs.actor_name FROM mes.audit_logs
    WHERE audit_logs.entity = 'machine-runs' AND audit_logs.entity_id = ${String(id)} AND audit_logs.organization_id = ${ctx.actor.organizationId}
    ORDER BY audit_logs.id DESC LIMIT 1`.execute(ctx.db);
  throw new Conflict(
    fault('changed_since', {
      singular: 'run',
      who: last.rows[0]?.actor_name ?? null,
      version: run.version,
      yours: version,
    }),
  );
}

interface OrderRow {
  readonly id: number;
  readonly number: string;
  readonly material_id: number;
  readonly status: string;
}

async function findOrder({ db }: Context, { id, plantId }: { id: number; plantId: number }): Promise<OrderRow> {
  const { rows } = await sql<OrderRow>`
    SELECT work_orders.id, work_orders.number, work_orders.material_id, work_orders.status FROM mes.work_orders
    WHERE work_orders.id = ${id} AND work_orders.plant_id = ${plantId} AND work_orders.archived_at IS NULL`.execute(db);
  if (!rows[0])
    throw new InvalidRequest([{ path: 'body/workOrderId', ...fault('none_of_plant', { of: 'work orders' }) }]);
  return rows[0];
}

type Made = Pick<RunRow, 'work_order_id' | 'operation_id' | 'material_id' | 'kind'>;

async function whatRuns(
  ctx: Context,
  { machine, what, before, toStart }: { machine: MachineRow; what: What; before: RunRow | null; toStart: boolean },
): Promise<Made> {
  const orderId = what.workOrderId === undefined ? (before?.work_order_id ?? null) : what.workOrderId;
  const order = orderId === null ? null : await findOrder(ctx, { id: orderId, plantId: machine.plant_id });
  if (order && toStart && !['released', 'running', 'paused'].includes(order.status)) {
    throw new Conflict(runFault('order_not_to_start', { number: order.number, status: order.status }));
  }
  const changed = orderId !== (before?.work_order_id ?? null);
  const material =
    what.materialId === undefined
      ? changed || !before
        ? (order?.material_id ?? null)
        : before.material_id
      : what.materialId;
  const operation =
    what.operationId === undefined ? (changed ? null : (before?.operation_id ?? null)) : what.operationId;
  await checkExists(ctx, { orderId, operation, material });
  return {
    work_order_id: orderId,
    operation_id: operation,
    material_id: material,
    kind: what.kind ?? before?.kind ?? 'production',
  };
}

async function checkExists(
  { db }: Context,
  { orderId, operation, material }: { orderId: number | null; operation: number | null; material: number | null },
): Promise<void> {
  const { rows } = await sql<{ operation: boolean; material: boolean }>`
    SELECT ${operation}::int IS NULL OR EXISTS (SELECT FROM mes.work_order_operations AS operations
             WHERE operations.id = ${operation} AND operations.work_order_id = ${orderId}) AS operation,
           ${material}::int IS NULL OR EXISTS (SELECT FROM mes.materials WHERE materials.id = ${material}) AS material`.execute(
    db,
  );
  if (rows[0]?.operation === false)
    throw new InvalidRequest([
      { path: 'body/operationId', ...fault('no_record', { of: 'operations of this order', value: operation ?? 0 }) },
    ]);
  if (rows[0]?.material === false)
    throw new InvalidRequest([
      { path: 'body/materialId', ...fault('no_record', { of: 'materials', value: material ?? 0 }) },
    ]);
}

function blankRun(ctx: Context, machine: MachineRow): Omit<NewRun, 'from_time' | 'to_time' | keyof Made> {
  return {
    plant_id: machine.plant_id,
    machine_id: machine.id,
    source: 'operator',
    plc_order: null,
    plc_material: null,
    plc_tag_id: null,
    corrected: false,
    reason: null,
    created_by: ctx.actor.userId,
  };
}

async function refuseOverlaps(
  ctx: Context,
  machine: MachineRow,
  { from, to }: { from: Date; to: Date | null },
): Promise<void> {
  const other = (await queries.runsAfter(ctx, machine.id, from)).find((run) => to === null || run.from_time < to);
  if (!other) return;
  const { workOrderNumber, plcOrder, createdByName, from: since, to: until } = await readRun(ctx, other.id);
  const where = { machine: machine.display_name, plantId: machine.plant_id };
  const what = { what: workOrderNumber ?? plcOrder, who: createdByName, from: since, to: until };
  throw new Conflict(runFault('machine_runs', { ...where, ...what }));
}

async function swallows(ctx: Context, other: RunRow): Promise<Conflict> {
  const { workOrderNumber, plcOrder, from, to } = await readRun(ctx, other.id);
  return new Conflict(runFault('covers_run', { what: workOrderNumber ?? plcOrder, from, to, plantId: other.plant_id }));
}

/** The stretch stays as people made it, whatever the PLC still sends about it. */
async function keepCorrection(
  ctx: Context,
  {
    machine,
    action,
    reason,
    runs,
  }: { machine: MachineRow; action: string; reason: string; runs: readonly Pick<RunRow, 'from_time' | 'to_time'>[] },
): Promise<void> {
  const from = new Date(Math.min(...runs.map(({ from_time }) => from_time.getTime())));
  const ends = runs.map(({ to_time }) => to_time?.getTime() ?? null);
  const to = ends.includes(null) ? null : new Date(Math.max(...ends.map((end) => end ?? 0)));
  await sql`
    INSERT INTO mes.machine_run_corrections (organization_id, plant_id, machine_id, from_time, to_time, held_since, action, reason, created_by)
    VALUES (${ctx.actor.organizationId}, ${machine.plant_id}, ${machine.id}, ${from}, ${to}, ${ctx.now}, ${action}, ${reason}, ${ctx.actor.userId})`.execute(
    ctx.db,
  );
}

/** The new run, else the first of those that changed, as it is answered. */
async function one(ctx: Context, changes: RunChanges): Promise<Run> {
  const written = await writeRuns(ctx, changes);
  const wanted = changes.insert?.length ? written.at(-1)?.id : changes.update?.[0]?.after.id;
  return readRun(ctx, wanted ?? 0);
}
