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
  /** What is over is replaced, too: it says so by its version, and what it was is kept with the reason. */
  readonly correction?: { readonly reason: string } | undefined;
}

export interface Written {
  readonly removed: number;
  readonly added: number;
}

interface Gone {
  readonly machine_id: number;
  readonly from_time: Date;
  readonly to_time: Date;
}

/**
 * Replaces what differs. What has ended stays unless it is being corrected: the first new shift then begins
 * where the last old one ended. Past time that changes is marked for new figures.
 */
export async function writeInstances(ctx: Context, wanted: Wanted): Promise<Written> {
  if (wanted.machineIds.length === 0) return { removed: 0, added: 0 };
  try {
    const gone = await removeOthers(ctx, wanted);
    const made = await addMissing(ctx, wanted);
    const past = [...gone.rows, ...made.rows].filter(({ from_time }) => from_time < ctx.now);
    await markDirty(ctx, { cause: 'calendar', stretches: stretchesOf(past, ctx.now) });
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
  const { correction, machineIds, from, to } = wanted;
  const replaced = correction ? sql`true` : sql`old.state = 'open' AND old.to_time > ${ctx.now}`;
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
    ${correction ? sql`, kept AS (${keeping(ctx, wanted, correction.reason)})` : sql``}
    ${tell(sql`gone`, ctx.now)}`.execute(ctx.db);
  return changed(rows);
}

/** What was over stays readable as it was; where nothing of its name starts on its day any more, it is cancelled. */
function keeping(ctx: Context, { plantId }: Wanted, reason: string): RawBuilder<unknown> {
  return sql`
    INSERT INTO mes.shift_instance_versions (organization_id, plant_id, machine_id, shift_instance_id, calendar_id, name, team, kind,
      start_day, business_date, from_time, to_time, breaks, state, version, outcome, reason, replaced_by, replaced_at)
    SELECT ${ctx.actor.organizationId}, ${plantId}, gone.machine_id, gone.id, gone.calendar_id, gone.name, gone.team, gone.kind,
      gone.start_day, gone.business_date, gone.from_time, gone.to_time,
      coalesce((
        SELECT range_agg(tstzrange(pause.from_time, pause.to_time)) FROM mes.shift_instance_breaks AS pause
        WHERE pause.organization_id = gone.organization_id AND pause.shift_instance_id = gone.id), '{}'),
      gone.state, gone.version,
      CASE WHEN EXISTS (
        SELECT FROM wanted WHERE (wanted.machine_id, wanted.name, wanted.start_day) = (gone.machine_id, gone.name, gone.start_day))
        THEN 'restated' ELSE 'cancelled' END,
      ${reason}, ${ctx.actor.name}, ${ctx.now}
    FROM gone WHERE gone.state <> 'open'`;
}

/** Those of the past. The first one is the count. */
function tell(table: RawBuilder<unknown>, now: Date): RawBuilder<unknown> {
  return sql`
    SELECT count(*)::int AS machine_id, now() AS from_time, now() AS to_time FROM ${table}
    UNION ALL
    SELECT machine_id, from_time, to_time FROM ${table} WHERE from_time < ${now}`;
}

function changed([count, ...rows]: readonly Gone[]): Changed {
  return { count: count?.machine_id ?? 0, rows };
}

async function addMissing(ctx: Context, wanted: Wanted): Promise<Changed> {
  // Only a correction counts versions; what was open has had no figures that anybody signed.
  const { rows } = await sql<Gone>`
    WITH ${wantedRows(ctx, wanted)},
    former AS (
      SELECT machine_id, name, start_day, max(version) AS version, bool_or(state IN ('closed', 'restated')) AS signed
      FROM mes.shift_instance_versions
      WHERE organization_id = ${ctx.actor.organizationId} AND machine_id = ANY (${wanted.machineIds})
        AND start_day >= ${wanted.from}::date AND start_day < ${wanted.to}::date AND ${wanted.correction !== undefined}
      GROUP BY machine_id, name, start_day
    ),
    made AS (
      INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, calendar_id, name, team, kind, start_day,
        business_date, from_time, to_time, state, version)
      SELECT ${ctx.actor.organizationId}, ${wanted.plantId}, wanted.machine_id, wanted.calendar_id, wanted.name, wanted.team, wanted.kind,
        wanted.start_day, wanted.business_date, wanted.from_time, wanted.to_time,
        CASE WHEN former.signed THEN 'restated' WHEN wanted.to_time <= ${ctx.now} THEN 'ended' ELSE 'open' END,
        coalesce(former.version + 1, 1)
      FROM wanted
      LEFT JOIN former ON (former.machine_id, former.name, former.start_day) = (wanted.machine_id, wanted.name, wanted.start_day)
      WHERE NOT EXISTS (
        SELECT FROM mes.shift_instances AS same
        WHERE same.organization_id = ${ctx.actor.organizationId} AND same.machine_id = wanted.machine_id
          AND same.from_time = wanted.from_time AND same.to_time = wanted.to_time)
      ORDER BY wanted.machine_id, wanted.from_time
      RETURNING id, machine_id, from_time, to_time
    ),
    breaks AS (
      INSERT INTO mes.shift_instance_breaks (organization_id, plant_id, shift_instance_id, from_time, to_time)
      SELECT ${ctx.actor.organizationId}, ${wanted.plantId}, made.id, lower(pause), upper(pause)
      FROM made
      JOIN wanted ON wanted.machine_id = made.machine_id AND wanted.from_time = made.from_time
      CROSS JOIN unnest(wanted.breaks) AS pause
    )
    ${tell(sql`made`, ctx.now)}`.execute(ctx.db);
  return changed(rows);
}

/** `wanted`: each instance for each machine, cut off where what has ended stays. */
function wantedRows(ctx: Context, { machineIds, instances, correction }: Wanted): RawBuilder<unknown> {
  const column = <T>(of: (instance: Instance) => T): T[] => instances.map(of);
  const kept = correction
    ? sql`NULL::timestamptz`
    : sql`(SELECT max(ended.to_time) FROM mes.shift_instances AS ended
           WHERE ended.organization_id = ${ctx.actor.organizationId} AND ended.machine_id = machine.id
             AND ended.from_time > ${ctx.now}::timestamptz - interval '3 days' AND ended.to_time <= ${ctx.now})`;
  const still = correction ? sql`true` : sql`plan.to_time > greatest(${ctx.now}::timestamptz, machine.ended)`;
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
