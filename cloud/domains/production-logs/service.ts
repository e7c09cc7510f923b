// Entering what was made, taking it back, and what it comes to beside the machine's own counts.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import { recordAudit } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Counted, ReadCounts } from './counted.ts';
import { logFault } from './faults.ts';
import * as queries from './queries.ts';
import type { Declared, Log, LogBody, Quantities } from './schema.ts';

const AHEAD_MS = 60_000;
/** A period of sums at most. */
const MAX_DAYS = 92;

export async function addLog(ctx: Context, body: Static<typeof LogBody>): Promise<Log> {
  const machine = await queries.findMachine(ctx, body.machineId);
  const time = body.time === undefined ? ctx.now : new Date(body.time);
  if (time.getTime() > ctx.now.getTime() + AHEAD_MS)
    throw new InvalidRequest([{ path: 'body/time', ...fault('in_future', {}) }]);
  await checkLinks(ctx, body, machine.plant_id);
  const {
    machineId,
    kind,
    quantity,
    lossReasonId = null,
    workOrderId = null,
    operationId = null,
    remarks = null,
  } = body;
  const row = { machineId, kind, quantity, lossReasonId, workOrderId, operationId, remarks };
  const id = await queries.insertLog(ctx, { ...row, plantId: machine.plant_id, time, reversesId: null });
  await recordAudit(ctx, {
    action: 'create',
    entity: 'production-logs',
    entityId: id,
    plantId: machine.plant_id,
    new: row,
  });
  await mark(ctx, { machineId, time });
  return queries.readLog(ctx, id);
}

/** Takes an entry back by one that names it. Throws `conflict` when somebody has done so. */
export async function reverseLog(ctx: Context, id: number, remarks: string | null): Promise<Log> {
  const { rows } = await sql<queries.NewLog>`
    SELECT logs.plant_id AS "plantId", logs.machine_id AS "machineId", logs.time, logs.work_order_id AS "workOrderId",
           logs.operation_id AS "operationId", logs.kind, (-logs.quantity)::text AS quantity, logs.loss_reason_id AS "lossReasonId",
           logs.reverses_id AS "reversesId"
    FROM mes.production_logs AS logs WHERE logs.id = ${id}`.execute(ctx.db);
  const [log] = rows;
  if (!log) throw new DomainError('not_found', 'There is no such entry, or you may not see it.');
  if (log.reversesId !== null) throw new Conflict(logFault('is_reversal'));
  const made = await queries.insertLog(ctx, { ...log, remarks, reversesId: id });
  if (made === 0) {
    const { reversedById } = await queries.readLog(ctx, id);
    const by = reversedById === null ? null : await queries.readLog(ctx, reversedById);
    throw new Conflict(
      logFault('taken_back', { who: by?.operatorName ?? null, at: by?.createdAt ?? null, plantId: log.plantId }),
    );
  }
  await recordAudit(ctx, {
    action: 'reverse',
    entity: 'production-logs',
    entityId: id,
    plantId: log.plantId,
    new: { reversal: made, remarks },
  });
  await mark(ctx, { machineId: log.machineId, time: log.time });
  return queries.readLog(ctx, made);
}

function mark(ctx: Context, { machineId, time }: { machineId: number; time: Date }): Promise<void> {
  return markDirty(ctx, {
    cause: 'declaration',
    stretches: [{ machineId, from: time, to: new Date(time.getTime() + 1) }],
  });
}

const reasonsOf: Readonly<Record<string, readonly string[]>> = {
  scrap: ['scrap', 'startup'],
  rework: ['rework'],
  good: [],
};

async function checkLinks(ctx: Context, body: Static<typeof LogBody>, plantId: number): Promise<void> {
  const { kind, lossReasonId = null, workOrderId = null, operationId = null } = body;
  if (Number(body.quantity.toFixed(6)) !== body.quantity)
    throw new InvalidRequest([{ path: 'body/quantity', ...logFault('six_digits') }]);
  if (kind === 'scrap' && lossReasonId === null)
    throw new InvalidRequest([{ path: 'body/lossReasonId', ...logFault('scrap_needs_reason') }]);
  const { rows } = await sql<{ category: string | null; of_order: boolean; of_operation: boolean }>`
    SELECT (SELECT reasons.category FROM mes.loss_reasons AS reasons WHERE reasons.id = ${lossReasonId} AND reasons.archived_at IS NULL) AS category,
           ${workOrderId}::int IS NULL OR EXISTS (SELECT FROM mes.work_orders AS orders
             WHERE orders.id = ${workOrderId} AND orders.plant_id = ${plantId} AND orders.archived_at IS NULL) AS of_order,
           ${operationId}::int IS NULL OR EXISTS (SELECT FROM mes.work_order_operations AS operations
             WHERE operations.id = ${operationId} AND operations.work_order_id = ${workOrderId}) AS of_operation`.execute(
    ctx.db,
  );
  const [found] = rows;
  if (lossReasonId !== null && !(reasonsOf[kind] ?? []).includes(found?.category ?? ''))
    throw new InvalidRequest([{ path: 'body/lossReasonId', ...logFault('reason_of_other_kind', { kind }) }]);
  if (!found?.of_order)
    throw new InvalidRequest([{ path: 'body/workOrderId', ...fault('none_of_plant', { of: 'work orders' }) }]);
  if (!found.of_operation)
    throw new InvalidRequest([
      { path: 'body/operationId', ...fault('no_record', { of: 'operations of this order', value: operationId ?? 0 }) },
    ]);
}

/** The operators' sums of a machine beside its own. */
export async function readDeclared(
  ctx: Context,
  wanted: { machineId: number; from: string; to: string },
  readCounts: ReadCounts,
): Promise<Static<typeof Declared>> {
  const period = { machineId: wanted.machineId, from: new Date(wanted.from), to: new Date(wanted.to) };
  const length = period.to.getTime() - period.from.getTime();
  if (!(length > 0 && length <= MAX_DAYS * 86_400_000))
    throw new DomainError('invalid_request', `"to" must be after "from", by ${MAX_DAYS} days at most.`);
  const machine = await queries.findMachine(ctx, wanted.machineId);
  const declared = await queries.declaredSums(ctx, period);
  const counted = await readCounts(ctx, [period]);
  const rejects = declared.scrap + declared.rework;
  return {
    machineId: machine.id,
    machineName: machine.name,
    from: period.from.toISOString(),
    to: period.to.toISOString(),
    goodSource: machine.good_source,
    rejectSource: machine.reject_source,
    declared,
    counted,
    difference: counted && { good: declared.good - counted.good, rejects: rejects - counted.rejects },
  };
}

/** What is done of an order, by machine and operation. Throws `not_found`. */
export async function readQuantities(
  ctx: Context,
  workOrderId: number,
  readCounts: ReadCounts,
): Promise<Static<typeof Quantities>> {
  const { rows } = await sql<{ quantity: number; unit: string }>`
    SELECT orders.quantity::float8 AS quantity, units.code AS unit FROM mes.work_orders AS orders
    JOIN mes.units_of_measure AS units ON units.id = orders.unit_id WHERE orders.id = ${workOrderId}`.execute(ctx.db);
  const [order] = rows;
  if (!order) throw new DomainError('not_found', 'There is no such work order, or you may not see it.');
  const found = await queries.machinesOfOrder(ctx, workOrderId);
  const machines: Static<typeof Quantities>['machines'] = [];
  const ends: typeof machines = [];
  for (const row of found) {
    const stretches = await queries.stretchesOfOrder(ctx, {
      workOrderId,
      machineId: row.machine_id,
      operationId: row.operation_id,
    });
    const counted = await readCounts(ctx, stretches);
    const machine = {
      machineId: row.machine_id,
      machineName: row.name,
      operationId: row.operation_id,
      operationName: row.operation_name,
      goodSource: row.good_source,
      rejectSource: row.reject_source,
      declared: { good: row.good, scrap: row.scrap, rework: row.rework },
      counted,
      ...bySource(row, counted),
    };
    machines.push(machine);
    if (isLast(found, row)) ends.push(machine);
  }
  const [end] = ends;
  return {
    workOrderId,
    quantity: order.quantity,
    unit: order.unit,
    done: end && ends.length === 1 ? end.good : null,
    machines,
  };
}

/** Each quantity from its own source: machine and operator are never added but where rejects are both's. */
function bySource(row: queries.OrderMachine, counted: Counted | null): { good: number | null; rejects: number | null } {
  const declared = row.logs === 0 ? null : { good: row.good, rejects: row.scrap + row.rework };
  const good = row.good_source === 'operator' ? (declared?.good ?? null) : (counted?.good ?? null);
  switch (row.reject_source) {
    case 'operator':
      return { good, rejects: declared?.rejects ?? null };
    case 'machine_and_operator':
      // The operator's rejects were counted as good by the machine: they move, the total stays.
      return counted
        ? {
            good: row.good_source === 'machine' ? counted.good - (declared?.rejects ?? 0) : good,
            rejects: counted.rejects + (declared?.rejects ?? 0),
          }
        : { good, rejects: declared?.rejects ?? null };
    default:
      return { good, rejects: counted?.rejects ?? null };
  }
}

/** The end of the order's way: its last operation, else the outfeed of its lane, else its only machine. */
function isLast(all: readonly queries.OrderMachine[], row: queries.OrderMachine): boolean {
  const sequences = all.flatMap(({ sequence }) => sequence ?? []);
  if (sequences.length > 0) return row.sequence === Math.max(...sequences);
  return all.some(({ is_outfeed }) => is_outfeed) ? row.is_outfeed : all.length === 1;
}
