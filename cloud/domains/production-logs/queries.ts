// Production logs in the database. An order's log is one that names it, or one of a time at which a run of the
// machine was the order's: so a corrected run takes its logs along.

import { type RawBuilder, sql } from 'kysely';
import type { Static } from 'typebox';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Log, LogsQuery } from './schema.ts';

type Row = Omit<Log, 'time' | 'createdAt'> & { readonly time: Date; readonly createdAt: Date };

const source = sql`
  FROM mes.production_logs AS logs
  JOIN mes.machines ON machines.id = logs.machine_id
  LEFT JOIN mes.machine_runs AS runs ON runs.machine_id = logs.machine_id AND runs.from_time <= logs.time
    AND coalesce(runs.to_time, 'infinity') > logs.time
  LEFT JOIN mes.work_orders AS orders ON orders.id = coalesce(logs.work_order_id, runs.work_order_id)
  LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = logs.loss_reason_id
  LEFT JOIN mes.production_logs AS reversals ON reversals.reverses_id = logs.id`;

function select(where: RawBuilder<unknown>, limit: number): RawBuilder<Row> {
  return sql<Row>`
    SELECT logs.id, logs.plant_id AS "plantId", logs.machine_id AS "machineId", machines.display_name AS "machineName", logs.time,
           orders.id AS "workOrderId", orders.number AS "workOrderNumber",
           coalesce(logs.operation_id, CASE WHEN logs.work_order_id IS NULL THEN runs.operation_id END) AS "operationId", logs.kind,
           logs.quantity::float8 AS quantity, logs.loss_reason_id AS "lossReasonId", reasons.name AS "lossReasonName",
           logs.operator_name AS "operatorName", logs.remarks, logs.reverses_id AS "reversesId", reversals.id AS "reversedById",
           logs.created_at AS "createdAt"
    ${source} WHERE ${where} ORDER BY logs.id DESC LIMIT ${limit}`;
}

const answer = (row: Row): Log => ({ ...row, time: row.time.toISOString(), createdAt: row.createdAt.toISOString() });

/** Throws `not_found`. */
export async function readLog({ db }: Context, id: number): Promise<Log> {
  const { rows } = await select(sql`logs.id = ${id}`, 1).execute(db);
  if (!rows[0]) throw new DomainError('not_found', 'There is no such entry, or you may not see it.');
  return answer(rows[0]);
}

/** What was entered last comes first. */
export async function listLogs(
  { db }: Context,
  query: Static<typeof LogsQuery>,
): Promise<{ items: Log[]; nextBefore: number | null }> {
  const where = [sql`true`];
  if (query.plantId !== undefined) where.push(sql`logs.plant_id = ${query.plantId}`);
  if (query.machineId !== undefined) where.push(sql`logs.machine_id = ${query.machineId}`);
  if (query.workOrderId !== undefined) where.push(sql`orders.id = ${query.workOrderId}`);
  if (query.from !== undefined) where.push(sql`logs.time >= ${query.from}::timestamptz`);
  if (query.to !== undefined) where.push(sql`logs.time < ${query.to}::timestamptz`);
  if (query.before !== undefined) where.push(sql`logs.id < ${query.before}`);
  const { rows } = await select(sql.join(where, sql` AND `), query.limit + 1).execute(db);
  const items = rows.slice(0, query.limit).map(answer);
  return { items, nextBefore: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
}

export interface NewLog {
  readonly plantId: number;
  readonly machineId: number;
  readonly time: Date;
  readonly workOrderId: number | null;
  readonly operationId: number | null;
  readonly kind: string;
  /** As the database has it: exact. */
  readonly quantity: string | number;
  readonly lossReasonId: number | null;
  readonly remarks: string | null;
  readonly reversesId: number | null;
}

export async function insertLog({ db, actor }: Context, log: NewLog): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    INSERT INTO mes.production_logs (organization_id, plant_id, machine_id, time, work_order_id, operation_id, kind, quantity,
      loss_reason_id, operator_id, operator_name, remarks, reverses_id)
    VALUES (${actor.organizationId}, ${log.plantId}, ${log.machineId}, ${log.time}, ${log.workOrderId}, ${log.operationId}, ${log.kind},
      ${log.quantity}, ${log.lossReasonId}, ${actor.userId}, ${actor.name}, ${log.remarks}, ${log.reversesId})
    ON CONFLICT (reverses_id) WHERE reverses_id IS NOT NULL DO NOTHING
    RETURNING id`.execute(db);
  return rows[0]?.id ?? 0;
}

export interface MachineSource {
  readonly id: number;
  readonly plant_id: number;
  readonly name: string;
  readonly good_source: string;
  readonly reject_source: string;
}

/** Throws `not_found`. */
export async function findMachine({ db }: Context, id: number): Promise<MachineSource> {
  const { rows } = await sql<MachineSource>`
    SELECT machines.id, machines.plant_id, machines.display_name AS name, machines.good_source, machines.reject_source
    FROM mes.machines WHERE machines.id = ${id} AND machines.archived_at IS NULL`.execute(db);
  if (!rows[0]) throw new DomainError('not_found', 'There is no such machine, or you may not see it.');
  return rows[0];
}

export interface Sums {
  readonly good: number;
  readonly scrap: number;
  readonly rework: number;
}

const sums = sql`
  coalesce(sum(logs.quantity) FILTER (WHERE logs.kind = 'good'), 0)::float8 AS good,
  coalesce(sum(logs.quantity) FILTER (WHERE logs.kind = 'scrap'), 0)::float8 AS scrap,
  coalesce(sum(logs.quantity) FILTER (WHERE logs.kind = 'rework'), 0)::float8 AS rework`;

export async function declaredSums(
  { db }: Context,
  wanted: { machineId: number; from: Date; to: Date },
): Promise<Sums> {
  const { rows } = await sql<Sums>`
    SELECT ${sums} FROM mes.production_logs AS logs
    WHERE logs.machine_id = ${wanted.machineId} AND logs.time >= ${wanted.from} AND logs.time < ${wanted.to}`.execute(
    db,
  );
  return rows[0] as Sums;
}

export interface OrderMachine extends Sums {
  readonly machine_id: number;
  readonly name: string;
  readonly good_source: string;
  readonly reject_source: string;
  readonly operation_id: number | null;
  readonly operation_name: string | null;
  readonly sequence: number | null;
  readonly is_outfeed: boolean;
  readonly logs: number;
}

/** Every machine that ran the order or declared for it, with its sums. */
export async function machinesOfOrder({ db }: Context, workOrderId: number): Promise<OrderMachine[]> {
  const { rows } = await sql<OrderMachine>`
    WITH logs AS (
      SELECT logs.machine_id, coalesce(logs.operation_id, CASE WHEN logs.work_order_id IS NULL THEN runs.operation_id END) AS operation_id,
             logs.kind, logs.quantity
      ${source} WHERE orders.id = ${workOrderId}
    ), places AS (
      SELECT logs.machine_id, logs.operation_id FROM logs
      UNION
      SELECT runs.machine_id, runs.operation_id FROM mes.machine_runs AS runs WHERE runs.work_order_id = ${workOrderId}
    )
    SELECT places.machine_id, machines.display_name AS name, machines.good_source, machines.reject_source,
           places.operation_id, operations.name AS operation_name, operations.sequence,
           EXISTS (SELECT FROM mes.lane_memberships AS members WHERE members.machine_id = places.machine_id AND members.is_outfeed
                   AND members.archived_at IS NULL AND members.valid_to IS NULL) AS is_outfeed,
           count(logs.kind)::int AS logs, ${sums}
    FROM places
    JOIN mes.machines ON machines.id = places.machine_id
    LEFT JOIN mes.work_order_operations AS operations ON operations.id = places.operation_id
    LEFT JOIN logs ON logs.machine_id = places.machine_id AND logs.operation_id IS NOT DISTINCT FROM places.operation_id
    GROUP BY places.machine_id, places.operation_id, machines.id, operations.id
    ORDER BY operations.sequence NULLS LAST, places.machine_id`.execute(db);
  return rows;
}

export async function stretchesOfOrder(
  { db }: Context,
  wanted: { workOrderId: number; machineId: number; operationId: number | null },
): Promise<{ machineId: number; from: Date; to: Date | null }[]> {
  const { rows } = await sql<{ from: Date; to: Date | null }>`
    SELECT runs.from_time AS "from", runs.to_time AS "to" FROM mes.machine_runs AS runs
    WHERE runs.work_order_id = ${wanted.workOrderId} AND runs.machine_id = ${wanted.machineId}
      AND runs.operation_id IS NOT DISTINCT FROM ${wanted.operationId}::int`.execute(db);
  return rows.map((row) => ({ machineId: wanted.machineId, ...row }));
}
