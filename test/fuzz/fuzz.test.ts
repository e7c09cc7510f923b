// Every route is asked many things, sensible and not, by an administrator: whatever comes, the answer is one
// that the OpenAPI document knows, and tells nothing of how the server is made. The seed is printed, so that
// a failure can be played again with UNISON_FUZZ_SEED.

import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeRecords, type Records } from '../isolation/records.ts';
import { type Entry, elsewhere, entries } from '../isolation/requests.ts';
import { makeWorlds } from '../isolation/worlds.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type ApiOnPort, startApi } from '../web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../web/live-broker.ts';
import { type Operation, type Shot, shots } from './generate.ts';

/** Requests of each route, and of one that hashes passwords. */
const SHOTS = 12;
const SLOW_SHOTS = 6;
const AT_ONCE = 4;
/** What an answer holds when the inside shows. */
const INSIDE =
  /node_modules|\.[tj]s:\d+|\bat \w+ \(|SQLSTATE|syntax error at|violates|relation "|column "\w+" of|duplicate key|\bmes\.[a-z]|\$argon2|zqsecret|ECONNREFUSED/;
/** A live stream does not end by itself. */
const STREAM_MS = 50;

let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let pool: pg.Pool;
let world: Records;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  pool = new pg.Pool({ connectionString: database.ownerUrl, max: 4 });
  world = await makeRecords(pool, (await makeWorlds(database.ownerUrl)).ours);
});
afterAll(async () => {
  await pool.end();
  await api.stop();
  await broker.stop();
  await database.drop();
});

interface Target {
  readonly name: string;
  readonly operation: Operation;
  readonly entry: Entry;
}

it('no answer is a fault, undocumented or indiscreet, and enough requests succeed', async () => {
  const seed = Number(process.env['UNISON_FUZZ_SEED'] ?? Date.now() % 1_000_000);
  const { paths } = (await (await fetch(`${api.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const targets = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]): Target[] => {
      const name = `${method.toUpperCase()} ${path.replace('/api/v1', '')}`;
      const entry = entries[name];
      return entry && !(name in elsewhere) ? [{ name, operation, entry }] : [];
    }),
  );
  const counts = new Map<number, number>();
  const faults: string[] = [];
  const waiting = targets.flatMap((target, at) => aimedAt(target, seed + at));
  const sent = waiting.length;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { status, fault } = await next();
        counts.set(status, (counts.get(status) ?? 0) + 1);
        if (fault !== null) faults.push(fault);
      }
    }),
  );
  const good = [...counts].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
  const told = [...counts].toSorted(([one], [other]) => one - other).map(([status, count]) => `${count} × ${status}`);
  process.stdout.write(
    `fuzz, seed ${seed}: ${targets.length} routes, ${sent} requests, ${good} succeeded; ${told.join(', ')}\n`,
  );
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(good / sent, `seed ${seed}`).toBeGreaterThanOrEqual(0.3);
}, 300_000);

it.each([
  ['an id without end', `/plants/${'7'.repeat(5_000)}`, 404],
  ['a broken address', '/plants/%zz', 400],
])('%s, which no route ever sees, is a problem like others', async (_, path, status) => {
  const { token } = await world.person();
  const answer = await fetch(`${api.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await answer.json()) as { detail: string; requestId: string };
  expect(problem.requestId).toMatch(/^[\w-]+$/);
  expect(problem.detail).not.toMatch(/param length|zz/);
});

interface Outcome {
  readonly status: number;
  readonly fault: string | null;
}

function aimedAt({ name, operation, entry }: Target, seed: number): (() => Promise<Outcome>)[] {
  const slow = /auth|password|pin/.test(name);
  // An id by chance may be one's own: whoever signs himself out does it for this route only.
  const us = world.person();
  return Array.from({ length: slow ? SLOW_SHOTS : SHOTS }, (_, at) => async () => {
    const by = await (entry.alone ? world.person() : us);
    const honest = await entry.ask(world, by);
    const [shot] = fc.sample(shots(operation, honest), { seed: seed * 1_000 + at, numRuns: 1 });
    if (!shot) throw new Error('nothing was generated');
    return fire({ name, operation, shot, token: by.token });
  });
}

async function fire(given: { name: string; operation: Operation; shot: Shot; token: string }): Promise<Outcome> {
  const { name, operation, shot, token } = given;
  const [method = '', template = ''] = name.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) => encoded(shot.path[key]));
  const query = new URLSearchParams(shot.query.map(([key, value]) => [key, value])).toString();
  const stop = new AbortController();
  const answer = await fetch(`${api.url}/api/v1${path}${query && `?${query}`}`, {
    method,
    signal: stop.signal,
    headers: {
      authorization: `Bearer ${token}`,
      ...(shot.type ? { 'content-type': shot.type } : {}),
      ...Object.fromEntries(
        Object.entries(shot.headers).map(([key, value]) => [key, Buffer.from(value).toString('latin1')]),
      ),
    },
    ...(shot.body === undefined || method === 'GET' ? {} : { body: Buffer.from(shot.body) }),
  });
  const { status } = answer;
  const streams = answer.headers.get('content-type')?.startsWith('text/event-stream');
  if (streams) setTimeout(() => stop.abort(), STREAM_MS);
  const body = await answer.text().catch(() => '');
  const text = `${[...answer.headers].join('\n')}\n${body}`;
  const wrong = wrongWith({ status, text, operation });
  const fault = wrong && `${name} ${JSON.stringify(shot).slice(0, 400)}: ${wrong}`;
  return { status, fault };
}

/** A path segment; an empty one, or dots, would be another route. */
function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value);
  return /^\.*$/.test(text) ? 'x' : encodeURIComponent(text);
}

function wrongWith(given: { status: number; text: string; operation: Operation }): string | null {
  const { status, text, operation } = given;
  if (status >= 500) return `${status} ${text}`;
  if (!(status in operation.responses)) return `${status} is not documented: ${text.slice(-300)}`;
  const inside = INSIDE.exec(text);
  return inside ? `tells of its inside: ${text.slice(Math.max(0, inside.index - 100), inside.index + 100)}` : null;
}
