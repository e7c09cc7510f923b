// The rows of the time model for fill-tables.ts: a stop that somebody gave a reason for, the time after it,
// and what both come to in facts.

import type { Filling, InsertRow } from './fill-tables.ts';

export async function fillKpi(
  insert: InsertRow,
  { organization, mark }: Filling,
  machine_id: number | undefined,
): Promise<void> {
  const here = { organization_id: organization.id, plant_id: organization.plantId, machine_id };
  const reason = { code: `${mark.organization}-stop`, name: mark.organization, category: 'unplanned_stop' };
  const loss_reason_id = await insert('loss_reasons', { organization_id: organization.id, ...reason });
  const stop = { from_time: new Date('2026-01-01T00:00:00Z'), to_time: new Date('2026-01-01T00:30:00Z') };
  const said = { loss_reason_id, remarks: mark.plant, created_by_name: mark.plant };
  const classification_id = await insert('stop_classifications', { ...here, ...stop, ...said });
  await insert('machine_intervals', {
    ...here,
    ...stop,
    category: 'unplanned_stop',
    state: 'stopped',
    machine_reason: mark.plant,
    loss_reason_id,
    classification_id,
    begins: true,
    stretch_from: stop.from_time,
    stopped_before: '0',
  });
  const after = { from_time: stop.to_time, to_time: new Date('2026-01-01T01:00:00Z'), stretch_from: stop.to_time };
  await insert('machine_intervals', {
    ...here,
    ...after,
    category: 'running',
    state: 'running',
    begins: true,
    stopped_before: '0',
  });
  const hour = { ...here, bucket: stop.from_time, business_date: '2026-01-01', loss_reason_id };
  await insert('time_facts', { ...hour, category: 'unplanned_stop', duration_us: 1_800_000_000, occurrences: 1 });
  const pieces = { good: 1, scrap: 0, rework: 0, startup: 0, unexplained: 0 };
  await insert('count_facts', {
    ...hour,
    ...pieces,
    standing: 'counted',
    target_s: 1,
    value_s: 1,
    scrap_s: 0,
    rework_s: 0,
    startup_s: 0,
    without_standard: 0,
  });
}
