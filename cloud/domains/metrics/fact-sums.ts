// Sums of facts, grouped by what was asked for.

import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { givesGood, givesTime, placesOf, type Selection, shiftsOf, sourceOf, valueOf, where } from './fact-source.ts';
import type { Grouping } from './schema.ts';

/** Keys of a group as the database names them; null where a fact has none. */
export interface GroupedSums {
  readonly machine_id?: number;
  readonly lane_id?: number | null;
  readonly plant_id?: number;
  readonly shift_name?: string | null;
  readonly shift_day?: string | null;
  readonly shift_from?: Date | null;
  readonly shift_to?: Date | null;
  readonly shift_called?: string | null;
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

/** Groups in one answer; a year by hour has fewer. */
const MOST_ROWS = 20_000;

/** What facts are first summed by, for each grouping: a column as it is. */
const columnOf: Readonly<Record<Grouping, string>> = {
  machine: 'machine_id',
  lane: 'lane_id',
  plant: 'plant_id',
  shift: 'shift_instance_id',
  shiftname: 'shift_instance_id',
  hour: 'bucket',
  day: 'business_date',
  week: 'business_date',
  month: 'business_date',
  order: 'work_order_id',
  material: 'material_id',
  operation: 'operation_id',
  reason: 'loss_reason_id',
};

const keysOf: Readonly<Record<Grouping, readonly (readonly [name: string, value: RawBuilder<unknown>])[]>> = {
  machine: [['machine_id', sql`facts.machine_id`]],
  lane: [['lane_id', sql`facts.lane_id`]],
  plant: [['plant_id', sql`facts.plant_id`]],
  shift: [
    ['shift_name', sql`shifts.name`],
    ['shift_day', sql`shifts.business_date::text`],
    ['shift_from', sql`shifts.from_time`],
    ['shift_to', sql`shifts.to_time`],
  ],
  shiftname: [['shift_called', sql`shifts.name`]],
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
    + coalesce(sum(facts.good_without_value) FILTER (WHERE ${counted} AND facts.gives_good AND NOT facts.gives_time), 0) AS "withoutStandard"`,
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
  const parts = [
    ...placesOf(ctx, selection, { byLane: groups.includes('lane') }),
    sql`time AS (
      SELECT ${select} ${timeSums} FROM ${summedTime(ctx, selection, groups)} ${grouped}
    )`,
    sql`count AS (
      SELECT ${select} ${countSums} FROM ${summedPieces(ctx, selection, groups)} ${grouped}
    )`,
  ];
  const { rows } = await sql<GroupedSums>`
    WITH ${sql.join(parts)}
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

/** Time by the columns of the groups and category, named as the facts are. */
function summedTime(ctx: Context, selection: Selection, groups: readonly Grouping[]): RawBuilder<unknown> {
  const columns = columnsOf(groups, ['plant_id']);
  return sql`(
      SELECT ${columns}, facts.category, sum(facts.duration_us) AS duration_us
      FROM ${sourceOf('time', selection, { byLane: groups.includes('lane') })}
      WHERE ${where(ctx, selection)} AND ${givesTime(selection)}
      GROUP BY ${columns}, facts.category
    ) AS facts
    JOIN mes.plants AS plants ON plants.id = facts.plant_id ${namedBy(selection, groups)}`;
}

const summed = [
  'good',
  'scrap',
  'rework',
  'startup',
  'unexplained',
  'target_s',
  'scrap_s',
  'rework_s',
  'startup_s',
  'without_standard',
];

/** Pieces by the columns of the groups, what they are for, and their standing. */
function summedPieces(ctx: Context, selection: Selection, groups: readonly Grouping[]): RawBuilder<unknown> {
  const columns = columnsOf(groups, ['standing']);
  const value = valueOf(selection);
  return sql`(
      SELECT ${columns}, ${givesTime(selection)} AS gives_time, ${givesGood(selection)} AS gives_good, sum(${value}) AS line_value_s,
             sum(facts.good) FILTER (WHERE ${value} IS NULL) AS good_without_value,
             ${sql.join(summed.map((name) => sql`sum(facts.${sql.id(name)}) AS ${sql.id(name)}`))}
      FROM ${sourceOf('count', selection, { byLane: groups.includes('lane') })}
      WHERE ${where(ctx, selection)}
      GROUP BY ${columns}, gives_time, gives_good
    ) AS facts ${namedBy(selection, groups)}`;
}

function columnsOf(groups: readonly Grouping[], more: readonly string[]): RawBuilder<unknown> {
  const names = [...new Set([...groups.map((group) => columnOf[group]), ...more])];
  return sql.join(names.map((name) => (name === 'lane_id' ? sql`roles.lane_id` : sql`facts.${sql.id(name)}`)));
}

function namedBy({ version }: Selection, groups: readonly Grouping[]): RawBuilder<unknown> {
  return sql`
    ${groups.includes('shift') || groups.includes('shiftname') ? sql`LEFT JOIN ${shiftsOf(version)} AS shifts ON shifts.id = facts.shift_instance_id` : sql``}
    ${groups.includes('operation') ? sql`LEFT JOIN mes.work_order_operations AS operations ON operations.id = facts.operation_id` : sql``}`;
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
