// What calendars, exceptions and assignments must be beyond their fields, and that each of their changes
// becomes shifts at once, in the same transaction.

import { sql } from 'kysely';
import { recordAudit } from '../../platform/audit.ts';
import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import { type Fault, fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { calendarFault } from './faults.ts';
import { checkAhead, LOOK_AHEAD_DAYS, materialise, todayOf } from './materialise.ts';
import type { Reach } from './queries.ts';
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
    throw new Conflict(calendarFault('calendar_followed', rows[0]));
  },
  async afterChange(ctx, calendar, action) {
    if (action !== 'update') return;
    const reach = [{ calendarId: calendar.id, laneId: null, machineId: null }];
    await materialise(ctx, { plantId: calendar.plantId, reach });
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
  async afterChanges(ctx, changed) {
    for (const [plantId, ofPlant] of Map.groupBy(changed, ({ record }) => record.plantId)) {
      // A change may have moved it from other days or machines.
      const reach = ofPlant.flatMap(({ record, before }) => (before ? [before, record] : [record]));
      const from = reach.reduce((first, { fromDay }) => (fromDay < first ? fromDay : first), '9999-12-31');
      const to = reach.reduce((last, { toDay }) => (toDay > last ? toDay : last), '0001-01-01');
      await materialise(ctx, { plantId, reach, from: addDays(from, -1), to: addDays(to, 2) });
      const there = ofPlant.filter(({ action }) => action !== 'archive').map(({ record }) => record);
      await checkEach(ctx, plantId, there);
    }
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
  async afterChanges(ctx, changed) {
    for (const [plantId, ofPlant] of Map.groupBy(changed, ({ record }) => record.plantId)) {
      // Who follows the calendar now, and who did until now.
      const reach = ofPlant.map(({ record: { laneId, machineId } }) => ({ laneId, machineId, calendarId: null }));
      await materialise(ctx, { plantId, reach });
      const days = ofPlant.map(({ record: { laneId, machineId, validFrom } }) => ({
        laneId,
        machineId,
        calendarId: null,
        fromDay: addDays(validFrom, -1),
        toDay: addDays(validFrom, 1),
      }));
      await checkEach(ctx, plantId, days);
    }
  },
};

/** Looks ahead where changes are about days: those that lie near each other together. */
async function checkEach(
  ctx: Context,
  plantId: number,
  changes: readonly (Reach & { readonly fromDay: string; readonly toDay: string })[],
): Promise<void> {
  let rest = changes.toSorted((a, b) => (a.fromDay < b.fromDay ? -1 : 1));
  while (rest[0]) {
    const [{ fromDay: from }] = rest as [(typeof rest)[number]];
    const until = addDays(from, LOOK_AHEAD_DAYS - 2);
    const reach = rest.filter(({ fromDay, toDay }, at) => at === 0 || (fromDay <= until && toDay <= until));
    rest = rest.filter((one) => !reach.includes(one));
    const to = reach.reduce((last, { toDay }) => (toDay > last ? toDay : last), from);
    await checkAhead(ctx, { plantId, reach, from, to });
  }
}

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

function refuse(field: string, wrong: Fault): never {
  throw new InvalidRequest([{ path: `body/${field}`, ...wrong }]);
}

function checkDays(from: string, to: string | null): void {
  if (to !== null && to <= from) refuse('validTo', fault('ends_before_it_begins', {}));
}

function checkTarget({ laneId, machineId }: { laneId: number | null; machineId: number | null }): void {
  if (laneId !== null && machineId !== null) refuse('machineId', calendarFault('one_place_only'));
}

function checkException(exception: Exception): void {
  const { kind, fromDay, toDay, shiftId, startTime, endTime, minutesBefore, minutesAfter } = exception;
  checkTarget(exception);
  if (toDay < fromDay) refuse('toDay', fault('ends_before_it_begins', {}));
  if (addDays(fromDay, 366) < toDay) refuse('toDay', fault('within_days', { days: 366 }));
  if ((startTime === null) !== (endTime === null))
    refuse(startTime === null ? 'startTime' : 'endTime', calendarFault('times_together'));
  const longer = minutesBefore + minutesAfter > 0;
  const needsTimes = kind === 'extra_shift' || kind === 'changed_hours' || (kind === 'overtime' && shiftId === null);
  if (needsTimes && startTime === null) refuse('startTime', calendarFault('start_missing'));
  if (!needsTimes && startTime !== null) refuse('startTime', calendarFault('times_have_no_meaning'));
  if (kind === 'changed_hours' && shiftId === null) refuse('shiftId', calendarFault('shift_missing'));
  if (kind === 'extra_shift' && shiftId !== null) refuse('shiftId', calendarFault('shift_has_no_meaning'));
  if (kind === 'overtime' && shiftId !== null && !longer) refuse('minutesAfter', calendarFault('minutes_missing'));
  if (longer && (kind !== 'overtime' || shiftId === null))
    refuse('minutesAfter', calendarFault('minutes_have_no_meaning'));
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
  if (rows[0]) refuse(rows[0].field, fault('other_plant', {}));
}
