// Tests stand on these databases, so they are tried themselves: migrated, apart from each other, and gone
// afterwards.

import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from './database.ts';

const made: TestDatabase[] = [];

afterEach(async () => {
  for (const database of made.splice(0)) await database.drop();
});

async function ask(url: string, query: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}

describe.each(databaseKinds)('a test database (%s)', (kind) => {
  async function create(): Promise<TestDatabase> {
    const database = await createTestDatabase(kind);
    made.push(database);
    return database;
  }

  it('is migrated, and has TimescaleDB where its kind says so', async () => {
    const { ownerUrl } = await create();
    expect(await ask(ownerUrl, `SELECT to_regclass('mes.organizations') IS NOT NULL AS there`)).toEqual([
      { there: true },
    ]);
    const extension = await ask(ownerUrl, `SELECT extname FROM pg_extension WHERE extname = 'timescaledb'`);
    expect(extension).toHaveLength(kind === 'timescale' ? 1 : 0);
  });

  it('lets the three roles in, each as itself', async () => {
    const { apiUrl, ingestUrl, workerUrl } = await create();
    for (const [url, role] of [
      [apiUrl, 'mes_api'],
      [ingestUrl, 'mes_ingest'],
      [workerUrl, 'mes_worker'],
    ] as const) {
      expect(await ask(url, 'SELECT current_user')).toEqual([{ current_user: role }]);
    }
  });

  it('knows nothing of another one, and is gone when dropped, also with sessions open', async () => {
    const [one, other] = [await create(), await create()];
    await ask(one.ownerUrl, 'CREATE TABLE public.only_here (id int)');
    await expect(ask(other.ownerUrl, 'SELECT * FROM public.only_here')).rejects.toMatchObject({ code: '42P01' });

    const client = new pg.Client({ connectionString: one.ownerUrl });
    client.on('error', () => {});
    await client.connect();
    await one.drop();
    await one.drop();
    await expect(ask(one.ownerUrl, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
    await client.end().catch(() => {});
  });
});
