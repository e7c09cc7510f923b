// Commands on calendars beside the kit's: a starter rotation, overtime, a list of holidays, and corrections
// of what is past. Each changes calendars and shifts in one transaction.

import type { Static } from 'typebox';
import { recordAudit } from '../../platform/audit.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import { type Fault, fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { createRecords } from '../../platform/kit/bulk.ts';
import { createRecord, kindOf } from '../../platform/kit/commands.ts';
import { calendarFault } from './faults.ts';
import { checkAhead, materialise, todayOf } from './materialise.ts';
import { readPlan, savePlan } from './plan.ts';
import { calendarExceptionRules } from './record-rules.ts';
import { calendarExceptions } from './resource.ts';
import { addDays } from './rules.ts';
import type {
  CorrectAnswer,
  CorrectBody,
  HolidaysAnswer,
  HolidaysBody,
  OvertimeBody,
  PatternBody,
  Plan,
} from './schema.ts';
import { starterPlan } from './starters.ts';

const MAX_CORRECTED_DAYS = 92;
const MAX_HOLIDAYS = 1_000;
/** Weeks begin here: 2026-01-05 was a Monday. */
const A_MONDAY = '2026-01-05';
const exceptionKind = kindOf(calendarExceptions, calendarExceptionRules);

/** Puts a starter rotation in place of what the calendar has. */
export async function applyPattern(
  ctx: Context,
  id: number,
  body: Static<typeof PatternBody>,
): Promise<Static<typeof Plan>> {
  const { version, pattern, start = '06:00', workdays = 5, names = [], reason } = body;
  const { anchor, days, shifts } = starterPlan({ pattern, start, workdays, names, anchor: A_MONDAY });
  const former = await readPlan(ctx, id);
  return savePlan(ctx, id, {
    version,
    anchor,
    // A shift that keeps its name stays the same one.
    shifts: shifts.map(({ name, start: begin, end, breaks }) => {
      const same = former.shifts.find((shift) => shift.name === name);
      return { name, start: begin, end, breaks: [...breaks], ...(same ? { id: same.id } : {}) };
    }),
    days: days.map((on) => on.map(({ shiftId, team }) => ({ shift: shifts[shiftId - 1]?.name ?? '', team }))),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Makes a shift longer, or adds one. On days that are past it is a correction and says why. */
export async function addOvertime(ctx: Context, body: Static<typeof OvertimeBody>): Promise<{ id: number }> {
  const { plantId, laneId = null, machineId = null, day, shiftId, minutes, before, start, end, name, reason } = body;
  if ((shiftId === undefined) !== (minutes === undefined)) {
    throw new InvalidRequest([
      {
        path: shiftId === undefined ? 'body/shiftId' : 'body/minutes',
        ...calendarFault('minutes_with_shift'),
      },
    ]);
  }
  const past = day < (await todayOf(ctx, plantId));
  if (past && reason === undefined) throw needsReason();
  const record = await createRecord(ctx, exceptionKind, {
    plantId,
    laneId,
    machineId,
    kind: 'overtime',
    name: name ?? 'Overtime',
    fromDay: day,
    toDay: day,
    shiftId: shiftId ?? null,
    startTime: start ?? null,
    endTime: end ?? null,
    minutesBefore: before ? (minutes ?? 0) : 0,
    minutesAfter: before ? 0 : (minutes ?? 0),
    ...(reason === undefined ? {} : { reason }),
  });
  if (reason !== undefined && past)
    await materialise(ctx, { plantId, from: day, to: addDays(day, 1), correction: { reason } });
  return { id: record.id };
}

function needsReason(): InvalidRequest {
  return new InvalidRequest([{ path: 'body/reason', ...calendarFault('past_needs_reason') }]);
}

/** Holidays of a plant from a pasted list or CSV; those that are there already are left out. */
export async function addHolidays(
  ctx: Context,
  { plantId, text, reason }: Static<typeof HolidaysBody>,
): Promise<Static<typeof HolidaysAnswer>> {
  const listed = readHolidays(text);
  await todayOf(ctx, plantId);
  const there = await ctx.db
    .selectFrom('mes.calendar_exceptions')
    .select(({ cast, ref }) => cast<string>(ref('from_day'), 'text').as('day'))
    .where('plant_id', '=', plantId)
    .where('kind', '=', 'holiday')
    .where('archived_at', 'is', null)
    .where((is) =>
      is.and([
        is('lane_id', 'is', null),
        is('machine_id', 'is', null),
        is('calendar_id', 'is', null),
        is('shift_id', 'is', null),
      ]),
    )
    .execute();
  const known = new Set(there.map(({ day }) => day));
  const fresh = [...listed].filter(([day]) => !known.has(day));
  // One at a time would make the shifts of each anew.
  const quiet = kindOf(calendarExceptions, {});
  const rows = fresh.map(([day, name]) => ({ plantId, kind: 'holiday', name, fromDay: day, toDay: day }));
  if (rows.length > 0) await createRecords(ctx, quiet, rows);
  await recordAudit(ctx, {
    action: 'add_holidays',
    entity: 'plants',
    entityId: plantId,
    plantId,
    new: { days: fresh.map(([day]) => day) },
    reason,
  });
  await materialise(ctx, { plantId });
  return { added: fresh.length, known: listed.size - fresh.length };
}

/** Day → name. Throws InvalidRequest naming the line. */
function readHolidays(text: string): Map<string, string> {
  const holidays = new Map<string, string>();
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines.length > MAX_HOLIDAYS) throw wrongLine(calendarFault('too_many_holidays', { most: MAX_HOLIDAYS }));
  for (const [at, line] of lines.entries()) {
    if (line === '' || (at === 0 && !/\d/.test(line))) continue;
    const [, day = '', name = ''] = /^"?(\d{4}-\d{2}-\d{2})"?\s*[,;\t]\s*"?([^"]{1,100})"?$/.exec(line) ?? [];
    const date = new Date(`${day}T00:00:00Z`);
    if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) {
      throw wrongLine(calendarFault('holiday_line', { line: at + 1 }));
    }
    holidays.set(day, name.trim());
  }
  return holidays;
}

function wrongLine(wrong: Fault): InvalidRequest {
  return new InvalidRequest([{ path: 'body/text', ...wrong }]);
}

/** Makes shifts of past days what the calendar says now: figures of these days are made anew. */
export async function correct(ctx: Context, body: Static<typeof CorrectBody>): Promise<Static<typeof CorrectAnswer>> {
  const { plantId, laneId = null, machineId = null, from, to, reason } = body;
  if (to < from) throw new InvalidRequest([{ path: 'body/to', ...fault('ends_before_it_begins', {}) }]);
  if (addDays(from, MAX_CORRECTED_DAYS) <= to) {
    throw new InvalidRequest([{ path: 'body/to', ...fault('within_days', { days: MAX_CORRECTED_DAYS }) }]);
  }
  if (to > (await todayOf(ctx, plantId))) {
    throw new InvalidRequest([{ path: 'body/to', ...calendarFault('not_after_today') }]);
  }
  const machineIds = await machinesOf(ctx, { plantId, laneId, machineId });
  const stretch = { plantId, from, to: addDays(to, 1), correction: { reason } };
  const { removed, added } = await materialise(ctx, machineIds ? { ...stretch, machineIds } : stretch);
  await recordAudit(ctx, {
    action: 'correct',
    entity: 'shift-instances',
    entityId: machineId ?? laneId ?? plantId,
    plantId,
    new: { laneId, machineId, from, to, removed, added },
    reason,
  });
  // What was corrected may end in what is planned.
  await checkAhead(ctx, { plantId });
  return { removed, added };
}

/** Null: all of the plant. */
async function machinesOf(
  { db, now }: Context,
  { plantId, laneId, machineId }: { plantId: number; laneId: number | null; machineId: number | null },
): Promise<number[] | null> {
  if (machineId !== null) {
    const machine = await db
      .selectFrom('mes.machines')
      .select('id')
      .where('id', '=', machineId)
      .where('plant_id', '=', plantId)
      .executeTakeFirst();
    if (!machine)
      throw new DomainError('not_found', `There is no machine ${machineId} in this plant that you may see.`);
    return [machineId];
  }
  if (laneId === null) return null;
  const members = await db
    .selectFrom('mes.lane_memberships')
    .select('machine_id')
    .where('lane_id', '=', laneId)
    .where('plant_id', '=', plantId)
    .where('archived_at', 'is', null)
    .where('valid_from', '<=', now)
    .where((is) => is.or([is('valid_to', 'is', null), is('valid_to', '>', now)]))
    .execute();
  if (members.length === 0)
    throw new DomainError('not_found', `There is no lane ${laneId} with machines in this plant that you may see.`);
  return members.map(({ machine_id: id }) => id);
}
