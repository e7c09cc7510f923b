// What keeps the API standing when somebody asks too much, or the same thing twice.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { type Answer, type ApiUser, signIn } from '../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows } from '../../test/web/plant-rows.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let plant: PlantRows;
const running: ApiOnPort[] = [];

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  plant = await insertPlant(database.ownerUrl, { organization: 'N', name: 'P', timeZone: 'UTC', machines: [] });
  for (const name of ['lea', 'max']) {
    const person = { email: `${name}@n.example`, password, name, organizationIds: [plant.organizationId] };
    await insertPerson(database.ownerUrl, person);
  }
});

afterAll(async () => {
  for (const api of running) await api.stop();
  await broker?.stop();
  await database?.drop();
});

async function start(options: Partial<Parameters<typeof startApi>[0]> = {}): Promise<ApiOnPort> {
  const api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, ...options });
  running.push(api);
  return api;
}
const come = (api: ApiOnPort, name: string): Promise<ApiUser> =>
  signIn(api.url, { email: `${name}@n.example`, password });
const problem = (answer: Answer) => answer.body as { code: string; detail: string };

async function untilRefused(
  ask: () => Promise<Answer>,
  most: number,
): Promise<{ served: number; refused: Answer | null }> {
  for (let served = 0; served < most; served += 1) {
    const answer = await ask();
    if (answer.status === 429) return { served, refused: answer };
    expect(answer.status).toBeLessThan(500);
  }
  return { served: most, refused: null };
}

describe('limits', () => {
  it('stop one person who asks too much, and nobody else', async () => {
    const api = await start({ limits: { perAddress: 1_000, perActor: 10, signInsPerAddress: 100 } });
    const [lea, max] = await Promise.all([come(api, 'lea'), come(api, 'max')]);
    const { served, refused } = await untilRefused(() => lea.get('/departments'), 20);
    expect(served).toBe(10);
    expect(problem(refused as Answer).detail).toMatch(/^Too many requests from you. Go on in \d+ s\.$/);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await max.get('/departments')).status).toBe(200);
    // Another window of hers is still her.
    expect((await (await come(api, 'lea')).get('/departments')).status).toBe(429);
  });

  it('stop an address before it is known who asks, and one that tries passwords sooner', async () => {
    const api = await start({ limits: { perAddress: 30, perActor: 1_000, signInsPerAddress: 5 } });
    const visitor = async (path: string, init: RequestInit): Promise<Answer> => {
      const { status, headers } = await fetch(`${api.url}/api/v1${path}`, init);
      return { status, headers, body: null };
    };
    const headers = { 'content-type': 'application/json' };
    const guess = () =>
      visitor('/auth/login', {
        method: 'POST',
        headers,
        body: JSON.stringify({ email: 'x@y.example', password: 'guess' }),
      });
    expect((await untilRefused(guess, 20)).served).toBe(5);
    const { served, refused } = await untilRefused(() => visitor('/departments', {}), 100);
    // Six attempts to sign in came from the same address.
    expect(served).toBe(24);
    expect(refused?.headers.get('content-type')).toContain('application/problem+json');
  });

  it('hold over all instances where Redis counts, and let everybody in while it is away', async () => {
    const redis = new Redis(inject('services').redisUrl, {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
    });
    redis.on('error', () => {});
    await redis.connect();
    await redis.flushdb();
    const limits = { perAddress: 1_000, perActor: 10, signInsPerAddress: 100 };
    const [one, two] = [await start({ limits, redis }), await start({ limits, redis })];
    const [here, there] = [await come(one, 'lea'), await come(two, 'lea')];
    expect((await untilRefused(() => here.get('/departments'), 6)).refused).toBeNull();
    expect((await untilRefused(() => there.get('/departments'), 20)).served).toBe(4);
    redis.disconnect();
    expect((await here.get('/departments')).status).toBe(200);
  });
});

describe('a process with more to do than it can', () => {
  it('says so at once instead of letting requests queue up', async () => {
    const webDirectory = await mkdtemp(join(tmpdir(), 'unison-pages-'));
    await writeFile(join(webDirectory, 'index.html'), '<!doctype html>');
    const api = await start({ limits: { maxDelayMs: 50 }, webDirectory });
    const status = async () => (await fetch(`${api.url}/api/v1/health`)).status;
    // The delay is measured once a second; this is busy for longer.
    const end = performance.now() + 1_500;
    while (performance.now() < end);
    await expect.poll(status, { timeout: 5_000, interval: 1 }).toBe(503);
    // A page is shown nevertheless; a browser would show the refusal bare, and nobody would try again.
    expect((await fetch(`${api.url}/machines`)).headers.get('content-type')).toContain('text/html');
    await expect.poll(status, { timeout: 30_000 }).toBe(200);
    await rm(webDirectory, { recursive: true });
  });
});

describe('a database', () => {
  it('that gives no connection in time is told as what it is, and is not the fault of who asked', async () => {
    const api = await start({ databaseConnections: 2 });
    const lea = await come(api, 'lea');
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query('BEGIN; LOCK TABLE mes.departments IN ACCESS EXCLUSIVE MODE');
    const waiting = [lea.get('/departments'), lea.get('/departments'), lea.get('/departments')];
    const told = problem(await Promise.any(waiting));
    expect(told).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('Try again in a few seconds') });
    await owner.query('ROLLBACK');
    await owner.end();
    expect((await Promise.all(waiting)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 503]);
  });
});

describe('a request', () => {
  it('is asked in this order: where from, how much, who, may he', async () => {
    const api = await start({ limits: { perAddress: 12 } });
    const ask = (init: RequestInit) => fetch(`${api.url}/api/v1/departments`, init);
    const origin = 'http://localhost:5173';
    const preflight = await ask({ method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    // Browsers send no token with it.
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    const foreign = await ask({
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    // Nobody is asked who he is before he is counted, and told apart from a stranger only when he is known.
    const statuses = await Promise.all(Array.from({ length: 13 }, async () => (await ask({})).status));
    expect(statuses.filter((status) => status === 401)).toHaveLength(12);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  });

  it('that is being answered when the server stops gets its answer, and none is begun after that', async () => {
    const api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
    const lea = await come(api, 'lea');
    const made = await lea.ask('POST', '/departments', { plantId: plant.plantId, code: 'STOP', name: 'Stop' });
    const { id } = made.body as { id: number };
    const lock = new pg.Client({ connectionString: database.ownerUrl });
    await lock.connect();
    await lock.query('BEGIN');
    await lock.query('SELECT FROM mes.departments WHERE id = $1 FOR UPDATE', [id]);
    const waiting = lea.ask('PATCH', `/departments/${id}`, { version: 1, name: 'Stopped' });
    const blocked = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    await expect.poll(async () => (await lock.query(blocked)).rowCount, { timeout: 10_000 }).toBe(1);
    const stopped = api.stop();
    await expect
      .poll(() =>
        fetch(`${api.url}/api/v1/health`).then(
          () => 'served',
          () => 'refused',
        ),
      )
      .toBe('refused');
    await lock.query('COMMIT');
    await lock.end();
    expect((await waiting).body).toMatchObject({ name: 'Stopped', version: 2 });
    await stopped;
  });
});

describe('a POST with an Idempotency-Key', () => {
  let api: ApiOnPort;
  let lea: ApiUser;
  let max: ApiUser;
  beforeAll(async () => {
    api = await start();
    [lea, max] = await Promise.all([come(api, 'lea'), come(api, 'max')]);
  });
  const make = (user: ApiUser, code: string, key: string) =>
    user.ask('POST', '/departments', { plantId: plant.plantId, code, name: code }, { 'idempotency-key': key });

  it('is carried out once, however often and however fast it comes', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => make(lea, 'ONE', 'k-1')));
    answers.push(await make(lea, 'ONE', 'k-1'));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const rows = await asOwner(
      database.ownerUrl,
      "SELECT FROM mes.audit_logs WHERE entity = 'departments' AND new->>'code' = 'ONE'",
    );
    expect(rows).toHaveLength(1);
  });

  it('refuses the key with another request, and another person has keys of their own', async () => {
    await make(lea, 'TWO', 'k-2');
    const other = await make(lea, 'THREE', 'k-2');
    expect([other.status, problem(other).code]).toEqual([409, 'conflict']);
    expect((await make(max, 'FOUR', 'k-2')).status).toBe(201);
  });

  it('may be tried again after a refusal: what failed left nothing', async () => {
    expect((await make(lea, 'bad code', 'k-5')).status).toBe(400);
    expect((await make(lea, 'ONE', 'k-5')).status).toBe(409);
    expect((await make(lea, 'FIVE', 'k-5')).status).toBe(201);
  });

  it('says what a key must be', async () => {
    expect((await make(lea, 'SIX', 'x'.repeat(201))).status).toBe(400);
  });
});
