// Hands jobs over to the queue after their commit: the rows are marked, given to BullMQ, and only then is
// the mark committed. A crash in between gives them again under the same id, which BullMQ does not take
// twice. Woken by a notification; looks every two seconds all the same. Of commands that commit together one
// notifies, so after a batch it looks again in a moment.
//
//   sleeping ──(notified, 2 s, or 50 ms after a batch)──► handing over ──(nothing left)──► sleeping
//                                                             │ fails: nothing is marked, and it is tried again
//
// Once a minute it also gives again what nobody has touched for five minutes, in case BullMQ lost it.

import { channel } from 'node:diagnostics_channel';
import type { Queue } from 'bullmq';
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../database.ts';

/** What the queue carries, and all a worker is told. */
export interface Ticket {
  readonly id: string;
  readonly organizationId: number;
  readonly round: number;
}

export interface RelayOptions {
  readonly db: Database;
  /** URL of mes_worker, for a connection that listens. */
  readonly databaseUrl: string;
  readonly queue: Queue;
  readonly log: { warn(data: object, message: string): void };
  /** Rows that nobody has touched for so long are given again. Default five minutes. */
  readonly lostAfterMs?: number | undefined;
}

const BATCH = 500;
const POLL_MS = 2_000;
const SECOND_LOOK_MS = 50;
const LOST_AFTER_MS = 5 * 60_000;
const LOOK_FOR_LOST_MS = 60_000;
/** BullMQ waits for a Redis that is away; our transaction does not. */
const GIVE_TIMEOUT_MS = 10_000;
const CHANNEL = 'mes_jobs';

const steps = channel('unison.jobs.step');

export class Relay {
  readonly #options: RelayOptions;
  readonly #lostAfterMs: number;
  #listener: pg.Client | null = null;
  #running: Promise<void> | null = null;
  #stopping = false;
  #woken = false;
  #wake: () => void = () => {};
  #lookedForLost = performance.now();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#lostAfterMs = options.lostAfterMs ?? LOST_AFTER_MS;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#running;
    await this.#listener?.end().catch(() => undefined);
    this.#listener = null;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      await this.#listen();
      this.#woken = false;
      const given = await this.#handOver().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'jobs could not be handed over; tried again');
        return 0;
      });
      await this.#sleep(given > 0 ? SECOND_LOOK_MS : POLL_MS);
    }
  }

  /** Hands over all that waits; returns how many. */
  async #handOver(): Promise<number> {
    let given = 0;
    let batch: number;
    do {
      batch = await this.#giveBatch('hand_over_jobs');
      given += batch;
    } while (batch === BATCH && !this.#stopping);
    if (performance.now() - this.#lookedForLost >= Math.min(LOOK_FOR_LOST_MS, this.#lostAfterMs)) {
      this.#lookedForLost = performance.now();
      await this.#giveBatch('hand_over_again');
    }
    return given;
  }

  #giveBatch(which: 'hand_over_jobs' | 'hand_over_again'): Promise<number> {
    const { db, queue } = this.#options;
    return db.transaction().execute(async (trx) => {
      // The mark is lost with a crash of the database, and the row given again: it need not wait for the disk.
      await sql`SET LOCAL synchronous_commit = off`.execute(trx);
      const call =
        which === 'hand_over_jobs'
          ? sql<Row>`SELECT * FROM mes.hand_over_jobs(${BATCH})`
          : sql<Row>`SELECT * FROM mes.hand_over_again(${BATCH}, make_interval(secs => ${this.#lostAfterMs / 1_000}))`;
      const { rows } = await call.execute(trx);
      if (rows.length === 0) return 0;
      await inTime(queue.addBulk(rows.map(asJob)), GIVE_TIMEOUT_MS);
      steps.publish('given');
      return rows.length;
    });
  }

  /** A connection that listens, made anew when it was lost. Without it, the poll is enough. */
  async #listen(): Promise<void> {
    if (this.#listener) return;
    const client = new pg.Client({
      connectionString: this.#options.databaseUrl,
      connectionTimeoutMillis: POLL_MS,
      keepAlive: true,
      application_name: 'unison-relay',
    });
    const lost = (): void => {
      if (this.#listener === client) this.#listener = null;
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', () => this.#notice());
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#listener = client;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the relay does not hear of new jobs; it looks every 2 s');
      await client.end().catch(() => undefined);
    }
  }

  #notice(): void {
    this.#woken = true;
    this.#wake();
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopping || this.#woken) return;
    const awake = Promise.withResolvers<void>();
    const timer = setTimeout(awake.resolve, ms);
    this.#wake = awake.resolve;
    await awake.promise;
    clearTimeout(timer);
  }
}

interface Row {
  readonly id: string;
  readonly organization_id: number;
  readonly round: number;
}

function asJob(row: Row): { name: string; data: Ticket; opts: { jobId: string } } {
  const { id, round } = row;
  return {
    name: 'job',
    data: { id, organizationId: row.organization_id, round },
    opts: { jobId: `${id}-${round}` },
  };
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`the queue did not answer in ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    // Where it was late, its own end must not become an unhandled rejection.
    work.catch(() => undefined);
  }
}
