// Commands on background jobs: replay what is dead, cancel what waits. A replay is a new round with all its
// attempts before it; the relay hands it over after the commit.

import { sql } from 'kysely';
import { recordAudit } from '../../platform/audit.ts';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { findJob } from './queries.ts';
import type { Job, RetriedDead } from './schema.ts';

/** Dead jobs replayed with one request, at most. */
const MOST_RETRIED = 1_000;

/** Whether who asks may do this to this job; if not, it is not there for him. */
export type MayTouch = (job: Job) => boolean;

export async function readJob(ctx: Context, id: string, may: MayTouch): Promise<Job> {
  return seen(await findJob(ctx, id, { lock: false }), may);
}

/** Throws `conflict` for a job that is not dead. */
export async function retryJob(ctx: Context, id: string, may: MayTouch): Promise<Job> {
  const job = seen(await findJob(ctx, id, { lock: true }), may);
  if (job.state !== 'dead') {
    throw new DomainError('conflict', `Only a dead job can be retried; this one is ${job.state}.`);
  }
  await replay(ctx, [id]);
  await recordAudit(ctx, {
    action: 'retry',
    entity: 'jobs',
    entityId: id,
    plantId: job.plantId,
    old: { state: 'dead', error: job.error },
    new: { state: 'queued' },
  });
  return readJob(ctx, id, may);
}

/** All dead ones of a kind, the oldest first. */
export async function retryDead(
  ctx: Context,
  { kind, ofOrganization }: { kind: string; ofOrganization: boolean },
): Promise<RetriedDead> {
  let dead = ctx.db
    .selectFrom('mes.background_jobs')
    .select('id')
    .where('kind', '=', kind)
    .where('state', '=', 'dead')
    .orderBy('created_at')
    .limit(MOST_RETRIED + 1)
    .forUpdate()
    .skipLocked();
  if (!ofOrganization) dead = dead.where('plant_id', 'is not', null);
  const found = await dead.execute();
  const ids = found.slice(0, MOST_RETRIED).map(({ id }) => id);
  if (ids.length > 0) {
    await replay(ctx, ids);
    await recordAudit(ctx, { action: 'retry_dead', entity: 'jobs', entityId: kind, new: { retried: ids.length, ids } });
  }
  return { retried: ids.length, more: found.length > MOST_RETRIED };
}

/** Throws `conflict` for a job that has begun. */
export async function cancelJob(ctx: Context, id: string, may: MayTouch): Promise<Job> {
  const job = seen(await findJob(ctx, id, { lock: true }), may);
  if (job.state !== 'queued' && job.state !== 'failed') {
    throw new DomainError('conflict', `Only a job that waits can be cancelled; this one is ${job.state}.`);
  }
  await ctx.db
    .updateTable('mes.background_jobs')
    .set({
      state: 'cancelled',
      finished_at: sql<Date>`clock_timestamp()`,
      next_attempt_at: null,
      // Nobody needs it any more, and it may hold a secret.
      payload: '{}',
    })
    .where('id', '=', id)
    .execute();
  await recordAudit(ctx, {
    action: 'cancel',
    entity: 'jobs',
    entityId: id,
    plantId: job.plantId,
    old: { state: job.state },
    new: { state: 'cancelled' },
  });
  return readJob(ctx, id, may);
}

function seen(job: Job | undefined, may: MayTouch): Job {
  if (job && may(job)) return job;
  throw new DomainError('not_found', 'There is no such job, or it is not yours to see.');
}

async function replay(ctx: Context, ids: readonly string[]): Promise<void> {
  await ctx.db
    .updateTable('mes.background_jobs')
    .set((column) => ({
      state: 'queued',
      round: column('round', '+', 1),
      attempts: 0,
      progress: 0,
      progress_text: null,
      error: null,
      result: null,
      handed_over_at: null,
      started_at: null,
      next_attempt_at: null,
      finished_at: null,
    }))
    .where('id', 'in', [...ids])
    .execute();
}
