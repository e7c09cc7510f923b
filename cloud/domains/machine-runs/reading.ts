// Runs as they are answered, and what people have to put right about them.

import { type RawBuilder, sql } from 'kysely';
import type { Static } from 'typebox';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Run, RunMachines, RunsQuery, Tasks } from './schema.ts';

/** Conflicts older than this have been lived with. */
const CONFLICT_DAYS = 7;
const MAX_TASKS = 200;

type Row = Omit<Run, 'from' | 'to'> & { readonly from: Date; readonly to: Date | null };

function select(where: RawBuilder<unknown>, limit: number): RawBuilder<Row> {
  return sql<Row>`
    SELECT runs.id, runs.version, runs.plant_id AS "plantId", runs.machine_id AS "machineId", machines.display_name AS "machineName",
           runs.work_order_id AS "workOrderId", orders.number AS "workOrderNumber", runs.operation_id AS "operationId",
           operations.name AS "operationName", runs.material_id AS "materialId", materials.code AS "materialCode", runs.kind,
           runs.from_time AS "from", runs.to_time AS "to", runs.source, runs.plc_order AS "plcOrder", runs.plc_material AS "plcMaterial",
           runs.corrected, runs.reason, users.display_name AS "createdByName"
    FROM mes.machine_runs AS runs
    JOIN mes.machines ON machines.id = runs.machine_id
    LEFT JOIN mes.work_orders AS orders ON orders.id = runs.work_order_id
    LEFT JOIN mes.work_order_operations AS operations ON operations.id = runs.operation_id
    LEFT JOIN mes.materials ON materials.id = runs.material_id
    LEFT JOIN mes.users ON users.id = runs.created_by
    WHERE ${where} ORDER BY runs.from_time DESC, runs.id LIMIT ${limit}`;
}

const answer = ({ from, to, ...rest }: Row): Run => ({
  ...rest,
  from: from.toISOString(),
  to: to?.toISOString() ?? null,
});

/** Throws `not_found`. */
export async function readRun({ db }: Context, id: number): Promise<Run> {
  const { rows } = await select(sql`runs.id = ${id}`, 1).execute(db);
  if (!rows[0]) throw new DomainError('not_found', 'There is no such run, or you may not see it.');
  return answer(rows[0]);
}

/** Newest first. */
export async function listRuns({ db }: Context, query: Static<typeof RunsQuery>): Promise<{ items: Run[] }> {
  const where = [sql`true`];
  if (query.plantId !== undefined) where.push(sql`runs.plant_id = ${query.plantId}`);
  if (query.machineId !== undefined) where.push(sql`runs.machine_id = ${query.machineId}`);
  if (query.workOrderId !== undefined) where.push(sql`runs.work_order_id = ${query.workOrderId}`);
  if (query.from !== undefined) where.push(sql`coalesce(runs.to_time, 'infinity') > ${query.from}::timestamptz`);
  if (query.to !== undefined) where.push(sql`runs.from_time < ${query.to}::timestamptz`);
  const { rows } = await select(sql.join(where, sql` AND `), query.limit).execute(db);
  return { items: rows.map(answer) };
}

type Answer = Static<typeof Tasks>;

export async function readTasks({ db, now }: Context, plantId: number): Promise<Answer> {
  const orders = await sql<Omit<Answer['unknownOrders'][number], 'since'> & { since: Date }>`
    SELECT runs.plc_order AS name, array_agg(DISTINCT machines.display_name) AS machines, min(runs.from_time) AS since,
           max(coalesce(runs.material_id, named.id)) AS "materialId", count(*)::int AS runs
    FROM mes.machine_runs AS runs JOIN mes.machines ON machines.id = runs.machine_id
    -- A material that has just been made is not in the runs yet.
    LEFT JOIN mes.materials AS named ON named.code = runs.plc_material AND named.archived_at IS NULL
    WHERE runs.plant_id = ${plantId} AND runs.plc_order IS NOT NULL AND runs.work_order_id IS NULL AND NOT runs.corrected
    GROUP BY runs.plc_order ORDER BY max(runs.from_time) DESC LIMIT ${MAX_TASKS}`.execute(db);
  const materials = await sql<Omit<Answer['unknownMaterials'][number], 'since'> & { since: Date }>`
    SELECT runs.plc_material AS name, array_agg(DISTINCT machines.display_name) AS machines, min(runs.from_time) AS since, count(*)::int AS runs
    FROM mes.machine_runs AS runs JOIN mes.machines ON machines.id = runs.machine_id
    WHERE runs.plant_id = ${plantId} AND runs.plc_material IS NOT NULL AND runs.material_id IS NULL AND NOT runs.corrected
      AND NOT EXISTS (SELECT FROM mes.materials WHERE materials.code = runs.plc_material AND materials.archived_at IS NULL)
    GROUP BY runs.plc_material ORDER BY max(runs.from_time) DESC LIMIT ${MAX_TASKS}`.execute(db);
  const since = new Date(now.getTime() - CONFLICT_DAYS * 86_400_000);
  const conflicts = await sql<Omit<Answer['conflicts'][number], 'time'> & { time: Date }>`
    SELECT conflicts.machine_id AS "machineId", machines.display_name AS "machineName", tags.name AS tag, conflicts.time,
           conflicts.plc_order AS "order", conflicts.held_by AS "heldBy"
    FROM mes.machine_run_conflicts AS conflicts
    JOIN mes.machines ON machines.id = conflicts.machine_id JOIN mes.tags ON tags.id = conflicts.tag_id
    WHERE conflicts.plant_id = ${plantId} AND conflicts.time > ${since} ORDER BY conflicts.time DESC LIMIT ${MAX_TASKS}`.execute(
    db,
  );
  const timed = <T extends { since: Date }>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, since: row.since.toISOString() }));
  return {
    unknownOrders: timed(orders.rows),
    unknownMaterials: timed(materials.rows),
    conflicts: conflicts.rows.map((row) => ({ ...row, time: row.time.toISOString() })),
  };
}

/** The machines of a plant in physical order, with who opens their runs. */
export async function listMachines({ db, now }: Context, plantId: number): Promise<Static<typeof RunMachines>> {
  const { rows } = await sql<Static<typeof RunMachines>['items'][number]>`
    SELECT machines.id, machines.display_name AS name, places.lane_id AS "laneId",
           coalesce(machines.run_source, CASE WHEN EXISTS (
             SELECT FROM mes.tags WHERE tags.machine_id = machines.id AND tags.role IN ('order', 'material')
           ) THEN 'plc' ELSE 'operator' END) AS source
    FROM mes.machines
    LEFT JOIN mes.lane_memberships AS places ON places.machine_id = machines.id AND places.archived_at IS NULL
      AND places.valid_from <= ${now} AND coalesce(places.valid_to, 'infinity') > ${now}
    LEFT JOIN mes.lanes ON lanes.id = places.lane_id
    WHERE machines.plant_id = ${plantId} AND machines.archived_at IS NULL
    ORDER BY lanes.position NULLS LAST, places.position, machines.id`.execute(db);
  return { items: rows };
}
