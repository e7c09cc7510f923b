// Signing in, staying signed in, and what ends it, on the whole API over HTTP.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';

const email = 'lea@example.com';
const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let north: number;
let south: number;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  north = (await insertPlant(database.ownerUrl, { ...plant, organization: 'North Drinks' })).organizationId;
  south = (await insertPlant(database.ownerUrl, { ...plant, organization: 'South Dairy' })).organizationId;
  const { ownerUrl } = database;
  await insertPerson(ownerUrl, { email, password, name: 'Lea Lang', organizationIds: [north] });
  await insertPerson(ownerUrl, {
    email: 'two@example.com',
    password,
    name: 'Tom Two',
    organizationIds: [north, south],
  });
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** The whole Set-Cookie header, or null. */
  readonly setCookie: string | null;
  /** `unison_refresh=…`, to send back. */
  readonly cookie: string;
}

async function post(path: string, options: { body?: unknown; cookie?: string } = {}): Promise<Answer> {
  const response = await fetch(`${api.url}/api/v1/auth/${path}`, {
    method: 'POST',
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  const setCookie = response.headers.get('set-cookie');
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    setCookie,
    cookie: setCookie?.split(';')[0] ?? '',
  };
}

async function plantsWith(accessToken: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${String(accessToken)}` };
  return (await fetch(`${api.url}/api/v1/plants`, { headers })).status;
}

/** As if the last rotation of every session were this long ago. */
async function letTimePass(seconds: number): Promise<void> {
  await asOwner(
    database.ownerUrl,
    'UPDATE mes.sessions SET expires_at = expires_at - make_interval(secs => $1), last_used_at = last_used_at - make_interval(secs => $1)',
    [seconds],
  );
}

describe('signing in', () => {
  it('gives a token that opens the API, and a refresh cookie that scripts and other sites cannot use', async () => {
    const answer = await post('login', { body: { email: 'Lea@Example.com', password } });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      user: { name: 'Lea Lang', email },
      organization: { id: north, name: 'North Drinks' },
    });
    const lifetime = new Date(String(answer.body['expiresAt'])).getTime() - Date.now();
    expect(lifetime).toBeGreaterThan(29 * 60_000);
    expect(lifetime).toBeLessThanOrEqual(30 * 60_000);
    expect(answer.setCookie).toMatch(/HttpOnly/);
    expect(answer.setCookie).toMatch(/SameSite=Strict/);
    expect(answer.setCookie).toMatch(/Path=\/api\/v1\/auth/);
    expect(answer.setCookie).toMatch(/Max-Age=604800/);
    expect(await plantsWith(answer.body['accessToken'])).toBe(200);
  });

  it('answers a wrong password, an unknown address and a foreign organisation alike, and without a cookie', async () => {
    const wrong = await Promise.all([
      post('login', { body: { email, password: 'wrong' } }),
      post('login', { body: { email: 'nobody@example.com', password } }),
      post('login', { body: { email, password, organizationId: south } }),
    ]);
    for (const answer of wrong) {
      expect(answer.status).toBe(401);
      expect(answer.setCookie).toBeNull();
      expect({ ...answer.body, requestId: '' }).toEqual({ ...wrong[0]?.body, requestId: '' });
    }
  });

  it('asks a member of two organisations which one, but only after the right password', async () => {
    const two = { email: 'two@example.com', password };
    const question = await post('login', { body: two });
    expect(question.body).toEqual({
      organizations: [
        { id: north, name: 'North Drinks' },
        { id: south, name: 'South Dairy' },
      ],
    });
    expect(question.setCookie).toBeNull();
    expect((await post('login', { body: { ...two, password: 'wrong' } })).status).toBe(401);
    const answer = await post('login', { body: { ...two, organizationId: south } });
    expect(answer.body).toMatchObject({ organization: { id: south } });
  });

  it('takes bodies as they are: nothing converted, nothing unknown', async () => {
    for (const body of [
      { email, password, organisationId: north },
      { email, password, organizationId: String(north) },
      { email, password: null },
      { email },
      [],
    ]) {
      const answer = await post('login', { body });
      expect(answer, JSON.stringify(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
  });
});

describe('staying signed in', () => {
  it('rotates the refresh token; two tabs in the same moment stay signed in, with one new cookie', async () => {
    const first = await post('login', { body: { email, password } });
    const one = await post('refresh', { cookie: first.cookie });
    const other = await post('refresh', { cookie: first.cookie });
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(one.cookie).not.toBe(first.cookie);
    expect(other.setCookie).toBeNull();
    expect(await plantsWith(other.body['accessToken'])).toBe(200);
    expect((await post('refresh', { cookie: one.cookie })).status).toBe(200);
  });

  it('ends the session when an old refresh token comes a second time: somebody copied it', async () => {
    const first = await post('login', { body: { email, password } });
    const second = await post('refresh', { cookie: first.cookie });
    await letTimePass(11);
    const thief = await post('refresh', { cookie: first.cookie });
    expect(thief).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    expect((await post('refresh', { cookie: second.cookie })).status).toBe(401);
  });

  it('ends after seven days without use, and at once when signing out', async () => {
    const late = await post('login', { body: { email, password } });
    await letTimePass(7 * 24 * 60 * 60 + 1);
    expect((await post('refresh', { cookie: late.cookie })).status).toBe(401);

    const session = await post('login', { body: { email, password } });
    const out = await post('logout', { cookie: session.cookie });
    expect(out.status).toBe(204);
    expect(out.setCookie).toMatch(/unison_refresh=;/);
    expect((await post('refresh', { cookie: session.cookie })).status).toBe(401);
    expect((await post('refresh')).status).toBe(401);
  });
});
