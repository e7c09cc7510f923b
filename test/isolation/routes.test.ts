// No organisation and no plant is told or changes another's rows, whichever route it asks. The matrix is
// made from the OpenAPI document of the running API: a route that is added later is in it, or fails it by name.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../support/database.ts';
import { type ApiOnPort, startApi } from '../web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../web/live-broker.ts';
import { judge, newFindings } from './findings.ts';
import { elsewhere, entries } from './requests.ts';
import { tryRoutes } from './routes.ts';
import { makeWorlds, type Worlds } from './worlds.ts';

describe.each(databaseKinds)('the matrix of the routes, on %s', (kind) => {
  let database: TestDatabase;
  let broker: LiveBroker;
  let api: ApiOnPort;
  let worlds: Worlds;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    broker = await startLiveBroker();
    api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
    worlds = await makeWorlds(database.ownerUrl);
  });
  afterAll(async () => {
    await api.stop();
    await broker.stop();
    await database.drop();
  });

  it('every route × id × stranger tells and changes nothing, and its owner is served', async () => {
    const findings = newFindings();
    await tryRoutes({ url: api.url, ownerUrl: database.ownerUrl, worlds, findings, entries, elsewhere });
    judge(`isolation of routes on ${kind}`, findings);
    expect(findings.seen.get('cases by keys')).toBeGreaterThan(100);
    expect(findings.seen.get('cases by devices')).toBeGreaterThan(10);
  }, 600_000);
});
