// Rows that stories about orders need: units, materials, machines in a lane, reasons, and a PLC's text tags.

import { asOwner, type PlantRows, storeSamples } from '../web/plant-rows.ts';

export interface ProductionRows {
  readonly organizationId: number;
  readonly plantId: number;
  readonly laneId: number;
  /** By code. */
  readonly materials: Readonly<Record<string, number>>;
  /** By name. */
  readonly machines: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<'scrap' | 'rework' | 'stop', number>>;
}

/** Materials COLA and WATER in pieces, the machines filler and packer in Line 1, and three reasons. */
export async function insertProduction(
  ownerUrl: string,
  { organizationId, plantId }: Pick<PlantRows, 'organizationId' | 'plantId'>,
): Promise<ProductionRows> {
  const one = async (query: string, values: unknown[]): Promise<number> =>
    Number((await asOwner(ownerUrl, query, values))[0]?.['id']);
  const unitId = await one(
    `INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'Pieces') RETURNING id`,
    [organizationId],
  );
  const materials: Record<string, number> = {};
  for (const code of ['COLA', 'WATER'])
    materials[code] = await one(
      'INSERT INTO mes.materials (organization_id, code, name, unit_id) VALUES ($1, $2, $2, $3) RETURNING id',
      [organizationId, code, unitId],
    );
  const laneId = await one(
    `INSERT INTO mes.lanes (organization_id, plant_id, name) VALUES ($1, $2, 'Line 1')
     ON CONFLICT (organization_id, plant_id, name) DO UPDATE SET name = excluded.name RETURNING id`,
    [organizationId, plantId],
  );
  const machines: Record<string, number> = {};
  for (const [position, [name, displayName]] of [
    ['filler', 'Filler'],
    ['packer', 'Packer'],
  ].entries()) {
    machines[name ?? ''] = await one(
      'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $4) RETURNING id',
      [organizationId, plantId, name, displayName],
    );
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, position, valid_from, is_outfeed)
       VALUES ($1, $2, $3, $4, $5, '-infinity', $6)`,
      [organizationId, plantId, laneId, machines[name ?? ''], position, name === 'packer'],
    );
  }
  const reason = (code: string, category: string) =>
    one('INSERT INTO mes.loss_reasons (organization_id, code, name, category) VALUES ($1, $2, $2, $3) RETURNING id', [
      organizationId,
      code,
      category,
    ]);
  const reasons = {
    scrap: await reason('underfill', 'scrap'),
    rework: await reason('label', 'rework'),
    stop: await reason('jam', 'unplanned_stop'),
  };
  return { organizationId, plantId, laneId, materials, machines, reasons };
}

/** A text tag of a machine, and a way to let it say something at a time. */
export async function insertTextTag(
  ownerUrl: string,
  plant: Pick<PlantRows, 'organizationId' | 'plantId' | 'deviceId'>,
  { machineId, role, name }: { machineId: number; role: 'order' | 'material'; name: string },
): Promise<{ id: number; says(text: string | null, time: Date, status?: number): Promise<void> }> {
  const [row] = await asOwner(
    ownerUrl,
    `INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, machine_id, role)
     VALUES ($1, $2, $3, $4, 'String', $5, $6) RETURNING id`,
    [plant.organizationId, plant.plantId, plant.deviceId, name, machineId, role],
  );
  const id = Number(row?.['id']);
  const { organizationId, plantId } = plant;
  return {
    id,
    async says(value, time, status = 0) {
      if (value === null) {
        await asOwner(
          ownerUrl,
          'INSERT INTO telemetry.sample_text (organization_id, plant_id, tag_id, time, value, status) VALUES ($1, $2, $3, $4, NULL, $5)',
          [organizationId, plantId, id, time, status | 0],
        );
        return;
      }
      await storeSamples(ownerUrl, { organizationId, plantId, tagId: id }, [{ time, value, status }]);
    },
  };
}
