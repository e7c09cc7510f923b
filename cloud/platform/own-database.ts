// The database of an installation that names none: the embedded PostgreSQL in the data directory. It
// outlives a killed cloud process and is adopted by the next start; a clean stop stops it. While the
// cloud runs it is watched, and started again when it died.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { createDatabase, databaseUrl } from './postgres-databases.ts';
import type { PostgresServer } from './postgres-server.ts';

const name = 'unison';
const watchMs = 1_000;

export interface OwnDatabase {
  /** As the superuser: for migrations and for giving roles their passwords. */
  readonly url: string;
  readonly adopted: boolean;
  stop(): Promise<void>;
}

export interface DatabaseLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Starts or adopts it, with the database made. */
export async function openOwnDatabase(dataDirectory: string, log: DatabaseLog): Promise<OwnDatabase> {
  const directory = join(dataDirectory, 'postgres');
  const server = await startEmbeddedPostgres({ directory, log });
  try {
    await createDatabase(server.url, { name });
  } catch (error) {
    const duplicateDatabase = '42P04';
    if ((error as { code?: string }).code !== duplicateDatabase) throw error;
  }
  const stopping = new AbortController();
  const watching = watch({ directory, server, log, signal: stopping.signal });
  return {
    url: databaseUrl(server.url, { database: name }),
    adopted: server.adopted,
    async stop() {
      stopping.abort();
      await watching;
      await server.stop();
    },
  };
}

/** Starts the server again, on its port, whenever nothing listens there any more. */
async function watch(options: {
  directory: string;
  server: PostgresServer;
  log: DatabaseLog;
  signal: AbortSignal;
}): Promise<void> {
  const { directory, server, log, signal } = options;
  while (!signal.aborted) {
    await sleep(watchMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted || !(await isGone(server.url))) continue;
    log.warn({ port: server.port }, 'the database has died and is started again');
    await startEmbeddedPostgres({ directory, port: server.port, log }).catch((error: unknown) =>
      log.error({ err: error }, 'the database could not be started; it is tried again'),
    );
  }
}

/** Only a refused connection is a server that is gone; a busy one, or one that recovers, is not. */
async function isGone(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    await client.end().catch(() => undefined);
  }
}
