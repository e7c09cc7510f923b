// The demo's work orders: the first that the simulated line will name, released and planned one after the other.
// The line makes more than these: the next ones show what an order is like that nobody knows yet.

import type pg from 'pg';
import { type Material, machineSpecs, materials } from '../../protocols/simulator/bottling.ts';

/** The number of the line's first order, as protocols/simulator/bottling.ts counts them. */
const FIRST = 10_017;
/** Orders that are known; about four hours of the line. */
const KNOWN = 6;
/** Good bottles of an order, about the middle of what the simulator draws. */
const BOTTLES = 1_800;
/** What stops and changeovers add to the ideal time. */
const SLACK = 1.4;

const names: Readonly<Record<string, string>> = {
  'COLA-0.5': 'Cola 0.5 l',
  'WATER-1.0': 'Water 1.0 l',
  'LEMON-0.33': 'Lemonade 0.33 l',
};

/** For the organisation with the simulated line. Safe to repeat: what is there stays as somebody made it. */
export async function seedOrders(
  db: pg.Client,
  { organization, plant, lane }: { organization: number | null; plant: number | null; lane: number | null },
): Promise<void> {
  await db.query(
    `INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'Pieces') ON CONFLICT (organization_id, code) DO NOTHING`,
    [organization],
  );
  for (const { name } of materials) {
    await db.query(
      `INSERT INTO mes.materials (organization_id, code, name, unit_id)
       SELECT $1, $2, $3, units.id FROM mes.units_of_measure AS units WHERE units.organization_id = $1 AND units.code = 'pcs'
       ON CONFLICT (organization_id, code) DO NOTHING`,
      [organization, name, names[name] ?? name],
    );
    await seedRouting(db, { organization, material: name });
  }
  let begin = Date.now();
  for (let index = 0; index < KNOWN; index += 1) {
    const material = materials[index % materials.length] as Material;
    const end = begin + Math.round(BOTTLES * material.cycleMs * SLACK);
    await db.query(
      `INSERT INTO mes.work_orders (organization_id, plant_id, number, material_id, quantity, unit_id, promised_date, lane_id,
         planned_from, planned_to, status)
       SELECT $1, $2, $3, materials.id, $5, materials.unit_id, (now() + make_interval(days => $6::int))::date, $7, $8, $9, 'released'
       FROM mes.materials WHERE materials.organization_id = $1 AND materials.code = $4
       ON CONFLICT (organization_id, number) DO NOTHING`,
      [
        organization,
        plant,
        `WO-${FIRST + index}`,
        material.name,
        BOTTLES,
        1 + Math.floor(index / 2),
        lane,
        new Date(begin),
        new Date(end),
      ],
    );
    begin = end;
  }
}

/** One step per machine of the line, in the direction of the product. */
async function seedRouting(
  db: pg.Client,
  { organization, material }: { organization: number | null; material: string },
): Promise<void> {
  const { rows } = await db.query<{ id: number }>(
    `INSERT INTO mes.routings (organization_id, material_id, name)
     SELECT $1, materials.id, $3 FROM mes.materials WHERE materials.organization_id = $1 AND materials.code = $2
     ON CONFLICT DO NOTHING RETURNING id`,
    [organization, material, names[material] ?? material],
  );
  const [routing] = rows;
  if (!routing) return;
  for (const [at, { name }] of machineSpecs.entries()) {
    await db.query(
      `INSERT INTO mes.routing_operations (organization_id, routing_id, sequence, code, name, machine_name) VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        organization,
        routing.id,
        10 * (at + 1),
        name.toUpperCase(),
        `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        name,
      ],
    );
  }
}
