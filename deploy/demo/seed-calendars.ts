// Calendars of the demo: each plant has one that all its machines follow, and a day that is not as usual. Shifts
// are made of them by the recurring work within a minute of the start.

import type pg from 'pg';
import { starterPlan } from '../../cloud/domains/calendars/index.ts';

const wanted: Readonly<Record<string, { name: string; pattern: '3x8' | '2x8'; workdays: number; start: string }>> = {
  // Round the clock, so that the line is in a shift whenever somebody looks.
  'Plant North': { name: '3 × 8', pattern: '3x8', workdays: 7, start: '06:00' },
  Dairy: { name: '2 × 8', pattern: '2x8', workdays: 5, start: '05:00' },
};

/** What is there already stays as somebody has changed it. */
export async function seedCalendars(
  db: pg.Client,
  plant: { organizationId: number; plantId: number; name: string },
): Promise<void> {
  const own = [plant.organizationId, plant.plantId];
  const calendar = wanted[plant.name];
  const there = await db.query('SELECT FROM mes.calendars WHERE calendars.plant_id = $1', [plant.plantId]);
  if (!calendar || there.rows.length > 0) return;
  const id = async (query: string, values: unknown[]): Promise<number> =>
    (await db.query<{ id: number }>(query, values)).rows[0]?.id ?? 0;
  const plan = starterPlan({ ...calendar, names: [], anchor: '2026-01-05' });
  const calendarId = await id(
    'INSERT INTO mes.calendars (organization_id, plant_id, name, anchor, cycle_days) VALUES ($1, $2, $3, $4, $5) RETURNING id',
    [...own, calendar.name, plan.anchor, plan.days.length],
  );
  for (const [position, shift] of plan.shifts.entries()) {
    const shiftId = await id(
      `INSERT INTO mes.shifts (organization_id, plant_id, calendar_id, position, name, start_time, end_time)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [...own, calendarId, position, shift.name, shift.start, shift.end],
    );
    for (const { start, minutes } of shift.breaks) {
      await db.query(
        'INSERT INTO mes.shift_breaks (organization_id, plant_id, shift_id, start_time, minutes) VALUES ($1, $2, $3, $4, $5)',
        [...own, shiftId, start, minutes],
      );
    }
    for (const [day, on] of plan.days.entries()) {
      if (!on.some((one) => one.shiftId === shift.id)) continue;
      await db.query(
        'INSERT INTO mes.calendar_days (organization_id, plant_id, calendar_id, day, shift_id) VALUES ($1, $2, $3, $4, $5)',
        [...own, calendarId, day, shiftId],
      );
    }
  }
  await db.query(
    `INSERT INTO mes.work_center_shifts (organization_id, plant_id, calendar_id, valid_from) VALUES ($1, $2, $3, '2026-01-01')`,
    [...own, calendarId],
  );
  for (const year of [2026, 2027, 2028]) {
    await db.query(
      `INSERT INTO mes.calendar_exceptions (organization_id, plant_id, kind, name, from_day, to_day)
       VALUES ($1, $2, 'holiday', 'Christmas', $3, $4)`,
      [...own, `${year}-12-25`, `${year}-12-26`],
    );
  }
}
