// How many background jobs a second go the whole way, from the command that asks for each in a transaction
// of its own to its row that says completed; against BullMQ alone on the same backend, from `add` to done.
// What lies between is what the outbox costs: a row, a claim and a commit for each job.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackendFactory, createPostgresBackend, createRedisBackend, Queue } from 'bullmq';
import pg from 'pg';
import { createOrganization } from '../../support/registry.ts';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';
import { Child } from '../child.ts';
import type { WorkerOrder } from './job-worker-process.ts';

const jobs = 2_000;
/** Commands at once, and jobs at once. */
const producers = 8;
const concurrency = 8;
const timeoutMs = 120_000;
const workerFile = new URL('./job-worker-process.ts', import.meta.url);

export const jobsBench: Bench = {
  names: ['jobs.postgres', 'jobs.redis'],
  async run(context) {
    return [await measure(context, 'postgres'), await measure(context, 'redis')];
  },
};

interface Stage {
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  readonly redisUrl: string | null;
  readonly organizationId: number;
  readonly prefix: string;
  readonly profile: string | null;
}

async function measure(context: BenchContext, carrier: 'postgres' | 'redis'): Promise<Result> {
  const { services, profile } = context;
  const database = await services.database();
  try {
    const { id } = await createOrganization(database.ownerUrl, { name: 'bench', machines: [], edges: [] });
    const redisUrl = carrier === 'redis' ? await services.redisUrl() : null;
    const prefix = `bench-${randomBytes(4).toString('hex')}`;
    const stage: Stage = { ...database, redisUrl, organizationId: id, prefix, profile };
    const runs = await inTurn(context, { subject: () => ours(stage), reference: () => bare(stage) });
    return {
      name: `jobs.${carrier}`,
      value: median(runs.subject),
      unit: 'jobs/s',
      reference: { name: `BullMQ alone on ${carrier}, from add to done`, value: median(runs.reference) },
      aims: carrier === 'postgres' ? [{ of: 'ratio', is: 'at least', bound: 0.4 }] : [],
      runs,
      conditions: `${jobs} jobs that do nothing, ${producers} commands and ${concurrency} jobs at once, worker in a process of its own, PostgreSQL 17 with fsync`,
    };
  } finally {
    await database.drop();
  }
}

/** Jobs a second from the first command to the last completed row. */
async function ours(stage: Stage): Promise<number> {
  const { workerUrl: databaseUrl, redisUrl, prefix, profile } = stage;
  const worker = Child.start(workerFile, { profile, name: 'job-worker' });
  const pool = new pg.Pool({ connectionString: stage.apiUrl, max: producers });
  const owner = new pg.Client({ connectionString: stage.ownerUrl });
  try {
    await owner.connect();
    await owner.query('TRUNCATE mes.background_jobs');
    await worker.ask('startOurs', { databaseUrl, redisUrl, prefix, concurrency } satisfies WorkerOrder);
    const began = performance.now();
    await inParallel(() => command(pool, stage.organizationId));
    await reached(async () => {
      const { rows } = await owner.query<{ done: number }>(
        "SELECT count(*)::int AS done FROM mes.background_jobs WHERE state = 'completed'",
      );
      return rows[0]?.done ?? 0;
    });
    return (jobs / (performance.now() - began)) * 1_000;
  } finally {
    await pool.end();
    await owner.end();
    await worker.stop();
  }
}

/** A command of the API that asks for a job and does nothing else. */
async function command(pool: pg.Pool, organizationId: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query("SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)", [
      String(organizationId),
    ]);
    await client.query(
      `INSERT INTO mes.background_jobs (organization_id, kind, payload, actor_kind, actor_name, request_id)
       VALUES ($1, 'bench.nothing', '{}', 'system', 'bench', 'bench')`,
      [organizationId],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

/** Jobs a second from the first `add` to the last one done. */
async function bare(stage: Stage): Promise<number> {
  const { ownerUrl: databaseUrl, redisUrl, prefix, profile } = stage;
  const worker = Child.start(workerFile, { profile, name: 'bare-worker' });
  const connection =
    redisUrl === null ? { connectionString: databaseUrl, schema: 'bullmq', max: producers } : { url: redisUrl };
  const backend = redisUrl === null ? createPostgresBackend : createRedisBackend;
  const queue = new Queue('bare', { connection, prefix }, backend as unknown as BackendFactory as never);
  try {
    await worker.ask('startBare', { databaseUrl, redisUrl, prefix, concurrency } satisfies WorkerOrder);
    await queue.waitUntilReady();
    const began = performance.now();
    await inParallel(() => queue.add('nothing', {}));
    await reached(() => worker.ask<number>('done'));
    return (jobs / (performance.now() - began)) * 1_000;
  } finally {
    await queue.close();
    await worker.stop();
  }
}

async function inParallel(one: () => Promise<unknown>): Promise<void> {
  let left = jobs;
  const produce = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: producers }, produce));
}

async function reached(done: () => Promise<number>): Promise<void> {
  const end = performance.now() + timeoutMs;
  while ((await done()) < jobs) {
    if (performance.now() > end) throw new Error(`only ${await done()} of ${jobs} jobs were done in ${timeoutMs} ms`);
    await sleep(10);
  }
}
