// The database of an installation that names none: the embedded PostgreSQL in the data directory. It
// outlives a killed cloud process and is adopted by the next start; a clean stop stops it.

import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { createDatabase, databaseUrl } from './postgres-databases.ts';

const name = 'unison';

export interface OwnDatabase {
  /** As the superuser: for migrations and for giving roles their passwords. */
  readonly url: string;
  readonly adopted: boolean;
  stop(): Promise<void>;
}

/** Starts or adopts it, with the database made. */
export async function openOwnDatabase(
  dataDirectory: string,
  log: { info(data: object, message: string): void; warn(data: object, message: string): void },
): Promise<OwnDatabase> {
  const server = await startEmbeddedPostgres({ directory: join(dataDirectory, 'postgres'), log });
  try {
    await createDatabase(server.url, { name });
  } catch (error) {
    const duplicateDatabase = '42P04';
    if ((error as { code?: string }).code !== duplicateDatabase) throw error;
  }
  return { url: databaseUrl(server.url, { database: name }), adopted: server.adopted, stop: () => server.stop() };
}
