// The rows of calendars for fill-tables.ts: a calendar with a shift and its break, who follows it, a day that
// is not as usual, a planned window, and a shift that took place.

import type { Filling, InsertRow } from './fill-tables.ts';

export async function fillCalendars(insert: InsertRow, { organization, mark }: Filling): Promise<void> {
  const here = { organization_id: organization.id, plant_id: organization.plantId };
  const [machine_id] = organization.machines.values();
  const name = mark.plant;
  const calendar_id = await insert('calendars', { ...here, name });
  const shift_id = await insert('shifts', { ...here, calendar_id, name, start_time: '06:00', end_time: '14:00' });
  await insert('shift_breaks', { ...here, shift_id, start_time: '10:00', minutes: 30 });
  await insert('calendar_days', { ...here, calendar_id, day: 0, shift_id, team: mark.plant });
  const days = { from_day: '2026-12-25', to_day: '2026-12-25' };
  await insert('calendar_exceptions', { ...here, kind: 'holiday', name, ...days });
  await insert('work_center_shifts', { ...here, machine_id, calendar_id, valid_from: '2026-01-01' });
  const category = { code: `${mark.organization}-planned`, name: mark.organization, category: 'planned_stop' };
  const loss_reason_id = await insert('loss_reasons', { organization_id: organization.id, ...category });
  const span = { from_time: new Date('2026-01-05T05:00:00Z'), to_time: new Date('2026-01-05T13:00:00Z') };
  await insert('planned_windows', { ...here, machine_id, loss_reason_id, name, ...span });
  const start = { start_day: '2026-01-05', business_date: '2026-01-05' };
  const shift_instance_id = await insert('shift_instances', {
    ...here,
    machine_id,
    calendar_id,
    name,
    kind: 'regular',
    state: 'ended',
    ...start,
    ...span,
  });
  const pause = { from_time: new Date('2026-01-05T09:00:00Z'), to_time: new Date('2026-01-05T09:30:00Z') };
  await insert('shift_instance_breaks', { ...here, shift_instance_id, ...pause });
  await insert('shift_instance_versions', {
    ...here,
    ...start,
    ...span,
    machine_id,
    shift_instance_id,
    calendar_id,
    name,
    kind: 'regular',
    breaks: '{}',
    state: 'closed',
    version: 1,
    outcome: 'cancelled',
    reason: name,
    replaced_by: name,
    replaced_at: span.to_time,
  });
  await insert('shift_horizons', { ...here, until_day: '2026-01-05', looked_at: new Date() });
}
