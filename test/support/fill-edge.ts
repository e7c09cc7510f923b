// The rows of mapping for fill-tables.ts: what states mean, and a value that no map knows.

import type { Filling, InsertRow } from './fill-tables.ts';

export async function fillEdge(insert: InsertRow, { organization, mark }: Filling): Promise<void> {
  const here = { organization_id: organization.id, plant_id: organization.plantId };
  const [machine_id] = organization.machines.values();
  await insert('state_maps', { ...here, machine_id, value: mark.plant, state: 'idle' });
  const device_id = await insert('devices', {
    ...here,
    edge_agent_id: organization.agents[0]?.id,
    name: `${mark.plant} states`,
  });
  const tag = { ...here, device_id, name: `${mark.plant} state`, datatype: 'String', machine_id, role: 'state' };
  const tag_id = await insert('tags', tag);
  const seen = new Date();
  await insert('state_values', { ...here, tag_id, value: `${mark.plant} 17`, first_seen_at: seen, last_seen_at: seen });
}
