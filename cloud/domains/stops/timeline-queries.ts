// The bands of a machine's timeline, in the database.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { within } from './interval-queries.ts';
import { exactly } from './queries.ts';
import type { Period } from './rules.ts';
import { ALARM_DAYS } from './timeline-rules.ts';
import type { Alarm, Samples, Unit } from './timeline-schema.ts';

const MOST_ALARMS = 500;

type Wanted = Period & { readonly machineId: number };

/** Throws nothing for a machine that is not there: who asks has looked. */
export async function zoneOf({ db }: Context, machineId: number): Promise<string> {
  const row = await db
    .selectFrom('mes.machines as machines')
    .innerJoin('mes.plants as plants', 'plants.id', 'machines.plant_id')
    .select('plants.time_zone')
    .where('machines.id', '=', machineId)
    .executeTakeFirst();
  return row?.time_zone ?? 'UTC';
}

/** From when until when a machine is known of, and how much of the period is not in that; microseconds. */
export async function readKnown({ db }: Context, { machineId, from, to }: Wanted) {
  const { rows } = await sql<{ known_from: string | null; known_to: string | null; not_known: number }>`
    SELECT ${exactly(sql`known.from_time`)} AS known_from, ${exactly(sql`known.to_time`)} AS known_to,
           ((extract(epoch FROM ${to}::timestamptz - ${from}::timestamptz)
             - coalesce(greatest(0, extract(epoch FROM least(known.to_time, ${to}::timestamptz) - greatest(known.from_time, ${from}::timestamptz))), 0)
            ) * 1000000)::float8 AS not_known
    FROM (SELECT
      (SELECT first.from_time FROM mes.machine_intervals AS first WHERE first.machine_id = ${machineId} ORDER BY first.from_time LIMIT 1) AS from_time,
      (SELECT last.to_time FROM mes.machine_intervals AS last WHERE last.machine_id = ${machineId} ORDER BY last.from_time DESC LIMIT 1) AS to_time
    ) AS known`.execute(db);
  const [row] = rows;
  return { knownFrom: row?.known_from ?? null, knownTo: row?.known_to ?? null, notKnown: row?.not_known ?? 0 };
}

/** Counts no further than `most` + 1. */
export async function countIntervals({ db }: Context, { most, ...wanted }: Wanted & { most: number }): Promise<number> {
  const { rows } = await sql<{ intervals: number }>`
    SELECT count(*)::int AS intervals
    FROM (SELECT FROM mes.machine_intervals AS seen WHERE ${within(sql`seen`, wanted)} LIMIT ${most + 1}) AS found`.execute(
    db,
  );
  return rows[0]?.intervals ?? 0;
}

export interface ShareRow {
  /** Which bucket, from 1 on. */
  readonly at: number;
  readonly category: string;
  readonly us: number;
}

/**
 * Time by bucket and category; `begins` are those of the buckets, the first at the begin of the period. Whole
 * hours come from facts, the others from intervals: each microsecond from one of them.
 */
export async function readShares(
  { db }: Context,
  {
    machineId,
    from,
    to,
    begins,
    whole,
    most,
  }: Wanted & { begins: readonly Date[]; whole: Period | null; most: number },
): Promise<ShareRow[]> {
  const edges = whole
    ? [
        { from, to: whole.from },
        { from: whole.to, to },
      ]
    : [{ from, to }];
  const cuts = edges.filter((edge) => edge.from < edge.to);
  const buckets = sql`${[...begins]}::timestamptz[]`;
  const ends = sql`${[...begins.slice(1), to]}::timestamptz[]`;
  const { rows } = await sql<ShareRow>`
    SELECT parts.at::int AS at, parts.category, sum(parts.us)::float8 AS us FROM (
      SELECT width_bucket(facts.bucket, ${buckets}) AS at, facts.category, sum(facts.duration_us) AS us
      FROM mes.time_facts AS facts
      WHERE facts.machine_id = ${machineId} AND facts.bucket >= ${whole?.from ?? to}::timestamptz AND facts.bucket < ${whole?.to ?? to}::timestamptz
      GROUP BY 1, 2
      UNION ALL
      SELECT buckets.at, intervals.category,
             sum(extract(epoch FROM least(intervals.to_time, buckets.to_time, cuts.to_time)
               - greatest(intervals.from_time, buckets.from_time, cuts.from_time)) * 1000000)
      FROM unnest(${cuts.map((cut) => cut.from)}::timestamptz[], ${cuts.map((cut) => cut.to)}::timestamptz[]) AS cuts (from_time, to_time)
      JOIN unnest(${buckets}, ${ends}) WITH ORDINALITY AS buckets (from_time, to_time, at)
        ON buckets.from_time < cuts.to_time AND buckets.to_time > cuts.from_time
      JOIN mes.machine_intervals AS intervals
        ON intervals.machine_id = ${machineId}
        AND intervals.from_time < least(buckets.to_time, cuts.to_time) AND intervals.to_time > greatest(buckets.from_time, cuts.from_time)
        AND intervals.from_time >= coalesce((SELECT max(before.from_time) FROM mes.machine_intervals AS before
          WHERE before.machine_id = ${machineId} AND before.from_time <= cuts.from_time), cuts.from_time)
      GROUP BY 1, 2
    ) AS parts
    GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${most + 1}`.execute(db);
  return rows;
}

export interface CountRow {
  readonly at: number;
  readonly good: number;
  readonly rejected: number;
  readonly unexplained: number;
}

/** Pieces by bucket: by the hour and longer from facts, below that from the counters' own steps. */
export async function readCounts(
  { db }: Context,
  { machineId, edges, unit, zone }: { machineId: number; edges: readonly Date[]; unit: Unit; zone: string },
): Promise<CountRow[]> {
  const begins = sql`${edges.slice(0, -1)}::timestamptz[]`;
  const [first, last] = [edges[0], edges.at(-1)];
  const fine = unit === 'minute' || unit === 'ten_minutes';
  // A counter is read from the begin of its hour on, where the carry of the hour before is.
  const source = fine
    ? sql`mes.pieces_told(${machineId}, mes.plant_hour(${first}::timestamptz, ${zone}), ${last}::timestamptz,
        ${unit === 'minute' ? '1 minute' : '10 minutes'}::interval)`
    : sql`mes.count_facts`;
  const at = fine ? sql`told.at` : sql`told.bucket`;
  const rejected = fine ? sql`told.rejected` : sql`told.scrap + told.rework + told.startup`;
  const { rows } = await sql<CountRow>`
    SELECT width_bucket(${at}, ${begins}) AS at, sum(told.good)::float8 AS good, sum(${rejected})::float8 AS rejected,
           sum(told.unexplained)::float8 AS unexplained
    FROM ${source} AS told
    WHERE ${at} >= ${first}::timestamptz AND ${at} < ${last}::timestamptz ${fine ? sql`` : sql`AND told.machine_id = ${machineId}`}
    GROUP BY 1 ORDER BY 1`.execute(db);
  return rows;
}

/**
 * When alarms were there: stretches in which an alarm tag says yes. One that began long before is told from its last
 * sample on.
 * @returns the newest, and from when on all are among them where there are more.
 */
export async function readAlarms(
  { db }: Context,
  { machineId, from, to }: Wanted,
): Promise<{ alarms: Alarm[]; alarmsFrom: string | null }> {
  const { rows } = await sql<Alarm>`
    WITH said AS (
      SELECT tags.id, coalesce(tags.reason, tags.name) AS name, samples.time, samples.value <> 0 AS active,
             lag(samples.value <> 0) OVER history AS before
      FROM mes.tags
      JOIN mes.samples ON samples.tag_id = tags.id
      WHERE tags.machine_id = ${machineId} AND tags.role = 'alarm' AND samples.value IS NOT NULL
        AND samples.time >= ${from}::timestamptz - ${ALARM_DAYS}::int * interval '1 day' AND samples.time < ${to}::timestamptz
      WINDOW history AS (PARTITION BY tags.id ORDER BY samples.time)
    ), stretches AS (
      SELECT said.*, lead(said.time) OVER (PARTITION BY said.id ORDER BY said.time) AS until
      FROM said WHERE said.before IS DISTINCT FROM said.active
    )
    SELECT stretches.id AS "tagId", stretches.name, ${exactly(sql`stretches.time`)} AS "from", ${exactly(sql`stretches.until`)} AS "to"
    FROM stretches
    WHERE stretches.active AND coalesce(stretches.until, 'infinity') > ${from}::timestamptz
    ORDER BY stretches.time DESC, stretches.id LIMIT ${MOST_ALARMS + 1}`.execute(db);
  const alarms = rows.slice(0, MOST_ALARMS);
  return { alarms, alarmsFrom: rows.length > alarms.length ? (alarms.at(-1)?.from ?? null) : null };
}

type Sample = Samples['items'][number];

/** Of each tag that makes a machine's time and pieces: what it said in the period, or the last before it. */
export async function readSamples(
  { db }: Context,
  { machineId, from, to, limit, last }: Wanted & { limit: number; last: boolean },
): Promise<Sample[]> {
  const columns = sql`tags.id, tags.name, tags.role, tags.unit`;
  const inPeriod = sql`samples.time >= ${from}::timestamptz AND samples.time < ${to}::timestamptz`;
  const { rows } = await sql<Sample>`
    WITH tags AS (
      SELECT ${columns} FROM mes.tags
      WHERE tags.machine_id = ${machineId} AND tags.role IN ('state', 'total_count', 'good_count', 'reject_count', 'order', 'material')
    ), said AS (
      SELECT ${columns}, samples.time, samples.status, to_jsonb(samples.value) AS value
      FROM tags JOIN mes.samples ON samples.tag_id = tags.id AND ${inPeriod}
      UNION ALL
      SELECT ${columns}, samples.time, samples.status, to_jsonb(samples.value)
      FROM tags JOIN mes.sample_texts AS samples ON samples.tag_id = tags.id AND ${inPeriod}
    )
    SELECT ${last ? sql`DISTINCT ON (said.id)` : sql``} said.id AS "tagId", said.name AS tag, said.role, said.unit, ${exactly(sql`said.time`)} AS time,
           said.value, (coalesce(said.status, 0)::bigint & 4294967295)::float8 AS status
    FROM said ORDER BY ${last ? sql`said.id, said.time DESC` : sql`said.time, said.id`} LIMIT ${limit}`.execute(db);
  return rows;
}
