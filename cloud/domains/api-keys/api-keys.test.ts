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

  it('belongs to its organisation', async () => {
    const { id, program: erp } = await make('administrator');
    const stranger = await signedIn('sam@s.example');
    expect((await stranger.get('/api-keys')).body).toEqual({ items: [] });
    expect((await stranger.call('DELETE', `/api-keys/${id}`)).status).toBe(404);
    expect(await erp.seen()).toBe(200);
  });
});
