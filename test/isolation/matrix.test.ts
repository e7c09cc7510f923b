// The test of the isolation tests: a fence is broken and a route is left unguarded on purpose, and the
// matrix must say which. And what no matrix can make by itself: jobs and live changes of two organisations.

import pg from 'pg';
import pino from 'pino';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../cloud/platform/database.ts';
import { runJob } from '../../cloud/platform/jobs/run-job.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testProcessors } from '../support/test-jobs.ts';
import { userWith } from '../web/api-client.ts';
import { type ApiOnPort, startApi } from '../web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../web/live-broker.ts';
import { newFindings } from './findings.ts';
import { makeRecords, type Records } from './records.ts';
import type { Entry } from './requests.ts';
import { tryRoutes } from './routes.ts';
import { tryTables } from './tables.ts';
import { makeWorlds, type Worlds } from './worlds.ts';

let database: TestDatabase;
let broker: LiveBroker;
let pool: pg.Pool;
let worlds: Worlds;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  pool = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  worlds = await makeWorlds(database.ownerUrl);
});
afterAll(async () => {
  await pool.end();
  await broker.stop();
  await database.drop();
});

describe('the matrix of the database fails, and says where', () => {
  const tried = async (name: string) => {
    const findings = newFindings();
    await tryTables({ ownerUrl: database.ownerUrl, worlds, findings, only: (relation) => relation.name === name });
    return findings;
  };

  it('when the policy of a table is loosened', async () => {
    expect((await tried('mes.departments')).leaks).toEqual([]);
    await pool.query('ALTER POLICY tenant_select ON mes.departments USING (true)');
    const { leaks } = await tried('mes.departments');
    expect(leaks).toContain('mes_api: select mes.departments as another organisation: 1 rows');
    expect(leaks).toContain('mes_worker: select mes.departments without an organisation: 1 rows');
    expect(leaks).toContain('mes_api: select mes.departments from another plant: 1 rows');
  });

  it('when row security of a table is switched off', async () => {
    await pool.query('ALTER TABLE mes.lanes DISABLE ROW LEVEL SECURITY');
    const { leaks } = await tried('mes.lanes');
    for (const what of ['select', 'insert', 'update', 'delete', 'give away rows of'])
      expect(
        leaks.some((leak) => leak.startsWith(`mes_api: ${what} mes.lanes`)),
        what,
      ).toBe(true);
  });

  it('when rows may be written for others, though not read', async () => {
    await pool.query('ALTER POLICY tenant_insert ON mes.machines WITH CHECK (true)');
    const { leaks } = await tried('mes.machines');
    expect(leaks).toContain('mes_api: insert mes.machines as another organisation: 1 rows');
    expect(leaks.filter((leak) => !leak.includes('insert'))).toEqual([]);
  });

  it('when a new table has no fence, or no rows to see it by', async () => {
    await pool.query('CREATE TABLE mes.made (organization_id int, name text); GRANT SELECT ON mes.made TO mes_api');
    expect((await tried('mes.made')).faults).toContain(
      'mes_api: select mes.made as another organisation: its control, its own organisation, came to 0',
    );
    await pool.query('INSERT INTO mes.made VALUES ($1, $2), ($3, $4)', [worlds.ours.id, 'a', worlds.theirs.id, 'b']);
    expect((await tried('mes.made')).leaks).toContain('mes_api: select mes.made as another organisation: 1 rows');
  });
});

describe('the matrix of the routes fails, and says where', () => {
  const schema = { params: Type.Object({ id: Type.Integer() }) };
  const permission = 'departments.read';
  let api: ApiOnPort;

  beforeAll(async () => {
    api = await startApi({
      databaseUrl: database.apiUrl,
      brokerUrl: broker.url,
      extend(app) {
        const idOf = (request: { params: unknown }) => (request.params as { id: number }).id;
        const read = (request: { params: unknown }) =>
          pool
            .query('SELECT id, role_name FROM mes.roles WHERE id = $1', [idOf(request)])
            .then(({ rows }) => ({ rows }));
        const take = (request: { params: unknown }) =>
          pool.query('DELETE FROM mes.api_keys WHERE id = $1', [idOf(request)]).then(() => ({}));
        // At the root, where nobody asks for a token.
        app.get('/api/v1/unguarded/:id', { config: { permission }, schema }, read);
        app.delete('/api/v1/unguarded/:id', { config: { permission }, schema }, take);
        app.get('/api/v1/unknown', { config: { permission: 'public' } }, () => 'x');
      },
    });
  });
  afterAll(() => api.stop());

  const tried = async (route: string, entries: Record<string, Entry>) => {
    const findings = newFindings();
    const options = { url: api.url, ownerUrl: database.ownerUrl, worlds, findings, entries, elsewhere: {} };
    await tryRoutes({ ...options, only: (name) => name === route });
    return findings;
  };

  it('when a route asks for no token and reads past the fence', async () => {
    const route = 'GET /unguarded/{id}';
    const { leaks } = await tried(route, { [route]: { ask: (world) => ({ path: { id: world.rows.role } }) } });
    expect(leaks).toContainEqual(expect.stringContaining(`${route}, all of it another organisation’s: answered 200`));
    expect(leaks).toContainEqual(expect.stringContaining(`${route}, path.id of another organisation: answered 200`));
    expect(leaks).toContain(`${route}, without a token: answered 200`);
    expect(leaks).toContain(`${route}, without the permission: answered 200`);
  });

  it('when a route changes another organisation’s rows and says nothing', async () => {
    const route = 'DELETE /unguarded/{id}';
    const ask = async (world: Records) => ({ path: { id: await world.apiKey() } });
    const { leaks } = await tried(route, { [route]: { ask, silent: 'it says nothing' } });
    expect(leaks).toContain("an attack changed another organisation's mes.api_keys");
  });

  it('when a route is new and nobody has said how it is asked', async () => {
    const { faults } = await tried('GET /unknown', {});
    expect(faults).toEqual(['GET /unknown is not known: say in test/isolation/requests.ts how it is asked']);
  });

  it('when a request is refused to its owner, too', async () => {
    const route = 'GET /departments/{id}';
    const { faults } = await tried(route, { [route]: { ask: () => ({ path: { id: 2_000_000_000 } }) } });
    expect(faults).toContainEqual(expect.stringContaining(`${route}: its control by them came to 404`));
  });
});

describe('two organisations at once', () => {
  it('a job runs for its own organisation only, whatever the queue says', async () => {
    const { ours, theirs } = worlds;
    const log = pino({ level: 'silent' });
    const db = openDatabase({ url: database.workerUrl, max: 3, statementTimeoutMs: 10_000, log });
    const processors = new Map(testProcessors().map((processor) => [processor.kind.name, processor]));
    const options = { db, processors, attempts: 1, firstRetryMs: 20, log, ended: () => {} };
    const run = (organizationId: number) =>
      runJob(options, { id: theirs.rows.job, organizationId, round: 1 }, new AbortController().signal);
    const read = 'SELECT state, attempts FROM mes.background_jobs WHERE id = $1';
    await run(ours.id);
    expect((await pool.query(read, [theirs.rows.job])).rows).toEqual([{ state: 'queued', attempts: 0 }]);
    await run(theirs.id);
    expect((await pool.query(read, [theirs.rows.job])).rows).toEqual([{ state: 'completed', attempts: 1 }]);
    const { rows } = await pool.query(
      "SELECT organization_id, entity_id FROM mes.audit_logs WHERE entity = 'test_notes'",
    );
    expect(rows).toEqual([{ organization_id: theirs.id, entity_id: theirs.mark.plant }]);
    await db.destroy();
  });

  it('a live stream tells changes of its own organisation only, and the same Idempotency-Key is two keys', async () => {
    const { ours, theirs } = worlds;
    const api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
    const us = userWith(api.url, (await (await makeRecords(pool, ours)).person()).token);
    const them = userWith(api.url, (await (await makeRecords(pool, theirs)).person()).token);
    const streams = [await us.live(ours.plantId), await them.live(theirs.plantId)] as const;
    for (const stream of streams) await stream.next('snapshot');
    for (const world of [ours, theirs]) {
      const machine = world.machines.get(world.mark.plant) ?? 0;
      const tag = [world.rows.textTag, Date.now(), `${world.sign} changed`, 0] as const;
      await broker.publishTags(world.id, machine, [tag]);
    }
    for (const [at, world] of [ours, theirs].entries()) {
      const change = await streams[at as 0 | 1].next('change');
      expect(JSON.stringify(change)).toContain(`${world.sign} changed`);
      expect(JSON.stringify(streams[at as 0 | 1].seen)).not.toContain(world === ours ? theirs.sign : ours.sign);
    }
    for (const stream of streams) stream.stop();

    const body = { name: 'The same', timeZone: 'Europe/Berlin' };
    const headers = { 'idempotency-key': 'one-key' };
    const made = await Promise.all([us, them].map((user) => user.ask('POST', '/plants', body, headers)));
    const again = await us.ask('POST', '/plants', body, headers);
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    expect(made[0]?.body).toEqual(again.body);
    const ids = new Set(made.map(({ body: plant }) => (plant as { id: number }).id));
    expect(ids.size).toBe(2);
    await api.stop();
  });
});
