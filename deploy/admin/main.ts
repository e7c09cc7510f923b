// npm run admin: the way back in for who keeps the machine and cannot sign in any more. It works on the
// database itself, with the cloud running or not, and its deeds are in the audit trail.

import { join } from 'node:path';
import { Command } from 'commander';
import pg from 'pg';
import { hashOf, newToken, RESET_LINK_LIFETIME_S, RESET_PATH } from '../../cloud/domains/identity/index.ts';
import { readConfig } from '../../cloud/platform/config.ts';
import { startEmbeddedPostgres } from '../../cloud/platform/embedded-postgres.ts';
import { databaseUrl } from '../../cloud/platform/postgres-databases.ts';

class AdminError extends Error {
  override name = 'AdminError';
}

const quiet = { info: (): void => {}, warn: (): void => {} };

function readCommand(): Command {
  const program = new Command('npm run admin --').description('The way back in, on the machine of the cloud.');
  program
    .command('reset-link')
    .description(`prints a one-time link to set a password, good for ${RESET_LINK_LIFETIME_S / 60} minutes`)
    .argument('<email>')
    .action((email: string) => onDatabase((db) => resetLink(db, email)));
  program
    .command('unlock')
    .description('lets somebody try again at once after too many failed sign-ins')
    .argument('<email>')
    .action((email: string) => onDatabase((db) => unlock(db, email)));
  return program;
}

/** Runs work as the database's owner: that of DATABASE_URL, or the embedded one, started where it is not running. */
async function onDatabase(work: (db: pg.Client) => Promise<string>): Promise<void> {
  const config = readConfig();
  const server =
    config.databaseUrl === null
      ? await startEmbeddedPostgres({ directory: join(config.dataDirectory, 'postgres'), log: quiet })
      : null;
  const url = config.databaseUrl ?? databaseUrl(server?.url ?? '', { database: 'unison' });
  const db = new pg.Client({ connectionString: url });
  try {
    await db.connect();
    await db.query('BEGIN');
    const said = await work(db);
    await db.query('COMMIT');
    process.stdout.write(`${said}\n`);
  } finally {
    await db.end();
    if (server && !server.adopted) await server.stop();
  }
}

async function resetLink(db: pg.Client, email: string): Promise<string> {
  const token = newToken();
  const { rows } = await db.query<{ user_id: number; organization_id: number }>(
    'SELECT * FROM mes.make_reset_link_for($1, $2, make_interval(secs => $3))',
    [email, hashOf(token), RESET_LINK_LIFETIME_S],
  );
  const [user] = rows;
  if (!user) throw new AdminError(`Nobody has the address ${email}, or three links for it are on their way already.`);
  await record(db, { organizationId: user.organization_id, userId: user.user_id, action: 'make_reset_link' });
  return new URL(RESET_PATH + token, readConfig().mail.publicUrl).toString();
}

async function unlock(db: pg.Client, email: string): Promise<string> {
  const { rows } = await db.query<{ id: number; organization_id: number; account_id: number }>(
    `SELECT users.id, users.organization_id, users.account_id FROM mes.users
     JOIN mes.accounts ON accounts.id = users.account_id WHERE accounts.email = lower($1)`,
    [email],
  );
  if (rows.length === 0) throw new AdminError(`Nobody has the address ${email}.`);
  for (const user of rows) {
    await db.query("SELECT set_config('mes.organization_id', $1, true)", [String(user.organization_id)]);
    await db.query('SELECT mes.unlock_user($1)', [user.id]);
    await record(db, { organizationId: user.organization_id, userId: user.id, action: 'unlock' });
  }
  return `${email} may try again.`;
}

async function record(
  db: pg.Client,
  { organizationId, userId, action }: { organizationId: number; userId: number; action: string },
): Promise<void> {
  await db.query(
    `INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, request_id)
     VALUES ($1, 'system', 'Command line', $2, 'users', $3, 'admin')`,
    [organizationId, action, String(userId)],
  );
}

try {
  await readCommand().parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
