// A change of somebody's rights counts from the next request on, on every instance of the API, also when
// the connection that tells of changes is cut, ended or silent.

import { sql } from 'kysely';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { startTcpProxy, type TcpProxy } from '../../../test/support/tcp-proxy.ts';
import { type ApiUser, signIn, userWith } from '../../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows } from '../../../test/web/plant-rows.ts';
import { openDatabase } from '../database.ts';
import type { PermissionCatalogue } from '../http/permissions.ts';
import { type AccessControl, type AccessRow, createAccessControl } from './access.ts';
import { plantsWith } from './grants.ts';

const password = 'correct horse battery';
const log = pino({ level: 'silent' });
let database: TestDatabase;
let broker: LiveBroker;
let first: ApiOnPort;
let second: ApiOnPort;
let plant: PlantRows;
let people = 0;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  plant = await insertPlant(database.ownerUrl, {
    organization: 'North',
    name: 'Plant',
    timeZone: 'Europe/Berlin',
    machines: [],
  });
  const options = { databaseUrl: database.apiUrl, brokerUrl: broker.url };
  [first, second] = [await startApi(options), await startApi(options)];
});

afterAll(async () => {
  await first?.stop();
  await second?.stop();
  await broker?.stop();
  await database?.drop();
});

interface Person {
  readonly id: number;
  readonly email: string;
  readonly here: ApiUser;
  /** The same session at the other instance. */
  readonly there: ApiUser;
}

async function person(role: string | null): Promise<Person> {
  people += 1;
  const email = `p${people}@n.example`;
  const wanted = { email, password, name: `Person ${people}`, organizationIds: [plant.organizationId], role };
  const [id = 0] = await insertPerson(database.ownerUrl, wanted);
  const here = await signIn(first.url, { email, password });
  return { id, email, here, there: userWith(second.url, here.token) };
}

const owner = (text: string, values: unknown[] = []) => asOwner(database.ownerUrl, text, values);
const statusOf = async (user: ApiUser) => (await user.get('/plants')).status;
const becomes = async (user: ApiUser, status: number): Promise<void> => {
  await expect.poll(() => statusOf(user), { timeout: 5_000, interval: 20 }).toBe(status);
};

describe('a change, on every instance,', () => {
  it.each([
    ['his role is taken', 'DELETE FROM mes.user_roles WHERE user_id = $1', 403],
    [
      'his role is archived',
      'UPDATE mes.roles SET archived_at = now() WHERE id = (SELECT role_id FROM mes.user_roles WHERE user_id = $1)',
      403,
    ],
    [
      'his role loses the permission',
      `UPDATE mes.roles SET permissions = '["telemetry.read"]' WHERE id = (SELECT role_id FROM mes.user_roles WHERE user_id = $1)`,
      403,
    ],
    ['his plants are taken', 'UPDATE mes.users SET all_plants = false WHERE id = $1', 403],
    ['he is archived', 'UPDATE mes.users SET archived_at = now() WHERE id = $1', 401],
    ['his sessions are ended', 'DELETE FROM mes.sessions WHERE user_id = $1', 401],
    ['his sessions are cut short', 'UPDATE mes.sessions SET expires_at = now() WHERE user_id = $1', 401],
  ])('counts that %s', async (_what, statement, status) => {
    const { id, here, there } = await person(null);
    const [role] = await owner(
      `INSERT INTO mes.roles (organization_id, role_code, role_name, permissions) VALUES ($1, $2, 'R', '["plants.*"]') RETURNING id`,
      [plant.organizationId, `role_of_${id}`],
    );
    await owner('INSERT INTO mes.user_roles (organization_id, user_id, role_id) VALUES ($1, $2, $3)', [
      plant.organizationId,
      id,
      role?.['id'],
    ]);
    await Promise.all([becomes(here, 200), becomes(there, 200)]);
    await owner(statement, [id]);
    await Promise.all([becomes(here, status), becomes(there, status)]);
  });

  it('counts that the organisation is archived, and that it comes back', async () => {
    const { here, there } = await person('viewer');
    await Promise.all([becomes(here, 200), becomes(there, 200)]);
    await owner('UPDATE mes.organizations SET archived_at = now() WHERE id = $1', [plant.organizationId]);
    await Promise.all([becomes(here, 401), becomes(there, 401)]);
    await owner('UPDATE mes.organizations SET archived_at = NULL WHERE id = $1', [plant.organizationId]);
    await Promise.all([becomes(here, 200), becomes(there, 200)]);
  });

  it('who signs out is out with his next request, there too', async () => {
    const { email } = await person('viewer');
    const login = await fetch(`${first.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    const { accessToken } = (await login.json()) as { accessToken: string };
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const [here, there] = [userWith(first.url, accessToken), userWith(second.url, accessToken)];
    expect([await statusOf(here), await statusOf(there)]).toEqual([200, 200]);
    await fetch(`${first.url}/api/v1/auth/logout`, { method: 'POST', headers: { cookie } });
    // Where he signed out there is no moment in between.
    expect(await statusOf(here)).toBe(401);
    await becomes(there, 401);
  });

  it('counts while the connections that tell of changes are ended again and again', async () => {
    const { id, here, there } = await person('viewer');
    for (const status of [403, 200, 403, 200]) {
      await owner(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unison-access' AND datname = current_database()",
      );
      await owner('UPDATE mes.users SET all_plants = $2 WHERE id = $1', [id, status === 200]);
      await Promise.all([becomes(here, status), becomes(there, status)]);
    }
  });
});

describe('what is remembered', () => {
  const catalogue: PermissionCatalogue = new Map([
    ['plants.read', { name: 'plants.read', scope: 'plant', routes: ['GET /plants'] }],
  ]);

  /** Access control that hears of changes through a cable, and counts what it asks the database. */
  async function onCable(
    work: (tools: {
      cable: TcpProxy;
      access: AccessControl;
      look: () => Promise<'yes' | 'no'>;
      heard: () => Promise<string | undefined>;
      reads: () => number;
      id: number;
    }) => Promise<void>,
  ) {
    const { id } = await person('viewer');
    const [session] = await owner('SELECT id FROM mes.sessions WHERE user_id = $1', [id]);
    const url = new URL(database.apiUrl);
    const cable = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.hostname = cable.host;
    url.port = String(cable.port);
    const db = openDatabase({ url: database.apiUrl, max: 2, statementTimeoutMs: 10_000, log });
    const metrics = new Registry();
    const access = createAccessControl({ db, listenUrl: url.toString(), catalogue, metrics, log });
    let reads = 0;
    const look = async () => {
      const found = await access.lookUp(`person ${id}`, async () => {
        reads += 1;
        return (await sql<AccessRow>`SELECT * FROM mes.session_access(${session?.['id']})`.execute(db)).rows[0];
      });
      return found && plantsWith(found, 'plants.read', 'plant') ? 'yes' : 'no';
    };
    access.start();
    try {
      const heard = async () => /^unison_access_hearing (\d)$/m.exec(await metrics.metrics())?.[1];
      await expect.poll(heard).toBe('1');
      await work({ cable, access, look, heard, reads: () => reads, id });
    } finally {
      await access.stop();
      await db.destroy();
      await cable.stop();
    }
  }
  /** Whether a look is answered without the database. */
  const remembers = async (look: () => Promise<unknown>, reads: () => number): Promise<boolean> => {
    await look();
    const before = reads();
    await look();
    return reads() === before;
  };

  it('is asked for once, and again after a change', async () => {
    await onCable(async ({ access, look, reads, id }) => {
      await expect.poll(() => remembers(look, reads)).toBe(true);
      expect(await look()).toBe('yes');
      await owner('UPDATE mes.users SET all_plants = false WHERE id = $1', [id]);
      await access.settle();
      expect(await look()).toBe('no');
      expect(await remembers(look, reads)).toBe(true);
    });
  });

  it('is given up at once when the process stops, also while it connects', async () => {
    const url = new URL(database.apiUrl);
    const cable = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    const db = openDatabase({ url: database.apiUrl, max: 1, statementTimeoutMs: 10_000, log });
    url.hostname = cable.host;
    url.port = String(cable.port);
    for (const silent of [false, true]) {
      if (silent) cable.silence();
      const access = createAccessControl({ db, listenUrl: url.toString(), catalogue, metrics: null, log });
      await access.stop();
      access.start();
      if (silent) await expect.poll(() => cable.connections()).toBe(1);
      await access.settle();
      await access.stop();
      await access.stop();
    }
    await db.destroy();
    await cable.stop();
  });

  it('is nothing while the cable is cut, and what happened meanwhile counts afterwards', async () => {
    await onCable(async ({ cable, look, heard, reads, id }) => {
      await expect.poll(() => remembers(look, reads)).toBe(true);
      await cable.vanish();
      await expect.poll(heard).toBe('0');
      await expect.poll(() => remembers(look, reads)).toBe(false);
      await owner('UPDATE mes.users SET all_plants = false WHERE id = $1', [id]);
      expect(await look()).toBe('no');
    });
    await onCable(async ({ cable, look, reads, id }) => {
      await expect.poll(() => remembers(look, reads)).toBe(true);
      cable.cut();
      await owner('UPDATE mes.users SET all_plants = false WHERE id = $1', [id]);
      await expect.poll(() => remembers(look, reads)).toBe(true);
      await expect.poll(look).toBe('no');
    });
  });

  it('is nothing when the cable holds and nothing comes through', async () => {
    await onCable(async ({ cable, look, reads, id }) => {
      await expect.poll(() => remembers(look, reads)).toBe(true);
      cable.silence();
      await owner('UPDATE mes.users SET all_plants = false WHERE id = $1', [id]);
      await expect.poll(look, { timeout: 10_000 }).toBe('no');
      expect(await remembers(look, reads)).toBe(false);
      cable.resume();
      await expect.poll(() => remembers(look, reads), { timeout: 10_000 }).toBe(true);
    });
  });
});
