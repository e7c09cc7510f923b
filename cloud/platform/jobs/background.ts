// Background work in one process: the relay that hands jobs over, the workers that do them, the recurring
// work, and the rounds of what is looked for all the time. Any number of processes may run it; they share it.
//
// start: queue and workers connect, recurring work is registered, the relay and the rounds begin.
// stop: nothing new is begun; what runs has eight seconds to end, and is then told to give up and handed
// back; what does not listen even then is left, and another worker takes it when its lock has lapsed.

import { DelayedError, type Job, type Queue, type Worker } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Database, openDatabase } from '../database.ts';
import { type Carrier, createCarrier, IDLE_IN_TRANSACTION_MS } from './carrier.ts';
import { createJobMetrics, type JobMetrics } from './job-metrics.ts';
import type { JobProcessor } from './processor.ts';
import { queueNames } from './queue-schema.ts';
import { Relay, type Ticket } from './relay.ts';
import { type Rounds, RoundsRunner } from './rounds.ts';
import { runJob } from './run-job.ts';
import { registerSchedules, runSchedule, type Schedule } from './schedules.ts';

export interface BackgroundOptions {
  /** URL of mes_worker. */
  readonly databaseUrl: string;
  /** Null: the queue is in PostgreSQL. */
  readonly redisUrl: string | null;
  readonly prefix: string;
  /** Attempts of a job until it is dead, unless its kind says otherwise. */
  readonly attempts: number;
  /** How long a job may be silent until its worker counts as dead, in ms. */
  readonly visibilityMs: number;
  readonly processors: readonly JobProcessor[];
  readonly schedules: readonly Schedule[];
  readonly rounds: readonly Rounds[];
  readonly registry: Registry;
  readonly log: FastifyBaseLogger;
  /** Wait before a second attempt, in ms. Default 5 s. */
  readonly firstRetryMs?: number;
  /** Jobs at once. Default 4. */
  readonly concurrency?: number;
  /** For what runs when it stops, in ms. Default 8 s. */
  readonly graceMs?: number;
  /** When the relay gives a row again, in ms. Default five minutes. */
  readonly lostAfterMs?: number;
}

const CONCURRENCY = 4;
const FIRST_RETRY_MS = 5_000;
const GRACE_MS = 8_000;
/** For what was told to give up. */
const LAST_GRACE_MS = 3_000;
/** A job in the database may work long with one statement. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000;
/** When the row itself could not be reached. */
const TRY_AGAIN_MS = 5_000;

const ticketCheck = Compile(
  Type.Object({ id: Type.String({ format: 'uuid' }), organizationId: Type.Integer(), round: Type.Integer() }),
);

export class Background {
  readonly #options: BackgroundOptions;
  readonly #db: Database;
  readonly #metrics: JobMetrics;
  readonly #processors: ReadonlyMap<string, JobProcessor>;
  readonly #giveUp = new AbortController();
  readonly #rounds: readonly RoundsRunner[];
  #queues: Queue[] = [];
  #workers: Worker[] = [];
  #carrier: Carrier | null = null;
  #relay: Relay | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: BackgroundOptions) {
    this.#options = options;
    const { databaseUrl, registry, log } = options;
    // Each running job may need one for its work and one for its progress; relay, metrics and each round one.
    const max = 2 * (options.concurrency ?? CONCURRENCY) + 2 + options.rounds.length;
    const timeouts = { statementTimeoutMs: STATEMENT_TIMEOUT_MS, idleInTransactionMs: IDLE_IN_TRANSACTION_MS };
    this.#db = openDatabase({ url: databaseUrl, max, ...timeouts, log });
    this.#metrics = createJobMetrics({ db: this.#db, registry, log });
    this.#processors = new Map(options.processors.map((processor) => [processor.kind.name, processor]));
    this.#rounds = options.rounds.map((rounds) => new RoundsRunner(rounds, { db: this.#db, log }));
  }

  async start(): Promise<void> {
    const { databaseUrl, redisUrl, prefix, schedules, visibilityMs, concurrency, log, lostAfterMs } = this.#options;
    const carrier = createCarrier({ databaseUrl, redisUrl, prefix, log });
    this.#carrier = carrier;
    const work = carrier.openQueue(queueNames.work);
    const schedule = carrier.openQueue(queueNames.schedule);
    this.#queues = [work, schedule];
    await Promise.all([work.waitUntilReady(), schedule.waitUntilReady()]);
    await registerSchedules(schedule, schedules);
    this.#workers = [
      carrier.openWorker(queueNames.work, (job, token) => this.#work(job, token), {
        concurrency: concurrency ?? CONCURRENCY,
        visibilityMs,
      }),
      carrier.openWorker(
        queueNames.schedule,
        (job) => runSchedule({ db: this.#db, schedules, log }, job, this.#giveUp.signal),
        { concurrency: 1, visibilityMs },
      ),
    ];
    this.#relay = new Relay({ db: this.#db, databaseUrl, queue: work, log, lostAfterMs });
    this.#relay.start();
    for (const rounds of this.#rounds) rounds.start();
    log.info({ queue: carrier.name, kinds: [...this.#processors.keys()] }, 'background work ready');
  }

  /** Safe twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { log, graceMs } = this.#options;
    await this.#relay?.stop();
    const workers = Promise.allSettled(this.#workers.map((worker) => worker.close()));
    if (!(await endsWithin(workers, graceMs ?? GRACE_MS))) {
      this.#giveUp.abort(new Error('the worker stops'));
      if (!(await endsWithin(workers, LAST_GRACE_MS))) {
        log.warn({}, 'a job did not end in time; another worker takes it over');
      }
    }
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
    await Promise.allSettled(this.#queues.map((queue) => queue.close()));
    if (this.#carrier) await endsWithin(this.#carrier.close(), LAST_GRACE_MS);
    // Connections of a job that was left never come back: they end with the process.
    await endsWithin(this.#db.destroy(), LAST_GRACE_MS);
  }

  async #work(job: Job, token: string | undefined): Promise<void> {
    const { attempts, firstRetryMs, log } = this.#options;
    const ticket: unknown = job.data;
    if (!ticketCheck.Check(ticket)) {
      log.error({ carried: job.id }, 'the queue carries something that is no job of ours; it is put away');
      return;
    }
    const again = await this.#run(ticket satisfies Ticket, {
      attempts,
      firstRetryMs: firstRetryMs ?? FIRST_RETRY_MS,
    });
    if (again === null) return;
    await job.moveToDelayed(Date.now() + again, token);
    throw new DelayedError();
  }

  async #run(ticket: Ticket, patience: { attempts: number; firstRetryMs: number }): Promise<number | null> {
    const { log } = this.#options;
    const ended = (kind: string, outcome: string): void => this.#metrics.ended(kind, outcome);
    try {
      const options = { ...patience, db: this.#db, processors: this.#processors, log, ended };
      return await runJob(options, ticket, this.#giveUp.signal);
    } catch (error) {
      // The database did not answer: the row says what it said before, and the queue keeps the job.
      log.warn({ err: error, job: ticket.id }, 'a job could not be run or its end not written; tried again');
      return TRY_AGAIN_MS;
    }
  }
}

async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), ms);
  const done = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([done, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
