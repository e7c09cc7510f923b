// The rotation of a calendar, read and saved as a whole: shifts, breaks, and which shifts start on which day.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import { recordAudit } from '../../platform/audit.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { type Fault, fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord } from '../../platform/kit/commands.ts';
import { calendarFault } from './faults.ts';
import { materialise } from './materialise.ts';
import { readCalendars } from './queries.ts';
import { calendars } from './resource.ts';
import { addDays, type CalendarPlan, instancesOf, localMinutes, minutesInto } from './rules.ts';
import type { Plan, PlanBody } from './schema.ts';

/** Throws `not_found`. */
export async function readPlan(ctx: Context, id: number): Promise<Static<typeof Plan>> {
  const { plan, version } = await loadCalendar(ctx, id);
  return { ...inWords(plan), version };
}

/** Saves a rotation and makes its shifts. Throws InvalidRequest, and `conflict` for an old version or overlaps. */
export async function savePlan(ctx: Context, id: number, body: Static<typeof PlanBody>): Promise<Static<typeof Plan>> {
  checkPlan(body);
  await sql`SELECT FROM mes.calendars WHERE id = ${id} FOR UPDATE`.execute(ctx.db);
  const before = await loadCalendar(ctx, id);
  if (before.archived) throw new Conflict(fault('is_archived', { singular: 'calendar' }));
  if (before.version !== body.version) {
    throw new Conflict(
      fault('changed_since', { singular: 'calendar', who: null, version: before.version, yours: body.version }),
    );
  }
  await keepShifts(ctx, before, body);
  await sql`
    UPDATE mes.calendars SET anchor = ${body.anchor}::date, cycle_days = ${body.days.length} WHERE id = ${id}`.execute(
    ctx.db,
  );
  const after = await readPlan(ctx, id);
  const { version: _, ...saved } = after;
  const entry = { action: 'plan', entity: 'calendars', entityId: id, plantId: before.plantId, reason: body.reason };
  await recordAudit(ctx, { ...entry, old: inWords(before.plan), new: saved });
  await materialise(ctx, {
    plantId: before.plantId,
    reach: [{ calendarId: id, laneId: null, machineId: null }],
  });
  return after;
}

interface Loaded {
  readonly plantId: number;
  readonly version: number;
  readonly archived: boolean;
  readonly plan: CalendarPlan;
}

export async function loadCalendar(ctx: Context, id: number): Promise<Loaded> {
  const record = await getRecord(ctx, calendars, id);
  const plantId = Number(record['plantId']);
  const plan = (await readCalendars(ctx, { plantId, id })).get(id);
  if (!plan) throw new DomainError('not_found', `There is no calendar ${id} that you may see.`);
  return { plantId, version: record.version, archived: record.archivedAt !== null, plan };
}

function inWords({ anchor, days, shifts }: CalendarPlan): Omit<Static<typeof Plan>, 'version'> {
  const nameOf = new Map(shifts.map(({ id, name }) => [id, name]));
  return {
    anchor,
    shifts: shifts.map(({ id, name, start, end, breaks }) => ({ id, name, start, end, breaks: [...breaks] })),
    days: days.map((day) => day.map(({ shiftId, team }) => ({ shift: nameOf.get(shiftId) ?? '', team }))),
  };
}

async function keepShifts(ctx: Context, { plantId, plan }: Loaded, body: Static<typeof PlanBody>): Promise<void> {
  const { db } = ctx;
  const own = { organization_id: ctx.actor.organizationId, plant_id: plantId };
  // Also one that was taken out before: whoever undoes that gets the same one back.
  const there = await db
    .selectFrom('mes.shifts')
    .select(['id', 'name', 'archived_at'])
    .where('calendar_id', '=', plan.id)
    .execute();
  const kept = new Map<string, number>();
  for (const { id, name } of body.shifts) {
    const known = there.find((shift) =>
      id === undefined ? shift.name === name && shift.archived_at === null : shift.id === id,
    );
    if (id !== undefined && !known) throw new Conflict(calendarFault('other_calendars_shift', { shift: name }));
    if (known) kept.set(name, known.id);
  }
  await sql`DELETE FROM mes.calendar_days WHERE calendar_id = ${plan.id}`.execute(db);
  await sql`DELETE FROM mes.shift_breaks WHERE shift_id IN (SELECT id FROM mes.shifts WHERE calendar_id = ${plan.id})`.execute(
    db,
  );
  // All first, so that two may swap their names.
  await sql`UPDATE mes.shifts SET archived_at = ${ctx.now} WHERE calendar_id = ${plan.id} AND archived_at IS NULL`.execute(
    db,
  );
  for (const [position, { name, start, end }] of body.shifts.entries()) {
    const values = { name, position, start_time: start, end_time: end, archived_at: null };
    const id = kept.get(name);
    if (id !== undefined) await db.updateTable('mes.shifts').set(values).where('id', '=', id).execute();
    else {
      const made = await db
        .insertInto('mes.shifts')
        .values({ ...own, calendar_id: plan.id, ...values })
        .returning('id')
        .executeTakeFirstOrThrow();
      kept.set(name, made.id);
    }
  }
  await refuseLost(ctx, plan.id);
  const shiftOf = (name: string): number => kept.get(name) ?? 0;
  const breaks = body.shifts.flatMap((shift) =>
    shift.breaks.map((pause) => ({
      ...own,
      shift_id: shiftOf(shift.name),
      start_time: pause.start,
      minutes: pause.minutes,
    })),
  );
  if (breaks.length > 0) await db.insertInto('mes.shift_breaks').values(breaks).execute();
  const days = body.days.flatMap((on, day) =>
    on.map(({ shift, team }) => ({ ...own, calendar_id: plan.id, day, shift_id: shiftOf(shift), team: team ?? null })),
  );
  if (days.length > 0) await db.insertInto('mes.calendar_days').values(days).execute();
}

/** A shift that an exception of days to come is about cannot go: overtime or changed hours would be lost without a word. */
async function refuseLost(ctx: Context, calendarId: number): Promise<void> {
  const { rows } = await sql<{ shift: string; exception: string; day: string }>`
    SELECT shifts.name AS shift, exceptions.name AS exception, exceptions.from_day::text AS day
    FROM mes.calendar_exceptions AS exceptions
    JOIN mes.shifts ON shifts.id = exceptions.shift_id
    WHERE shifts.calendar_id = ${calendarId} AND shifts.archived_at IS NOT NULL AND exceptions.archived_at IS NULL
      AND exceptions.to_day >= ${ctx.now}::date LIMIT 1`.execute(ctx.db);
  if (!rows[0]) return;
  throw new Conflict(calendarFault('shift_in_exception', rows[0]));
}

function refuse(path: string, wrong: Fault): never {
  throw new InvalidRequest([{ path: `body/${path}`, ...wrong }]);
}

function checkPlan({ shifts, days, anchor }: Static<typeof PlanBody>): void {
  const names = shifts.map(({ name }) => name);
  for (const [at, { name, breaks, ...times }] of shifts.entries()) {
    if (names.indexOf(name) !== at) refuse(`shifts/${at}/name`, calendarFault('name_twice', { name }));
    const ends: number[] = [];
    for (const [index, pause] of breaks
      .toSorted((a, b) => minutesInto(times, a.start) - minutesInto(times, b.start))
      .entries()) {
      const from = minutesInto(times, pause.start);
      if (from + pause.minutes > localMinutes(times))
        refuse(`shifts/${at}/breaks`, calendarFault('break_outside', { at: pause.start, shift: name }));
      if (index > 0 && from < (ends[index - 1] ?? 0))
        refuse(`shifts/${at}/breaks`, calendarFault('breaks_overlap', { at: pause.start }));
      ends.push(from + pause.minutes);
    }
  }
  for (const [day, on] of days.entries()) {
    const unknown = on.find(({ shift }) => !names.includes(shift));
    if (unknown) refuse(`days/${day}`, calendarFault('unknown_shift', { shift: unknown.shift }));
    const twice = on.find(({ shift }, at) => on.findIndex((other) => other.shift === shift) !== at);
    if (twice) refuse(`days/${day}`, calendarFault('shift_twice', { shift: twice.shift }));
  }
  const plan: CalendarPlan = {
    id: 0,
    name: '',
    businessDay: 'start',
    anchor,
    shifts: shifts.map((shift, at) => ({ ...shift, id: at })),
    days: days.map((on) => on.map(({ shift, team }) => ({ shiftId: names.indexOf(shift), team: team ?? null }))),
  };
  // Once round and a day more: the last day of the rotation runs into the first.
  const following = [{ from: anchor, to: null, calendar: plan }];
  const [overlap] = instancesOf({
    zone: 'UTC',
    following,
    exceptions: [],
    from: anchor,
    to: addDays(anchor, days.length + 1),
  }).overlaps;
  if (!overlap) return;
  const placeOf = ({ name, startDay }: { name: string; startDay: string }) => ({
    name,
    day: (((Date.parse(startDay) - Date.parse(anchor)) / 86_400_000) % days.length) + 1,
  });
  const { first, second } = overlap;
  throw new Conflict(calendarFault('rotation_overlaps', { first: placeOf(first), second: placeOf(second) }));
}
