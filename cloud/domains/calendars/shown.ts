// Shifts as the API shows them: what takes place (instances of a machine, page by page), and what a calendar
// would make of a stretch of days.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import { InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { loadCalendar } from './plan.ts';
import { readPlant } from './queries.ts';
import { addDays, daysBetween, type Instance, instancesOf, lengthOfDay, named } from './rules.ts';
import type { InstancePage, InstancesQuery, Preview, VersionPage, VersionsQuery } from './schema.ts';

const MAX_DAYS = 400;
const MINUTE_MS = 60_000;

/** What a calendar makes of these days, with the exceptions for all who follow it. Throws `not_found`. */
export async function previewCalendar(
  ctx: Context,
  { id, from, to }: { id: number; from: string; to: string },
): Promise<Preview> {
  if (to <= from || addDays(from, MAX_DAYS) < to) throw tooLong('query/to');
  const { plan, plantId } = await loadCalendar(ctx, id);
  const seen = { from: addDays(from, -1), to: addDays(to, 1) };
  const plant = await readPlant(ctx, { plantId, ...seen });
  const zone = plant?.zone ?? 'UTC';
  const exceptions = (plant?.exceptions ?? []).filter(({ laneId, machineId }) => laneId === null && machineId === null);
  const following = [{ from: seen.from, to: null, calendar: plan }];
  const { instances, overlaps } = instancesOf({ zone, following, exceptions, ...seen });
  return {
    timeZone: zone,
    days: daysBetween(from, to).map((day) => ({
      day,
      minutes: lengthOfDay(zone, day) / MINUTE_MS,
      exceptions: exceptions
        .filter((one) => one.fromDay <= day && day <= one.toDay && (one.calendarId === null || one.calendarId === id))
        .map((one) => one.name),
    })),
    items: instances.filter(({ startDay }) => from <= startDay && startDay < to).map(shown),
    overlaps: overlaps.map(({ first, second }) => ({ first: named(first), second: named(second) })),
  };
}

function shown({
  name,
  team,
  kind,
  startDay,
  businessDate,
  from,
  to,
  breaks,
}: Omit<Instance, 'calendarId'>): Preview['items'][number] {
  const rest = breaks.reduce((total, pause) => total + pause.to - pause.from, 0);
  const text = (ms: number): string => new Date(ms).toISOString();
  return {
    name,
    team,
    kind,
    startDay,
    businessDate,
    from: text(from),
    to: text(to),
    minutes: (to - from) / MINUTE_MS,
    workMinutes: (to - from - rest) / MINUTE_MS,
    breaks: breaks.map((pause) => ({ from: text(pause.from), to: text(pause.to) })),
  };
}

function tooLong(path: string): InvalidRequest {
  return new InvalidRequest([{ path, ...fault('within_days', { days: MAX_DAYS }) }]);
}

interface Row {
  readonly id: string;
  readonly machine_id: number;
  readonly calendar_id: number | null;
  readonly name: string;
  readonly team: string | null;
  readonly kind: Instance['kind'];
  readonly start_day: string;
  readonly business_date: string;
  readonly from_time: Date;
  readonly to_time: Date;
  readonly state: string;
  readonly version: number;
  readonly breaks: readonly [from: number, to: number][];
}

/** Instances of a machine that touch [from, to), in order. */
export async function listInstances(ctx: Context, query: Static<typeof InstancesQuery>): Promise<InstancePage> {
  const { from, to } = periodOf(query);
  const { rows } = await sql<Row>`
    SELECT id, machine_id, calendar_id, name, team, kind, start_day::text, business_date::text, from_time, to_time, state, version,
      coalesce((SELECT jsonb_agg(jsonb_build_array(extract(epoch FROM pause.from_time) * 1000, extract(epoch FROM pause.to_time) * 1000) ORDER BY pause.from_time)
        FROM mes.shift_instance_breaks AS pause
        WHERE pause.organization_id = instances.organization_id AND pause.shift_instance_id = instances.id), '[]') AS breaks
    FROM mes.shift_instances AS instances
    WHERE organization_id = ${ctx.actor.organizationId} AND machine_id = ${query.machine}
      AND from_time < ${to} AND to_time > ${from} AND from_time > ${afterCursor(query.cursor)}
    ORDER BY from_time LIMIT ${query.limit + 1}`.execute(ctx.db);
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    items: rows.slice(0, query.limit).map(instanceOf),
    nextCursor: last ? Buffer.from(last.from_time.toISOString()).toString('base64url') : null,
  };
}

interface VersionRow extends Row {
  readonly shift_instance_id: string;
  readonly outcome: string;
  readonly reason: string;
  readonly replaced_by: string;
  readonly replaced_at: Date;
}

/** What a correction replaced of a machine's shifts that touched [from, to), in the order in which it did. */
export async function listVersions(ctx: Context, query: Static<typeof VersionsQuery>): Promise<VersionPage> {
  const { from, to } = periodOf(query);
  const { rows } = await sql<VersionRow>`
    SELECT id, shift_instance_id, machine_id, calendar_id, name, team, kind, start_day::text, business_date::text, from_time, to_time,
      state, version, outcome, reason, replaced_by, replaced_at,
      coalesce((SELECT jsonb_agg(jsonb_build_array(extract(epoch FROM lower(pause)) * 1000, extract(epoch FROM upper(pause)) * 1000) ORDER BY pause)
        FROM unnest(versions.breaks) AS pause), '[]') AS breaks
    FROM mes.shift_instance_versions AS versions
    WHERE organization_id = ${ctx.actor.organizationId} AND machine_id = ${query.machine}
      AND from_time < ${to} AND to_time > ${from} AND id > ${query.after ?? 0}
    ORDER BY id LIMIT ${query.limit + 1}`.execute(ctx.db);
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    items: rows.slice(0, query.limit).map((row) => ({
      ...instanceOf(row),
      shiftInstanceId: Number(row.shift_instance_id),
      outcome: row.outcome,
      reason: row.reason,
      replacedBy: row.replaced_by,
      replacedAt: row.replaced_at.toISOString(),
    })),
    nextAfter: last ? Number(last.id) : null,
  };
}

function periodOf(query: { from: string; to: string }): { from: Date; to: Date } {
  const [from, to] = [new Date(query.from), new Date(query.to)];
  if (!(from < to) || to.getTime() - from.getTime() > MAX_DAYS * 86_400_000) throw tooLong('query/to');
  return { from, to };
}

/** A machine's shifts never overlap, so that the start of one is its place in the list. */
function afterCursor(cursor: string | undefined): Date | string {
  if (cursor === undefined) return '-infinity';
  const text = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text)))
    return new Date(text);
  throw new InvalidRequest([{ path: 'query/cursor', ...fault('not_of_list', {}) }]);
}

function instanceOf(row: Row): InstancePage['items'][number] {
  const { id, machine_id: machineId, calendar_id: calendarId, state, version } = row;
  const { start_day: startDay, business_date: businessDate, from_time: from, to_time: to } = row;
  const breaks = row.breaks.map(([begin, end]) => ({ from: begin, to: end }));
  return {
    id: Number(id),
    machineId,
    calendarId,
    ...shown({ ...row, startDay, businessDate, from: from.getTime(), to: to.getTime(), breaks }),
    state,
    version,
  };
}
