// Background jobs as people see them, on the whole API over HTTP with a worker beside it.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { until } from '../../../test/support/road.ts';
import { type Asker, ask, backgroundOptions, hopeless, note, Rows, slow } from '../../../test/support/test-jobs.ts';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { insertPerson, insertPlant, type PlantRows } from '../../../test/web/plant-rows.ts';
import { type Database, openDatabase } from '../../platform/database.ts';
import { Background } from '../../platform/jobs/background.ts';
import type { Job, JobPage } from './schema.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let db: Database;
let rows: Rows;
let north: PlantRows;
let south: PlantRows;
/** Administrator, viewer, plant engineer at the plant only, and a stranger. */
const users: Record<string, ApiUser> = {};
const ids: Record<string, number> = {};
let worker: Background | null = null;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  north = await insertPlant(ownerUrl, { ...plant, organization: 'North' });
  south = await insertPlant(ownerUrl, { ...plant, organization: 'South' });
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  const people = [
    { name: 'ada', at: north, role: 'administrator' },
    { name: 'vic', at: north, role: 'viewer' },
    { name: 'eva', at: north, role: 'plant_engineer', plantId: north.plantId },
    { name: 'sid', at: south, role: 'administrator' },
  ];
  for (const { name, at, role, plantId } of people) {
    const email = `${name}@example.com`;
    const organizationIds = [at.organizationId];
    const person = { email, password, name, organizationIds, role, ...(plantId !== undefined && { plantId }) };
    [ids[name]] = (await insertPerson(ownerUrl, person)) as [number];
    users[name] = await signIn(api.url, { email, password });
  }
  db = openDatabase({ url: database.apiUrl, max: 2, statementTimeoutMs: 10_000, log: { warn: () => {} } });
  rows = new Rows(ownerUrl);
});

afterEach(async () => {
  await worker?.stop();
  worker = null;
  await rows.pool.query('TRUNCATE mes.background_jobs, bullmq.job CASCADE');
});

afterAll(async () => {
  await db?.destroy();
  await rows?.pool.end();
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function startWorker(): Promise<void> {
  worker = new Background(backgroundOptions({ databaseUrl: database.workerUrl, redisUrl: null, prefix: 'x' }));
  await worker.start();
}

const user = (name: string): ApiUser => users[name] as ApiUser;
const by = (name: string): Asker => ({
  organizationId: (name === 'sid' ? south : north).organizationId,
  userId: ids[name] as number,
});
const job = (answer: Answer) => answer.body as Job;
const kinds = (answer: Answer) => (answer.body as JobPage).items.map(({ kind }) => kind);
const shown = (answer: Answer) => (answer.body as JobPage).items.map(({ id }) => id);

function becomes(id: string, state: string, name = 'ada'): Promise<void> {
  const isThere = async () => job(await user(name).get(`/jobs/${id}`)).state === state;
  return until(isThere, `the job is not shown as ${state}`);
}

/** A job that ran and is dead. */
async function deadJob(asker: Asker, plantId: number | null = null): Promise<string> {
  const id = await ask(db, asker, { kind: hopeless, payload: {}, plantId });
  await until(async () => (await rows.job(id)).state === 'dead', 'the job is not dead');
  return id;
}

describe('who asked for a job', () => {
  it('watches it from waiting to done', async () => {
    const id = await ask(db, by('vic'), { kind: slow, payload: { ms: 1_200, text: 'watched' } });
    expect(job(await user('vic').get(`/jobs/${id}`))).toMatchObject({
      state: 'queued',
      progress: 0,
      requestedBy: { userId: ids['vic'], name: 'Lea Lang' },
    });
    await startWorker();
    const halfway = async () => {
      const { state, progress, progressText } = job(await user('vic').get(`/jobs/${id}`));
      return state === 'running' && progress > 0 && progressText === 'half asleep';
    };
    await until(halfway, 'its progress is not shown');
    await becomes(id, 'completed', 'vic');
    expect(job(await user('vic').get(`/jobs/${id}`))).toMatchObject({ progress: 1, error: null });
  });

  it('sees his own, and is never shown what a job was given', async () => {
    const own = await ask(db, by('vic'), { kind: note, payload: { text: 'a secret link' } });
    await ask(db, by('ada'), { kind: note, payload: { text: 'not his' } });
    const answer = await user('vic').get('/jobs/own');
    expect(shown(answer)).toEqual([own]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('is not shown those of others, nor the list of all', async () => {
    const other = await ask(db, by('ada'), { kind: note, payload: { text: '' } });
    expect((await user('vic').get(`/jobs/${other}`)).status).toBe(404);
    expect((await user('vic').ask('POST', `/jobs/${other}/cancel`)).status).toBe(404);
    expect((await user('vic').get('/jobs')).status).toBe(403);
  });

  it('cancels it while it waits, and not once it is done', async () => {
    const id = await ask(db, by('vic'), { kind: note, payload: { text: 'cancelled by vic' } });
    const answer = await user('vic').ask('POST', `/jobs/${id}/cancel`);
    expect(answer.status).toBe(200);
    expect(job(answer).state).toBe('cancelled');
    expect((await rows.job(id)).payload).toEqual({});
    await startWorker();
    const after = await ask(db, by('vic'), { kind: note, payload: { text: 'after' } });
    await becomes(after, 'completed');
    expect(await rows.notes('cancelled by vic')).toBe(0);
    const late = await user('vic').ask('POST', `/jobs/${after}/cancel`);
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('completed') });
    const { rows: trail } = await rows.pool.query(
      "SELECT action, actor_name, new FROM mes.audit_logs WHERE entity = 'jobs' AND entity_id = $1",
      [id],
    );
    expect(trail).toEqual([{ action: 'cancel', actor_name: 'vic', new: { state: 'cancelled' } }]);
  });
});

describe('who looks after the jobs', () => {
  it('sees the organisation’s, the newest first, by state and kind, page by page', async () => {
    await startWorker();
    const dead = await deadJob(by('vic'));
    await worker?.stop();
    const waiting: string[] = [];
    for (let count = 0; count < 4; count++)
      waiting.unshift(await ask(db, by('vic'), { kind: note, payload: { text: '' } }));
    expect(shown(await user('ada').get('/jobs'))).toEqual([...waiting, dead]);
    expect(shown(await user('ada').get('/jobs?state=dead'))).toEqual([dead]);
    expect(kinds(await user('ada').get('/jobs?kind=test.note'))).toHaveLength(4);
    const first = (await user('ada').get('/jobs?limit=3')).body as JobPage;
    const second = await user('ada').get(`/jobs?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items.map(({ id }) => id), ...shown(second)]).toEqual([...waiting, dead]);
    expect((second.body as JobPage).nextCursor).toBeNull();
  });

  it('replays a dead one, which is on record', async () => {
    await startWorker();
    const id = await deadJob(by('vic'));
    const dead = job(await user('ada').get(`/jobs/${id}`));
    expect(dead).toMatchObject({ error: 'Line 3 is wrong. Mend the file.', result: { line: 3 }, attempts: 1 });
    const answer = await user('ada').ask('POST', `/jobs/${id}/retry`);
    expect(answer.status).toBe(200);
    expect(job(answer)).toMatchObject({ state: 'queued', attempts: 0, error: null, result: null, finishedAt: null });
    await becomes(id, 'dead');
    expect(await rows.job(id)).toMatchObject({ round: 2, attempts: 1 });
    const { rows: trail } = await rows.pool.query(
      "SELECT action, actor_name, old FROM mes.audit_logs WHERE entity = 'jobs' AND entity_id = $1",
      [id],
    );
    expect(trail).toEqual([
      { action: 'retry', actor_name: 'ada', old: { state: 'dead', error: 'Line 3 is wrong. Mend the file.' } },
    ]);
  });

  it('replays it once, however many press the button', async () => {
    await startWorker();
    const id = await deadJob(by('vic'));
    await worker?.stop();
    const answers = await Promise.all(Array.from({ length: 4 }, () => user('ada').ask('POST', `/jobs/${id}/retry`)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    expect((await rows.job(id)).round).toBe(2);
  });

  it('replays all dead ones of a kind, and no others', async () => {
    await startWorker();
    await deadJob(by('vic'));
    await deadJob(by('ada'));
    const foreign = await deadJob(by('sid'));
    await worker?.stop();
    const body = { kind: 'test.hopeless' };
    expect((await user('ada').ask('POST', '/jobs/retry-dead', { kind: 'test.note' })).body).toMatchObject({
      retried: 0,
    });
    const answer = await user('ada').ask('POST', '/jobs/retry-dead', body);
    expect(answer.body).toEqual({ retried: 2, more: false });
    expect((await rows.job(foreign)).state).toBe('dead');
    expect((await user('vic').ask('POST', '/jobs/retry-dead', body)).status).toBe(403);
  });

  it('at one plant sees and replays that plant’s, and none of the organisation as a whole', async () => {
    await startWorker();
    const here = await deadJob(by('vic'), north.plantId);
    const whole = await deadJob(by('vic'));
    await worker?.stop();
    expect(shown(await user('eva').get('/jobs'))).toEqual([here]);
    expect((await user('eva').get(`/jobs/${whole}`)).status).toBe(404);
    expect((await user('eva').ask('POST', `/jobs/${whole}/retry`)).status).toBe(404);
    expect((await user('eva').ask('POST', '/jobs/retry-dead', { kind: 'test.hopeless' })).body).toMatchObject({
      retried: 1,
    });
    expect((await rows.job(here)).state).toBe('queued');
    expect((await rows.job(whole)).state).toBe('dead');
  });

  it('of another organisation sees and changes nothing', async () => {
    await startWorker();
    const id = await deadJob(by('vic'));
    expect(shown(await user('sid').get('/jobs'))).toEqual([]);
    expect((await user('sid').get(`/jobs/${id}`)).status).toBe(404);
    expect((await user('sid').ask('POST', `/jobs/${id}/retry`)).status).toBe(404);
    expect((await user('sid').ask('POST', `/jobs/${id}/cancel`)).status).toBe(404);
    expect((await rows.job(id)).state).toBe('dead');
  });

  it('is told what is wrong with his request', async () => {
    const id = await ask(db, by('vic'), { kind: note, payload: { text: '' } });
    const waits = await user('ada').ask('POST', `/jobs/${id}/retry`);
    expect(waits.status).toBe(409);
    expect(waits.body).toMatchObject({ detail: expect.stringContaining('Only a dead job') });
    for (const path of ['/jobs/5', '/jobs?state=lost', '/jobs?cursor=abc', '/jobs?limit=0', '/jobs?nonsense=1'])
      expect((await user('ada').get(path)).status, path).toBe(400);
    for (const body of [{}, { kind: 'NONSENSE' }, { kind: 'test.note', more: 1 }])
      expect((await user('ada').ask('POST', '/jobs/retry-dead', body)).status).toBe(400);
    expect((await user('ada').get('/jobs/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });
});
