// How long machines had orders, and what they made of them.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { Selection } from './fact-source.ts';
import { allPieces } from './fact-sums.ts';

export interface OrderRow {
  readonly order_id: number;
  readonly machine_id: number;
  readonly from_time: Date;
  readonly to_time: Date;
  readonly is_running: boolean;
  /** Microseconds, and pieces, as PostgreSQL writes numbers. */
  readonly execution: string;
  readonly pieces: string;
}

const MOST_ROWS = 1_000;

/**
 * Orders that had a run in the period, each with all of its runs on each machine, from the first start to the
 * last end. A run that goes on reaches as far as the machine is known.
 */
export async function readOrders({ db, actor }: Context, selection: Selection): Promise<OrderRow[]> {
  const {
    fromDay,
    toDay,
    from,
    to,
    plant = null,
    lane = null,
    machine = null,
    order = null,
    material = null,
  } = selection;
  const { rows } = await sql<OrderRow>`
    WITH touched AS (
      SELECT DISTINCT runs.work_order_id, runs.machine_id
      FROM mes.machine_runs AS runs
      JOIN mes.plants AS plants ON plants.organization_id = runs.organization_id AND plants.id = runs.plant_id
      WHERE runs.organization_id = ${actor.organizationId} AND runs.work_order_id IS NOT NULL
        AND runs.from_time < coalesce(${to}::timestamptz, (${toDay}::date + 1)::timestamp AT TIME ZONE plants.time_zone)
        AND (runs.to_time IS NULL OR runs.to_time > coalesce(${from}::timestamptz, ${fromDay}::date::timestamp AT TIME ZONE plants.time_zone))
        AND (${plant}::int IS NULL OR runs.plant_id = ${plant}::int)
        AND (${machine}::int IS NULL OR runs.machine_id = ${machine}::int)
        AND (${order}::int IS NULL OR runs.work_order_id = ${order}::int)
        AND (${material}::int IS NULL OR runs.material_id = ${material}::int)
        AND (${lane}::int IS NULL OR EXISTS (
          SELECT FROM mes.lane_memberships AS places
          WHERE places.machine_id = runs.machine_id AND places.lane_id = ${lane}::int AND places.archived_at IS NULL
            AND places.valid_from <= runs.from_time AND (places.valid_to IS NULL OR places.valid_to > runs.from_time)))
      LIMIT ${MOST_ROWS}
    ), executed AS (
      SELECT runs.work_order_id, runs.machine_id, min(runs.from_time) AS from_time, bool_or(runs.to_time IS NULL) AS is_running,
             max(coalesce(runs.to_time, greatest(runs.from_time, known.until))) AS to_time
      FROM touched
      JOIN mes.machine_runs AS runs ON runs.organization_id = ${actor.organizationId}
        AND runs.machine_id = touched.machine_id AND runs.work_order_id = touched.work_order_id
      CROSS JOIN LATERAL (
        SELECT max(intervals.to_time) AS until FROM mes.machine_intervals AS intervals WHERE intervals.machine_id = runs.machine_id
      ) AS known
      GROUP BY 1, 2
    )
    SELECT executed.work_order_id AS order_id, executed.machine_id, executed.from_time, executed.to_time, executed.is_running,
           (extract(epoch FROM executed.to_time) - extract(epoch FROM executed.from_time)) * 1000000 AS execution,
           coalesce((
             SELECT sum(${allPieces}) FROM mes.count_facts AS facts
             WHERE facts.organization_id = ${actor.organizationId} AND facts.machine_id = executed.machine_id
               AND facts.bucket > executed.from_time - interval '2 hours' AND facts.bucket < executed.to_time
               AND facts.work_order_id = executed.work_order_id AND facts.standing <> 'rework_run'), 0) AS pieces
    FROM executed
    ORDER BY executed.from_time, executed.machine_id`.execute(db);
  return rows;
}
