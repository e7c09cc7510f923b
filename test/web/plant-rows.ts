// A small plant in a database, as the core would hold it: an organisation with people, a lane, machines,
// an edge agent, devices and tags with last values.

import pg from 'pg';
import { hashPassword } from '../../cloud/domains/identity/index.ts';
import { ADMINISTRATOR, keepSystemRoles } from '../../cloud/domains/roles/index.ts';

/** One tag of a machine. */
export interface TagRow {
  readonly name: string;
  readonly datatype: string;
  readonly role?: string;
  readonly unit?: string;
  readonly reason?: string;
  readonly pollMs?: number;
  /** Last value; none when left out. */
  readonly value?: number | string | boolean;
  readonly status?: number;
  /** Age of the last value in ms. Default 0. */
  readonly ageMs?: number;
}

export interface MachineRow {
  readonly name: string;
  readonly displayName: string;
  readonly lane?: number;
  readonly tags: readonly TagRow[];
}

export interface PlantRows {
  readonly organizationId: number;
  readonly plantId: number;
  readonly agentId: number;
  readonly deviceId: number;
  /** By name. */
  readonly machines: Readonly<Record<string, number>>;
  /** By `machine/tag`. */
  readonly tags: Readonly<Record<string, number>>;
}

async function connected<T>(ownerUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs SQL as the superuser. */
export function asOwner(ownerUrl: string, query: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return connected(ownerUrl, async (client) => (await client.query<Record<string, unknown>>(query, values)).rows);
}

/** An organisation with a plant of these machines in up to two lanes, and an online agent. */
export function insertPlant(
  ownerUrl: string,
  plant: { organization: string; name: string; timeZone: string; machines: readonly MachineRow[] },
): Promise<PlantRows> {
  return connected(ownerUrl, async (client) => {
    const one = async (query: string, values: unknown[]): Promise<number> =>
      Number((await client.query<{ id: number }>(query, values)).rows[0]?.id);
    const organizationId = await one('INSERT INTO mes.organizations (name) VALUES ($1) RETURNING id', [
      plant.organization,
    ]);
    const plantId = await one(
      'INSERT INTO mes.plants (organization_id, name, time_zone) VALUES ($1, $2, $3) RETURNING id',
      [organizationId, plant.name, plant.timeZone],
    );
    const lanes: number[] = [];
    for (const [at, name] of ['Line 1', 'Utilities'].entries()) {
      lanes.push(
        await one(
          'INSERT INTO mes.lanes (organization_id, plant_id, name, position) VALUES ($1, $2, $3, $4) RETURNING id',
          [organizationId, plantId, name, at],
        ),
      );
    }
    const agentId = await one(
      `INSERT INTO mes.edge_agents (organization_id, plant_id, group_id, edge_id, credential_hash)
       VALUES ($1, $2, $3, 'bottling', 'x') RETURNING id`,
      [organizationId, plantId, `group-${organizationId}`],
    );
    await client.query(
      `INSERT INTO mes.edge_states (edge_agent_id, organization_id, plant_id, buffer_id, watermark, online, online_changed_at, last_message_at, version)
       VALUES ($1, $2, $3, gen_random_uuid(), now(), true, now(), now(), '0.1.0')`,
      [agentId, organizationId, plantId],
    );
    const deviceId = await one(
      `INSERT INTO mes.devices (organization_id, plant_id, edge_agent_id, name) VALUES ($1, $2, $3, 'line') RETURNING id`,
      [organizationId, plantId, agentId],
    );
    const machines: Record<string, number> = {};
    const tags: Record<string, number> = {};
    for (const [at, machine] of plant.machines.entries()) {
      const machineId = await one(
        'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $4) RETURNING id',
        [organizationId, plantId, machine.name, machine.displayName],
      );
      await client.query(
        `INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, position, valid_from)
         VALUES ($1, $2, $3, $4, $5, '-infinity')`,
        [organizationId, plantId, lanes[machine.lane ?? 0], machineId, at],
      );
      machines[machine.name] = machineId;
      for (const tag of machine.tags) {
        const name = `${machine.name}/${tag.name}`;
        const tagId = await one(
          `INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, machine_id, role, reason, unit, poll_ms)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
          [
            organizationId,
            plantId,
            deviceId,
            name,
            tag.datatype,
            machineId,
            tag.role ?? null,
            tag.reason ?? null,
            tag.unit ?? null,
            tag.pollMs ?? null,
          ],
        );
        tags[name] = tagId;
        if (tag.value === undefined) continue;
        await insertSamples(client, { organizationId, plantId, tagId }, [
          { time: new Date(Date.now() - (tag.ageMs ?? 0)), value: tag.value, status: tag.status ?? 0 },
        ]);
      }
    }
    return { organizationId, plantId, agentId, deviceId, machines, tags };
  });
}

export interface SampleRow {
  readonly time: Date;
  readonly value: number | string | boolean | null;
  readonly status?: number;
}

/** Stores samples of a tag as the ingestor does, and the last of them as the last value. */
async function insertSamples(
  client: pg.Client,
  tag: { organizationId: number; plantId: number; tagId: number },
  samples: readonly SampleRow[],
): Promise<void> {
  for (const { time, value, status } of samples) {
    const text = typeof value === 'string';
    const stored = typeof value === 'boolean' ? Number(value) : value;
    const code = status ? status | 0 : null;
    const row = [tag.organizationId, tag.plantId, tag.tagId, time, stored, code];
    await client.query(
      `INSERT INTO telemetry.${text ? 'sample_text' : 'sample'} (organization_id, plant_id, tag_id, time, value, status)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      row,
    );
    await client.query(
      `INSERT INTO mes.tag_last (organization_id, plant_id, tag_id, time, ${text ? 'text_value' : 'value'}, status)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (tag_id) DO UPDATE SET time = excluded.time, value = excluded.value, text_value = excluded.text_value,
         status = excluded.status
       WHERE tag_last.time <= excluded.time`,
      row,
    );
  }
}

export function storeSamples(
  ownerUrl: string,
  tag: { organizationId: number; plantId: number; tagId: number },
  samples: readonly SampleRow[],
): Promise<void> {
  return connected(ownerUrl, (client) => insertSamples(client, tag, samples));
}

/** A person who may sign in to these organisations, with a system role there: everywhere, or at one plant. His users' ids. */
export function insertPerson(
  ownerUrl: string,
  person: {
    email: string;
    password: string;
    name: string;
    organizationIds: readonly number[];
    /** Code of a role; default administrator. Null: none. */
    role?: string | null;
    plantId?: number;
  },
): Promise<number[]> {
  return connected(ownerUrl, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      'INSERT INTO mes.accounts (email, password_hash) VALUES ($1, $2) RETURNING id',
      [person.email, await hashPassword(person.password)],
    );
    const users: number[] = [];
    for (const organizationId of person.organizationIds) {
      const user = await client.query<{ id: number }>(
        'INSERT INTO mes.users (organization_id, account_id, display_name) VALUES ($1, $2, $3) RETURNING id',
        [organizationId, rows[0]?.id, person.name],
      );
      users.push(user.rows[0]?.id ?? 0);
      await keepSystemRoles(client, organizationId);
      await client.query(
        `INSERT INTO mes.user_roles (organization_id, user_id, role_id, plant_id)
         SELECT roles.organization_id, $2, roles.id, $4 FROM mes.roles
         WHERE roles.organization_id = $1 AND roles.role_code = $3`,
        [organizationId, users.at(-1), person.role === undefined ? ADMINISTRATOR : person.role, person.plantId ?? null],
      );
    }
    return users;
  });
}
