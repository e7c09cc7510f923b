// The first five minutes: an empty installation lets a stranger in once; a demo goes with one click and
// leaves nothing behind but what is no demo.

import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../../test/support/database.ts';
import { fillEveryTable } from '../../../test/support/fill-tables.ts';
import { createOrganization } from '../../../test/support/registry.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson } from '../../../test/web/plant-rows.ts';
import { Browser } from '../identity/test-browser.ts';

const password = 'correct horse battery';
const first = {
  organization: 'North Drinks',
  plant: { name: 'Plant North', timeZone: 'europe/berlin' },
  administrator: { displayName: 'Ada', email: 'Ada@N.example', password, language: 'de' },
};

async function waitsForALock(db: pg.Client): Promise<void> {
  await expect
    .poll(
      async () =>
        (await db.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"))
          .rowCount,
      { timeout: 20_000 },
    )
    .toBeGreaterThan(0);
}

describe.each(databaseKinds)('an installation on %s', (kind) => {
  let database: TestDatabase;
  let broker: LiveBroker;
  let api: ApiOnPort;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    broker = await startLiveBroker();
    api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  });
  afterEach(async () => {
    await api?.stop();
    await broker?.stop();
    await database?.drop();
  });

  it('that is empty is set up by a stranger, who is its administrator then', async () => {
    const stranger = new Browser(api.url);
    expect((await stranger.get('/setup')).body).toEqual({ empty: true, demo: false });
    const answer = await stranger.signIn(first, '/setup');
    expect(answer).toMatchObject({
      status: 200,
      body: { user: { name: 'Ada', email: 'ada@n.example', language: 'de' }, organization: { name: 'North Drinks' } },
    });
    expect((await stranger.get('/setup')).body).toEqual({ empty: false, demo: false });
    expect((await stranger.get('/plants')).body).toMatchObject({
      items: [{ name: 'Plant North', timeZone: 'Europe/Berlin' }],
    });
    // Materials need units and stops need reasons; in the language of who set it up.
    expect((await stranger.get('/units-of-measure?search=pcs')).body).toMatchObject({ items: [{ name: 'Stück' }] });
    expect((await stranger.get('/loss-reasons?limit=100')).body).toMatchObject({ items: { length: 20 } });
    expect((await stranger.post('/users', { displayName: 'Olga', badge: 'B-1', pin: '4711', roles: [] })).status).toBe(
      201,
    );
    expect((await stranger.refresh()).status).toBe(200);
    expect((await new Browser(api.url).signIn({ email: 'ada@n.example', password })).status).toBe(200);
    const trail = await asOwner(database.ownerUrl, 'SELECT entity FROM mes.audit_logs ORDER BY id LIMIT 3');
    expect(trail).toEqual([{ entity: 'organizations' }, { entity: 'plants' }, { entity: 'users' }]);
  });

  it('is set up once, however many try at the same moment, and never again', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => new Browser(api.url).post('/setup', first)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
    expect((await new Browser(api.url).post('/setup', first)).status).toBe(409);
    const [organizations] = await asOwner(database.ownerUrl, 'SELECT count(*)::int AS count FROM mes.organizations');
    expect(organizations).toEqual({ count: 1 });
  });

  it('says what is wrong with what a stranger gave, and stays empty', async () => {
    const wrong = [
      { ...first, plant: { name: 'Plant', timeZone: 'Mars/Olympus' } },
      { ...first, administrator: { ...first.administrator, password: 'northdrinks12' } },
      { ...first, administrator: { ...first.administrator, password: 'short' } },
      { ...first, organization: '' },
      { ...first, demo: true },
    ];
    const stranger = new Browser(api.url);
    for (const body of wrong) expect(await stranger.post('/setup', body)).toMatchObject({ status: 400 });
    expect((await stranger.get('/setup')).body).toEqual({ empty: true, demo: false });
  });

  it('loses its demo with one click, every row of it, and nothing else', async () => {
    const { ownerUrl } = database;
    const db = new pg.Client({ connectionString: ownerUrl });
    await db.connect();
    const demos: number[] = [];
    for (const name of ['demo-one', 'demo-two', 'real']) {
      const organization = await createOrganization(ownerUrl, { name, machines: ['filler'], edges: ['edge-1'] });
      await fillEveryTable(db, organization);
      if (name !== 'real') demos.push(organization.id);
    }
    await db.query('UPDATE mes.organizations SET demo = true WHERE id = ANY ($1)', [demos]);
    const count = async (): Promise<Record<string, { demo: number; real: number }>> => {
      const { rows } = await db.query<{ name: string }>(
        `SELECT attrelid::regclass::text AS name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE attname = 'organization_id' AND relkind IN ('r', 'p') AND relnamespace IN ('mes'::regnamespace, 'telemetry'::regnamespace) ORDER BY 1`,
      );
      const counts: Record<string, { demo: number; real: number }> = {};
      for (const { name } of rows) {
        const result = await db.query<{ demo: number; real: number }>(
          `SELECT count(*) FILTER (WHERE organization_id = ANY ($1))::int AS demo,
                  count(*) FILTER (WHERE organization_id <> ALL ($1) OR organization_id IS NULL)::int AS real FROM ${name}`,
          [demos],
        );
        if (result.rows[0]) counts[name] = result.rows[0];
      }
      return counts;
    };
    const demoPerson = { email: 'demo@d.example', password, name: 'Demo', organizationIds: demos };
    await insertPerson(ownerUrl, demoPerson);
    const [real] = await asOwner(ownerUrl, "SELECT id FROM mes.organizations WHERE name = 'real'");
    const realPerson = { email: 'real@r.example', password, name: 'Real', organizationIds: [Number(real?.['id'])] };
    await insertPerson(ownerUrl, realPerson);
    const realAdmin = new Browser(api.url);
    await realAdmin.signIn({ email: 'real@r.example', password });
    expect((await realAdmin.call('DELETE', '/demo-data')).status).toBe(403);
    const demoAdmin = new Browser(api.url);
    await demoAdmin.signIn({ email: 'demo@d.example', password, organizationId: demos[0] });
    expect((await demoAdmin.get('/setup')).body).toEqual({ empty: false, demo: true });

    const before = await count();
    // The plant still runs: somebody writes what refers to a machine of the demo while all of it goes.
    const worker = new pg.Client({ connectionString: ownerUrl });
    await worker.connect();
    await worker.query('BEGIN');
    await worker.query(
      'INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time) SELECT organization_id, id, now(), now() FROM mes.machines WHERE organization_id = ANY ($1)',
      [demos],
    );
    for (const [table, { demo }] of Object.entries(before)) expect(demo, table).toBeGreaterThan(0);
    const removal = demoAdmin.call('DELETE', '/demo-data');
    await waitsForALock(db);
    await worker.query('COMMIT');
    await worker.end();
    expect((await removal).status).toBe(204);
    const after = await count();
    for (const [table, { real: rows }] of Object.entries(before))
      expect(after[table], table).toEqual({ demo: 0, real: rows });

    expect(await demoAdmin.seen()).toBe(401);
    expect((await demoAdmin.signIn({ email: 'demo@d.example', password })).status).toBe(401);
    expect(await realAdmin.seen()).toBe(200);
    expect((await realAdmin.get('/setup')).body).toEqual({ empty: false, demo: false });
    const [accounts] = await asOwner(
      ownerUrl,
      "SELECT count(*)::int AS count FROM mes.accounts WHERE email = 'demo@d.example'",
    );
    expect(accounts).toEqual({ count: 0 });
    // What was append-only still is, also for who says the word that the removal says.
    await db.query("SELECT set_config('mes.removing_demo', 'yes', false)");
    await expect(db.query('DELETE FROM mes.audit_logs')).rejects.toThrow(/append-only/);
    await db.end();
  });
});
