// The rows of the time model for fill-tables.ts: a stop that somebody gave a reason for, the time after it,
// what both come to in facts, and a shift that somebody signed, with its agent silent since.

import type { Filling, InsertRow } from './fill-tables.ts';

export async function fillKpi(
  insert: InsertRow,
  { organization, mark }: Filling,
  { machine_id, edge_agent_id }: Readonly<Record<'machine_id' | 'edge_agent_id', number | undefined>>,
): Promise<{ shiftInstance: number }> {
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
    stopped_before_us: '0',
  });
  const after = { from_time: stop.to_time, to_time: new Date('2026-01-01T01:00:00Z'), stretch_from: stop.to_time };
  await insert('machine_intervals', {
    ...here,
    ...after,
    category: 'running',
    state: 'running',
    begins: true,
    stopped_before_us: '0',
  });
  await insert('startup_phases', { ...here, from_time: after.from_time, to_time: after.to_time });
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
  const day = { name: mark.plant, start_day: '2026-01-01', business_date: '2026-01-01' };
  const span = { from_time: stop.from_time, to_time: after.to_time };
  const made = { ...here, ...day, ...span, kind: 'regular', state: 'ended' };
  const shiftInstance = await insert('shift_instances', made);
  const version = { ...here, shift_instance_id: shiftInstance, version: 1 };
  const [time, count] = [
    { category: 'running', duration_us: 1 },
    { standing: 'counted', good: 1 },
  ];
  const sums = { time_sums: JSON.stringify([time]), count_sums: JSON.stringify([count]) };
  await insert('shift_figures', { ...version, ...day, ...span, ...sums, cause: 'signed', caused_by: mark.plant });
  await insert('shift_signatures', { ...version, signed_by_name: mark.plant });
  await insert('shift_restatements', { ...here, shift_instance_id: shiftInstance });
  const { machine_id: _, ...place } = here;
  await insert('handover_notes', {
    ...place,
    business_date: day.business_date,
    shift_name: day.name,
    text: mark.plant,
    created_by_name: mark.plant,
  });
  await insert('agent_silences', { ...place, edge_agent_id, from_time: new Date() });
  return { shiftInstance };
}
