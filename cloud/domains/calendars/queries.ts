// What the rules need of a plant, read in one go: its clock, who follows which calendar, the calendars, and
// the days that are not as usual. All of it is seen through the tenant fence.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { addDays, type CalendarPlan, type DayException, type Following } from './rules.ts';

export interface Target {
  readonly laneId: number | null;
  readonly machineId: number | null;
}

/** Whom a change is about: a machine, a lane, or who follows a calendar; without any of these, the whole plant. */
export interface Reach extends Target {
  readonly calendarId: number | null;
}

export interface PlantCalendars {
  readonly plantId: number;
  readonly zone: string;
  readonly machines: readonly { readonly id: number; readonly name: string; readonly archived: boolean }[];
  readonly calendars: ReadonlyMap<number, CalendarPlan>;
  readonly assignments: readonly (Target & { calendarId: number; from: string; to: string | null })[];
  /** Days of the plant's clock on which a machine stands in a lane when the day ends. */
  readonly memberships: readonly { machineId: number; laneId: number; from: string; to: string | null }[];
  readonly exceptions: readonly (DayException & Target & { id: number })[];
}

/** Machines that have the same shifts, and what these come from. */
export interface Group {
  readonly machines: readonly { readonly id: number; readonly name: string }[];
  readonly following: readonly Following[];
  readonly exceptions: readonly DayException[];
}

/** Makes all that change calendars of a plant wait for one another, until the transaction ends. */
export async function lockPlant(ctx: Context, plantId: number): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.shift_instances'), ${plantId})`.execute(ctx.db);
}

/** Null: there is no such plant that the actor may see. */
export async function readPlant(
  ctx: Context,
  { plantId, from, to }: { plantId: number; from: string; to: string },
): Promise<PlantCalendars | null> {
  const { db } = ctx;
  const plant = await db.selectFrom('mes.plants').select('time_zone').where('id', '=', plantId).executeTakeFirst();
  if (!plant) return null;
  const zone = plant.time_zone;
  const machines = await db
    .selectFrom('mes.machines')
    .select(({ eb }) => [
      'id',
      'display_name as name',
      eb('archived_at', 'is not', null).$castTo<boolean>().as('archived'),
    ])
    .where('plant_id', '=', plantId)
    .orderBy('id')
    .execute();
  const { rows: assignments } = await sql<PlantCalendars['assignments'][number]>`
    SELECT lane_id AS "laneId", machine_id AS "machineId", calendar_id AS "calendarId",
           valid_from::text AS "from", valid_to::text AS "to"
    FROM mes.work_center_shifts
    WHERE plant_id = ${plantId} AND archived_at IS NULL AND valid_from < ${to} AND coalesce(valid_to > ${from}, true)
    ORDER BY valid_from, id`.execute(db);
  const { rows: memberships } = await sql<PlantCalendars['memberships'][number]>`
    SELECT machine_id AS "machineId", lane_id AS "laneId", valid.from AS "from", valid.to AS "to"
    FROM mes.lane_memberships
    CROSS JOIN LATERAL (SELECT
      to_char(valid_from AT TIME ZONE ${zone}, 'YYYY-MM-DD') AS from,
      to_char(valid_to AT TIME ZONE ${zone}, 'YYYY-MM-DD') AS to,
      isfinite(valid_from) AS begins) AS ends
    CROSS JOIN LATERAL (SELECT CASE WHEN ends.begins THEN ends.from ELSE '0001-01-01' END AS from, ends.to AS to) AS valid
    WHERE plant_id = ${plantId} AND archived_at IS NULL
      AND valid_from < ${to}::date + 2 AND coalesce(valid_to > ${from}::date - 2, true)
    ORDER BY valid_from, id`.execute(db);
  const exceptions = await readExceptions(ctx, { plantId, from, to });
  const calendars = await readCalendars(ctx, { plantId });
  return { plantId, zone, machines, calendars, assignments, memberships, exceptions };
}

async function readExceptions(
  { db }: Context,
  { plantId, from, to }: { plantId: number; from: string; to: string },
): Promise<PlantCalendars['exceptions']> {
  const { rows } = await sql<PlantCalendars['exceptions'][number]>`
    SELECT id, kind, name, from_day::text AS "fromDay", to_day::text AS "toDay", calendar_id AS "calendarId",
           lane_id AS "laneId", machine_id AS "machineId", shift_id AS "shiftId", start_time AS "start", end_time AS "end",
           minutes_before AS "minutesBefore", minutes_after AS "minutesAfter",
           CASE WHEN machine_id IS NOT NULL THEN 2 WHEN lane_id IS NOT NULL THEN 1 ELSE 0 END AS rank
    FROM mes.calendar_exceptions
    WHERE plant_id = ${plantId} AND archived_at IS NULL AND from_day < ${to} AND to_day >= ${from}
    ORDER BY id`.execute(db);
  return rows;
}

/** Calendars of a plant with their rotation; or one of them. */
export async function readCalendars(
  { db }: Context,
  { plantId, id }: { plantId: number; id?: number },
): Promise<ReadonlyMap<number, CalendarPlan>> {
  const { rows } = await sql<Omit<CalendarPlan, 'days'> & { cycleDays: number; onDays: OnDay[] }>`
    SELECT calendars.id, calendars.name, business_day AS "businessDay", anchor::text AS anchor, cycle_days AS "cycleDays",
      coalesce((SELECT jsonb_agg(jsonb_build_object('id', shifts.id, 'name', shifts.name, 'start', start_time, 'end', end_time,
          'breaks', coalesce((SELECT jsonb_agg(jsonb_build_object('start', shift_breaks.start_time, 'minutes', minutes) ORDER BY shift_breaks.start_time)
            FROM mes.shift_breaks WHERE shift_breaks.organization_id = shifts.organization_id AND shift_breaks.shift_id = shifts.id), '[]'))
          ORDER BY shifts.position, shifts.id)
        FROM mes.shifts WHERE shifts.organization_id = calendars.organization_id AND shifts.calendar_id = calendars.id AND shifts.archived_at IS NULL), '[]') AS shifts,
      coalesce((SELECT jsonb_agg(jsonb_build_object('day', day, 'shiftId', shift_id, 'team', team) ORDER BY day, shift_id)
        FROM mes.calendar_days WHERE calendar_days.organization_id = calendars.organization_id AND calendar_id = calendars.id), '[]') AS "onDays"
    FROM mes.calendars
    WHERE calendars.plant_id = ${plantId} AND ${id === undefined ? sql`archived_at IS NULL` : sql`id = ${id}`}`.execute(
    db,
  );
  return new Map(
    rows.map(({ cycleDays, onDays, ...calendar }) => [calendar.id, { ...calendar, days: daysOf(cycleDays, onDays) }]),
  );
}

type OnDay = CalendarPlan['days'][number][number] & { readonly day: number };

function daysOf(cycleDays: number, onDays: readonly OnDay[]): CalendarPlan['days'] {
  const days: { shiftId: number; team: string | null }[][] = Array.from({ length: cycleDays }, () => []);
  for (const { day, shiftId, team } of onDays) days[day]?.push({ shiftId, team });
  return days;
}

/** Puts machines together that have the same shifts between these days: mostly a few groups for hundreds. */
export function groupsOf(plant: PlantCalendars, { from, to }: { from: string; to: string }): Group[] {
  const groups = new Map<string, { machines: { id: number; name: string }[] } & Omit<Group, 'machines'>>();
  for (const machine of plant.machines) {
    // What was put away has no shifts any more.
    const runs = machine.archived ? [] : runsOf(plant, { machineId: machine.id, from, to });
    const exceptions = (machine.archived ? [] : plant.exceptions).flatMap((one) => clippedTo(runs, one, machine.id));
    const key = JSON.stringify([
      runs.map((run) => [run.from, run.calendarId]),
      exceptions.map((one) => [one.id, one.fromDay, one.toDay]),
    ]);
    const group = groups.get(key);
    if (group) group.machines.push(machine);
    else groups.set(key, { machines: [machine], exceptions, following: runs.map((run) => followingOf(plant, run)) });
  }
  return [...groups.values()];
}

/** The machines that changes are about, between these days. */
export function reachedBy(
  plant: PlantCalendars,
  changes: readonly Reach[],
  days: { from: string; to: string },
): ReadonlySet<number> {
  const isReached = (machineId: number): boolean => {
    const runs = runsOf(plant, { machineId, ...days });
    return changes.some((change) => {
      if (change.machineId !== null) return change.machineId === machineId;
      if (change.laneId !== null) return runs.some(({ laneId }) => laneId === change.laneId);
      return change.calendarId === null || runs.some(({ calendarId }) => calendarId === change.calendarId);
    });
  };
  return new Set(plant.machines.map(({ id }) => id).filter(isReached));
}

interface Run {
  readonly from: string;
  readonly to: string;
  readonly laneId: number | null;
  readonly calendarId: number | null;
}

/** Stretches of days in which a machine stands in one lane and follows one calendar. */
function runsOf(
  plant: PlantCalendars,
  { machineId, from, to }: { machineId: number; from: string; to: string },
): Run[] {
  const memberships = plant.memberships.filter((one) => one.machineId === machineId);
  const cuts = [...memberships, ...plant.assignments].flatMap((one) => [one.from, one.to]);
  const starts = [...new Set([from, ...cuts.filter((cut): cut is string => cut !== null && from < cut && cut < to)])];
  starts.sort();
  return starts.map((start, at) => {
    const laneId = memberships.find((one) => holds(one, start))?.laneId ?? null;
    const valid = plant.assignments.filter((one) => holds(one, start));
    const followed =
      valid.find((one) => one.machineId === machineId) ??
      valid.find((one) => laneId !== null && one.laneId === laneId) ??
      valid.find((one) => one.machineId === null && one.laneId === null);
    return { from: start, to: starts[at + 1] ?? to, laneId, calendarId: followed?.calendarId ?? null };
  });
}

function holds({ from, to }: { from: string; to: string | null }, day: string): boolean {
  return from <= day && (to === null || day < to);
}

/** An exception as it concerns a machine: a lane's only on the days on which it stands there. */
function clippedTo(
  runs: readonly Run[],
  exception: PlantCalendars['exceptions'][number],
  machineId: number,
): PlantCalendars['exceptions'][number][] {
  if (exception.machineId !== null) return exception.machineId === machineId ? [exception] : [];
  if (exception.laneId === null) return [exception];
  return runs.flatMap((run) => {
    const fromDay = exception.fromDay > run.from ? exception.fromDay : run.from;
    const last = addDays(run.to, -1);
    const toDay = exception.toDay < last ? exception.toDay : last;
    return run.laneId === exception.laneId && fromDay <= toDay ? [{ ...exception, fromDay, toDay }] : [];
  });
}

function followingOf(plant: PlantCalendars, { from, to, calendarId }: Run): Following {
  return { from, to, calendar: calendarId === null ? null : (plant.calendars.get(calendarId) ?? null) };
}
