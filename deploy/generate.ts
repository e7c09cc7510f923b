// Writes the types of the database's tables and views, as Kysely wants them, from a database that was
// migrated a moment ago. With --verify it writes nothing and fails when the file in the checkout differs.

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { PostgresDialect as GeneratorDialect, generate } from 'kysely-codegen';
import pg from 'pg';
import { startEmbeddedPostgres } from '../cloud/platform/embedded-postgres.ts';
import { migrate } from '../cloud/platform/migrate.ts';
import { createDatabase, databaseUrl } from '../cloud/platform/postgres-databases.ts';

const outFile = fileURLToPath(new URL('../cloud/platform/database-types.generated.ts', import.meta.url));
const log = { info: () => {}, warn: () => {} };

async function main(verify: boolean): Promise<void> {
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

try {
  await main(process.argv.includes('--verify'));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The database's types: ${message}\nRun npm run generate after a change of sql/.\n`);
  process.exitCode = 1;
}
