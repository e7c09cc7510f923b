// A tablet at the line: paired once, shared by operators with a PIN, revoked at once; and a TV that only shows.

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
let stranger: Browser;
let plantId: number;
let secondPlantId: number;
let olga: number;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  const north = await insertPlant(ownerUrl, { ...plant, organization: 'North Drinks' });
  const south = await insertPlant(ownerUrl, { ...plant, organization: 'South Dairy' });
  plantId = north.plantId;
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
  [admin, stranger] = [new Browser(api.url), new Browser(api.url)];
  await admin.signIn({ email: 'ada@n.example', password });
  await stranger.signIn({ email: 'sam@s.example', password });
  secondPlantId = Number((await admin.post('/plants', { name: 'Second', timeZone: 'Europe/Berlin' })).body['id']);
  const { items } = (await admin.get('/roles?roleCode=operator')).body as { items: { id: number }[] };
  const roles = [{ roleId: items[0]?.id, plantId: null }];
  olga = Number((await admin.post('/users', { displayName: 'Olga', badge: 'B-1001', pin: '4711', roles })).body['id']);
  await admin.post('/users', { displayName: 'No PIN', roles });
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function offer(kind = 'tablet', plant = plantId): Promise<{ id: number; code: string; version: number }> {
  const made = await admin.post('/paired-devices', { plantId: plant, kind, name: `${kind} at line 1` });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const offered = await admin.post(`/paired-devices/${String(made.body['id'])}/code`);
  expect(offered.status, JSON.stringify(offered.body)).toBe(200);
  const { version } = (await admin.get(`/paired-devices/${String(made.body['id'])}`)).body;
  return { id: Number(made.body['id']), code: String(offered.body['code']), version: Number(version) };
}

async function paired(kind = 'tablet', plant = plantId): Promise<{ id: number; tablet: Browser }> {
  const { id, code } = await offer(kind, plant);
  const tablet = new Browser(api.url);
  expect((await tablet.signIn({ code }, '/device/pair')).status).toBe(200);
  return { id, tablet };
}

describe('a tablet', () => {
  it('is paired with a code that works once, within ten minutes, and as it is typed', async () => {
    const { id, code } = await offer();
    const tablet = new Browser(api.url);
    const answer = await tablet.post('/device/pair', { code: code.toLowerCase().replace('-', '') });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        device: { id, kind: 'tablet' },
        organization: { name: 'North Drinks' },
        plant: { id: plantId, name: 'Plant' },
      },
    });
    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) expect(cookie).toMatch(/HttpOnly.*SameSite=Strict/);
    expect((await new Browser(api.url).post('/device/pair', { code })).status).toBe(404);
    const late = await offer();
    await asOwner(
      database.ownerUrl,
      "UPDATE mes.paired_devices SET code_expires_at = now() - interval '1 second' WHERE id = $1",
      [late.id],
    );
    expect((await new Browser(api.url).post('/device/pair', { code: late.code })).status).toBe(404);
    const trail = await asOwner(database.ownerUrl, "SELECT * FROM mes.audit_logs WHERE entity = 'paired-devices'");
    expect(JSON.stringify(trail)).not.toContain(code);
  });

  it('lists who may sign in on it, and a PIN opens a short session in the name of the person', async () => {
    const { tablet } = await paired();
    expect((await tablet.get('/device/users')).body).toEqual({ items: [{ id: olga, name: 'Olga' }] });
    const answer = await tablet.signIn({ userId: olga, pin: '4711' });
    expect(answer).toMatchObject({ status: 200, body: { user: { name: 'Olga', email: null }, idleAfterS: 900 } });
    expect((await tablet.get('/session')).body).toMatchObject({ kind: 'user', user: { name: 'Olga' } });
    expect((await tablet.refresh()).status).toBe(200);
    await asOwner(
      database.ownerUrl,
      "UPDATE mes.sessions SET expires_at = expires_at - interval '15 minutes' WHERE user_id = $1",
      [olga],
    );
    // Told by the database, a moment after the commit.
    await expect.poll(() => tablet.seen()).toBe(401);
    expect((await tablet.refresh()).status).toBe(401);
    expect((await tablet.signIn({ badge: 'B-1001', pin: '4711' })).status).toBe(200);
  });

  it('is what a PIN needs: from elsewhere, wrong, or guessed too often it opens nothing', async () => {
    for (const login of [
      { userId: olga, pin: '4711' },
      { badge: 'B-1001', pin: '4711' },
    ])
      expect((await new Browser(api.url).signIn(login)).status).toBe(401);
    const { tablet } = await paired();
    for (let n = 0; n < 5; n += 1) expect((await tablet.signIn({ userId: olga, pin: '9999' })).status).toBe(401);
    expect(await tablet.signIn({ userId: olga, pin: '4711' })).toMatchObject({
      status: 429,
      body: { code: 'locked_out' },
    });
    expect((await admin.post(`/users/${olga}/unlock`)).status).toBe(204);
    expect((await tablet.signIn({ userId: olga, pin: '4711' })).status).toBe(200);
  });

  it('of a plant that somebody is not let into does not know him', async () => {
    const { version } = (await admin.get(`/users/${olga}`)).body;
    const limited = await admin.call('PUT', `/users/${olga}/plant-access`, {
      body: { version, allPlants: false, plantIds: [plantId] },
    });
    expect(limited.status, JSON.stringify(limited.body)).toBe(200);
    const { tablet } = await paired('tablet', secondPlantId);
    expect((await tablet.get('/device/users')).body).toEqual({ items: [] });
    expect((await tablet.signIn({ userId: olga, pin: '4711' })).status).toBe(401);
  });

  it('passes from one person to the next, and the one before is out', async () => {
    const { tablet } = await paired();
    await tablet.signIn({ userId: olga, pin: '4711' });
    const before = tablet.token;
    expect((await tablet.signIn({ email: 'ada@n.example', password })).body).toMatchObject({ idleAfterS: 900 });
    tablet.token = before;
    expect(await tablet.seen()).toBe(401);
  });

  it('is out at once when it is revoked, with whoever is signed in on it', async () => {
    const { id, tablet } = await paired();
    await tablet.signIn({ userId: olga, pin: '4711' });
    const { version } = (await admin.get(`/paired-devices/${id}`)).body;
    expect((await admin.call('DELETE', `/paired-devices/${id}?version=${String(version)}`)).status).toBe(200);
    expect(await tablet.seen()).toBe(401);
    expect((await tablet.get('/device/users')).status).toBe(401);
    expect((await tablet.signIn({ userId: olga, pin: '4711' })).status).toBe(401);
    expect((await admin.post(`/paired-devices/${id}/code`)).status).toBe(409);
  });

  it('is nobody else’s to see, to pair or to revoke', async () => {
    const { id, version } = await offer();
    expect((await stranger.get(`/paired-devices/${id}`)).status).toBe(404);
    expect((await stranger.post(`/paired-devices/${id}/code`)).status).toBe(404);
    expect((await stranger.call('DELETE', `/paired-devices/${id}?version=${version}`)).status).toBe(404);
    const { tablet } = await paired();
    await tablet.signIn({ userId: olga, pin: '4711' });
    expect((await tablet.post(`/paired-devices/${id}/code`)).status).toBe(403);
    expect((await stranger.post('/paired-devices', { plantId, kind: 'tablet', name: 'Theirs' })).status).toBe(400);
  });
});

describe('a TV', () => {
  it('shows its plant without a person, changes nothing, and goes on as long as it is not revoked', async () => {
    const { tablet: tv } = await paired('tv', secondPlantId);
    expect((await tv.get('/session')).body).toMatchObject({ kind: 'device', user: { id: null } });
    expect((await tv.get('/plants')).body).toMatchObject({ items: [{ id: secondPlantId }] });
    expect((await tv.get(`/plants/${plantId}`)).status).toBe(404);
    expect((await tv.get('/users')).status).toBe(403);
    expect((await tv.post('/departments', { plantId: secondPlantId, code: 'X', name: 'X' })).status).toBe(403);
    expect((await tv.get('/profile')).status).toBe(403);
    expect((await tv.get('/device/users')).body).toEqual({ items: [] });
    expect((await tv.signIn(undefined, '/device/session')).status).toBe(200);
    expect(await tv.seen()).toBe(200);
    expect((await new Browser(api.url).post('/device/session')).status).toBe(401);
  });
});
