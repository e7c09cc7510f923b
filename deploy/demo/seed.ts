// The demo's two organisations: Riverside Bottling with the simulated line and its two agents, and
// Hillside Dairy, which is there so that isolation is real from the first day. Safe to repeat.

import pg from 'pg';
import { hashSecret } from '../../cloud/broker/credentials.ts';
import { hashPassword } from '../../cloud/domains/identity/index.ts';
import { ADMINISTRATOR, keepSystemRoles } from '../../cloud/domains/roles/index.ts';

export interface DemoSecrets {
  readonly password: string;
  /** Broker secrets by agent name. */
  readonly agents: Readonly<Record<string, string>>;
}

interface DemoOrganization {
  readonly name: string;
  readonly plant: string;
  readonly timeZone: string;
  readonly user: { readonly email: string; readonly name: string };
  readonly lane: string;
  readonly machines: readonly [name: string, displayName: string][];
  readonly group: string;
  readonly agents: readonly string[];
}

export const demoOrganizations: readonly DemoOrganization[] = [
  {
    name: 'Riverside Bottling',
    plant: 'Plant North',
    timeZone: 'Europe/Berlin',
    user: { email: 'lead@riverside.example', name: 'Rita Lead' },
    lane: 'Line 1',
    machines: [
      ['filler', 'Filler'],
      ['capper', 'Capper'],
      ['labeller', 'Labeller'],
      ['packer', 'Packer'],
    ],
    group: 'riverside-north',
    agents: ['edge-1', 'edge-2'],
  },
  {
    name: 'Hillside Dairy',
    plant: 'Dairy',
    timeZone: 'America/Chicago',
    user: { email: 'lead@hillside.example', name: 'Hank Lead' },
    lane: 'Cup line',
    machines: [
      ['cup-filler', 'Cup filler'],
      ['sealer', 'Sealer'],
    ],
    group: 'hillside-dairy',
    agents: ['edge-3'],
  },
];

/** Makes what is missing and gives the agents their present secrets. */
export async function seedDemo(ownerUrl: string, secrets: DemoSecrets): Promise<void> {
  const db = new pg.Client({ connectionString: ownerUrl });
  await db.connect();
  try {
    await db.query('BEGIN');
    for (const organization of demoOrganizations) await seedOrganization(db, organization, secrets);
    await db.query('COMMIT');
  } finally {
    await db.end();
  }
}

/** Whether the demo is there, or was removed. */
export async function hasDemo(ownerUrl: string): Promise<boolean> {
  const db = new pg.Client({ connectionString: ownerUrl });
  await db.connect();
  try {
    return (
      (await idOf(db, 'SELECT organizations.id FROM mes.organizations WHERE organizations.demo LIMIT 1', [])) !== null
    );
  } finally {
    await db.end();
  }
}

async function seedOrganization(db: pg.Client, wanted: DemoOrganization, secrets: DemoSecrets): Promise<void> {
  const id =
    (await idOf(db, 'SELECT organizations.id FROM mes.organizations WHERE organizations.name = $1', [wanted.name])) ??
    (await idOf(db, 'INSERT INTO mes.organizations (name, demo) VALUES ($1, true) RETURNING id', [wanted.name]));
  // A data directory from before there was the mark gets it, too.
  await db.query('UPDATE mes.organizations SET demo = true WHERE organizations.id = $1 AND NOT organizations.demo', [
    id,
  ]);
  const plant = await idOf(
    db,
    `INSERT INTO mes.plants (organization_id, name, time_zone) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, name) DO UPDATE SET time_zone = excluded.time_zone RETURNING id`,
    [id, wanted.plant, wanted.timeZone],
  );
  const account = await idOf(
    db,
    `INSERT INTO mes.accounts (email, password_hash) VALUES ($1, $2)
     ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash RETURNING id`,
    [wanted.user.email, await hashPassword(secrets.password)],
  );
  await db.query(
    'INSERT INTO mes.users (organization_id, account_id, display_name) VALUES ($1, $2, $3) ON CONFLICT (organization_id, account_id) DO NOTHING',
    [id, account, wanted.user.name],
  );
  await keepSystemRoles(db, id);
  await db.query(
    `INSERT INTO mes.user_roles (organization_id, user_id, role_id)
     SELECT users.organization_id, users.id, roles.id FROM mes.users
     JOIN mes.roles ON roles.organization_id = users.organization_id AND roles.role_code = $3
     WHERE users.organization_id = $1 AND users.account_id = $2
       AND NOT EXISTS (SELECT FROM mes.user_roles WHERE user_roles.user_id = users.id)`,
    [id, account, ADMINISTRATOR],
  );
  const lane = await idOf(
    db,
    `INSERT INTO mes.lanes (organization_id, plant_id, name) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, plant_id, name) DO UPDATE SET kind = 'serial' RETURNING id`,
    [id, plant, wanted.lane],
  );
  for (const [position, [name, displayName]] of wanted.machines.entries()) {
    await db.query(
      `INSERT INTO mes.machines (organization_id, plant_id, lane_id, name, display_name, position) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (organization_id, plant_id, name) DO NOTHING`,
      [id, plant, lane, name, displayName, position],
    );
  }
  for (const agent of wanted.agents) {
    await db.query(
      `INSERT INTO mes.edge_agents (organization_id, plant_id, group_id, edge_id, credential_hash) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (lower(group_id), lower(edge_id)) DO UPDATE SET credential_hash = excluded.credential_hash`,
      [id, plant, wanted.group, agent, await hashSecret(secrets.agents[agent] ?? '')],
    );
  }
}

async function idOf(db: pg.Client, text: string, values: unknown[]): Promise<number | null> {
  const { rows } = await db.query<{ id: number }>(text, values);
  return rows[0]?.id ?? null;
}
