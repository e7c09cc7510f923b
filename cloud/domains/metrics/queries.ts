// Sums over facts, grouped by what was asked for. A serial lane gives its constraint's time and pieces and
// its outfeed's good ones, so that each piece is there once (DEFINITIONS 9).

import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { Grouping } from './schema.ts';

export interface Selection {
  readonly fromDay: string | null;
  readonly toDay: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly plant?: number | undefined;
  readonly lane?: number | undefined;
  readonly machine?: number | undefined;
  readonly shift?: number | undefined;
  readonly shiftName?: string | undefined;
  /** Of closed shifts, what this version of them says, or the last one before it. */
  readonly version?: number | undefined;
  readonly order?: number | undefined;
  readonly material?: number | undefined;
  readonly basis: 'line' | 'machine';
}

/** Keys of a group as the database names them; null where a fact has none. */
export interface GroupedSums {
  readonly machine_id?: number;
  readonly lane_id?: number | null;
  readonly plant_id?: number;
  readonly shift_name?: string | null;
  readonly shift_day?: string | null;
  readonly shift_from?: Date | null;
  readonly shift_to?: Date | null;
  readonly hour?: Date;
  readonly day?: string;
  readonly week?: string;
  readonly month?: string;
  readonly order_id?: number | null;
  readonly material_id?: number | null;
  readonly operation?: string | null;
  readonly reason_id?: number | null;
  /** Sums, as PostgreSQL writes numbers. */
  readonly [sum: string]: unknown;
}

type Table = 'time' | 'count';

/** Groups in one answer; a year by hour has fewer. */
const MOST_ROWS = 20_000;

const keysOf: Readonly<Record<Grouping, readonly (readonly [name: string, value: RawBuilder<unknown>])[]>> = {
  machine: [['machine_id', sql`facts.machine_id`]],
  lane: [['lane_id', sql`roles.lane_id`]],
  plant: [['plant_id', sql`facts.plant_id`]],
  shift: [
    ['shift_name', sql`shifts.name`],
    ['shift_day', sql`shifts.business_date::text`],
    ['shift_from', sql`shifts.from_time`],
    ['shift_to', sql`shifts.to_time`],
  ],
  hour: [['hour', sql`facts.bucket`]],
  day: [['day', sql`facts.business_date::text`]],
  week: [['week', sql`date_trunc('week', facts.business_date)::date::text`]],
  month: [['month', sql`date_trunc('month', facts.business_date)::date::text`]],
  order: [['order_id', sql`facts.work_order_id`]],
  material: [['material_id', sql`facts.material_id`]],
  operation: [['operation', sql`operations.code`]],
  reason: [['reason_id', sql`facts.loss_reason_id`]],
};

const categories = {
  running: 'running',
  rework_run: 'reworkRun',
  setup: 'setup',
  idle: 'idle',
  unplanned_stop: 'unplannedStop',
  minor_stop: 'minorStop',
  planned_stop: 'plannedStop',
  not_scheduled: 'notScheduled',
  unscheduled_run: 'unscheduledRun',
  unknown: 'unknown',
} as const;

/** Of `facts` and their `plants`. */
export const timeSums = sql.join([
  ...Object.entries(categories).map(
    ([category, name]) =>
      sql`coalesce(sum(facts.duration_us) FILTER (WHERE facts.category = ${sql.lit(category)}), 0) AS ${sql.id(name)}`,
  ),
  sql`coalesce(sum(facts.duration_us) FILTER (WHERE facts.category = 'no_order' AND plants.no_order = 'loss'), 0) AS "noOrderLoss"`,
  sql`coalesce(sum(facts.duration_us) FILTER (WHERE facts.category = 'no_order' AND plants.no_order <> 'loss'), 0) AS "noOrderPlanned"`,
]);

export const counted = sql`facts.standing = 'counted'`;
export const allPieces = sql`facts.good + facts.scrap + facts.rework + facts.startup + facts.unexplained`;
export const sumOf = (what: RawBuilder<unknown>, of: RawBuilder<unknown>, name: string) =>
  sql`coalesce(sum(${what}) FILTER (WHERE ${of}), 0) AS ${sql.id(name)}`;
/** In a serial lane, good pieces are those of the outfeed, at the constraint's ideal cycle. */
const countSums = sql.join([
  ...(['scrap', 'rework', 'startup', 'unexplained'] as const).map((name) =>
    sumOf(sql`facts.${sql.id(name)}`, sql`${counted} AND facts.gives_time`, name),
  ),
  sumOf(sql`facts.good`, sql`${counted} AND facts.gives_good`, 'good'),
  sumOf(allPieces, sql`${counted} AND facts.gives_time`, 'produced'),
  sumOf(sql`facts.target_s`, sql`${counted} AND facts.gives_time`, 'targetTime'),
  sumOf(sql`facts.line_value_s`, sql`${counted} AND facts.gives_good`, 'valueTime'),
  sumOf(sql`facts.scrap_s`, sql`${counted} AND facts.gives_time`, 'scrapTime'),
  sumOf(sql`facts.rework_s`, sql`${counted} AND facts.gives_time`, 'reworkTime'),
  sumOf(sql`facts.startup_s`, sql`${counted} AND facts.gives_time`, 'startupTime'),
  sql`coalesce(sum(facts.without_standard) FILTER (WHERE ${counted} AND facts.gives_time), 0)
    + coalesce(sum(facts.good) FILTER (WHERE ${counted} AND facts.gives_good AND NOT facts.gives_time AND facts.line_value_s IS NULL), 0) AS "withoutStandard"`,
  sumOf(allPieces, sql`facts.standing = 'bridged' AND facts.gives_time`, 'bridged'),
  sumOf(allPieces, sql`facts.standing = 'unscheduled' AND facts.gives_time`, 'unscheduled'),
  sumOf(allPieces, sql`facts.standing = 'rework_run' AND facts.gives_time`, 'reworked'),
]);

/** One row for each group that has time or pieces. */
export async function sumFacts(
  ctx: Context,
  selection: Selection,
  groups: readonly Grouping[],
): Promise<GroupedSums[]> {
  const keys = groups.flatMap((group) => keysOf[group]);
  const named = keys.map(([name, value]) => sql`${value} AS ${sql.id(name)}`);
  const grouped =
    keys.length === 0 ? sql`GROUP BY ()` : sql`GROUP BY ${sql.join(keys.map((_, at) => sql.lit(at + 1)))}`;
  const select = keys.length === 0 ? sql`` : sql`${sql.join(named)},`;
  const names = keys.map(([name]) => sql`${sql.id(name)},`);
  const { rows } = await sql<GroupedSums>`
    WITH time AS (
      SELECT ${select} ${timeSums}
      FROM ${tables(ctx, 'time', selection, groups)}
      WHERE ${where(ctx, selection)} AND ${selection.basis === 'line' ? sql`coalesce(roles.gives_time, true)` : sql`true`}
      ${grouped}
    ), count AS (
      SELECT ${select} ${countSums}
      FROM ${tables(ctx, 'count', selection, groups)}
      WHERE ${where(ctx, selection)}
      ${grouped}
    )
    SELECT ${sql.join(names, sql` `)} ${sql.join([...timeNames, ...countNames].map((name) => sql`sum(${sql.id(name)}) AS ${sql.id(name)}`))}
    FROM (
      SELECT ${sql.join(names, sql` `)} ${sumColumns(timeNames, countNames)} FROM time
      UNION ALL
      SELECT ${sql.join(names, sql` `)} ${sumColumns(countNames, timeNames)} FROM count
    ) AS sums
    ${grouped}
    ORDER BY ${keys.length === 0 ? sql`1` : sql.join(keys.map((_, at) => sql.lit(at + 1)))}
    LIMIT ${MOST_ROWS}`.execute(ctx.db);
  return rows;
}

const timeNames = [...Object.values(categories), 'noOrderLoss', 'noOrderPlanned'];
const countNames = [
  'good',
  'scrap',
  'rework',
  'startup',
  'unexplained',
  'produced',
  'targetTime',
  'valueTime',
  'scrapTime',
  'reworkTime',
  'startupTime',
  'withoutStandard',
  'bridged',
  'unscheduled',
  'reworked',
];

/** The sums that one table has, and nothing for those of the other; in the same order for both. */
function sumColumns(own: readonly string[], others: readonly string[]): RawBuilder<unknown> {
  const all = [...timeNames, ...countNames];
  return sql.join(
    all.map((name) =>
      others.includes(name) && !own.includes(name) ? sql`0::numeric AS ${sql.id(name)}` : sql`${sql.id(name)}`,
    ),
  );
}

/** Facts as they are, or as a version of closed shifts has them. */
function factsOf(table: Table, version: number | undefined): RawBuilder<unknown> {
  if (version === undefined) return table === 'time' ? sql`mes.time_facts` : sql`mes.count_facts`;
  const versioned = table === 'time' ? sql`mes.shift_time_facts` : sql`mes.shift_count_facts`;
  return sql`(
    SELECT said.* FROM ${versioned} AS said
    WHERE said.version = (
      SELECT max(known.version) FROM mes.shift_figures AS known
      WHERE known.organization_id = said.organization_id AND known.shift_instance_id = said.shift_instance_id AND known.version <= ${version})
  )`;
}

/** Shifts by the name of the time, also those that a correction has replaced. */
function shiftsOf(version: number | undefined): RawBuilder<unknown> {
  if (version === undefined) return sql`mes.shift_instances`;
  return sql`(
    SELECT DISTINCT ON (known.shift_instance_id) known.organization_id, known.shift_instance_id AS id, known.name, known.business_date,
           known.from_time, known.to_time
    FROM mes.shift_figures AS known WHERE known.version <= ${version}
    ORDER BY known.shift_instance_id, known.version DESC
  )`;
}

function tables(
  ctx: Context,
  table: Table,
  { basis, version, shiftName }: Selection,
  groups: readonly Grouping[],
): RawBuilder<unknown> {
  const isLine = basis === 'line';
  const facts =
    table === 'time'
      ? sql`${factsOf(table, version)} AS facts`
      : // The good pieces of an outfeed are worth what the constraint needs for them.
        sql`(
          SELECT pieces.*, coalesce(${isLine ? sql`places.gives_time` : sql`true`}, true) AS gives_time,
                 coalesce(${isLine ? sql`places.gives_good` : sql`true`}, true) AS gives_good,
                 CASE WHEN ${isLine ? sql`places.constraint_id IS NULL OR places.gives_time` : sql`true`} THEN pieces.value_s
                   ELSE pieces.good * (SELECT standards.ideal_cycle FROM mes.production_standard_at(places.constraint_id, pieces.material_id, '', pieces.bucket) AS standards)
                 END AS line_value_s
          FROM ${factsOf(table, version)} AS pieces
          LEFT JOIN mes.lane_roles AS places ON places.organization_id = pieces.organization_id AND places.machine_id = pieces.machine_id
            AND places.valid_from <= pieces.bucket AND (places.valid_to IS NULL OR places.valid_to > pieces.bucket)
          WHERE pieces.organization_id = ${ctx.actor.organizationId}
        ) AS facts`;
  return sql`${facts}
    JOIN mes.plants AS plants ON plants.organization_id = facts.organization_id AND plants.id = facts.plant_id
    LEFT JOIN mes.lane_roles AS roles ON roles.organization_id = facts.organization_id AND roles.machine_id = facts.machine_id
      AND roles.valid_from <= facts.bucket AND (roles.valid_to IS NULL OR roles.valid_to > facts.bucket)
    ${groups.includes('shift') || shiftName !== undefined ? sql`LEFT JOIN ${shiftsOf(version)} AS shifts ON shifts.organization_id = facts.organization_id AND shifts.id = facts.shift_instance_id` : sql``}
    ${groups.includes('operation') ? sql`LEFT JOIN mes.work_order_operations AS operations ON operations.organization_id = facts.organization_id AND operations.id = facts.operation_id` : sql``}`;
}

function where({ actor }: Context, selection: Selection): RawBuilder<boolean> {
  const conditions = [sql`facts.organization_id = ${actor.organizationId}`];
  const { fromDay, toDay, from, to, plant, lane, machine, shift, shiftName, order, material } = selection;
  if (fromDay !== null) {
    conditions.push(sql`facts.business_date >= ${fromDay}::date AND facts.business_date <= ${toDay}::date`);
    // No shift is longer than a day, and no clock further from UTC than fourteen hours: the index reads buckets.
    conditions.push(
      sql`facts.bucket >= ${fromDay}::date - interval '3 days' AND facts.bucket < ${toDay}::date + interval '4 days'`,
    );
  } else conditions.push(sql`facts.bucket >= ${from} AND facts.bucket < ${to}`);
  if (plant !== undefined) conditions.push(sql`facts.plant_id = ${plant}`);
  if (lane !== undefined) conditions.push(sql`roles.lane_id = ${lane}`);
  if (machine !== undefined) conditions.push(sql`facts.machine_id = ${machine}`);
  if (shift !== undefined) conditions.push(sql`facts.shift_instance_id = ${shift}`);
  if (shiftName !== undefined) conditions.push(sql`shifts.name = ${shiftName}`);
  if (order !== undefined) conditions.push(sql`facts.work_order_id = ${order}`);
  if (material !== undefined) conditions.push(sql`facts.material_id = ${material}`);
  return sql<boolean>`${sql.join(conditions, sql` AND `)}`;
}

/** Time lost by category and reason. */
export async function sumLosses(ctx: Context, selection: Selection) {
  const { rows } = await sql<{
    category: string;
    loss_reason_id: number | null;
    code: string | null;
    name: string | null;
    name_de: string | null;
    duration_us: string;
    occurrences: string;
  }>`
    SELECT lost.*, reasons.code, reasons.name, reasons.name_de FROM (
      SELECT facts.category, facts.loss_reason_id, sum(facts.duration_us) AS duration_us, sum(facts.occurrences) AS occurrences
      FROM ${tables(ctx, 'time', selection, [])}
      WHERE ${where(ctx, selection)} AND ${selection.basis === 'line' ? sql`coalesce(roles.gives_time, true)` : sql`true`}
        AND facts.category IN ('setup', 'idle', 'no_order', 'unplanned_stop', 'minor_stop', 'rework_run', 'unknown')
      GROUP BY 1, 2
    ) AS lost
    LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = lost.loss_reason_id
    ORDER BY lost.duration_us DESC, lost.category, lost.loss_reason_id`.execute(ctx.db);
  return rows;
}

/** What made pieces without anybody having said how fast it should. */
export async function missingStandards(ctx: Context, selection: Selection) {
  const { rows } = await sql<{
    machine_id: number;
    machine: string;
    material_id: number | null;
    material: string | null;
    pieces: string;
  }>`
    SELECT facts.machine_id, machines.display_name AS machine, facts.material_id, materials.name AS material, sum(facts.without_standard) AS pieces
    FROM ${tables(ctx, 'count', selection, [])}
    JOIN mes.machines AS machines ON machines.id = facts.machine_id
    LEFT JOIN mes.materials AS materials ON materials.id = facts.material_id
    WHERE ${where(ctx, selection)} AND facts.standing = 'counted' AND facts.gives_time AND facts.without_standard <> 0
    GROUP BY 1, 2, 3, 4 HAVING sum(facts.without_standard) > 0
    ORDER BY 5 DESC
    LIMIT 100`.execute(ctx.db);
  return rows;
}

/** Before this, all is there and computed: the intervals of the machine that is furthest behind, and the first mark that waits. */
export async function finalUntil({ db, actor }: Context, { plant, machine, lane }: Selection): Promise<Date | null> {
  const { rows } = await sql<{ until: Date | null }>`
    WITH asked AS (
      SELECT machines.id FROM mes.machines
      WHERE machines.organization_id = ${actor.organizationId} AND machines.archived_at IS NULL
        AND (${plant ?? null}::int IS NULL OR machines.plant_id = ${plant ?? null}::int)
        AND (${machine ?? null}::int IS NULL OR machines.id = ${machine ?? null}::int)
        AND (${lane ?? null}::int IS NULL OR EXISTS (
          SELECT FROM mes.lane_memberships AS places
          WHERE places.machine_id = machines.id AND places.lane_id = ${lane ?? null}::int AND places.archived_at IS NULL AND places.valid_to IS NULL))
    )
    SELECT least(
      (SELECT min(last.to_time) FROM asked CROSS JOIN LATERAL (
        SELECT intervals.to_time FROM mes.machine_intervals AS intervals
        WHERE intervals.machine_id = asked.id ORDER BY intervals.from_time DESC LIMIT 1) AS last),
      (SELECT min(marks.from_time) FROM mes.dirty_marks AS marks JOIN asked ON asked.id = marks.machine_id)) AS until`.execute(
    db,
  );
  return rows[0]?.until ?? null;
}
