// Rows a test needs before anything can flow: organisations with a plant, machines, and edge agents
// with a secret.

import pg from 'pg';
import { hashSecret, newSecret } from '../../cloud/broker/credentials.ts';

export interface TestAgent {
  readonly id: number;
  readonly group: string;
  readonly edge: string;
  readonly secret: string;
}

export interface TestOrganization {
  readonly id: number;
  readonly plantId: number;
  readonly machines: ReadonlyMap<string, number>;
  readonly agents: readonly TestAgent[];
}

/** Makes an organisation with one plant, these machines, and agents under the group `<name>`. */
export async function createOrganization(
  ownerUrl: string,
  wanted: { name: string; machines: readonly string[]; edges: readonly string[] },
): Promise<TestOrganization> {
  const db = new pg.Client({ connectionString: ownerUrl });
  await db.connect();
  try {
    const one = async (text: string, values: unknown[]): Promise<number> => {
      const { rows } = await db.query<{ id: number }>(text, values);
      return rows[0]?.id ?? 0;
    };
    const id = await one('INSERT INTO mes.organizations (name) VALUES ($1) RETURNING id', [wanted.name]);
    const plantId = await one(
      "INSERT INTO mes.plants (organization_id, name, time_zone) VALUES ($1, 'Plant', 'Europe/Berlin') RETURNING id",
      [id],
    );
    const laneId = await one(
      "INSERT INTO mes.lanes (organization_id, plant_id, name) VALUES ($1, $2, 'Line 1') RETURNING id",
      [id, plantId],
    );
    const machines = new Map<string, number>();
    for (const [position, machine] of wanted.machines.entries()) {
      const insert =
        'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $3) RETURNING id';
      const machineId = await one(insert, [id, plantId, machine]);
      machines.set(machine, machineId);
      const place =
        "INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, position, valid_from) VALUES ($1, $2, $3, $4, $5, '-infinity')";
      await db.query(place, [id, plantId, laneId, machineId, position]);
    }
    const agents: TestAgent[] = [];
    for (const edge of wanted.edges) {
      const secret = newSecret();
      const insert =
        'INSERT INTO mes.edge_agents (organization_id, plant_id, group_id, edge_id, credential_hash) VALUES ($1, $2, $3, $4, $5) RETURNING id';
      const agentId = await one(insert, [id, plantId, wanted.name, edge, await hashSecret(secret)]);
      agents.push({ id: agentId, group: wanted.name, edge, secret });
    }
    return { id, plantId, machines, agents };
  } finally {
    await db.end();
  }
}
