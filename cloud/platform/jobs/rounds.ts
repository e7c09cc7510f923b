// Work that is looked for again and again, every second or faster: a schedule would be too slow, a
// notification too dear (PostgreSQL commits transactions that notify one after the other). Several
// processes may make the same rounds; what they look at says who does what.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.ts';

export interface Rounds {
  /** What failed, in the log: "the audit trail could not be sealed". */
  readonly failure: string;
  readonly everyMs: number;
  /** After a round it also rests for this share of the time that the round took: what always has something
   *  to do leaves others their part of a small machine. */
  readonly restShare?: number;
  /** Does what there is to do and returns; `signal` asks for an end between two transactions. */
  run(db: Database, signal: AbortSignal): Promise<void>;
}

const LONGEST_WAIT_MS = 10_000;
const LONGEST_REST_MS = 5_000;

export class RoundsRunner {
  readonly #rounds: Rounds;
  readonly #db: Database;
  readonly #log: { warn(data: object, message: string): void };
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  constructor(rounds: Rounds, options: { db: Database; log: { warn(data: object, message: string): void } }) {
    this.#rounds = rounds;
    this.#db = options.db;
    this.#log = options.log;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { everyMs, failure, restShare = 0, run } = this.#rounds;
    let waitMs = everyMs;
    while (!signal.aborted) {
      try {
        const began = performance.now();
        await run(this.#db, signal);
        waitMs = Math.max(everyMs, Math.min(LONGEST_REST_MS, restShare * (performance.now() - began)));
      } catch (error) {
        waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
        this.#log.warn({ err: error, waitMs }, `${failure}; tried again`);
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
