// Asks for background work: writes the job's row in the command's own transaction, so that the work is
// asked for exactly when the command has happened. The relay hands it over after the commit.

import { Value } from 'typebox/value';
import type { Database, Tenant, TenantTransaction } from '../database.ts';
import type { Actor, Context } from '../http/context.ts';
import type { JobKind, PayloadOf } from './job-kind.ts';

/** What is to be done. */
export interface WantedJob<K extends JobKind> {
  readonly kind: K;
  readonly payload: PayloadOf<K>;
  readonly plantId?: number | null;
}

/** Asks in the name of the actor of `ctx`; returns the job's id. */
export function enqueueJob<K extends JobKind>(ctx: Context, job: WantedJob<K>): Promise<string> {
  const { actor, requestId } = ctx;
  return insertJob(ctx.db, { ...job, tenant: actor, actor, requestId });
}

/** For what no signed-in actor asks (a forgotten password, a schedule). The transaction carries the organisation. */
export async function insertJob<K extends JobKind>(
  db: Database | TenantTransaction,
  job: WantedJob<K> & {
    readonly tenant: Tenant;
    readonly actor: Pick<Actor, 'kind' | 'userId' | 'name'>;
    readonly requestId: string;
  },
): Promise<string> {
  const { kind, tenant, actor } = job;
  const [fault] = Value.Errors(kind.payload, job.payload);
  if (fault) throw new Error(`a job ${kind.name} with a wrong payload: ${fault.instancePath} ${fault.message}`);
  const { id } = await db
    .insertInto('mes.background_jobs')
    .values({
      organization_id: tenant.organizationId,
      plant_id: job.plantId ?? null,
      kind: kind.name,
      payload: JSON.stringify(job.payload),
      actor_kind: actor.kind,
      requested_by: actor.userId,
      actor_name: actor.name,
      plant_ids: tenant.plantIds === 'all' ? null : [...tenant.plantIds],
      request_id: job.requestId,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
