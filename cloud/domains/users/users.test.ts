// The people of an organisation: made with and without an e-mail address, changed by two at once, archived,
// brought back, and never out of reach of the rights of who does it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows } from '../../../test/web/plant-rows.ts';
import { Browser } from '../identity/test-browser.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let north: PlantRows;
let south: PlantRows;
let admin: Browser;
let stranger: Browser;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  north = await insertPlant(database.ownerUrl, { ...plant, organization: 'North Drinks' });
  south = await insertPlant(database.ownerUrl, { ...plant, organization: 'South Dairy' });
  const { ownerUrl } = database;
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
  stranger = await signedIn('sam@s.example');
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function signedIn(email: string): Promise<Browser> {
  const browser = new Browser(api.url);
  expect(await browser.signIn({ email, password })).toMatchObject({ status: 200 });
  return browser;
}

async function roleId(code: string): Promise<number> {
  const { items } = (await admin.get(`/roles?roleCode=${code}`)).body as { items: { id: number }[] };
  return items[0]?.id ?? 0;
}

async function make(body: object): Promise<{ id: number; version: number }> {
  const made = await admin.post('/users', { roles: [], ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body as { id: number; version: number };
}

describe('a user', () => {
  it('is made with an e-mail address, signs in, and has the roles it was given', async () => {
    const made = await admin.post('/users', {
      displayName: 'Bea Boss',
      email: 'Bea@N.example',
      password,
      language: 'de',
      roles: [{ roleId: await roleId('viewer'), plantId: null }],
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        displayName: 'Bea Boss',
        email: 'bea@n.example',
        badge: null,
        language: 'de',
        allPlants: true,
        version: 1,
      },
    });
    expect(made.headers.get('location')).toBe(`/api/v1/users/${String(made.body['id'])}`);
    const bea = await signedIn('bea@n.example');
    expect((await bea.get('/plants')).status).toBe(200);
    expect((await bea.get('/users')).status).toBe(403);
    expect((await bea.post('/users', { displayName: 'X', roles: [] })).status).toBe(403);
    const { items } = (await admin.get(`/users/${String(made.body['id'])}/history`)).body as { items: unknown[] };
    expect(JSON.stringify(items)).toContain('Bea Boss');
    expect(JSON.stringify(items)).not.toMatch(/correct horse|argon2/);
  });

  it('may have a badge and a PIN instead, or nothing but a name', async () => {
    await make({ displayName: 'Olga', badge: 'B-1001', pin: '4711' });
    const olga = new Browser(api.url);
    // A PIN is worth nothing but on a paired tablet.
    expect((await olga.signIn({ badge: 'B-1001', pin: '4711' })).status).toBe(401);
    await make({ displayName: 'Otto' });
    await make({ displayName: 'Badge and password', badge: 'B-1002', password });
    expect((await olga.signIn({ badge: 'B-1002', password })).status).toBe(200);
  });

  it('is refused with an e-mail or badge of somebody else, a weak password or PIN, and unknown fields', async () => {
    await make({ displayName: 'First', email: 'first@n.example', badge: 'B-2001' });
    const taken = [{ email: 'first@n.example' }, { badge: 'B-2001' }, { email: 'FIRST@n.example' }];
    for (const one of taken) {
      const answer = await admin.post('/users', { displayName: 'Second', roles: [], ...one });
      expect(answer, JSON.stringify(one)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    }
    const bad = [
      { password: 'short' },
      { password: 'password password' },
      { pin: '1234' },
      { pin: '0000' },
      { pin: '12' },
      { email: 'no address' },
      { accountId: 1 },
      { roles: [{ roleId: 999_999, plantId: null }] },
    ];
    for (const one of bad) {
      const answer = await admin.post('/users', { displayName: 'Third', roles: [], ...one });
      expect(answer, JSON.stringify(one)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
  });

  it('of two made at once with one address is one', async () => {
    const body = { displayName: 'Twin', email: 'twin@n.example', roles: [] };
    const answers = await Promise.all([admin.post('/users', body), admin.post('/users', body)]);
    expect(answers.map(({ status }) => status).sort((one, next) => one - next)).toEqual([201, 409]);
  });

  it('who is known in another organisation keeps the own password, and nobody here can change it', async () => {
    await insertPerson(database.ownerUrl, {
      email: 'both@x.example',
      password,
      name: 'Both',
      organizationIds: [south.organizationId],
    });
    const withPassword = {
      displayName: 'Both',
      email: 'both@x.example',
      password: 'a blue bicycle in the rain',
      roles: [],
    };
    expect((await admin.post('/users', withPassword)).status).toBe(409);
    const { id, version } = await make({ displayName: 'Both', email: 'both@x.example' });
    expect((await new Browser(api.url).signIn({ email: 'both@x.example', password })).body).toMatchObject({
      organizations: [{ name: 'South Dairy' }, { name: 'North Drinks' }],
    });
    expect((await admin.call('PUT', `/users/${id}/pin`, { body: { pin: '4712' } })).status).toBe(409);
    expect((await admin.post(`/users/${id}/reset-link`, { by: 'link' })).status).toBe(409);
    expect((await admin.call('PATCH', `/users/${id}`, { body: { version, email: 'mine@n.example' } })).status).toBe(
      409,
    );
    expect((await admin.get(`/users/${id}/sign-in`)).body).toMatchObject({ shared: true });
  });

  it('is found, filtered, sorted and paged', async () => {
    for (const name of ['Zoe Zed', 'Yan Zed', 'Xia Zed']) await make({ displayName: name });
    const first = (await admin.get('/users?search=zed&sort=displayName&limit=2')).body as {
      items: { displayName: string }[];
      nextCursor: string;
    };
    expect(first.items.map(({ displayName }) => displayName)).toEqual(['Xia Zed', 'Yan Zed']);
    const rest = await admin.get(`/users?search=zed&sort=displayName&limit=2&cursor=${first.nextCursor}`);
    expect(rest.body).toMatchObject({ items: [{ displayName: 'Zoe Zed' }], nextCursor: null });
    expect((await admin.get('/users?email=ada@n.example')).body).toMatchObject({ items: [{ displayName: 'Ada' }] });
  });
});

describe('a change', () => {
  it('of the e-mail address is one of how the person signs in; of an old version it is refused', async () => {
    const { id, version } = await make({ displayName: 'Carl', email: 'carl@n.example', password });
    const changed = await admin.call('PATCH', `/users/${id}`, {
      body: { version, email: 'carlo@n.example', displayName: 'Carlo' },
    });
    expect(changed).toMatchObject({ status: 200, body: { email: 'carlo@n.example', displayName: 'Carlo' } });
    expect((await new Browser(api.url).signIn({ email: 'carl@n.example', password })).status).toBe(401);
    await signedIn('carlo@n.example');
    const late = await admin.call('PATCH', `/users/${id}`, { body: { version, displayName: 'Charles' } });
    expect(late).toMatchObject({ status: 409 });
    const next = (await admin.get(`/users/${id}`)).body['version'];
    const taken = await admin.call('PATCH', `/users/${id}`, { body: { version: next, email: 'ada@n.example' } });
    expect(taken).toMatchObject({ status: 409, body: { detail: expect.stringContaining('e-mail') } });
  });

  it('is not for another organisation to make, nor to see', async () => {
    const { id, version } = await make({ displayName: 'Ours', email: 'ours@n.example', password });
    const tries = [
      stranger.get(`/users/${id}`),
      stranger.call('PATCH', `/users/${id}`, { body: { version, displayName: 'Theirs' } }),
      stranger.call('DELETE', `/users/${id}?version=${version}`),
      stranger.call('PUT', `/users/${id}/pin`, { body: { pin: '4711' } }),
      stranger.post(`/users/${id}/reset-link`, { by: 'link' }),
      stranger.post(`/users/${id}/unlock`),
      stranger.post(`/users/${id}/sign-out`),
      stranger.get(`/users/${id}/sign-in`),
    ];
    for (const answer of await Promise.all(tries)) expect(answer).toMatchObject({ status: 404 });
    const { items } = (await stranger.get('/users')).body as { items: { displayName: string }[] };
    expect(items.map(({ displayName }) => displayName)).toEqual(expect.not.arrayContaining(['Ours']));
    await signedIn('ours@n.example');
  });

  it('of what opens the door of somebody with more rights is refused', async () => {
    const userKeeper = await admin.post('/roles', {
      roleCode: 'user_keeper',
      roleName: 'User keeper',
      permissions: ['users.read', 'users.create', 'users.update', 'users.archive'],
    });
    const keeperRole = Number(userKeeper.body['id']);
    await make({
      displayName: 'Kim',
      email: 'kim@n.example',
      password,
      roles: [{ roleId: keeperRole, plantId: null }],
    });
    const kim = await signedIn('kim@n.example');
    const { items } = (await kim.get('/users?email=ada@n.example')).body as {
      items: { id: number; version: number }[];
    };
    const ada = items[0] ?? { id: 0, version: 0 };
    const tries = [
      kim.post(`/users/${ada.id}/reset-link`, { by: 'link' }),
      kim.call('PUT', `/users/${ada.id}/pin`, { body: { pin: '4711' } }),
      kim.call('PATCH', `/users/${ada.id}`, { body: { version: ada.version, email: 'kim-too@n.example' } }),
      kim.call('DELETE', `/users/${ada.id}?version=${ada.version}`),
      kim.post('/users', { displayName: 'Puppet', roles: [{ roleId: await roleId('administrator'), plantId: null }] }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer).toMatchObject({ status: 403 });
    const { id } = await make({ displayName: 'Plain', email: 'plain@n.example' });
    expect((await kim.post(`/users/${id}/reset-link`, { by: 'link' })).status).toBe(200);
    expect((await kim.post(`/users/${id}/reset-link`, { by: 'mail' })).status).toBe(503);
  });
});

describe('who leaves', () => {
  it('is archived and out at once, keeps the name on the work, and comes back', async () => {
    const { id, version } = await make({ displayName: 'Dora', email: 'dora@n.example', password });
    const dora = await signedIn('dora@n.example');
    const archived = await admin.call('DELETE', `/users/${id}?version=${version}`);
    expect(archived).toMatchObject({ status: 200, body: { archivedAt: expect.any(String) } });
    expect(await dora.seen()).toBe(401);
    expect((await dora.refresh()).status).toBe(401);
    expect((await new Browser(api.url).signIn({ email: 'dora@n.example', password })).status).toBe(401);
    expect((await admin.get('/users?email=dora@n.example')).body).toMatchObject({ items: [] });
    const restored = await admin.post(`/users/${id}/restore`, { version: archived.body['version'] });
    expect(restored).toMatchObject({ status: 200, body: { archivedAt: null } });
    expect(await dora.seen()).toBe(401);
    await signedIn('dora@n.example');
  });

  it('is not oneself', async () => {
    const { items } = (await admin.get('/users?email=ada@n.example')).body as {
      items: { id: number; version: number }[];
    };
    expect((await admin.call('DELETE', `/users/${items[0]?.id}?version=${items[0]?.version}`)).status).toBe(403);
  });

  it('is signed out by an administrator', async () => {
    const { id } = await make({ displayName: 'Emil', email: 'emil@n.example', password });
    const emil = await signedIn('emil@n.example');
    expect((await admin.post(`/users/${id}/sign-out`)).status).toBe(204);
    expect(await emil.seen()).toBe(401);
    expect((await emil.refresh()).status).toBe(401);
  });
});

describe('oneself', () => {
  it('is changed in name, language and time format, and in nothing else', async () => {
    await make({ displayName: 'Fay', email: 'fay@n.example', password });
    const fay = await signedIn('fay@n.example');
    const { body } = await fay.get('/profile');
    expect(body).toMatchObject({ displayName: 'Fay', email: 'fay@n.example', language: 'en', timeFormat: '24h' });
    const changed = await fay.call('PATCH', '/profile', {
      body: { version: body['version'], displayName: 'Fay Fair', language: 'de', timeFormat: '12h' },
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { displayName: 'Fay Fair', language: 'de', timeFormat: '12h' },
    });
    expect((await fay.refresh()).body).toMatchObject({ user: { name: 'Fay Fair', language: 'de' } });
    expect((await fay.call('PATCH', '/profile', { body: { version: body['version'], language: 'en' } })).status).toBe(
      409,
    );
    for (const field of [{ email: 'x@y.example' }, { allPlants: true }, { language: 'xx' }]) {
      const answer = await fay.call('PATCH', '/profile', { body: { version: changed.body['version'], ...field } });
      expect(answer).toMatchObject({ status: 400 });
    }
  });

  it('cannot write another address past the account', async () => {
    await asOwner(database.ownerUrl, "UPDATE mes.users SET email = 'forged@n.example' WHERE email = 'ada@n.example'");
    expect((await admin.get('/profile')).body).toMatchObject({ email: 'ada@n.example' });
  });
});
