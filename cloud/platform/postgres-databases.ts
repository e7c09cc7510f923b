// Databases of a PostgreSQL server: their URLs, making and dropping them.

import pg from 'pg';

/** The same server under another database, and another role where `user` is given. */
export function databaseUrl(
  url: string,
  other: { database?: string | undefined; user?: string | undefined; password?: string | undefined },
): string {
  const changed = new URL(url);
  if (other.database !== undefined) changed.pathname = `/${encodeURIComponent(other.database)}`;
  if (other.user !== undefined) changed.username = encodeURIComponent(other.user);
  if (other.password !== undefined) changed.password = encodeURIComponent(other.password);
  return changed.href;
}

/** Creates a database; false when it is there already. A template must have no other session. */
export async function createDatabase(
  url: string,
  options: { name: string; owner?: string | undefined; template?: string | undefined },
): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const name = client.escapeIdentifier(options.name);
    const owner = options.owner === undefined ? '' : ` OWNER ${client.escapeIdentifier(options.owner)}`;
    const template = options.template === undefined ? '' : ` TEMPLATE ${client.escapeIdentifier(options.template)}`;
    await client.query(`CREATE DATABASE ${name}${owner}${template}`);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === '42P04') return false;
    throw error;
  } finally {
    await client.end();
  }
}

/** Drops a database and ends its sessions; nothing happens when it is not there. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}
