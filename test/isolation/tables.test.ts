// No organisation and no plant sees or changes another's rows, whichever relation, command or function it
// tries. The matrix is made from the catalogue: a table that is added later is in it without a word.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../support/database.ts';
import { judge, newFindings } from './findings.ts';
import { tryFunctions } from './functions.ts';
import { tryTables } from './tables.ts';
import { makeWorlds, type Worlds } from './worlds.ts';

describe.each(databaseKinds)('the matrix of the database, on %s', (kind) => {
  let database: TestDatabase;
  let worlds: Worlds;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    worlds = await makeWorlds(database.ownerUrl);
  });
  afterAll(() => database.drop());

  it('every relation × command × stranger is refused, and its control succeeds', async () => {
    const findings = newFindings();
    await tryTables({ ownerUrl: database.ownerUrl, worlds, findings });
    judge(`isolation of tables on ${kind}`, findings);
    expect(findings.seen.get('tables')).toBeGreaterThan(30);
    expect(findings.seen.get('views')).toBeGreaterThanOrEqual(2);
    if (kind === 'timescale') expect(findings.seen.get('chunks')).toBeGreaterThan(10);
  }, 240_000);

  it('every function tells and changes nothing of another organisation, and works for its own', async () => {
    const findings = newFindings();
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    await tryFunctions(client, { worlds, findings });
    await client.end();
    judge(`isolation of functions on ${kind}`, findings);
    expect(findings.seen.get('functions')).toBeGreaterThan(40);
  }, 120_000);
});
