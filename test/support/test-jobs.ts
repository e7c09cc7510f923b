// Kinds of background jobs for tests, and what a test needs to ask for them and to see what became of them.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import pino from 'pino';
import { Registry } from 'prom-client';
import Type from 'typebox';
import { recordAudit } from '../../cloud/platform/audit.ts';
import { type Database, inTenant } from '../../cloud/platform/database.ts';
import type { Actor, Context } from '../../cloud/platform/http/context.ts';
import type { BackgroundOptions } from '../../cloud/platform/jobs/background.ts';
import { enqueueJob, type WantedJob } from '../../cloud/platform/jobs/enqueue.ts';
import { type JobKind, jobKind } from '../../cloud/platform/jobs/job-kind.ts';
import { HopelessJob, inDatabase, type JobProcessor, outside } from '../../cloud/platform/jobs/processor.ts';
import type { Schedule } from '../../cloud/platform/jobs/schedules.ts';

const strict = { additionalProperties: false } as const;

/** Leaves a row in the audit trail: its effect on the database, to be counted. */
export const note = jobKind('test.note', Type.Object({ text: Type.String() }, strict));
/** Fails so many times. */
export const stubborn = jobKind('test.stubborn', Type.Object({ failures: Type.Integer() }, strict));
/** Cannot be helped. */
export const hopeless = jobKind('test.hopeless', Type.Object({}, strict));
/** Takes so long, and listens when it is told to give up; then leaves its row. */
export const slow = jobKind('test.slow', Type.Object({ ms: Type.Integer(), text: Type.String() }, strict));
/** Knows a secret. */
export const secretive = jobKind('test.secretive', Type.Object({ password: Type.String() }, strict), { secret: true });

const leaveRow = (ctx: Context, text: string): Promise<void> =>
  recordAudit(ctx, { action: 'note', entity: 'test_notes', entityId: text });

export function testProcessors(): JobProcessor[] {
  const failed = new Map<string, number>();
  return [
    inDatabase(note, async (ctx, { text }) => {
      await leaveRow(ctx, text);
      return { said: text };
    }),
    inDatabase(stubborn, async (ctx, { failures }) => {
      await leaveRow(ctx, ctx.jobId);
      const before = failed.get(ctx.jobId) ?? 0;
      failed.set(ctx.jobId, before + 1);
      if (before < failures) throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
      return undefined;
    }),
    inDatabase(hopeless, async (ctx) => {
      await leaveRow(ctx, ctx.jobId);
      throw new HopelessJob('Line 3 is wrong. Mend the file.', { result: { line: 3 } });
    }),
    inDatabase(slow, async (ctx, { ms, text }) => {
      const until = performance.now() + ms;
      while (performance.now() < until) {
        ctx.progress(1 - (until - performance.now()) / ms, 'half asleep');
        await sleep(20);
      }
      await leaveRow(ctx, text);
      return undefined;
    }),
    outside(secretive, async () => undefined),
  ];
}

/** Leaves a row for every organisation each time it fires. */
export const ticking: Schedule = {
  name: 'test.tick',
  everyMs: 400,
  async run(ctx) {
    await leaveRow(ctx, 'tick');
    return false;
  },
};

export function backgroundOptions(
  given: Pick<BackgroundOptions, 'databaseUrl' | 'redisUrl' | 'prefix'> & Partial<BackgroundOptions>,
): BackgroundOptions {
  return {
    attempts: 3,
    visibilityMs: 1_000,
    firstRetryMs: 20,
    processors: testProcessors(),
    schedules: [],
    rounds: [],
    registry: new Registry(),
    log: pino({ level: 'silent' }),
    ...given,
  };
}

export interface Asker {
  readonly organizationId: number;
  readonly plantIds?: Actor['plantIds'];
  readonly userId?: number;
}

/** A command that does nothing but ask for a job. */
export function ask<K extends JobKind>(db: Database, asker: Asker, job: WantedJob<K>): Promise<string> {
  const actor: Actor = {
    kind: 'user',
    userId: asker.userId ?? null,
    sessionId: null,
    name: 'Lea Lang',
    organizationId: asker.organizationId,
    plantIds: asker.plantIds ?? 'all',
  };
  const log = pino({ level: 'silent' });
  return inTenant(db, actor, (trx) =>
    enqueueJob({ db: trx, actor, log, now: new Date(), requestId: 'request-7' }, job),
  );
}

export interface JobRow {
  readonly state: string;
  readonly attempts: number;
  readonly round: number;
  readonly progress: number;
  readonly progress_text: string | null;
  readonly result: unknown;
  readonly error: string | null;
  readonly payload: unknown;
  readonly handed_over_at: Date | null;
}

/** As the superuser. */
export class Rows {
  readonly pool: pg.Pool;

  constructor(ownerUrl: string) {
    this.pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
    this.pool.on('error', () => {});
  }

  async job(id: string): Promise<JobRow> {
    const { rows } = await this.pool.query<JobRow>('SELECT * FROM mes.background_jobs WHERE id = $1', [id]);
    const [row] = rows;
    if (!row) throw new Error(`there is no job ${id}`);
    return row;
  }

  /** How often the job that leaves this text has left it. */
  async notes(text: string): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM mes.audit_logs WHERE entity = 'test_notes' AND entity_id = $1",
      [text],
    );
    return rows[0]?.count ?? 0;
  }
}
