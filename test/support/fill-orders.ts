// The rows of orders, runs and production logs for fill-tables.ts.

import type { Filling, InsertRow } from './fill-tables.ts';

/** A material of the organisation is there already. */
export async function fillOrderRecords(
  insert: InsertRow,
  { organization, mark }: Filling,
  { materialId, unitId }: { materialId: number; unitId: number },
): Promise<void> {
  const { id: organization_id, plantId: plant_id } = organization;
  const [machine_id] = organization.machines.values();
  const here = { organization_id, plant_id };
  const edge_agent_id = organization.agents[0]?.id;
  const device_id = await insert('devices', { ...here, edge_agent_id, name: `${mark.plant} orders` });
  const tag_id = await insert('tags', { ...here, device_id, name: `${mark.plant} order`, datatype: 'String' });
  const routing_id = await insert('routings', { organization_id, material_id: materialId, name: mark.organization });
  const step = { sequence: 1, code: 'FILL', name: mark.organization };
  await insert('routing_operations', { organization_id, routing_id, ...step });
  const work_order_id = await insert('work_orders', {
    ...here,
    number: mark.plant,
    material_id: materialId,
    unit_id: unitId,
    quantity: 100,
    promised_date: '2026-01-01',
  });
  await insert('work_order_operations', { ...here, work_order_id, ...step, name: mark.plant, planned_quantity: 100 });
  await insert('work_order_names', { ...here, name: mark.plant, work_order_id });
  await insert('machine_runs', {
    ...here,
    machine_id,
    work_order_id,
    from_time: '2026-01-01',
    to_time: '2026-01-02',
    source: 'plc',
    plc_order: mark.plant,
    plc_tag_id: tag_id,
  });
  const correction = { from_time: '2026-01-01', to_time: '2026-01-02', held_since: '2026-01-02' };
  await insert('machine_run_corrections', { ...here, machine_id, ...correction, action: 'assign', reason: mark.plant });
  await insert('machine_run_conflicts', {
    ...here,
    machine_id,
    tag_id,
    time: '2026-01-01',
    plc_order: mark.plant,
    held_by: mark.plant,
  });
  await insert('run_marks', { organization_id, machine_id, from_time: '2026-01-01' });
  await insert('production_logs', {
    ...here,
    machine_id,
    time: '2026-01-01',
    kind: 'good',
    quantity: 1,
    operator_name: mark.plant,
  });
}
