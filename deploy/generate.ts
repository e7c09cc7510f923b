// Writes what is derived: the types of the database's tables and views, as Kysely wants them, from a
// database that was migrated a moment ago, and docs/permissions.md from the routes. With --verify it writes
// nothing and fails when a file in the checkout differs.

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { PostgresDialect as GeneratorDialect, generate } from 'kysely-codegen';
import pg from 'pg';
import { startEmbeddedPostgres } from '../cloud/platform/embedded-postgres.ts';
import { migrate } from '../cloud/platform/migrate.ts';
import { createDatabase, databaseUrl } from '../cloud/platform/postgres-databases.ts';
import { permissionsFile, permissionsPage } from './permissions/page.ts';

const outFile = fileURLToPath(new URL('../cloud/platform/database-types.generated.ts', import.meta.url));
const log = { info: () => {}, warn: () => {} };

async function generateTypes(verify: boolean): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'unison-types-'));
  // PostgreSQL's own user must reach it, where that is not us.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, fast: true, log });
  try {
    const name = `types_${randomBytes(4).toString('hex')}`;
    await createDatabase(server.url, { name });
    const url = databaseUrl(server.url, { database: name });
    await migrate({ ownerUrl: url, log });
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    // What fails says so at its query; an idle connection that ends would end the program.
    pool.on('error', () => {});
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    try {
      await generate({ db, dialect: new GeneratorDialect(), includePattern: 'mes.*', outFile, verify });
    } finally {
      await db.destroy();
    }
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function generatePermissions(verify: boolean): Promise<void> {
  const page = await permissionsPage();
  if (!verify) return writeFile(permissionsFile, page);
  if ((await readFile(permissionsFile, 'utf8')) !== page)
    throw new Error('docs/permissions.md is not what the routes say.');
}

try {
  const verify = process.argv.includes('--verify');
  await generatePermissions(verify);
  await generateTypes(verify);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\nRun npm run generate after a change of sql/, of routes or of default roles.\n`);
  process.exitCode = 1;
}
