// What a person does with the own account: sees and ends sessions, goes to another organisation, changes
// the password, and comes back in with a link.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { Browser } from './test-browser.ts';

const password = 'correct horse battery';
const newPassword = 'a blue bicycle in the rain';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let north: number;
let south: number;
let count = 0;
/** Of this test: a member of both organisations. */
let email: string;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  north = (await insertPlant(database.ownerUrl, { ...plant, organization: 'North Drinks' })).organizationId;
  south = (await insertPlant(database.ownerUrl, { ...plant, organization: 'South Dairy' })).organizationId;
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
});

beforeEach(async () => {
  count += 1;
  email = `lea-${count}@example.com`;
  await insertPerson(database.ownerUrl, { email, password, name: 'Lea Lang', organizationIds: [north, south] });
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function signedIn(organizationId = north): Promise<Browser> {
  const browser = new Browser(api.url);
  expect((await browser.signIn({ email, password, organizationId })).status).toBe(200);
  return browser;
}

describe('sessions', () => {
  it('are listed over all organisations, and ended one by one', async () => {
    const desk = await signedIn();
    const phone = await signedIn(south);
    const { items } = (await desk.get('/auth/sessions')).body as {
      items: { id: string; current: boolean; organization: string }[];
    };
    expect(items.map(({ current, organization }) => ({ current, organization }))).toEqual(
      expect.arrayContaining([
        { current: true, organization: 'North Drinks' },
        { current: false, organization: 'South Dairy' },
      ]),
    );
    const away = items.find(({ current }) => !current)?.id;
    expect((await desk.call('DELETE', `/auth/sessions/${away}`)).status).toBe(204);
    expect(await phone.seen()).toBe(401);
    expect(await desk.seen()).toBe(200);
    expect((await desk.call('DELETE', `/auth/sessions/${away}`)).status).toBe(404);
  });

  it('of others cannot be ended', async () => {
    const mine = await signedIn();
    const { items } = (await mine.get('/auth/sessions')).body as { items: { id: string }[] };
    await insertPerson(database.ownerUrl, {
      email: `x-${email}`,
      password,
      name: 'Somebody',
      organizationIds: [north],
    });
    const stranger = new Browser(api.url);
    await stranger.signIn({ email: `x-${email}`, password });
    expect((await stranger.call('DELETE', `/auth/sessions/${items[0]?.id}`)).status).toBe(404);
    expect(await mine.seen()).toBe(200);
  });

  it('end everywhere at once', async () => {
    const browsers = [await signedIn(), await signedIn(), await signedIn(south)];
    expect((await (browsers[0] as Browser).post('/auth/logout-everywhere')).status).toBe(204);
    for (const browser of browsers) {
      expect(await browser.seen()).toBe(401);
      expect((await browser.refresh()).status).toBe(401);
    }
  });

  it('end on this browser when somebody else signs in on it', async () => {
    const browser = await signedIn();
    const before = browser.token;
    await browser.signIn({ email, password, organizationId: south });
    browser.token = before;
    expect(await browser.seen()).toBe(401);
  });

  it('lead to another organisation of the person, and to no other', async () => {
    const browser = await signedIn();
    const before = browser.token;
    expect((await browser.get('/auth/organizations')).body).toEqual({
      items: [
        { id: north, name: 'North Drinks', current: true },
        { id: south, name: 'South Dairy', current: false },
      ],
    });
    expect((await browser.switchTo(999)).status).toBe(404);
    expect(await browser.switchTo(south)).toMatchObject({ status: 200, body: { organization: { id: south } } });
    expect((await browser.get('/session')).body).toMatchObject({ organization: { id: south } });
    expect((await browser.refresh()).body).toMatchObject({ organization: { id: south } });
    const old = new Browser(api.url);
    old.token = before;
    expect(await old.seen()).toBe(401);
  });
});

describe('the password', () => {
  it('is changed with the old one; other sessions end, this one goes on', async () => {
    const desk = await signedIn();
    const phone = await signedIn(south);
    const wrong = await desk.post('/auth/change-password', { oldPassword: 'wrong', newPassword });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: 'body/oldPassword' }] } });
    expect((await desk.post('/auth/change-password', { oldPassword: password, newPassword })).status).toBe(204);
    expect(await desk.seen()).toBe(200);
    expect(await phone.seen()).toBe(401);
    const anew = new Browser(api.url);
    expect((await anew.signIn({ email, password, organizationId: north })).status).toBe(401);
    expect((await anew.signIn({ email, password: newPassword, organizationId: north })).status).toBe(200);
  });

  it('cannot be guessed through a session that was left open', async () => {
    const desk = await signedIn();
    for (let n = 0; n < 5; n += 1) await desk.post('/auth/change-password', { oldPassword: 'wrong', newPassword });
    const locked = await desk.post('/auth/change-password', { oldPassword: password, newPassword });
    expect(locked).toMatchObject({ status: 429, body: { code: 'locked_out' } });
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it.each([
    'too short',
    'Password2026!',
    '123456789012',
    'aaaaaaaaaaaaaa',
    'qwertzuiopas',
    'Lea Lang 1234',
    'lea-@example.com',
  ])('must not be %s', async (weak) => {
    const desk = await signedIn();
    const answer = await desk.post('/auth/change-password', {
      oldPassword: password,
      newPassword: weak === 'lea-@example.com' ? email : weak,
    });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'body/newPassword' }] } });
  });
});

describe('a link of an administrator', () => {
  async function linkFor(admin: Browser): Promise<string> {
    const { items } = (await admin.get(`/users?email=${email}`)).body as { items: { id: number }[] };
    const link = await admin.post(`/users/${items[0]?.id}/reset-link`, { by: 'link' });
    expect(link.status, JSON.stringify(link.body)).toBe(200);
    return String(link.body['path']).split('token=')[1] ?? '';
  }

  async function administrator(): Promise<Browser> {
    const address = `admin-${count}@example.com`;
    await insertPerson(database.ownerUrl, { email: address, password, name: 'Ada', organizationIds: [north] });
    const browser = new Browser(api.url);
    await browser.signIn({ email: address, password });
    return browser;
  }

  it('sets a password once, ends all sessions, and leaves no token in the trail or the database', async () => {
    email = `only-${count}@example.com`;
    await insertPerson(database.ownerUrl, { email, password, name: 'Lea Lang', organizationIds: [north] });
    const admin = await administrator();
    const lost = await signedIn();
    const token = await linkFor(admin);
    const visitor = new Browser(api.url);
    expect((await visitor.post('/auth/reset-password', { token, password: 'short' })).status).toBe(400);
    expect((await visitor.post('/auth/reset-password', { token, password: newPassword })).status).toBe(204);
    expect(await lost.seen()).toBe(401);
    expect((await visitor.post('/auth/reset-password', { token, password: newPassword })).status).toBe(404);
    expect((await visitor.signIn({ email, password: newPassword })).status).toBe(200);
    const everything = await asOwner(database.ownerUrl, 'SELECT old, new, reason FROM mes.audit_logs');
    expect(JSON.stringify(everything)).not.toContain(token);
  });

  it('works for 30 minutes, and only the last one does', async () => {
    email = `late-${count}@example.com`;
    await insertPerson(database.ownerUrl, { email, password, name: 'Lea Lang', organizationIds: [north] });
    const admin = await administrator();
    const first = await linkFor(admin);
    const second = await linkFor(admin);
    const visitor = new Browser(api.url);
    expect((await visitor.post('/auth/reset-password', { token: first, password: newPassword })).status).toBe(404);
    await asOwner(database.ownerUrl, "UPDATE mes.reset_links SET expires_at = expires_at - interval '30 minutes'");
    expect((await visitor.post('/auth/reset-password', { token: second, password: newPassword })).status).toBe(404);
    expect((await visitor.signIn({ email, password })).status).toBe(200);
  });

  it('is not made for a person who is also in another organisation: it would open that one, too', async () => {
    const admin = await administrator();
    const { items } = (await admin.get(`/users?email=${email}`)).body as { items: { id: number }[] };
    expect(await admin.post(`/users/${items[0]?.id}/reset-link`, { by: 'link' })).toMatchObject({ status: 409 });
  });
});

describe('a page of another site', () => {
  it('cannot do anything with the cookies of this one', async () => {
    const browser = await signedIn();
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      for (const path of ['/auth/refresh', '/auth/logout', '/auth/login']) {
        const answer = await browser.call('POST', path, { headers });
        expect(answer, `${path} ${JSON.stringify(headers)}`).toMatchObject({
          status: 403,
          body: { code: 'forbidden' },
        });
      }
    }
    const ours = [
      { origin: api.url, 'sec-fetch-site': 'same-origin' },
      { origin: 'http://localhost:5173', 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of ours) expect((await browser.call('POST', '/auth/refresh', { headers })).status).toBe(200);
  });
});
