// The door through the tenant fence: what a transaction sees, and that nothing of it stays behind.

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { asOwner, insertPlant, type PlantRows } from '../../test/web/plant-rows.ts';
import { type Database, inTenant, openDatabase, type Tenant } from './database.ts';

let database: TestDatabase;
let db: Database;
let north: PlantRows;
let second: number;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  const plant = { name: 'Plant', timeZone: 'UTC', machines: [] };
  north = await insertPlant(database.ownerUrl, { ...plant, organization: 'North' });
  await insertPlant(database.ownerUrl, { ...plant, organization: 'South' });
  const rows = await asOwner(
    database.ownerUrl,
    `INSERT INTO mes.plants (organization_id, name, time_zone) VALUES ($1, 'Second', 'UTC') RETURNING id`,
    [north.organizationId],
  );
  second = Number(rows[0]?.['id']);
  // One connection, so that whatever stays behind would be found by the next.
  db = openDatabase({ url: database.apiUrl, max: 1, statementTimeoutMs: 5_000, log: { warn: () => {} } });
});

afterAll(async () => {
  await db?.destroy();
  await database?.drop();
});

async function plantsOf(tenant: Tenant): Promise<number[]> {
  const rows = await inTenant(db, tenant, (trx) =>
    trx.selectFrom('mes.plants as plants').select('plants.id').orderBy('plants.id').execute(),
  );
  return rows.map((row) => row.id);
}

describe('a transaction in a tenant', () => {
  it('sees its organisation, and of it the plants of its user', async () => {
    const { organizationId } = north;
    expect(await plantsOf({ organizationId, plantIds: 'all' })).toEqual([north.plantId, second]);
    expect(await plantsOf({ organizationId, plantIds: [second] })).toEqual([second]);
    expect(await plantsOf({ organizationId, plantIds: [] })).toEqual([]);
  });

  it('leaves nothing behind, also when it fails, and cannot write into another organisation', async () => {
    const { organizationId } = north;
    const intoSouth = inTenant(db, { organizationId, plantIds: 'all' }, (trx) =>
      trx
        .insertInto('mes.plants')
        .values({ organization_id: organizationId + 1, name: 'Stolen', time_zone: 'UTC' })
        .execute(),
    );
    await expect(intoSouth).rejects.toMatchObject({ code: '42501' });
    expect(await db.selectFrom('mes.plants').select('id').execute()).toEqual([]);
    const { rows } = await sql<{
      left: string | null;
    }>`SELECT nullif(current_setting('mes.organization_id', true), '') AS left`.execute(db);
    expect(rows).toEqual([{ left: null }]);
  });
});
