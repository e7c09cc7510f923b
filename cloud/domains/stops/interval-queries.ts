// Intervals of a machine, and the stops that they are parts of, in the database.

import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { exactly, reasonJson } from './queries.ts';
import type { Interval, Stop } from './schema.ts';

interface Wanted {
  readonly machineId: number;
  readonly from: Date;
  readonly to: Date;
}

/** Overlapping the period. Intervals have no gap: the one that holds at `from` is the last that begins before. */
export const within = (name: RawBuilder<unknown>, { machineId, from, to }: Wanted) => sql`
  ${name}.machine_id = ${machineId} AND ${name}.to_time > ${from}::timestamptz AND ${name}.from_time < ${to}::timestamptz
  AND ${name}.from_time >= coalesce((SELECT max(first.from_time) FROM mes.machine_intervals AS first
    WHERE first.machine_id = ${machineId} AND first.from_time <= ${from}::timestamptz), ${from}::timestamptz)`;

/** What an interval or a stop names: the tables that tell of it, and how they are told. */
const named = (row: RawBuilder<unknown>) => sql`
  LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = ${row}.loss_reason_id
  LEFT JOIN mes.stop_classifications AS made ON made.id = ${row}.classification_id
  LEFT JOIN mes.machine_runs AS runs ON runs.id = ${row}.run_id
  LEFT JOIN mes.work_orders AS orders ON orders.id = runs.work_order_id
  LEFT JOIN mes.materials ON materials.id = runs.material_id
  LEFT JOIN mes.shift_instances AS shifts ON shifts.id = ${row}.shift_instance_id`;
const names = sql`${reasonJson} AS reason,
  CASE WHEN made.id IS NOT NULL THEN
    jsonb_build_object('id', made.id, 'by', made.created_by_name, 'at', ${exactly(sql`made.created_at`)}) END AS classification,
  CASE WHEN runs.id IS NOT NULL THEN
    jsonb_build_object('id', runs.id, 'orderNumber', orders.number, 'materialCode', materials.code) END AS run,
  CASE WHEN shifts.id IS NOT NULL THEN
    jsonb_build_object('id', shifts.id, 'name', shifts.name, 'businessDate', shifts.business_date) END AS shift`;

/** In time. `after` and `before` are begins that are on another page; with `before` it is the last ones. */
export async function readIntervals(
  { db }: Context,
  { after, before, limit, ...wanted }: Wanted & { after: string | null; before: string | null; limit: number },
): Promise<Interval[]> {
  const { rows } = await sql<Interval>`
    SELECT ${exactly(sql`intervals.from_time`)} AS "from", ${exactly(sql`intervals.to_time`)} AS "to", intervals.category, intervals.state,
           intervals.machine_reason AS "machineReason", intervals.begins, ${exactly(sql`intervals.stretch_from`)} AS "stretchFrom", ${names}
    FROM mes.machine_intervals AS intervals ${named(sql`intervals`)}
    WHERE ${within(sql`intervals`, wanted)}
      AND (${after}::timestamptz IS NULL OR intervals.from_time > ${after}::timestamptz)
      AND (${before}::timestamptz IS NULL OR intervals.from_time < ${before}::timestamptz)
    ORDER BY intervals.from_time ${before === null ? sql`ASC` : sql`DESC`} LIMIT ${limit}`.execute(db);
  return before === null ? rows : rows.toReversed();
}

interface StopFilter {
  readonly unclassified: boolean;
  readonly category?: string | undefined;
  /** `none`: without one. */
  readonly reason?: string | undefined;
}

/**
 * A stop: not planned, and of setup and waiting only where somebody or something gave a reason; or what was
 * asked for.
 */
function isStop(row: RawBuilder<unknown>, { category, reason }: StopFilter): RawBuilder<unknown> {
  const stopped =
    category === undefined
      ? sql`(${row}.category IN ('unplanned_stop', 'minor_stop')
          OR (${row}.category IN ('setup', 'idle') AND (${row}.loss_reason_id IS NOT NULL OR ${row}.machine_reason IS NOT NULL)))`
      : sql`${row}.category = ${category}`;
  if (reason === undefined) return stopped;
  return reason === 'none'
    ? sql`(${stopped} AND ${row}.loss_reason_id IS NULL)`
    : sql`(${stopped} AND ${row}.loss_reason_id = ${Number(reason)}::int)`;
}

/**
 * Uncut stops that touch the period: parts of one stretch with one category and reason. Where the machine
 * itself does not say that it stands, what a person said is a stop each.
 */
export async function readStops(
  { db }: Context,
  { limit, ...wanted }: Wanted & StopFilter & { limit: number },
): Promise<(Stop & { readonly total: number })[]> {
  const { machineId, unclassified } = wanted;
  const { rows } = await sql<Stop & { readonly total: number }>`
    WITH last AS (
      SELECT ends.stretch_from FROM mes.machine_intervals AS ends
      WHERE ends.machine_id = ${machineId} ORDER BY ends.from_time DESC LIMIT 1
    ), parts AS (
      SELECT parts.*, max(parts.to_time) FILTER (WHERE parts.category NOT IN ('planned_stop', 'not_scheduled'))
        OVER (PARTITION BY parts.stretch_from) AS stretch_to
      FROM mes.machine_intervals AS parts
      WHERE parts.machine_id = ${machineId} AND parts.stretch_from IN (
        SELECT touched.stretch_from FROM mes.machine_intervals AS touched
        WHERE ${within(sql`touched`, wanted)} AND ${isStop(sql`touched`, wanted)})
    ), stops AS (
      SELECT parts.category, parts.state, parts.machine_reason, parts.loss_reason_id, min(parts.from_time) AS from_time,
             CASE WHEN bool_or(parts.stretch_from = last.stretch_from AND parts.to_time = parts.stretch_to) IS NOT TRUE
               THEN max(parts.to_time) END AS to_time,
             sum(parts.to_time - parts.from_time) AS duration, max(parts.classification_id) AS classification_id,
             (array_agg(parts.run_id ORDER BY parts.from_time))[1] AS run_id,
             (array_agg(parts.shift_instance_id ORDER BY parts.from_time))[1] AS shift_instance_id,
             parts.category = 'unplanned_stop' AND parts.loss_reason_id IS NULL AND parts.machine_reason IS NULL AS unclassified
      FROM parts CROSS JOIN last
      WHERE ${isStop(sql`parts`, wanted)}
      GROUP BY parts.stretch_from, parts.category, parts.state, parts.machine_reason, parts.loss_reason_id,
        CASE WHEN parts.state IN ('running', 'unknown') THEN parts.classification_id END
      HAVING min(parts.from_time) < ${wanted.to}::timestamptz AND max(parts.to_time) > ${wanted.from}::timestamptz
    ), wanted AS (
      SELECT stops.*, count(*) OVER ()::int AS total FROM stops
      WHERE stops.unclassified OR NOT ${unclassified}::boolean
      ORDER BY stops.unclassified DESC, stops.duration DESC, stops.from_time LIMIT ${limit}
    )
    SELECT ${exactly(sql`wanted.from_time`)} AS "from", ${exactly(sql`wanted.to_time`)} AS "to",
           (extract(epoch FROM wanted.duration) * 1000000)::float8 AS duration, wanted.category, wanted.state,
           wanted.machine_reason AS "machineReason", wanted.unclassified, ${names}, wanted.total
    FROM wanted ${named(sql`wanted`)}
    ORDER BY wanted.unclassified DESC, wanted.duration DESC, wanted.from_time`.execute(db);
  return rows;
}

/**
 * Before this, all is there and computed: the watermark of the slowest agent that tells of the machine, the
 * first mark that waits, and the end of what was computed.
 */
export async function finalUntil({ db }: Context, machineId: number): Promise<string | null> {
  const { rows } = await sql<{ until: string | null }>`
    SELECT CASE WHEN isfinite(known.until) THEN ${exactly(sql`known.until`)} END AS until FROM (
      SELECT CASE WHEN ends.to_time IS NOT NULL THEN least(ends.to_time,
        (SELECT min(coalesce(states.watermark, '-infinity'))
         FROM mes.tags JOIN mes.devices ON devices.id = tags.device_id
         LEFT JOIN mes.edge_states AS states ON states.edge_agent_id = devices.edge_agent_id
         WHERE tags.machine_id = ${machineId}
           AND tags.role IN ('state', 'total_count', 'good_count', 'reject_count', 'order', 'material')),
        (SELECT min(marks.from_time) FROM mes.dirty_marks AS marks WHERE marks.machine_id = ${machineId})) END AS until
      FROM (SELECT max(intervals.to_time) AS to_time FROM mes.machine_intervals AS intervals
            WHERE intervals.machine_id = ${machineId}) AS ends
    ) AS known`.execute(db);
  return rows[0]?.until ?? null;
}
