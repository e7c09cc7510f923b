// Writes how far a job is to its row, at most twice a second and the latest only; in transactions of its
// own, so that it is seen while the job's own transaction is open.

import { sql } from 'kysely';
import { type Database, inTenant } from '../database.ts';

const EVERY_MS = 500;
const MAX_LETTERS = 500;

export interface Progress {
  /** Fraction 0 to 1. Throws when the worker stops, so that the job ends. */
  report(this: void, fraction: number, text?: string): void;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
}

export function createProgress(job: {
  readonly db: Database;
  readonly row: {
    readonly id: string;
    readonly organization_id: number;
    readonly round: number;
    readonly attempts: number;
  };
  readonly signal: AbortSignal;
  readonly log: { warn(data: object, message: string): void };
}): Progress {
  const { db, row, signal, log } = job;
  let writing: Promise<void> | null = null;
  let written = -EVERY_MS;

  const write = (fraction: number, text: string | undefined): Promise<void> =>
    inTenant(db, { organizationId: row.organization_id, plantIds: 'all' }, async (trx) => {
      await sql`SET LOCAL synchronous_commit = off`.execute(trx);
      await trx
        .updateTable('mes.background_jobs')
        .set({ progress: Math.min(1, Math.max(0, fraction)), progress_text: text?.slice(0, MAX_LETTERS) ?? null })
        .where('id', '=', row.id)
        .where('round', '=', row.round)
        .where('attempts', '=', row.attempts)
        .where('state', '=', 'running')
        .execute();
    }).catch((error: unknown) => log.warn({ err: error }, 'the progress of a job could not be written'));

  return {
    report(fraction, text) {
      signal.throwIfAborted();
      if (writing || performance.now() - written < EVERY_MS) return;
      written = performance.now();
      writing = write(fraction, text).finally(() => {
        writing = null;
      });
    },
    async settled() {
      await writing;
    },
  };
}
