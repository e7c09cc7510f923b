// The writer of shift instances: what is wanted for a group of machines against what is there, in two
// statements however many there are. What is the same stays, with its id.

import { type RawBuilder, sql } from 'kysely';
import { type DirtyStretch, markDirty } from '../../platform/dirty-marks.ts';
import { Conflict } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { calendarFault } from './faults.ts';
import type { Instance, Span } from './rules.ts';

export interface Wanted {
  readonly plantId: number;
  readonly machineIds: readonly number[];
  readonly instances: readonly Instance[];
  /** Days on which the shifts start that are replaced: from, until before. */
  readonly from: string;
  readonly to: string;
  /** What is over is replaced, too, and says so by its version. */
  readonly correcting: boolean;
}

export interface Written {
  readonly removed: number;
  readonly added: number;
}

interface Gone {
  readonly machine_id: number;
  readonly name: string;
  readonly start_day: string;
  readonly from_time: Date;
  readonly to_time: Date;
  readonly state: string;
  readonly version: number;
}

/**
 * Replaces what differs. What has ended stays unless it is being corrected: the first new shift then begins
 * where the last old one ended. Past time that changes is marked for new figures.
 */
export async function writeInstances(ctx: Context, wanted: Wanted): Promise<Written> {
  if (wanted.machineIds.length === 0) return { removed: 0, added: 0 };
  try {
    const gone = await removeOthers(ctx, wanted);
    const made = await addMissing(ctx, wanted, gone);
    const past = [...gone.rows, ...made.rows].filter(({ from_time }) => from_time < ctx.now);
    await markDirty(ctx, stretchesOf(past, ctx.now));
    return { removed: gone.count, added: made.count };
  } catch (error) {
    if ((error as { code?: unknown }).code !== '23P01') throw error;
    const days = { from: wanted.from, to: wanted.to };
    throw new Conflict(calendarFault('more_days_needed', days), { cause: error });
  }
}

/** One for each machine, over all that changed: a correction is of few days. */
function stretchesOf(rows: readonly Gone[], now: Date): DirtyStretch[] {
  const stretches = new Map<number, { machineId: number; from: Date; to: Date }>();
  for (const { machine_id: machineId, from_time: from, to_time } of rows) {
    const to = to_time < now ? to_time : now;
    const known = stretches.get(machineId);
    if (!known) stretches.set(machineId, { machineId, from, to });
    else {
      if (from < known.from) known.from = from;
      if (to > known.to) known.to = to;
    }
  }
  return [...stretches.values()];
}

/** How many rows a statement changed, and of these only the ones that anybody asks about. */
interface Changed {
  readonly count: number;
  readonly rows: readonly Gone[];
}

async function removeOthers(ctx: Context, wanted: Wanted): Promise<Changed> {
  const { correcting, machineIds, from, to } = wanted;
  const replaced = correcting ? sql`true` : sql`old.state = 'open' AND old.to_time > ${ctx.now}`;
  const { rows } = await sql<Gone>`
    WITH ${wantedRows(ctx, wanted)},
    gone AS (DELETE FROM mes.shift_instances AS old
    WHERE old.organization_id = ${ctx.actor.organizationId} AND old.machine_id = ANY (${machineIds})
      AND old.start_day >= ${from}::date AND old.start_day < ${to}::date AND ${replaced}
      AND NOT EXISTS (
        SELECT FROM wanted
        WHERE wanted.machine_id = old.machine_id AND wanted.from_time = old.from_time AND wanted.to_time = old.to_time
          AND (wanted.name, wanted.kind, wanted.start_day, wanted.business_date) = (old.name, old.kind, old.start_day, old.business_date)
          AND (wanted.calendar_id, wanted.team) IS NOT DISTINCT FROM (old.calendar_id, old.team)
          AND wanted.breaks = coalesce((
            SELECT range_agg(tstzrange(pause.from_time, pause.to_time)) FROM mes.shift_instance_breaks AS pause
            WHERE pause.organization_id = old.organization_id AND pause.shift_instance_id = old.id), '{}'))
    RETURNING old.*)
    ${tell(sql`gone`, correcting ? sql`true` : sql`from_time < ${ctx.now}`)}`.execute(ctx.db);
  return changed(rows);
}

/** All rows of a correction, which are few; else those of the past. The first one is the count. */
function tell(table: RawBuilder<unknown>, which: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    SELECT 0 AS machine_id, '' AS name, '' AS start_day, now() AS from_time, now() AS to_time, '' AS state, count(*)::int AS version
    FROM ${table}
    UNION ALL
    SELECT machine_id, name, start_day::text, from_time, to_time, state, version FROM ${table} WHERE ${which}`;
}

function changed([count, ...rows]: readonly Gone[]): Changed {
  return { count: count?.version ?? 0, rows };
}

async function addMissing(ctx: Context, wanted: Wanted, gone: Changed): Promise<Changed> {
  // Only a correction counts versions; what was open has had no figures that anybody signed.
  const before = wanted.correcting ? gone.rows : [];
  const { rows } = await sql<Gone>`
    WITH ${wantedRows(ctx, wanted)},
    gone AS (
      SELECT * FROM unnest(${before.map(({ machine_id }) => machine_id)}::int[], ${before.map(({ name }) => name)}::text[],
        ${before.map(({ start_day }) => start_day)}::date[], ${before.map(({ state }) => state)}::text[],
        ${before.map(({ version }) => version)}::int[]) AS gone (machine_id, name, start_day, state, version)
    ),
    made AS (
      INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, calendar_id, name, team, kind, start_day,
        business_date, from_time, to_time, state, version)
      SELECT ${ctx.actor.organizationId}, ${wanted.plantId}, wanted.machine_id, wanted.calendar_id, wanted.name, wanted.team, wanted.kind,
        wanted.start_day, wanted.business_date, wanted.from_time, wanted.to_time,
        CASE WHEN gone.state IN ('closed', 'restated') THEN 'restated' WHEN wanted.to_time <= ${ctx.now} THEN 'ended' ELSE 'open' END,
        coalesce(gone.version + 1, 1)
      FROM wanted
      LEFT JOIN gone ON (gone.machine_id, gone.name, gone.start_day) = (wanted.machine_id, wanted.name, wanted.start_day)
      WHERE NOT EXISTS (
        SELECT FROM mes.shift_instances AS same
        WHERE same.organization_id = ${ctx.actor.organizationId} AND same.machine_id = wanted.machine_id
          AND same.from_time = wanted.from_time AND same.to_time = wanted.to_time)
      ORDER BY wanted.machine_id, wanted.from_time
      RETURNING id, machine_id, name, start_day, from_time, to_time, state, version
    ),
    breaks AS (
      INSERT INTO mes.shift_instance_breaks (organization_id, plant_id, shift_instance_id, from_time, to_time)
      SELECT ${ctx.actor.organizationId}, ${wanted.plantId}, made.id, lower(pause), upper(pause)
      FROM made
      JOIN wanted ON wanted.machine_id = made.machine_id AND wanted.from_time = made.from_time
      CROSS JOIN unnest(wanted.breaks) AS pause
    )
    ${tell(sql`made`, sql`from_time < ${ctx.now}`)}`.execute(ctx.db);
  return changed(rows);
}

/** `wanted`: each instance for each machine, cut off where what has ended stays. */
function wantedRows(ctx: Context, { machineIds, instances, correcting }: Wanted): RawBuilder<unknown> {
  const column = <T>(of: (instance: Instance) => T): T[] => instances.map(of);
  const kept = correcting
    ? sql`NULL::timestamptz`
    : sql`(SELECT max(ended.to_time) FROM mes.shift_instances AS ended
           WHERE ended.organization_id = ${ctx.actor.organizationId} AND ended.machine_id = machine.id
             AND ended.from_time > ${ctx.now}::timestamptz - interval '3 days' AND ended.to_time <= ${ctx.now})`;
  const still = correcting ? sql`true` : sql`plan.to_time > greatest(${ctx.now}::timestamptz, machine.ended)`;
  return sql`
    plan AS (
      SELECT * FROM unnest(${column(({ calendarId }) => calendarId)}::int[], ${column(({ name }) => name)}::text[],
        ${column(({ team }) => team)}::text[], ${column(({ kind }) => kind)}::text[], ${column(({ startDay }) => startDay)}::date[],
        ${column(({ businessDate }) => businessDate)}::date[], ${column(({ from }) => new Date(from).toISOString())}::timestamptz[],
        ${column(({ to }) => new Date(to).toISOString())}::timestamptz[], ${column(({ breaks }) => asMultirange(breaks))}::text[])
        AS plan (calendar_id, name, team, kind, start_day, business_date, from_time, to_time, breaks)
    ),
    machine AS MATERIALIZED (
      SELECT machine.id, ${kept} AS ended FROM unnest(${machineIds}::int[]) AS machine (id)
    ),
    wanted AS MATERIALIZED (
      SELECT machine.id AS machine_id, plan.calendar_id, plan.name, plan.team, plan.kind, plan.start_day, plan.business_date,
        greatest(plan.from_time, machine.ended) AS from_time, plan.to_time,
        plan.breaks::tstzmultirange * tstzmultirange(tstzrange(machine.ended, NULL)) AS breaks
      FROM plan CROSS JOIN machine WHERE ${still}
    )`;
}

function asMultirange(breaks: readonly Span[]): string {
  return `{${breaks.map(({ from, to }) => `[${new Date(from).toISOString()},${new Date(to).toISOString()})`).join(',')}}`;
}
