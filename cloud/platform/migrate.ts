// Brings a database to the version of this checkout: the numbered files of sql/, forward only, one
// transaction each, by Kysely's Migrator. A file whose first line is `-- unison: no-transaction` runs
// outside one (CREATE INDEX CONCURRENTLY and its like). BullMQ's own schema follows.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { migrateQueueSchema } from './jobs/queue-schema.ts';

const migrationsDirectory = fileURLToPath(new URL('../../sql/', import.meta.url));
const outsideTransaction = '-- unison: no-transaction';

export interface MigrateOptions {
  /** A connection as a role that may create roles and extensions (a superuser, or the managed equal of one). */
  readonly ownerUrl: string;
  readonly log: { info(data: object, message: string): void };
}

export class MigrationError extends Error {
  override name = 'MigrationError';
}

/**
 * Runs all migrations that are missing. Safe to call from several processes at once: the Migrator locks.
 * Throws MigrationError when the database is ahead of this checkout, or when a file fails (which then
 * has changed nothing).
 */
export async function migrate({ ownerUrl, log }: MigrateOptions): Promise<void> {
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  // A server that goes while the pool takes leave of it says so to nobody else, which would end the process.
  pool.on('error', (error) => log.info({ err: error }, 'a database connection was ended'));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const files = await readMigrations();
    const provider = {
      async getMigrations(): Promise<Record<string, Migration>> {
        return Object.fromEntries(
          files.map((file) => [file.name, { up: (on: Kysely<unknown>) => run(on, file.text) }]),
        );
      },
    };
    await refuseWhenAhead(db, files);
    for (;;) {
      const migrator = new Migrator({ db, provider });
      const pending = (await migrator.getMigrations()).find((migration) => migration.executedAt === undefined);
      if (!pending) break;
      const text = files.find((file) => file.name === pending.name)?.text ?? '';
      const { error, results } = await migrator.migrateUp({ disableTransactions: text.startsWith(outsideTransaction) });
      if (error) throw new MigrationError(`sql/${pending.name}.sql failed: ${messageOf(error)}`, { cause: error });
      for (const result of results ?? []) log.info({ migration: result.migrationName }, 'database migrated');
    }
    await migrateQueueSchema(ownerUrl);
  } finally {
    await db.destroy();
  }
}

async function readMigrations(): Promise<{ name: string; text: string }[]> {
  const names = (await readdir(migrationsDirectory)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      name: name.replace(/\.sql$/, ''),
      text: await readFile(join(migrationsDirectory, name), 'utf8'),
    })),
  );
}

async function run(db: Kysely<unknown>, text: string): Promise<void> {
  await sql.raw(text).execute(db);
  // A file takes on mes_owner for itself; the Migrator's own bookkeeping belongs to the caller.
  await sql`RESET ROLE`.execute(db);
}

async function refuseWhenAhead(db: Kysely<unknown>, files: { name: string }[]): Promise<void> {
  const { rows: tables } = await sql<{ there: boolean }>`
    SELECT to_regclass('public.kysely_migration') IS NOT NULL AS there`.execute(db);
  if (!tables[0]?.there) return;
  const { rows } = await sql<{ name: string }>`SELECT name FROM public.kysely_migration ORDER BY name`.execute(db);
  const unknown = rows.map((row) => row.name).filter((name) => !files.some((file) => file.name === name));
  if (unknown.length > 0) {
    throw new MigrationError(
      `The database is ahead of this version of Unison MES: it has ${unknown.join(', ')}. Start the version that made ` +
        'it, or a newer one; a database is never taken back.',
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
