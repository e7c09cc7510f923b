// Background jobs, told by those who ask for them and by those who pull plugs: on PostgreSQL and on Redis.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { WorkerOrder } from '../../../test/support/jobs-process.ts';
import { createOrganization, type TestOrganization } from '../../../test/support/registry.ts';
import { until } from '../../../test/support/road.ts';
import {
  ask,
  backgroundOptions,
  hopeless,
  note,
  Rows,
  secretive,
  slow,
  stubborn,
} from '../../../test/support/test-jobs.ts';
import { type Database, inTenant, openDatabase } from '../database.ts';
import { Background, type BackgroundOptions } from './background.ts';
import { cleanJobs } from './clean-jobs.ts';
import { jobKind } from './job-kind.ts';

const processFile = fileURLToPath(new URL('../../../test/support/jobs-process.ts', import.meta.url));

describe.each([
  { carrier: 'postgres', kind: 'embedded' },
  { carrier: 'redis', kind: 'timescale' },
] as const)('a background job, carried by $carrier', ({ carrier, kind }) => {
  let database: TestDatabase;
  let north: TestOrganization;
  let south: TestOrganization;
  let api: Database;
  let rows: Rows;
  let redis: Redis | null;
  let at: { databaseUrl: string; redisUrl: string | null; prefix: string };
  const workers: Background[] = [];
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const wanted = { machines: [], edges: [] };
    north = await createOrganization(database.ownerUrl, { ...wanted, name: 'north' });
    south = await createOrganization(database.ownerUrl, { ...wanted, name: 'south' });
    api = openDatabase({ url: database.apiUrl, max: 3, statementTimeoutMs: 10_000, log: { warn: () => {} } });
    rows = new Rows(database.ownerUrl);
    const redisUrl = carrier === 'redis' ? inject('services').redisUrl : null;
    redis = redisUrl === null ? null : new Redis(redisUrl);
    at = { databaseUrl: database.workerUrl, redisUrl, prefix: `test-${randomBytes(6).toString('hex')}` };
  });

  afterEach(async () => {
    for (const child of processes.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await forget();
    await rows.pool.query('TRUNCATE mes.background_jobs');
  });

  afterAll(async () => {
    await redis?.quit();
    await api?.destroy();
    await rows?.pool.end();
    await database?.drop();
  });

  /** What carries the jobs loses all it has. */
  async function forget(): Promise<void> {
    if (redis) {
      const keys = await redis.keys(`${at.prefix}:*`);
      if (keys.length > 0) await redis.del(...keys);
    } else {
      await rows.pool.query('TRUNCATE bullmq.job, bullmq.scheduler CASCADE');
    }
  }

  async function startWorker(options: Partial<BackgroundOptions> = {}): Promise<Background> {
    const worker = new Background(backgroundOptions({ ...at, ...options }));
    workers.push(worker);
    await worker.start();
    return worker;
  }

  async function startProcess(order: Partial<WorkerOrder> = {}): Promise<{ child: ChildProcess; said: () => string }> {
    const child = spawn(process.execPath, ['--no-warnings', processFile], { stdio: ['pipe', 'pipe', 'inherit'] });
    processes.push(child);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stdin.end(JSON.stringify({ ...at, ...order }));
    await until(() => said.includes('ready') || child.exitCode !== null, 'the worker process did not start');
    return { child, said: () => said };
  }

  async function reaches(id: string, state: string, timeoutMs = 20_000): Promise<void> {
    let last = '';
    const isThere = async (): Promise<boolean> => {
      const row = await rows.job(id);
      last = `${row.state}, attempt ${row.attempts}, ${row.error ?? 'no error'}`;
      return row.state === state;
    };
    await until(isThere, `the job is not ${state}`, timeoutMs).catch((error: unknown) => {
      throw new Error(`${String(error)} but ${last}`, { cause: error });
    });
  }
  const asNorth = () => ({ organizationId: north.id });

  it('is done after the command’s commit, in the name of who asked, and leaves its result', async () => {
    await startWorker();
    const id = await ask(api, asNorth(), { kind: note, payload: { text: 'first' }, plantId: north.plantId });
    await reaches(id, 'completed');
    const row = await rows.job(id);
    expect(row).toMatchObject({ attempts: 1, progress: 1, result: { said: 'first' }, error: null });
    const { rows: trail } = await rows.pool.query(
      `SELECT organization_id, actor_kind, actor_name, request_id FROM mes.audit_logs WHERE entity_id = 'first'`,
    );
    expect(trail).toEqual([
      { organization_id: north.id, actor_kind: 'user', actor_name: 'Lea Lang', request_id: 'request-7' },
    ]);
  });

  it('is not there when its command did not happen', async () => {
    await startWorker();
    const command = inTenant(api, { organizationId: north.id, plantIds: 'all' }, async (trx) => {
      await trx
        .insertInto('mes.background_jobs')
        .values({
          organization_id: north.id,
          kind: 'test.note',
          payload: { text: 'undone' },
          actor_kind: 'system',
          actor_name: 'x',
          request_id: 'r',
        })
        .execute();
      throw new Error('the command fails');
    });
    await expect(command).rejects.toThrow('the command fails');
    const later = await ask(api, asNorth(), { kind: note, payload: { text: 'later' } });
    await reaches(later, 'completed');
    expect(await rows.notes('undone')).toBe(0);
  });

  it('sees the plants of who asked and no others', async () => {
    const ids = (ctx: { db: Database }) => ctx.db.selectFrom('mes.plants').select('id').execute();
    const looking = jobKind('test.look', note.payload);
    const processor = {
      kind: looking,
      at: 'database' as const,
      run: async (ctx: { db: unknown }) => ({ plants: await ids(ctx as { db: Database }) }),
    };
    await startWorker({ processors: [processor] });
    const payload = { text: '' };
    const all = await ask(api, asNorth(), { kind: looking, payload });
    const none = await ask(api, { ...asNorth(), plantIds: [] }, { kind: looking, payload });
    await reaches(all, 'completed');
    await reaches(none, 'completed');
    expect((await rows.job(all)).result).toEqual({ plants: [{ id: north.plantId }] });
    expect((await rows.job(none)).result).toEqual({ plants: [] });
  });

  it('belongs to an organisation: for another one, or for none, the database refuses it', async () => {
    const values = {
      kind: 'test.note',
      payload: { text: 'x' },
      actor_kind: 'system',
      actor_name: 'x',
      request_id: 'r',
    };
    const inNorth = (organization_id: number | null) =>
      inTenant(api, { organizationId: north.id, plantIds: 'all' }, (trx) =>
        trx
          .insertInto('mes.background_jobs')
          .values({ ...values, organization_id: organization_id as number })
          .execute(),
      );
    await expect(inNorth(south.id)).rejects.toThrow('row-level security');
    await expect(inNorth(null)).rejects.toThrow('row-level security');
    await expect(inNorth(north.id)).resolves.toBeDefined();
    await expect(
      ask(api, asNorth(), { kind: note, payload: { text: 'x', more: 1 } as { text: string } }),
    ).rejects.toThrow('wrong payload');
  });

  it('that fails is tried again, undone each time, until it succeeds', async () => {
    await startWorker();
    const id = await ask(api, asNorth(), { kind: stubborn, payload: { failures: 2 } });
    await reaches(id, 'completed');
    expect(await rows.job(id)).toMatchObject({ attempts: 3, error: null });
    expect(await rows.notes(id)).toBe(1);
  });

  it('is dead after its last attempt, and says so without our internals', async () => {
    await startWorker();
    const id = await ask(api, asNorth(), { kind: stubborn, payload: { failures: 9 } });
    await reaches(id, 'dead');
    const row = await rows.job(id);
    expect(row.attempts).toBe(3);
    expect(row.error).toBe('Something went wrong on the server. Its log has the cause under request-7.');
    expect(await rows.notes(id)).toBe(0);
  });

  it('that cannot be helped is dead at once: refused by its own rules, of an unknown kind, or with a wrong payload', async () => {
    const refused = await ask(api, asNorth(), { kind: hopeless, payload: {} });
    const unknown = await ask(api, asNorth(), { kind: jobKind('test.unknown', note.payload), payload: { text: '' } });
    const wrong = await ask(api, asNorth(), { kind: note, payload: { text: 'wrong' } });
    await rows.pool.query(`UPDATE mes.background_jobs SET payload = '{"text": 5}' WHERE id = $1`, [wrong]);
    await startWorker();
    for (const id of [refused, unknown, wrong]) await reaches(id, 'dead');
    const of = async (id: string) => (await rows.job(id)).error;
    expect(await rows.job(refused)).toMatchObject({ attempts: 1, result: { line: 3 } });
    expect(await of(refused)).toBe('Line 3 is wrong. Mend the file.');
    expect(await of(unknown)).toBe('Nothing here can do a job of the kind test.unknown.');
    expect(await of(wrong)).toContain('/text must be string');
    expect(await rows.notes(refused)).toBe(0);
  });

  it('shows how far it is while it runs', async () => {
    await startWorker();
    const id = await ask(api, asNorth(), { kind: slow, payload: { ms: 1_500, text: 'watched' } });
    await until(async () => {
      const { state, progress, progress_text } = await rows.job(id);
      return state === 'running' && progress > 0.2 && progress_text === 'half asleep';
    }, 'the progress of the running job is not shown');
    await reaches(id, 'completed');
  });

  it('with a secret forgets it when it is done', async () => {
    await startWorker();
    const id = await ask(api, asNorth(), { kind: secretive, payload: { password: 'swordfish' } });
    await reaches(id, 'completed');
    expect((await rows.job(id)).payload).toEqual({});
  });

  it.each(['given', 'claimed', 'worked', 'completed'])(
    'is done once, though the worker is killed when it was %s',
    async (dieAt) => {
      const text = `killed when ${dieAt}`;
      const { child } = await startProcess({ dieAt });
      const gone = once(child, 'exit');
      const id = await ask(api, asNorth(), { kind: note, payload: { text } });
      await gone;
      expect(child.signalCode).toBe('SIGKILL');
      await startWorker();
      await reaches(id, 'completed');
      const after = await ask(api, asNorth(), { kind: note, payload: { text: 'after' } });
      await reaches(after, 'completed');
      expect(await rows.notes(text)).toBe(1);
    },
  );

  it('is done once, though its worker froze and thaws after another took over', async () => {
    const { child, said } = await startProcess();
    const id = await ask(api, asNorth(), { kind: slow, payload: { ms: 2_500, text: 'frozen' } });
    // Long enough that a busy machine freezes it before it is done.
    await until(() => said().includes('begun'), 'the job was not begun');
    child.kill('SIGSTOP');
    await startWorker();
    // Where it froze while it told how far it is, its row is free when the database has given it up.
    await reaches(id, 'completed', 60_000);
    child.kill('SIGCONT');
    await until(() => said().includes('lost'), 'the frozen worker did not find that it has lost the job');
    expect(await rows.notes('frozen')).toBe(1);
    expect(await rows.job(id)).toMatchObject({ state: 'completed', attempts: 2 });
  }, 120_000);

  it('that kills its worker each time is dead in the end', async () => {
    const id = await ask(api, asNorth(), { kind: note, payload: { text: 'deadly' } });
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { child } = await startProcess({ dieAt: 'claimed' });
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await startWorker();
    await reaches(id, 'dead');
    expect((await rows.job(id)).error).toContain('begun 3 times');
  }, 60_000);

  it('is handed back when its worker stops, and the attempt does not count', async () => {
    const first = await startWorker({ graceMs: 100 });
    const id = await ask(api, asNorth(), { kind: slow, payload: { ms: 3_000, text: 'handed back' } });
    await reaches(id, 'running');
    await first.stop();
    expect(await rows.job(id)).toMatchObject({ state: 'queued', attempts: 0 });
    await startWorker();
    await reaches(id, 'completed');
    expect(await rows.job(id)).toMatchObject({ attempts: 1 });
    expect(await rows.notes('handed back')).toBe(1);
  });

  it('that runs when its worker stops comes to its end where time is left', async () => {
    const worker = await startWorker();
    const id = await ask(api, asNorth(), { kind: slow, payload: { ms: 500, text: 'let end' } });
    await reaches(id, 'running');
    await worker.stop();
    expect(await rows.job(id)).toMatchObject({ state: 'completed', attempts: 1 });
  });

  it('is done though every connection of its worker was cut', async () => {
    await startWorker();
    const before = await ask(api, asNorth(), { kind: note, payload: { text: 'before the cut' } });
    await reaches(before, 'completed');
    const cut = await rows.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mes_worker' AND datname = current_database()`,
    );
    expect(cut.rowCount).toBeGreaterThan(1);
    const id = await ask(api, asNorth(), { kind: note, payload: { text: 'after the cut' } });
    await reaches(id, 'completed');
    expect(await rows.notes('after the cut')).toBe(1);
  });

  it('is done though what carries it has forgotten it', async () => {
    const id = await ask(api, asNorth(), { kind: note, payload: { text: 'forgotten' } });
    await rows.pool.query('UPDATE mes.background_jobs SET handed_over_at = now() WHERE id = $1', [id]);
    await startWorker({ lostAfterMs: 500 });
    await reaches(id, 'completed');
    expect(await rows.notes('forgotten')).toBe(1);
  });

  it('that was cancelled is not begun', async () => {
    const id = await ask(api, asNorth(), { kind: note, payload: { text: 'cancelled' } });
    await rows.pool.query(`UPDATE mes.background_jobs SET state = 'cancelled', finished_at = now() WHERE id = $1`, [
      id,
    ]);
    await rows.pool.query('UPDATE mes.background_jobs SET handed_over_at = NULL WHERE id = $1', [id]);
    await startWorker();
    const after = await ask(api, asNorth(), { kind: note, payload: { text: 'other' } });
    await reaches(after, 'completed');
    expect(await rows.notes('cancelled')).toBe(0);
  });

  it('that recurs fires once, however many workers there are, for every organisation', async () => {
    await startProcess({ ticks: true });
    await startProcess({ ticks: true });
    const fired = async () => {
      const { rows: found } = await rows.pool.query<{ organization_id: number; fires: number; at_once: number }>(
        `SELECT organization_id, count(*)::int AS fires, (count(*) - count(DISTINCT request_id))::int AS at_once
         FROM mes.audit_logs WHERE entity_id = 'tick' AND actor_name = 'test.tick' AND organization_id IN ($1, $2) GROUP BY 1 ORDER BY 1`,
        [north.id, south.id],
      );
      return found;
    };
    await until(async () => (await fired()).some(({ fires }) => fires >= 4), 'the recurring work did not fire');
    const found = await fired();
    expect(found.map(({ organization_id }) => organization_id)).toEqual([north.id, south.id]);
    for (const { at_once } of found) expect(at_once).toBe(0);
  });

  it('that ended 30 days ago is taken away, and none that did not', async () => {
    const [old, young, waiting] = await Promise.all(
      ['old', 'young', 'waiting'].map((text) => ask(api, asNorth(), { kind: note, payload: { text } })),
    );
    const end = (id: string | undefined, days: number) =>
      rows.pool.query(
        `UPDATE mes.background_jobs SET state = 'completed', finished_at = now() - $2 * interval '1 day' WHERE id = $1`,
        [id, days],
      );
    await end(old, 31);
    await end(young, 29);
    const db = openDatabase({ url: database.workerUrl, max: 1, statementTimeoutMs: 10_000, log: { warn: () => {} } });
    const tenant = { organizationId: north.id, plantIds: 'all' } as const;
    const more = await inTenant(db, tenant, (trx) =>
      cleanJobs.run({ db: trx, now: new Date() } as Parameters<typeof cleanJobs.run>[0]),
    );
    await db.destroy();
    expect(more).toBe(false);
    const { rows: left } = await rows.pool.query<{ id: string }>('SELECT id FROM mes.background_jobs');
    expect(new Set(left.map(({ id }) => id))).toEqual(new Set([young, waiting]));
  });

  it('is counted for the administrator’s monitoring', async () => {
    const registry = new Registry();
    await ask(api, asNorth(), { kind: hopeless, payload: {} }).then(async (id) => {
      await startWorker({ registry });
      await reaches(id, 'dead');
    });
    const text = await registry.metrics();
    expect(text).toContain('unison_jobs{kind="test.hopeless",state="dead"} 1');
    expect(text).toContain('unison_job_runs_total{kind="test.hopeless",outcome="dead"} 1');
    expect(text).toMatch(/unison_jobs_relay_lag_seconds 0/);
  });
});
