// Links committed audit rows into their organisation's chain, within a second. It looks four times a
// second at a table that is empty while there is nothing to do. Notifications would be quicker still, but
// PostgreSQL commits transactions that notify one after the other: every command of every organisation
// would wait for every other.

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, inTenant } from '../database.ts';

const LOOK_MS = 250;
const LONGEST_WAIT_MS = 10_000;
const BATCH = 500;

export class AuditSealer {
  readonly #db: Database;
  readonly #log: { warn(data: object, message: string): void };
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: { db: Database; log: { warn(data: object, message: string): void } }) {
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
    let waitMs = LOOK_MS;
    while (!signal.aborted) {
      try {
        await sealAll(this.#db, signal);
        waitMs = LOOK_MS;
      } catch (error) {
        waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
        this.#log.warn({ err: error, waitMs }, 'the audit trail could not be sealed; tried again');
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Several workers may do this at once: the organisation's lock lets one at a time, and the other finds nothing left. */
async function sealAll(db: Database, signal: AbortSignal): Promise<void> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM mes.organizations_to_seal() AS seal (id)`.execute(db);
  for (const { id: organizationId } of rows) {
    let sealed = BATCH;
    while (sealed === BATCH && !signal.aborted) {
      sealed = await inTenant(db, { organizationId, plantIds: 'all' }, async (trx) => {
        const answer = await sql<{ sealed: number }>`SELECT mes.seal_audit(${BATCH}) AS sealed`.execute(trx);
        return answer.rows[0]?.sealed ?? 0;
      });
    }
  }
}
