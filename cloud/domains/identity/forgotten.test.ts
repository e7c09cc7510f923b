// Who has forgotten the password is mailed a link, and nobody learns who has an account. A new key of the
// installation signs nobody out.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, jwtSecret, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { Browser } from './test-browser.ts';

const email = 'lea@n.example';
const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
/** The same installation with a new key, which knows the one before, or not; and without mail. */
let knowing: ApiOnPort;
let forgetful: ApiOnPort;
/** No letter leaves here: the job that carries it waits for a worker. */
const mail = { smtpUrl: 'smtp://127.0.0.1:9', from: 'Unison <mes@n.example>', publicUrl: 'https://mes.n.example' };

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { organization: 'North Drinks', name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  const { organizationId } = await insertPlant(database.ownerUrl, plant);
  await insertPerson(database.ownerUrl, { email, password, name: 'Lea Lang', organizationIds: [organizationId] });
  const options = { databaseUrl: database.apiUrl, brokerUrl: broker.url };
  api = await startApi({ ...options, mail });
  const next = { ...options, jwtSecret: 'another secret of this test, as long' };
  knowing = await startApi({ ...next, jwtSecretPrevious: jwtSecret });
  forgetful = await startApi(next);
});

afterAll(async () => {
  for (const one of [api, knowing, forgetful]) await one?.stop();
  await broker?.stop();
  await database?.drop();
});

interface Letter {
  readonly to: string;
  readonly words: { readonly link: string };
}

async function letters(): Promise<Letter[]> {
  const rows = await asOwner(
    database.ownerUrl,
    "SELECT payload FROM mes.background_jobs WHERE kind = 'mail.send' ORDER BY created_at",
  );
  return rows.map(({ payload }) => payload as Letter);
}

describe('a forgotten password', () => {
  it('is set anew with the link in the letter, once; an address that nobody has is answered alike', async () => {
    const visitor = new Browser(api.url);
    const known = await visitor.post('/auth/forgot-password', { email: 'LEA@n.example' });
    const unknown = await visitor.post('/auth/forgot-password', { email: 'nobody@n.example' });
    expect([known.status, known.body]).toEqual([204, {}]);
    expect([unknown.status, unknown.body]).toEqual([204, {}]);
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ to: email, words: { name: 'Lea Lang', organization: 'North Drinks', minutes: 30 } });
    const [page, token] = letter?.words.link.split('#token=') ?? [];
    expect(page).toBe('https://mes.n.example/reset-password');
    const body = { token, password: 'a blue bicycle in the rain' };
    expect((await visitor.post('/auth/reset-password', body)).status).toBe(204);
    expect((await visitor.post('/auth/reset-password', body)).status).toBe(404);
    expect((await visitor.signIn({ email, password })).status).toBe(401);
    expect((await visitor.signIn({ email, password: body.password })).status).toBe(200);
  });

  it('fills nobody’s mailbox: three letters are on their way, then no more', async () => {
    const before = (await letters()).length;
    for (let n = 0; n < 5; n += 1) await new Browser(api.url).post('/auth/forgot-password', { email });
    expect((await letters()).length - before).toBe(3);
  });

  it('cannot be mailed where there is no mail, and the answer says what to do', async () => {
    const answer = await new Browser(forgetful.url).post('/auth/forgot-password', { email });
    expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('administrator') } });
  });
});

describe('a new key of the installation', () => {
  it('signs nobody out while the one before is named, and takes its tokens no more afterwards', async () => {
    const lea = new Browser(api.url);
    await lea.signIn({ email, password: 'a blue bicycle in the rain' });
    for (const [next, status] of [
      [knowing, 200],
      [forgetful, 401],
    ] as const) {
      const there = new Browser(next.url);
      there.token = lea.token;
      expect(await there.seen()).toBe(status);
    }
    // What the new key signs, the old installation does not take.
    const fresh = new Browser(knowing.url);
    await fresh.signIn({ email, password: 'a blue bicycle in the rain' });
    lea.token = fresh.token;
    expect(await lea.seen()).toBe(401);
  });
});
