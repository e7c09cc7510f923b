// Brings the default roles to organisations, and keeps them in step with the code.

import { sql } from 'kysely';
import pg from 'pg';
import type { Database, TenantTransaction } from '../../platform/database.ts';
import { defaultRoles } from './default-roles.ts';

/** For one organisation, in a transaction of it. Safe to repeat. */
export async function ensureSystemRoles(db: Database | TenantTransaction, organizationId: number): Promise<void> {
  await sql`SELECT mes.keep_system_roles(${organizationId}, ${JSON.stringify(defaultRoles)})`.execute(db);
}

/** For one organisation or for all, at boot and in seeds, over a connection of the database's owner. */
export async function keepSystemRoles(owner: pg.ClientBase, organizationId: number | null): Promise<void> {
  await owner.query(
    `SELECT mes.keep_system_roles(organizations.id, $1) FROM mes.organizations
     WHERE organizations.id = $2 OR $2 IS NULL ORDER BY organizations.id`,
    [JSON.stringify(defaultRoles), organizationId],
  );
}

/** For all organisations, with a connection of its own. */
export async function keepAllSystemRoles(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL ROLE mes_owner');
    await keepSystemRoles(client, null);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
