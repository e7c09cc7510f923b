// The workers of the jobs benchmark, as a process of their own: ours, and BullMQ alone, whose jobs do
// nothing but be done.

import { type BackendFactory, createPostgresBackend, createRedisBackend, Worker } from 'bullmq';
import pino from 'pino';
import { Registry } from 'prom-client';
import Type from 'typebox';
import { Background } from '../../../cloud/platform/jobs/background.ts';
import { jobKind } from '../../../cloud/platform/jobs/job-kind.ts';
import { inDatabase } from '../../../cloud/platform/jobs/processor.ts';
import { obey } from '../obey.ts';

export interface WorkerOrder {
  /** Of mes_worker for ours, the owner's for BullMQ alone. */
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly prefix: string;
  readonly concurrency: number;
}

const nothing = jobKind('bench.nothing', Type.Object({}, { additionalProperties: false }));

const state: { stop: () => Promise<unknown>; done: number } = { stop: async () => {}, done: 0 };

obey({
  async startOurs(order: WorkerOrder) {
    const background = new Background({
      ...order,
      attempts: 3,
      visibilityMs: 30_000,
      processors: [inDatabase(nothing, async () => undefined)],
      schedules: [],
      rounds: [],
      registry: new Registry(),
      log: pino({ level: 'error' }),
    });
    state.stop = () => background.stop();
    await background.start();
  },
  async startBare({ databaseUrl, redisUrl, prefix, concurrency }: WorkerOrder) {
    const backend = redisUrl === null ? createPostgresBackend : createRedisBackend;
    const connection =
      redisUrl === null
        ? { connectionString: databaseUrl, schema: 'bullmq' }
        : { url: redisUrl, maxRetriesPerRequest: null };
    const worker = new Worker(
      'bare',
      async () => void state.done++,
      { connection, prefix, concurrency, removeOnComplete: { count: 0 } },
      backend as unknown as BackendFactory as never,
    );
    state.stop = () => worker.close();
    await worker.waitUntilReady();
  },
  done(): number {
    return state.done;
  },
  async stop() {
    await state.stop();
  },
});
