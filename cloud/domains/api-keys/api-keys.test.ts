// A machine's way in: what its key may do and where, that it ends, and that nobody makes one too strong.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { Browser } from '../identity/test-browser.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let admin: Browser;
let northPlant: number;
let secondPlant: number;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  const north = await insertPlant(ownerUrl, { ...plant, organization: 'North Drinks' });
  const south = await insertPlant(ownerUrl, { ...plant, organization: 'South Dairy' });
  northPlant = north.plantId;
  await insertPerson(ownerUrl, {
    email: 'ada@n.example',
    password,
    name: 'Ada',
    organizationIds: [north.organizationId],
  });
  await insertPerson(ownerUrl, {
    email: 'sam@s.example',
    password,
    name: 'Sam',
    organizationIds: [south.organizationId],
  });
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  admin = await signedIn('ada@n.example');
  secondPlant = Number((await admin.post('/plants', { name: 'Second', timeZone: 'Europe/Berlin' })).body['id']);
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function signedIn(email: string): Promise<Browser> {
  const browser = new Browser(api.url);
  expect((await browser.signIn({ email, password })).status).toBe(200);
  return browser;
}

async function role(code: string): Promise<number> {
  const { items } = (await admin.get(`/roles?roleCode=${code}`)).body as { items: { id: number }[] };
  return items[0]?.id ?? 0;
}

/** A program that has this key. */
function program(key: unknown): Browser {
  const browser = new Browser(api.url);
  browser.token = String(key);
  return browser;
}

async function make(code: string, limits: { plantIds?: number[]; expiresAt?: string } = {}) {
  const body = { name: `For ${code}`, roleIds: [await role(code)], plantIds: null, expiresAt: null, ...limits };
  const made = await admin.post('/api-keys', body);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { id: Number(made.body['id']), key: made.body['key'], program: program(made.body['key']) };
}

describe('an API key', () => {
  it('does what its role may, under its own name, and is shown once', async () => {
    const { id, key, program: erp } = await make('administrator');
    expect(key).toMatch(/^umk_\d+_[\w-]{43}$/);
    const made = await erp.post('/departments', { plantId: northPlant, code: 'FILL', name: 'Filling' });
    expect(made.status).toBe(201);
    const [trail] = await asOwner(
      database.ownerUrl,
      "SELECT actor_kind, actor_name FROM mes.audit_logs WHERE entity = 'departments'",
    );
    expect(trail).toEqual({ actor_kind: 'api_key', actor_name: 'For administrator' });
    const list = (await admin.get('/api-keys')).body as { items: { id: number; lastUsedAt: string | null }[] };
    expect(list.items.find((one) => one.id === id)?.lastUsedAt).toEqual(expect.any(String));
    const secret = String(key).split('_').slice(2).join('_');
    expect(JSON.stringify(list)).not.toContain(secret);
    expect(JSON.stringify(await asOwner(database.ownerUrl, 'SELECT new FROM mes.audit_logs'))).not.toContain(secret);
  });

  it('does no more than its role, and sees no more than its plants', async () => {
    const viewer = (await make('viewer')).program;
    expect((await viewer.get('/plants')).body).toMatchObject({ items: [{ name: 'Plant' }, { name: 'Second' }] });
    expect((await viewer.post('/departments', { plantId: northPlant, code: 'X', name: 'X' })).status).toBe(403);
    const second = (await make('viewer', { plantIds: [secondPlant] })).program;
    expect((await second.get('/plants')).body).toMatchObject({ items: [{ name: 'Second' }] });
    expect((await second.get(`/plants/${northPlant}`)).status).toBe(404);
  });

  it('is no person: it has no account, no sessions, no profile', async () => {
    const { program: erp } = await make('administrator');
    for (const path of ['/auth/sessions', '/auth/organizations', '/profile'])
      expect((await erp.get(path)).status, path).toBe(403);
    expect((await erp.post('/auth/logout-everywhere')).status).toBe(403);
  });

  it('ends when it is revoked, at once, and when its time has come', async () => {
    const { id, program: erp } = await make('viewer');
    expect(await erp.seen()).toBe(200);
    expect((await admin.call('DELETE', `/api-keys/${id}`)).status).toBe(204);
    expect(await erp.seen()).toBe(401);
    expect((await admin.call('DELETE', `/api-keys/${id}`)).status).toBe(404);

    const soon = await make('viewer', { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await soon.program.seen()).toBe(200);
    await asOwner(database.ownerUrl, "UPDATE mes.api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", [
      soon.id,
    ]);
    // Told by the database, a moment after the commit.
    await expect.poll(() => soon.program.seen()).toBe(401);
  });

  it('with a wrong secret, of another number, or cut short opens nothing, also after the right one did', async () => {
    const { id, key, program: erp } = await make('viewer');
    expect(await erp.seen()).toBe(200);
    const secret = String(key).split('_').slice(2).join('_');
    for (const wrong of [
      `umk_${id}_${'x'.repeat(43)}`,
      `umk_${id + 1}_${secret}`,
      `umk_${id}_`,
      'umk_',
      `umk_99999999999_${secret}`,
    ])
      expect(await program(wrong).get('/plants'), wrong).toMatchObject({
        status: 401,
        body: { code: 'not_signed_in' },
      });
  });

  it('is not made by who may less, for plants or roles of others, or for yesterday', async () => {
    const viewer = (await make('viewer')).program;
    const body = { name: 'Too strong', roleIds: [await role('administrator')], plantIds: null, expiresAt: null };
    expect((await viewer.post('/api-keys', body)).status).toBe(403);
    const keyMaker = await admin.post('/roles', {
      roleCode: 'key_maker',
      roleName: 'Key maker',
      permissions: ['api-keys.read', 'api-keys.create', 'plants.read'],
    });
    const roleIds = [Number(keyMaker.body['id'])];
    await admin.post('/users', {
      displayName: 'Kim',
      email: 'kim@n.example',
      password,
      roles: [{ roleId: roleIds[0], plantId: null }],
    });
    const kim = await signedIn('kim@n.example');
    expect((await kim.post('/api-keys', body)).status).toBe(403);
    expect((await kim.post('/api-keys', { ...body, roleIds })).status).toBe(201);
    for (const wrong of [
      { roleIds: [999_999] },
      { roleIds: [] },
      { plantIds: [999_999] },
      { expiresAt: '2020-01-01T00:00:00Z' },
      { secret: 'mine' },
    ]) {
      expect(await admin.post('/api-keys', { ...body, ...wrong }), JSON.stringify(wrong)).toMatchObject({
        status: 400,
      });
    }
  });

  it('loses what its maker loses, at once and on every instance, and gets it back with him', async () => {
    const elsewhere = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
    const made = await admin.post('/users', {
      displayName: 'Mia',
      email: 'mia@n.example',
      password,
      roles: [{ roleId: await role('administrator'), plantId: null }],
    });
    const mia = Number(made.body['id']);
    const body = { name: 'Of Mia', roleIds: [await role('administrator')], plantIds: null, expiresAt: null };
    const key = (await (await signedIn('mia@n.example')).post('/api-keys', body)).body;
    expect(key['actsFor']).toEqual({ id: mia, name: 'Mia', archived: false });
    const here = program(key['key']);
    const there = new Browser(elsewhere.url);
    there.token = String(key['key']);
    const says = async (path: string) => {
      const both = [(await here.get(path)).status, (await there.get(path)).status];
      expect(both[0], path).toBe(both[1]);
      return both[0];
    };
    const version = async () => (await admin.get(`/users/${mia}`)).body['version'];
    const give = async (what: string, change: object) => {
      const answer = await admin.call('PUT', `/users/${mia}/${what}`, {
        body: { version: await version(), ...change },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    };
    expect(await says('/users')).toBe(200);

    // Told by the database, a moment after the commit: the other instance hears it as soon.
    await give('roles', { roles: [{ roleId: await role('viewer'), plantId: null }] });
    await expect.poll(() => says('/users')).toBe(403);
    expect(await says('/plants')).toBe(200);
    expect((await here.post('/departments', { plantId: northPlant, code: 'MIA', name: 'x' })).status).toBe(403);
    await give('plant-access', { allPlants: false, plantIds: [secondPlant] });
    expect((await here.get('/plants')).body).toMatchObject({ items: [{ name: 'Second' }] });
    expect((await here.get(`/plants/${northPlant}`)).status).toBe(404);
    await give('roles', { roles: [{ roleId: await role('viewer'), plantId: northPlant }] });
    await expect.poll(() => says('/plants')).toBe(403);

    await give('roles', { roles: [{ roleId: await role('administrator'), plantId: null }] });
    await give('plant-access', { allPlants: true, plantIds: [] });
    await expect.poll(() => says('/users')).toBe(200);
    expect((await admin.call('DELETE', `/users/${mia}?version=${Number(await version())}`)).status).toBe(200);
    await expect.poll(() => says('/plants')).toBe(401);
    await elsewhere.stop();
  });

  it('is taken over when its maker leaves, by who may as much, and the trail says so', async () => {
    const made = await admin.post('/users', {
      displayName: 'Nik',
      email: 'nik@n.example',
      password,
      roles: [{ roleId: await role('administrator'), plantId: null }],
    });
    const nik = Number(made.body['id']);
    const body = { name: 'Of Nik', roleIds: [await role('plant_engineer')], plantIds: null, expiresAt: null };
    const { id, key } = (await (await signedIn('nik@n.example')).post('/api-keys', body)).body;
    const erp = program(key);
    const { version } = (await admin.get(`/users/${nik}`)).body;
    await admin.call('DELETE', `/users/${nik}?version=${String(version)}`);
    expect(await erp.seen()).toBe(401);
    const list = (await admin.get('/api-keys')).body as { items: { id: number; actsFor: unknown }[] };
    expect(list.items.find((one) => one.id === id)?.actsFor).toEqual({ id: nik, name: 'Nik', archived: true });

    const strong = (await make('administrator')).program;
    expect((await strong.post(`/api-keys/${String(id)}/take-over`)).status).toBe(403);
    expect((await (await signedIn('kim@n.example')).post(`/api-keys/${String(id)}/take-over`)).status).toBe(403);
    expect((await (await signedIn('sam@s.example')).post(`/api-keys/${String(id)}/take-over`)).status).toBe(404);
    expect((await admin.post('/api-keys/999999/take-over')).status).toBe(404);
    expect(await erp.seen()).toBe(401);
    expect((await admin.post(`/api-keys/${String(id)}/take-over`)).body).toMatchObject({ actsFor: { name: 'Ada' } });
    expect(await erp.seen()).toBe(200);
    const trail = await asOwner(
      database.ownerUrl,
      "SELECT actor_name, old FROM mes.audit_logs WHERE action = 'take_over'",
    );
    expect(trail).toEqual([{ actor_name: 'Ada', old: { actsFor: nik } }]);
  });

  it('that another key makes acts for the same person, and may no more than both', async () => {
    const { program: erp } = await make('administrator');
    const body = { name: 'By a key', roleIds: [await role('viewer')], plantIds: null, expiresAt: null };
    const child = await erp.post('/api-keys', body);
    expect(child.body).toMatchObject({ actsFor: { name: 'Ada' }, createdByName: null });
    expect(await program(child.body['key']).seen()).toBe(200);
  });

  it('belongs to its organisation', async () => {
    const { id, program: erp } = await make('administrator');
    const stranger = await signedIn('sam@s.example');
    expect((await stranger.get('/api-keys')).body).toEqual({ items: [] });
    expect((await stranger.call('DELETE', `/api-keys/${id}`)).status).toBe(404);
    expect(await erp.seen()).toBe(200);
  });
});
