// The demo's two organisations: Riverside Bottling with the simulated line and its two agents, and
// Hillside Dairy, which is there so that isolation is real from the first day. Safe to repeat.

import pg from 'pg';
import { hashSecret } from '../../cloud/broker/credentials.ts';
import { hashPassword } from '../../cloud/domains/identity/index.ts';
import { ADMINISTRATOR, keepSystemRoles } from '../../cloud/domains/roles/index.ts';
import { seedCalendars } from './seed-calendars.ts';
import { seedMachines } from './seed-machines.ts';
import { seedMaterials } from './seed-materials.ts';
import { seedOrders } from './seed-orders.ts';

export interface DemoSecrets {
  readonly password: string;
  /** Broker secrets by agent name. */
  readonly agents: Readonly<Record<string, string>>;
}

/** One of each kind whom the product is for. An operator has a badge instead of an address. */
interface DemoPerson {
  readonly name: string;
  readonly role: string;
  readonly email?: string;
  readonly badge?: string;
}

interface DemoOrganization {
  readonly name: string;
  readonly plant: string;
  readonly timeZone: string;
  readonly people: readonly DemoPerson[];
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
    people: [
      { email: 'lead@riverside.example', name: 'Rita Lead', role: 'shift_lead' },
      { email: 'admin@riverside.example', name: 'Ada Minis', role: ADMINISTRATOR },
      { email: 'engineer@riverside.example', name: 'Emil Plant', role: 'plant_engineer' },
      { email: 'quality@riverside.example', name: 'Quinn Sigma', role: 'quality' },
      { email: 'maintenance@riverside.example', name: 'Mara Wrench', role: 'maintenance' },
      { badge: 'R-1001', name: 'Olga Rivers', role: 'operator' },
    ],
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
    people: [
      { email: 'lead@hillside.example', name: 'Hank Lead', role: 'shift_lead' },
      { email: 'admin@hillside.example', name: 'Hilda Minis', role: ADMINISTRATOR },
      { badge: 'H-1001', name: 'Otto Hills', role: 'operator' },
    ],
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
    `INSERT INTO mes.plants (organization_id, name, time_zone, group_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, name) DO UPDATE SET time_zone = excluded.time_zone RETURNING id`,
    [id, wanted.plant, wanted.timeZone, wanted.group],
  );
  await keepSystemRoles(db, id);
  const passwordHash = await hashPassword(secrets.password);
  for (const person of wanted.people) await seedPerson(db, person, { organization: id, passwordHash });
  const lane = await idOf(
    db,
    `INSERT INTO mes.lanes (organization_id, plant_id, name) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, plant_id, name) DO UPDATE SET kind = 'serial' RETURNING id`,
    [id, plant, wanted.lane],
  );
  for (const [position, [name, displayName]] of wanted.machines.entries()) {
    const machine = await idOf(
      db,
      `INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $4)
       ON CONFLICT (organization_id, plant_id, name) DO UPDATE SET name = excluded.name RETURNING id`,
      [id, plant, name, displayName],
    );
    await db.query(
      `INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, position, is_constraint, is_outfeed, valid_from)
       SELECT $1, $2, $3, $4, $5, $5 = 0, $5 = $6, '-infinity'
       WHERE NOT EXISTS (SELECT FROM mes.lane_memberships WHERE lane_memberships.machine_id = $4)`,
      // The first of the line is its slowest.
      [id, plant, lane, machine, position, wanted.machines.length - 1],
    );
  }
  await seedMaterials(db, { organization: id, line: wanted.machines.some(([name]) => name === 'filler') });
  if (wanted.machines.some(([name]) => name === 'filler')) await seedOrders(db, { organization: id, plant, lane });
  await seedMachines(db, { organization: id, line: wanted.machines.some(([name]) => name === 'filler') });
  await seedCalendars(db, { organizationId: id ?? 0, plantId: plant ?? 0, name: wanted.plant });
  for (const agent of wanted.agents) {
    await db.query(
      `INSERT INTO mes.edge_agents (organization_id, plant_id, group_id, edge_id, credential_hash, enrolled_at) VALUES ($1, $2, $3, $4, $5, now())
       ON CONFLICT (lower(group_id), lower(edge_id)) DO UPDATE
       SET credential_hash = excluded.credential_hash, enrolled_at = excluded.enrolled_at`,
      [id, plant, wanted.group, agent, await hashSecret(secrets.agents[agent] ?? '')],
    );
  }
}

async function seedPerson(
  db: pg.Client,
  { name, role, email, badge }: DemoPerson,
  { organization, passwordHash }: { organization: number | null; passwordHash: string },
): Promise<void> {
  const account =
    (await idOf(db, 'UPDATE mes.accounts SET password_hash = $3 WHERE email = $1 OR badge = $2 RETURNING id', [
      email ?? null,
      badge ?? null,
      passwordHash,
    ])) ??
    (await idOf(db, 'INSERT INTO mes.accounts (email, badge, password_hash) VALUES ($1, $2, $3) RETURNING id', [
      email ?? null,
      badge ?? null,
      passwordHash,
    ]));
  const user = await idOf(
    db,
    `INSERT INTO mes.users (organization_id, account_id, display_name) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, account_id) DO NOTHING RETURNING id`,
    [organization, account, name],
  );
  // Who is there already has the roles that somebody gave him since.
  if (user === null) return;
  await db.query(
    `INSERT INTO mes.user_roles (organization_id, user_id, role_id)
     SELECT $1, $2, roles.id FROM mes.roles WHERE roles.organization_id = $1 AND roles.role_code = $3`,
    [organization, user, role],
  );
}

async function idOf(db: pg.Client, text: string, values: unknown[]): Promise<number | null> {
  const { rows } = await db.query<{ id: number }>(text, values);
  return rows[0]?.id ?? null;
}
