// A database of its own for a test, on both kinds of server the product runs on, as a clone of a
// migrated template.

import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { createDatabase, databaseUrl, dropDatabase } from '../../cloud/platform/postgres-databases.ts';

/** For `describe.each(databaseKinds)`: without TimescaleDB, and with it. */
export const databaseKinds = ['embedded', 'timescale'] as const;

export type DatabaseKind = (typeof databaseKinds)[number];

export interface TestDatabase {
  readonly name: string;
  /** The superuser: migrations, and looking at what the roles may not see. */
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly ingestUrl: string;
  readonly workerUrl: string;
  /** The password of the three roles, the same for all databases of a run. */
  readonly rolePassword: string;
  /** Ends every session of the database and removes it. Safe twice. */
  drop(): Promise<void>;
}

/** A migrated, empty database in about a tenth of a second. */
export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const server = inject('services')[kind];
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await createDatabase(server.url, { name, template: server.template });
  const as = (user: string) => databaseUrl(server.url, { database: name, user, password: server.rolePassword });
  return {
    name,
    ownerUrl: databaseUrl(server.url, { database: name }),
    apiUrl: as('mes_api'),
    ingestUrl: as('mes_ingest'),
    workerUrl: as('mes_worker'),
    rolePassword: server.rolePassword,
    drop: () => dropDatabase(server.url, name),
  };
}
