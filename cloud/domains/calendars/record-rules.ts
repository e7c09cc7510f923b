// What calendars, exceptions and assignments must be beyond their fields, and that each of their changes
// becomes shifts at once, in the same transaction.

import { sql } from 'kysely';
import { recordAudit } from '../../platform/audit.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { checkAhead, materialise, todayOf } from './materialise.ts';
import type { calendarExceptions, calendars, workCenterShifts } from './resource.ts';
import { addDays } from './rules.ts';

export const calendarRules: Rules<typeof calendars> = {
  async beforeArchive(ctx, calendar) {
    const today = await todayOf(ctx, calendar.plantId);
    const { rows } = await sql<{ who: string }>`
      SELECT coalesce(machines.display_name, lanes.name, plants.name) AS who
      FROM mes.work_center_shifts AS followers
      JOIN mes.plants ON plants.id = followers.plant_id
      LEFT JOIN mes.lanes ON lanes.id = followers.lane_id
      LEFT JOIN mes.machines ON machines.id = followers.machine_id
      WHERE followers.calendar_id = ${calendar.id} AND followers.archived_at IS NULL
        AND coalesce(followers.valid_to > ${today}::date, true)
      ORDER BY followers.id LIMIT 1`.execute(ctx.db);
    if (!rows[0]) return;
    throw new DomainError('conflict', `${rows[0].who} follows this calendar. Let it follow another one first.`);
  },
  async afterChange(ctx, calendar, action) {
    if (action === 'update') await materialise(ctx, { plantId: calendar.plantId });
  },
};

type Exception = Parameters<NonNullable<Rules<typeof calendarExceptions>['beforeCreate']>>[1];

export const calendarExceptionRules: Rules<typeof calendarExceptions> = {
  async beforeCreate(ctx, exception) {
    checkException(exception);
    await checkPlant(ctx, exception);
  },
  async beforeUpdate(ctx, record, changes) {
    const changed = { ...record, ...changes };
    checkException(changed);
    await checkPlant(ctx, changed);
  },
  async afterChange(ctx, { plantId, fromDay, toDay }, action) {
    const days = { from: addDays(fromDay, -1), to: addDays(toDay, 2) };
    // A change may have moved it from other days, which it no longer tells.
    await materialise(ctx, action === 'update' ? { plantId } : { plantId, ...days });
    if (action !== 'archive') await checkAhead(ctx, { plantId, from: fromDay, to: toDay });
  },
};

export const workCenterShiftRules: Rules<typeof workCenterShifts> = {
  async beforeCreate(ctx, assignment) {
    const { plantId, laneId, machineId, validFrom } = assignment;
    checkTarget({ laneId, machineId });
    checkDays(validFrom, assignment.validTo);
    await checkPlant(ctx, assignment);
    await endFormer(ctx, { plantId, laneId, machineId, validFrom });
  },
  async beforeUpdate(ctx, record, changes) {
    const changed = { ...record, ...changes };
    checkDays(changed.validFrom, changed.validTo);
    await checkPlant(ctx, changed);
  },
  async afterChange(ctx, { plantId, validFrom }) {
    await materialise(ctx, { plantId });
    await checkAhead(ctx, { plantId, from: addDays(validFrom, -1), to: addDays(validFrom, 1) });
  },
};

/** Who follows another calendar from a day on, follows the one before until then. */
async function endFormer(
  ctx: Context,
  {
    plantId,
    laneId,
    machineId,
    validFrom,
  }: { plantId: number; laneId: number | null; machineId: number | null; validFrom: string },
): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    UPDATE mes.work_center_shifts SET valid_to = ${validFrom}::date
    WHERE plant_id = ${plantId} AND (lane_id, machine_id) IS NOT DISTINCT FROM (${laneId}::int, ${machineId}::int)
      AND archived_at IS NULL AND valid_to IS NULL AND valid_from < ${validFrom}::date
    RETURNING id`.execute(ctx.db);
  for (const { id } of rows) {
    const entry = { action: 'update', entity: 'work-center-shifts', entityId: id, plantId };
    await recordAudit(ctx, { ...entry, old: { validTo: null }, new: { validTo: validFrom } });
  }
}

function refuse(field: string, message: string): never {
  throw new InvalidRequest([{ path: `body/${field}`, message }]);
}

function checkDays(from: string, to: string | null): void {
  if (to !== null && to <= from) refuse('validTo', 'must be after the first day: it is the first day without');
}

function checkTarget({ laneId, machineId }: { laneId: number | null; machineId: number | null }): void {
  if (laneId !== null && machineId !== null)
    refuse('machineId', 'is given with a lane: choose one of them, or none for the plant');
}

function checkException(exception: Exception): void {
  const { kind, fromDay, toDay, shiftId, startTime, endTime, minutesBefore, minutesAfter } = exception;
  checkTarget(exception);
  if (toDay < fromDay) refuse('toDay', 'must not be before the first day');
  if (addDays(fromDay, 366) < toDay) refuse('toDay', 'must be within a year of the first day');
  if ((startTime === null) !== (endTime === null))
    refuse(startTime === null ? 'startTime' : 'endTime', 'is missing: start and end belong together');
  const longer = minutesBefore + minutesAfter > 0;
  const needsTimes = kind === 'extra_shift' || kind === 'changed_hours' || (kind === 'overtime' && shiftId === null);
  if (needsTimes && startTime === null) refuse('startTime', 'must say when it starts');
  if (!needsTimes && startTime !== null) refuse('startTime', 'has no meaning here: leave start and end out');
  if (kind === 'changed_hours' && shiftId === null) refuse('shiftId', 'must say whose hours change');
  if (kind === 'extra_shift' && shiftId !== null)
    refuse('shiftId', 'has no meaning here: an extra shift is a shift of its own');
  if (kind === 'overtime' && shiftId !== null && !longer)
    refuse('minutesAfter', 'must say how much longer the shift is, before or after');
  if (longer && (kind !== 'overtime' || shiftId === null))
    refuse('minutesAfter', 'has no meaning here: it makes a shift longer by overtime');
}

/** What it refers to stands in the plant it is for. */
async function checkPlant(
  { db }: Context,
  one: {
    plantId: number;
    calendarId: number | null;
    laneId: number | null;
    machineId: number | null;
    shiftId?: number | null;
  },
): Promise<void> {
  const { rows } = await sql<{ field: string }>`
    SELECT 'calendarId' AS field FROM mes.calendars WHERE id = ${one.calendarId} AND plant_id <> ${one.plantId}
    UNION ALL SELECT 'laneId' FROM mes.lanes WHERE id = ${one.laneId} AND plant_id <> ${one.plantId}
    UNION ALL SELECT 'machineId' FROM mes.machines WHERE id = ${one.machineId} AND plant_id <> ${one.plantId}
    UNION ALL SELECT 'shiftId' FROM mes.shifts WHERE id = ${one.shiftId ?? null} AND plant_id <> ${one.plantId}`.execute(
    db,
  );
  if (rows[0]) refuse(rows[0].field, 'belongs to another plant');
}
