// The migrated database that tests clone: made once per server and state of sql/, kept between runs.

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { isAlive } from '../../cloud/platform/local-process.ts';
import { migrate } from '../../cloud/platform/migrate.ts';
import { createDatabase, databaseUrl, dropDatabase } from '../../cloud/platform/postgres-databases.ts';
import type { DatabaseServer } from './services.ts';

const SQL = fileURLToPath(new URL('../../sql/', import.meta.url));
/** Templates of other states of sql/ that stay, newest first. */
const KEPT_TEMPLATES = 12;
const ROLES = ['mes_api', 'mes_ingest', 'mes_worker'];

/** Readies a server for tests: leftovers of killed runs removed, template migrated, roles able to sign in. */
export async function prepareServer(url: string): Promise<DatabaseServer> {
  const template = `template_${await schemaHash()}`;
  const rolePassword = createHash('sha256')
    .update(`roles of ${new URL(url).password}`)
    .digest('hex')
    .slice(0, 32);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // One run at a time: two would both make the template.
    await client.query(`SELECT pg_advisory_lock(hashtext('unison test template'))`);
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database ORDER BY oid DESC');
    const names = rows.map((row) => row.datname);
    for (const name of names) {
      // One that was killed while it made the template is a template already.
      if (isLeftover(name)) await dropTemplate(client, url, name);
    }
    const others = names.filter((name) => /^template_[0-9a-f]{16}$/.test(name) && name !== template);
    for (const name of others.slice(KEPT_TEMPLATES)) await dropTemplate(client, url, name);
    if (!names.includes(template)) await createTemplate(client, url, template);
    for (const role of ROLES) {
      await client.query(
        `ALTER ROLE ${client.escapeIdentifier(role)} LOGIN PASSWORD ${client.escapeLiteral(rolePassword)}`,
      );
    }
    return { url, template, rolePassword };
  } finally {
    await client.end();
  }
}

/** Migrated under another name and renamed, so that a killed run leaves no half template. */
async function createTemplate(client: pg.Client, url: string, template: string): Promise<void> {
  const making = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await createDatabase(url, { name: making });
  await migrate({ ownerUrl: databaseUrl(url, { database: making }), log: { info: () => {} } });
  const from = client.escapeIdentifier(making);
  // Nobody may be connected to what is cloned; TimescaleDB leaves templates alone, too.
  await client.query(`ALTER DATABASE ${from} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`);
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [making]);
  await client.query(`ALTER DATABASE ${from} RENAME TO ${client.escapeIdentifier(template)}`);
}

async function dropTemplate(client: pg.Client, url: string, name: string): Promise<void> {
  await client.query(`ALTER DATABASE ${client.escapeIdentifier(name)} WITH IS_TEMPLATE false`);
  await dropDatabase(url, name);
}

/** `test_<process>_<random>` of a process that is gone. */
function isLeftover(name: string): boolean {
  const owner = /^test_(\d+)_[0-9a-f]{8}$/.exec(name)?.[1];
  return owner !== undefined && !isAlive(Number(owner));
}

async function schemaHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(SQL)).filter((file) => file.endsWith('.sql')).sort()) {
    hash.update(name).update(await readFile(path.join(SQL, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
