// Enrols an edge agent with its machines and prints its secret, once. There is no screen or endpoint for
// this yet; until there is, this script does it in the database, as its owner:
//
//   node docs/examples/enrol-agent.ts --data .data --organization 'Riverside Bottling' --plant 'Plant North' \
//     --group riverside-north --agent press-shop --lane 'Press shop' --machine press-1 --machine press-2
//
// Safe to repeat: what is there stays, the agent gets a new secret and the old one ends.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pg from 'pg';
import { hashSecret, newSecret } from '../../cloud/broker/credentials.ts';

interface Flags {
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly organization: string;
  readonly plant: string;
  readonly group: string;
  readonly agent: string;
  readonly lane: string;
  readonly machine: string[];
}

const flags = new Command('enrol-agent')
  .option('--data <directory>', 'data directory of a running demo or cloud with its own database')
  .option('--database-url <url>', 'or the database, as its owner')
  .requiredOption('--organization <name>', 'an organisation that is there')
  .requiredOption('--plant <name>', 'a plant of it')
  .requiredOption('--group <id>', 'agent.group in edge.yaml: one plant, letters, digits, . _ -')
  .requiredOption('--agent <id>', 'agent.name in edge.yaml')
  .requiredOption('--lane <name>', 'lane the machines stand in')
  .requiredOption('--machine <name...>', 'machines, as edge.yaml names them')
  .parse()
  .opts<Flags>();

/** The embedded PostgreSQL writes its port into postmaster.pid, and its password beside its data. */
function embeddedUrl(data: string): string {
  const directory = join(data, 'postgres');
  const port = readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[3];
  const password = readFileSync(join(directory, 'password'), 'utf8').trim();
  return `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/unison`;
}

async function enrol(db: pg.Client, secret: string): Promise<void> {
  const { rows } = await db.query<{ organization: number; plant: number }>(
    `SELECT plants.organization_id AS organization, plants.id AS plant
     FROM mes.plants JOIN mes.organizations ON organizations.id = plants.organization_id
     WHERE organizations.name = $1 AND plants.name = $2`,
    [flags.organization, flags.plant],
  );
  const [place] = rows;
  if (!place) throw new Error(`There is no plant ${flags.plant} of ${flags.organization}.`);
  const { rows: lanes } = await db.query<{ id: number }>(
    `INSERT INTO mes.lanes (organization_id, plant_id, name) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, plant_id, name) DO UPDATE SET name = excluded.name RETURNING id`,
    [place.organization, place.plant, flags.lane],
  );
  for (const [position, machine] of flags.machine.entries()) {
    await db.query(
      `WITH made AS (
         INSERT INTO mes.machines (organization_id, plant_id, name, display_name)
         VALUES ($1, $2, $4, $4) ON CONFLICT (organization_id, plant_id, name) DO NOTHING RETURNING id)
       INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, position, valid_from)
       SELECT $1, $2, $3, made.id, $5, '-infinity' FROM made`,
      [place.organization, place.plant, lanes[0]?.id, machine, position],
    );
  }
  // An agent of another plant with this group and name is not taken over: then no row comes back.
  const { rowCount } = await db.query(
    `INSERT INTO mes.edge_agents (organization_id, plant_id, group_id, edge_id, credential_hash) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (lower(group_id), lower(edge_id)) DO UPDATE SET credential_hash = excluded.credential_hash
       WHERE edge_agents.organization_id = excluded.organization_id AND edge_agents.plant_id = excluded.plant_id`,
    [place.organization, place.plant, flags.group, flags.agent, await hashSecret(secret)],
  );
  if (rowCount === 0) throw new Error(`${flags.group}/${flags.agent} belongs to another plant: choose another name.`);
}

const url = flags.databaseUrl ?? (flags.data === undefined ? undefined : embeddedUrl(flags.data));
if (url === undefined) throw new Error('Give --data or --database-url.');
const client = new pg.Client({ connectionString: url });
await client.connect();
try {
  const secret = newSecret();
  await client.query('BEGIN');
  await enrol(client, secret);
  await client.query('COMMIT');
  process.stdout.write(`${secret}\n`);
} finally {
  await client.end();
}
