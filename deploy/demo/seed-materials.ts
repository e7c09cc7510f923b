// The demo's units, the simulated line's materials, how fast each of its machines should make them, so that the
// ideal cycles are those the simulator keeps, and what OEE is asked of it.

import type pg from 'pg';
import { starterConversions, starterUnits } from '../../cloud/domains/units/index.ts';
import { idealCycleMs, machineSpecs, materials, startupGoodInARow } from '../../protocols/simulator/bottling.ts';

/** What the simulator does not say about its materials, since its PLCs do not. */
const more: Readonly<Record<string, { name: string; attributes: object }>> = {
  'COLA-0.5': { name: 'Cola 0.5 l', attributes: { brand: 'Riverside', volumeLitres: 0.5, returnable: true } },
  'WATER-1.0': { name: 'Still water 1.0 l', attributes: { brand: 'Spring', volumeLitres: 1, returnable: true } },
  'LEMON-0.33': { name: 'Lemonade 0.33 l', attributes: { brand: 'Riverside', volumeLitres: 0.33, returnable: false } },
};

/** Before anything the line has ever made. */
const VALID_FROM = '2020-01-01';
/** What OEE is asked of each machine: a little more than the line reaches. */
const TARGET_PERCENT = 70;

/** Makes what is missing; what somebody changed or archived stays so. `line`: the organisation has the simulated one. */
export async function seedMaterials(
  db: pg.Client,
  { organization, line }: { organization: number | null; line: boolean },
): Promise<void> {
  for (const { code, name, decimals } of starterUnits)
    await db.query(
      `INSERT INTO mes.units_of_measure (organization_id, code, name, decimals) VALUES ($1, $2, $3, $4)
       ON CONFLICT (organization_id, code) DO NOTHING`,
      [organization, code, name, decimals],
    );
  for (const { from, to, factor } of [...starterConversions, { from: 'box', to: 'pcs', factor: 6 }])
    await db.query(
      `INSERT INTO mes.unit_conversions (organization_id, from_unit_id, to_unit_id, factor)
       SELECT $1, from_unit.id, to_unit.id, $4
       FROM mes.units_of_measure AS from_unit
       JOIN mes.units_of_measure AS to_unit ON to_unit.organization_id = $1 AND to_unit.code = $3
       WHERE from_unit.organization_id = $1 AND from_unit.code = $2
       ON CONFLICT DO NOTHING`,
      [organization, from, to, factor],
    );
  if (line) await seedLine(db, organization);
}

async function seedLine(db: pg.Client, organization: number | null): Promise<void> {
  for (const material of materials) {
    const { name = material.name, attributes = {} } = more[material.name] ?? {};
    await db.query(
      `INSERT INTO mes.materials (organization_id, code, name, material_group, unit_id, startup_good_in_a_row, attributes)
       SELECT $1, $2, $3, 'Bottles', units_of_measure.id, $4, $5
       FROM mes.units_of_measure WHERE units_of_measure.organization_id = $1 AND units_of_measure.code = 'pcs'
       ON CONFLICT (organization_id, code) DO NOTHING`,
      [organization, material.name, name, startupGoodInARow, JSON.stringify(attributes)],
    );
    for (const machine of machineSpecs)
      await db.query(
        `INSERT INTO mes.production_standards
           (organization_id, plant_id, machine_id, material_id, valid_from, ideal_cycle_s, pieces_per_count)
         SELECT $1, machines.plant_id, machines.id, materials.id, $4, $5::numeric / 1000 / $6::numeric, $6
         FROM mes.machines
         JOIN mes.materials ON materials.organization_id = $1 AND materials.code = $3
         WHERE machines.organization_id = $1 AND machines.name = $2
         ON CONFLICT (organization_id, machine_id, material_id, operation, valid_from) DO NOTHING`,
        [
          organization,
          machine.name,
          material.name,
          VALID_FROM,
          idealCycleMs(machine, material),
          machine.piecesPerCount,
        ],
      );
  }
  for (const { name } of machineSpecs)
    await db.query(
      `INSERT INTO mes.machine_targets (organization_id, plant_id, machine_id, valid_from, target_percent)
       SELECT $1, machines.plant_id, machines.id, $3, $4 FROM mes.machines
       WHERE machines.organization_id = $1 AND machines.name = $2
       ON CONFLICT (organization_id, machine_id, valid_from) DO NOTHING`,
      [organization, name, VALID_FROM, TARGET_PERCENT],
    );
}
