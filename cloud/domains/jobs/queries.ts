// Rows of background jobs for people: never with the payload.

import { type SelectQueryBuilder, sql } from 'kysely';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { DB } from '../../platform/database-types.generated.ts';
import { InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Job, JobListQuery, JobPage } from './schema.ts';

/** Whose jobs: one user's own, or all that may be seen; with or without those of the organisation as a whole. */
export type Whose = { readonly ownOf: number | null } | { readonly ofOrganization: boolean };

const columns = [
  'id',
  'kind',
  'plant_id',
  'state',
  'attempts',
  'progress',
  'progress_text',
  'result',
  'error',
  'requested_by',
  'actor_name',
  'request_id',
  'created_at',
  'started_at',
  'next_attempt_at',
  'finished_at',
] as const;

function jobs(ctx: Context) {
  return ctx.db.selectFrom('mes.background_jobs').select(columns);
}

type JobQuery = ReturnType<typeof jobs>;
type Row = JobQuery extends SelectQueryBuilder<DB, 'mes.background_jobs', infer R> ? R : never;

const cursorCheck = Compile(
  Type.Tuple([Type.String({ pattern: '^[0-9T:.+-]{10,40}$' }), Type.String({ format: 'uuid' })]),
);

/** The newest first. */
export async function listJobs(ctx: Context, whose: Whose, query: JobListQuery): Promise<JobPage> {
  let found = limitedTo(jobs(ctx), whose);
  if (query.state !== undefined) found = found.where('state', '=', query.state);
  if (query.kind !== undefined) found = found.where('kind', '=', query.kind);
  if (query.cursor !== undefined) {
    const [at, id] = decodeCursor(query.cursor);
    found = found.where(sql<boolean>`(created_at, id) < (${at}::timestamptz, ${id}::uuid)`);
  }
  const rows = await found
    .select(sql<string>`to_json(created_at) #>> '{}'`.as('place'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    items: rows.slice(0, query.limit).map(toJob),
    nextCursor: last ? Buffer.from(JSON.stringify([last.place, last.id])).toString('base64url') : null,
  };
}

/** One job, with its row locked where it is to be changed; undefined where there is none to be seen. */
export async function findJob(ctx: Context, id: string, options: { lock: boolean }): Promise<Job | undefined> {
  const found = jobs(ctx).where('id', '=', id);
  const row = await (options.lock ? found.forUpdate() : found).executeTakeFirst();
  return row && toJob(row);
}

export function limitedTo<Q extends JobQuery>(query: Q, whose: Whose): Q {
  if ('ownOf' in whose) return query.where('requested_by', '=', whose.ownOf) as Q;
  return (whose.ofOrganization ? query : query.where('plant_id', 'is not', null)) as Q;
}

function decodeCursor(cursor: string): [string, string] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (cursorCheck.Check(place)) return place;
  } catch {
    // Not ours, either.
  }
  throw new InvalidRequest([{ path: 'query/cursor', message: 'is not of this list: take nextCursor as it was given' }]);
}

function toJob(row: Row): Job {
  return {
    id: row.id,
    kind: row.kind,
    plantId: row.plant_id,
    state: row.state as Job['state'],
    attempts: row.attempts,
    progress: row.progress,
    progressText: row.progress_text,
    result: row.result as Job['result'],
    error: row.error,
    requestedBy: { userId: row.requested_by, name: row.actor_name },
    requestId: row.request_id,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
