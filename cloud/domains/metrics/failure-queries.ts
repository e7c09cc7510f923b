// Failures, and the time that machines worked between them, from intervals (DEFINITIONS 3).
//
// A failure is a stop for a reason with is_failure, as long as the machine does nothing else: what is planned,
// outside of shifts or the rest of the same stop lies in it, and two reasons over each other are one failure.
// It counts where it begins. What began before the window or has not ended in it is censored: nobody knows how
// long its repair took within the window.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { Selection } from './fact-source.ts';

/** One machine; time in microseconds, as PostgreSQL writes numbers. */
export interface FailureRow {
  readonly machine_id: number;
  readonly plant_id: number;
  readonly lane_id: number | null;
  readonly operating: string;
  readonly failures: string;
  readonly repaired: string;
  readonly repair: string;
  readonly completed: string;
  readonly between: string;
}

const MOST_MACHINES = 5_000;
const isOperating = sql`seen.category IN ('running', 'rework_run', 'setup', 'unscheduled_run')`;

export async function readFailures({ db, actor }: Context, selection: Selection): Promise<FailureRow[]> {
  const { fromDay, toDay, from, to, plant = null, lane = null, machine = null } = selection;
  const { rows } = await sql<FailureRow>`
    WITH asked AS (
      SELECT machines.id, machines.plant_id, places.lane_id,
             coalesce(${from}::timestamptz, ${fromDay}::date::timestamp AT TIME ZONE plants.time_zone) AS from_time,
             coalesce(${to}::timestamptz, (${toDay}::date + 1)::timestamp AT TIME ZONE plants.time_zone) AS to_time
      FROM mes.machines AS machines
      JOIN mes.plants AS plants ON plants.organization_id = machines.organization_id AND plants.id = machines.plant_id
      LEFT JOIN mes.lane_memberships AS places ON places.machine_id = machines.id AND places.archived_at IS NULL
        AND places.valid_from <= now() AND (places.valid_to IS NULL OR places.valid_to > now())
      WHERE machines.organization_id = ${actor.organizationId}
        AND (${plant}::int IS NULL OR machines.plant_id = ${plant}::int)
        AND (${lane}::int IS NULL OR places.lane_id = ${lane}::int)
        AND (${machine}::int IS NULL OR machines.id = ${machine}::int)
      ORDER BY machines.id LIMIT ${MOST_MACHINES}
    ), seen AS (
      -- From where the stretch in which the window begins has begun: what goes on in it may be an older failure.
      SELECT asked.id, asked.plant_id, asked.lane_id, asked.from_time AS window_from, known.from_time, known.to_time,
             least(known.to_time, asked.to_time) AS until, known.to_time > asked.to_time AS is_cut, known.category, known.state,
             known.category = 'unplanned_stop' AND coalesce(reasons.is_failure, false) AS is_failure
      FROM asked
      JOIN mes.machine_intervals AS known ON known.machine_id = asked.id AND known.from_time < asked.to_time
        AND known.from_time >= coalesce((
          SELECT first.stretch_from FROM mes.machine_intervals AS first
          WHERE first.machine_id = asked.id AND first.from_time <= asked.from_time ORDER BY first.from_time DESC LIMIT 1), asked.from_time)
      LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = known.loss_reason_id
    ), told AS (
      SELECT seen.*,
             count(*) FILTER (WHERE NOT seen.is_failure AND seen.state <> 'stopped' AND seen.category NOT IN ('planned_stop', 'not_scheduled'))
               OVER in_time AS others,
             coalesce(sum(${microseconds('greatest(seen.from_time, seen.window_from)', 'seen.until')})
               FILTER (WHERE ${isOperating} AND seen.until > seen.window_from) OVER in_time, 0) AS operating
      FROM seen
      WINDOW in_time AS (PARTITION BY seen.id ORDER BY seen.from_time)
    ), failures AS (
      SELECT told.id, min(told.window_from) AS window_from, min(told.from_time) AS from_time, max(told.to_time) AS to_time,
             bool_or(told.is_cut) AS is_cut, told.others, min(told.operating) AS operating,
             sum(${microseconds('told.from_time', 'told.to_time')}) AS repair
      FROM told WHERE told.is_failure
      GROUP BY told.id, told.others
    ), machines AS (
      SELECT told.id, told.plant_id, told.lane_id, max(told.operating) AS operating, max(told.others) AS others FROM told GROUP BY 1, 2, 3
    ), judged AS (
      SELECT failures.id, failures.repair, failures.from_time >= failures.window_from AS is_begun,
             -- Something else has come after it.
             NOT failures.is_cut AND machines.others > failures.others AS is_ended,
             lag(failures.to_time) OVER in_time >= failures.window_from AS is_after_another,
             failures.operating - lag(failures.operating) OVER in_time AS between
      FROM failures JOIN machines ON machines.id = failures.id
      WINDOW in_time AS (PARTITION BY failures.id ORDER BY failures.from_time)
    )
    SELECT machines.id AS machine_id, machines.plant_id, machines.lane_id, machines.operating,
           count(*) FILTER (WHERE judged.is_begun) AS failures,
           count(*) FILTER (WHERE judged.is_begun AND judged.is_ended) AS repaired,
           coalesce(sum(judged.repair) FILTER (WHERE judged.is_begun AND judged.is_ended), 0) AS repair,
           count(*) FILTER (WHERE judged.is_begun AND judged.is_after_another) AS completed,
           coalesce(sum(judged.between) FILTER (WHERE judged.is_begun AND judged.is_after_another), 0) AS between
    FROM machines LEFT JOIN judged ON judged.id = machines.id
    GROUP BY 1, 2, 3, 4
    ORDER BY 1`.execute(db);
  return rows;
}

function microseconds(from: string, to: string) {
  return sql`((extract(epoch FROM ${sql.raw(to)}) - extract(epoch FROM ${sql.raw(from)})) * 1000000)`;
}
