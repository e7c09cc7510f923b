// What carries the ids of jobs to the workers: BullMQ, on PostgreSQL (schema `bullmq`) or on Redis. One
// interface, so that nothing else knows which; the same tests run on both.

import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type Job,
  Queue,
  type QueueOptions,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import pg from 'pg';
import { SteadyClient } from '../steady-client.ts';
import { QUEUE_SCHEMA } from './queue-schema.ts';

export interface CarrierOptions {
  /** URL of mes_worker, past any transaction pooler: BullMQ listens. */
  readonly databaseUrl: string;
  /** Null: PostgreSQL carries. */
  readonly redisUrl: string | null;
  /** Begins every key in Redis; in PostgreSQL the schema keeps things apart. */
  readonly prefix: string;
  readonly log: { warn(data: object, message: string): void };
}

/** Opens queues and workers of one backend. They reconnect by themselves; each is closed by its owner. */
export interface Carrier {
  readonly name: 'postgres' | 'redis';
  openQueue(name: string): Queue;
  openWorker(
    name: string,
    process: (job: Job, token: string | undefined) => Promise<void>,
    options: WorkSettings,
  ): Worker;
  /** After its queues and workers. */
  close(): Promise<void>;
}

export interface WorkSettings {
  readonly concurrency: number;
  /** How long a job may be silent until its worker counts as dead, in ms. */
  readonly visibilityMs: number;
}

/** Each worker keeps one to listen; the rest is for statements. */
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5_000;
/** A process that stands still within a transaction is frozen; others must not wait for its rows without end. */
export const IDLE_IN_TRANSACTION_MS = 30_000;
/** BullMQ notes each step of a job for listeners; we have none. */
const EVENTS_KEPT = 100;
/** A worker with nothing to do looks again after so long, even if it was told nothing. */
const IDLE_POLL_S = 5;
/** One complaint in this time: a service that is away is said once, not a thousand times. */
const COMPLAINT_MS = 10_000;
/** Rows count the attempts; BullMQ must never give up by itself. */
const NEVER = 1_000_000;

export function createCarrier({ databaseUrl, redisUrl, prefix, log }: CarrierOptions): Carrier {
  const name = redisUrl === null ? 'postgres' : 'redis';
  const pool = redisUrl === null ? openPool(databaseUrl) : null;
  const connection = (pool ?? { url: redisUrl, maxRetriesPerRequest: null }) as QueueOptions['connection'];
  const backend = (redisUrl === null ? createPostgresBackend : createRedisBackend) as unknown as BackendFactory;
  let complained = -COMPLAINT_MS;
  const complain = (error: Error): void => {
    if (performance.now() - complained < COMPLAINT_MS) return;
    complained = performance.now();
    log.warn({ err: error, queue: name }, 'the job queue has a problem and tries again');
  };
  pool?.on('error', complain);
  return {
    name,
    async close() {
      await pool?.end();
    },
    openQueue(queueName) {
      const options: QueueOptions = { connection, prefix, streams: { events: { maxLen: EVENTS_KEPT } } };
      const queue = new Queue(queueName, options, backend as never);
      return queue.on('error', complain);
    },
    openWorker(queueName, process, { concurrency, visibilityMs }) {
      const options: WorkerOptions = {
        connection,
        prefix,
        concurrency,
        lockDuration: visibilityMs,
        stalledInterval: visibilityMs,
        maxStalledCount: NEVER,
        drainDelay: IDLE_POLL_S,
        runRetryDelay: 1_000,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      };
      const worker = new Worker(queueName, process, options, backend as never);
      return worker.on('error', complain);
    },
  };
}

/** Of all queues and workers of one process. */
function openPool(databaseUrl: string): pg.Pool {
  return new pg.Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    options: `-c search_path=${QUEUE_SCHEMA}`,
    application_name: 'unison-queue',
    Client: SteadyClient,
  });
}
