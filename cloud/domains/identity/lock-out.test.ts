// Guessing: how often one may, how long one waits, and that nobody learns who has an account.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { type Answer, Browser } from './test-browser.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let other: ApiOnPort;
let organizationId: number;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { organization: 'North Drinks', name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  organizationId = (await insertPlant(database.ownerUrl, plant)).organizationId;
  for (const name of ['ann', 'bob', 'cid', 'dan', 'eva', 'admin']) {
    await insertPerson(database.ownerUrl, {
      email: `${name}@n.example`,
      password,
      name,
      organizationIds: [organizationId],
    });
  }
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  other = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
});

afterAll(async () => {
  await api?.stop();
  await other?.stop();
  await broker?.stop();
  await database?.drop();
});

const guess = (email: string, where = api): Promise<Answer> =>
  new Browser(where.url).post('/auth/login', { email, password: 'a wrong guess' });
const right = (email: string, where = api): Promise<Answer> =>
  new Browser(where.url).post('/auth/login', { email, password });

async function guesses(email: string, times: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < times; n += 1) answers.push(await guess(email));
  return answers;
}

/** As if every lock had begun this many minutes earlier. */
async function letTimePass(minutes: number): Promise<void> {
  await asOwner(
    database.ownerUrl,
    'UPDATE mes.sign_in_attempts SET locked_until = locked_until - make_interval(mins => $1), last_at = last_at - make_interval(mins => $1)',
    [minutes],
  );
}

const waitOf = (answer: Answer): number => Number(answer.headers.get('retry-after'));

describe('who guesses', () => {
  it('may err four times and still come in; then it begins anew', async () => {
    for (let round = 0; round < 2; round += 1) {
      expect((await guesses('ann@n.example', 4)).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
      expect((await right('ann@n.example')).status).toBe(200);
    }
  });

  it('waits 1, 2, 4 … 60 minutes from the fifth failure on, on every instance, even with the right password', async () => {
    await guesses('bob@n.example', 5);
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      for (const where of [api, other]) {
        const answer = await right('bob@n.example', where);
        expect(answer).toMatchObject({ status: 429, body: { code: 'locked_out' } });
        expect(waitOf(answer)).toBeGreaterThan(minutes * 60 - 30);
        expect(waitOf(answer)).toBeLessThanOrEqual(minutes * 60);
      }
      await letTimePass(minutes);
      expect((await guess('bob@n.example')).status).toBe(401);
    }
    await letTimePass(60);
    expect((await right('bob@n.example')).status).toBe(200);
    expect((await guess('bob@n.example')).status).toBe(401);
  });

  it('learns nothing from it: an address that nobody has is locked just so', async () => {
    const known = await guesses('cid@n.example', 6);
    const unknown = await guesses('nobody@n.example', 6);
    const plain = ({ status, body, headers }: Answer) => ({
      status,
      body: { ...body, requestId: '' },
      locked: headers.has('retry-after'),
    });
    expect(known.map(plain)).toEqual(unknown.map(plain));
    expect(known.at(-1)?.status).toBe(429);
  });

  it('has five guesses at once, not fifty: they are counted before they are checked', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess('dan@n.example')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
  });

  it('is let in again by an administrator, who sees in the trail what happened and no secret', async () => {
    await guesses('eva@n.example', 5);
    const admin = new Browser(api.url);
    await admin.signIn({ email: 'admin@n.example', password });
    const { items } = (await admin.get('/users?search=eva')).body as { items: { id: number }[] };
    const id = items[0]?.id ?? 0;
    expect((await admin.get(`/users/${id}/sign-in`)).body).toMatchObject({
      hasPassword: true,
      hasPin: false,
      lockedUntil: expect.any(String),
    });
    expect((await admin.post(`/users/${id}/unlock`)).status).toBe(204);
    expect((await right('eva@n.example')).status).toBe(200);
    const trail = await asOwner(
      database.ownerUrl,
      "SELECT actor_kind, action, new FROM mes.audit_logs WHERE entity = 'users' AND entity_id = $1 ORDER BY id",
      [String(id)],
    );
    expect(trail.map(({ actor_kind, action }) => [actor_kind, action].join(' '))).toEqual([
      ...Array.from({ length: 5 }, () => 'visitor sign_in_failed'),
      'user unlock',
      'user sign_in',
    ]);
    expect(JSON.stringify(trail)).not.toMatch(/guess|correct|argon2/);
  });

  it('forgets after a day, and cleans up behind itself', async () => {
    await guesses('gone@n.example', 5);
    await letTimePass(24 * 60 + 1);
    for (let n = 0; n < 3; n += 1) await guess(`other-${n}@n.example`);
    const [left] = await asOwner(
      database.ownerUrl,
      "SELECT count(*)::int AS old FROM mes.sign_in_attempts WHERE last_at < now() - interval '1 day'",
    );
    expect(left).toEqual({ old: 0 });
    expect((await guess('gone@n.example')).status).toBe(401);
  });
});
