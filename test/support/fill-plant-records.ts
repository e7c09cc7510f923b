// The rows of the plant's own tables for fill-tables.ts: lanes and machines, materials and standards.

import { fillCalendars } from './fill-calendars.ts';
import { fillEdge } from './fill-edge.ts';
import { fillOrderRecords } from './fill-orders.ts';
import type { Filling, InsertRow } from './fill-tables.ts';

export async function fillPlantRecords(insert: InsertRow, { organization, mark }: Filling): Promise<void> {
  const { id: organization_id, plantId: plant_id } = organization;
  const [machine_id] = organization.machines.values();
  const name = mark.organization;
  await fillCalendars(insert, { organization, mark });
  await insert('machine_targets', {
    organization_id,
    plant_id,
    machine_id,
    valid_from: '2026-01-01',
    target_percent: 85,
  });
  await insert('loss_reasons', { organization_id, code: name, name, category: 'idle' });
  const unit_id = await insert('units_of_measure', { organization_id, code: name, name });
  const to_unit_id = await insert('units_of_measure', { organization_id, code: `${name}-2`, name });
  await insert('unit_conversions', { organization_id, from_unit_id: unit_id, to_unit_id, factor: 6 });
  const material_id = await insert('materials', { organization_id, code: name, name, unit_id });
  await insert('material_revisions', { organization_id, material_id, revision: name, valid_from: new Date() });
  await insert('production_standards', {
    organization_id,
    plant_id,
    machine_id,
    material_id,
    operation: mark.plant,
    valid_from: '2026-01-01',
    ideal_cycle_s: 1,
  });
  await fillEdge(insert, { organization, mark });
  await fillOrderRecords(insert, { organization, mark }, { materialId: material_id, unitId: unit_id });
}
