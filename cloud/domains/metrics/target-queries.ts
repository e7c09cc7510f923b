// What machines make now, and since when: the time and the pieces of it, day by day, since ideal cycles and
// targets begin on days of the plant.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { allPieces, counted, sumOf, timeSums } from './fact-sums.ts';

export interface PlaceQuery {
  readonly plant?: number | undefined;
  readonly lane?: number | undefined;
  readonly machine?: number | undefined;
}

/** A machine and what it makes; without a run, but with a default material, since its shift began. */
export interface MakingRow {
  readonly machine_id: number;
  readonly machine: string;
  readonly run_id: number | null;
  readonly run_kind: string | null;
  readonly shift_id: string | null;
  readonly since: Date | null;
  readonly order_id: number | null;
  readonly order: string | null;
  readonly order_quantity: string | null;
  readonly operation_id: number | null;
  readonly operation: string | null;
  readonly material_id: number | null;
  readonly material_code: string | null;
  readonly material: string | null;
  readonly until: Date | null;
}

/** Machines in one answer. */
const MOST_MACHINES = 1_000;

/** Each machine of the place at `ctx.now`, and until when its time is computed. */
export async function makingNow({ db, actor, now }: Context, place: PlaceQuery): Promise<MakingRow[]> {
  const { plant = null, lane = null, machine = null } = place;
  const { rows } = await sql<MakingRow>`
    SELECT machines.id AS machine_id, machines.display_name AS machine, runs.id AS run_id, runs.kind AS run_kind, shifts.id AS shift_id,
           coalesce(runs.from_time, shifts.from_time) AS since, orders.id AS order_id, orders.number AS order, orders.quantity AS order_quantity,
           operations.id AS operation_id, operations.code AS operation,
           materials.id AS material_id, materials.code AS material_code, materials.name AS material,
           (SELECT last.to_time FROM mes.machine_intervals AS last
            WHERE last.machine_id = machines.id ORDER BY last.from_time DESC LIMIT 1) AS until
    FROM mes.machines AS machines
    LEFT JOIN mes.machine_runs AS runs ON runs.organization_id = machines.organization_id AND runs.machine_id = machines.id
      AND runs.from_time <= ${now} AND (runs.to_time IS NULL OR runs.to_time > ${now})
    LEFT JOIN mes.shift_instances AS shifts ON runs.id IS NULL AND machines.default_material_id IS NOT NULL
      AND shifts.organization_id = machines.organization_id AND shifts.machine_id = machines.id
      AND shifts.from_time <= ${now} AND shifts.to_time > ${now}
    LEFT JOIN mes.work_orders AS orders ON orders.id = runs.work_order_id
    LEFT JOIN mes.work_order_operations AS operations ON operations.id = runs.operation_id
    LEFT JOIN mes.materials AS materials
      ON materials.id = CASE WHEN runs.id IS NULL THEN machines.default_material_id ELSE runs.material_id END
    WHERE machines.organization_id = ${actor.organizationId} AND machines.archived_at IS NULL
      AND (${plant}::int IS NULL OR machines.plant_id = ${plant}::int)
      AND (${machine}::int IS NULL OR machines.id = ${machine}::int)
      AND (${lane}::int IS NULL OR EXISTS (
        SELECT FROM mes.lane_memberships AS places
        WHERE places.machine_id = machines.id AND places.lane_id = ${lane}::int AND places.archived_at IS NULL
          AND places.valid_from <= ${now} AND (places.valid_to IS NULL OR places.valid_to > ${now})))
    ORDER BY machines.id
    LIMIT ${MOST_MACHINES}`.execute(db);
  return rows;
}

/** Sums, as PostgreSQL writes numbers. */
export type MadeSums = Readonly<Record<string, unknown>> & { readonly machine_id: number };

export type MadeDay = MadeSums & {
  /** Seconds, and OEE in [0, 1], as they hold on this day; null where nobody has said. */
  readonly ideal_cycle: string | null;
  readonly target_oee: string | null;
};

/** Facts of what is made. The first hour may have begun before it. */
const factsOf = (table: 'time_facts' | 'count_facts', { actor }: Context, making: readonly MakingRow[]) => sql`
  FROM unnest(${making.map((one) => one.machine_id)}::int[], ${making.map((one) => one.run_id)}::int[],
    ${making.map((one) => one.shift_id)}::bigint[], ${making.map((one) => one.since)}::timestamptz[],
    ${making.map((one) => one.material_id)}::int[], ${making.map((one) => one.operation ?? '')}::text[])
    AS making (machine_id, run_id, shift_id, since, material_id, operation)
  JOIN ${sql.table(`mes.${table}`)} AS facts ON facts.organization_id = ${actor.organizationId} AND facts.machine_id = making.machine_id
    AND facts.bucket > making.since - interval '2 hours' AND facts.run_id IS NOT DISTINCT FROM making.run_id
    AND (making.run_id IS NOT NULL OR facts.shift_instance_id = making.shift_id)
  JOIN mes.plants AS plants ON plants.id = facts.plant_id`;

/** Time of what is made, by machine and day of its plant, the earliest first. */
export async function timeOfMaking(ctx: Context, making: readonly MakingRow[]): Promise<MadeDay[]> {
  const { rows } = await sql<MadeDay>`
    WITH days AS (
      SELECT making.machine_id, making.material_id, making.operation, (facts.bucket AT TIME ZONE plants.time_zone)::date AS day,
             min(facts.bucket) AS bucket, ${timeSums}
      ${factsOf('time_facts', ctx, making)}
      GROUP BY 1, 2, 3, 4
    )
    SELECT days.*, standards.ideal_cycle,
           (SELECT targets.target_oee FROM mes.machine_targets AS targets
            WHERE targets.machine_id = days.machine_id AND targets.valid_from <= days.day AND targets.archived_at IS NULL
            ORDER BY targets.valid_from DESC LIMIT 1) AS target_oee
    FROM days
    LEFT JOIN LATERAL mes.production_standard_at(days.machine_id, days.material_id, days.operation, days.bucket) AS standards ON true
    ORDER BY days.machine_id, days.day`.execute(ctx.db);
  return rows;
}

/** Pieces of what is made, by machine. */
export async function piecesOfMaking(ctx: Context, making: readonly MakingRow[]): Promise<MadeSums[]> {
  const kinds = ['good', 'scrap', 'rework', 'startup', 'unexplained'].map((name) =>
    sumOf(sql`facts.${sql.id(name)}`, counted, name),
  );
  const { rows } = await sql<MadeSums>`
    SELECT making.machine_id, ${sql.join(kinds)}, ${sumOf(allPieces, counted, 'produced')},
           ${sumOf(allPieces, sql`facts.standing = 'bridged'`, 'bridged')}, ${sumOf(allPieces, sql`facts.standing = 'unscheduled'`, 'unscheduled')}
    ${factsOf('count_facts', ctx, making)}
    GROUP BY 1`.execute(ctx.db);
  return rows;
}
