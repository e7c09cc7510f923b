// /jobs: the list of background jobs, how far one is, and what can be done about it.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Access, plantsWith } from '../../platform/access/grants.ts';
import type { Database } from '../../platform/database.ts';
import { accessOf } from '../../platform/http/authentication.ts';
import { asActor, type Context } from '../../platform/http/context.ts';
import { listJobs } from './queries.ts';
import { Job, JobId, JobListQuery, JobPage, RetriedDead, RetryDeadBody } from './schema.ts';
import { cancelJob, type MayTouch, readJob, retryDead, retryJob } from './service.ts';

const tags = ['jobs'];

export const jobsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const run = <T>(request: FastifyRequest, work: (ctx: Context) => Promise<T>) => asActor({ db, request }, work);

  app.get(
    '/jobs',
    {
      config: { permission: 'jobs.read' },
      schema: {
        tags,
        summary: 'Background jobs, the newest first',
        querystring: JobListQuery,
        response: { 200: JobPage },
      },
    },
    (request) => {
      const ofOrganization = countsEverywhere(accessOf(request), 'jobs.read');
      return run(request, (ctx) => listJobs(ctx, { ofOrganization }, request.query));
    },
  );

  app.get(
    '/jobs/own',
    {
      config: { permission: 'session.own' },
      schema: {
        tags,
        summary: 'The background jobs you asked for, the newest first',
        querystring: JobListQuery,
        response: { 200: JobPage },
      },
    },
    (request) => run(request, (ctx) => listJobs(ctx, { ownOf: ctx.actor.userId ?? null }, request.query)),
  );

  app.get(
    '/jobs/:id',
    {
      // One's own, or any with jobs.read.
      config: { permission: 'session.own' },
      schema: { tags, summary: 'A background job, and how far it is', params: JobId, response: { 200: Job } },
    },
    (request) => run(request, (ctx) => readJob(ctx, request.params.id, ownOr(accessOf(request), 'jobs.read'))),
  );

  app.post(
    '/jobs/:id/cancel',
    {
      // One's own, or any with jobs.retry.
      config: { permission: 'session.own' },
      schema: { tags, summary: 'Cancel a background job that waits', params: JobId, response: { 200: Job } },
    },
    (request) => run(request, (ctx) => cancelJob(ctx, request.params.id, ownOr(accessOf(request), 'jobs.retry'))),
  );

  app.post(
    '/jobs/:id/retry',
    {
      config: { permission: 'jobs.retry' },
      schema: { tags, summary: 'Try a dead background job again', params: JobId, response: { 200: Job } },
    },
    (request) => run(request, (ctx) => retryJob(ctx, request.params.id, allowed(accessOf(request), 'jobs.retry'))),
  );

  app.post(
    '/jobs/retry-dead',
    {
      config: { permission: 'jobs.retry' },
      schema: {
        tags,
        summary: 'Try all dead background jobs of a kind again, up to 1,000',
        body: RetryDeadBody,
        response: { 200: RetriedDead },
      },
    },
    (request) => {
      const ofOrganization = countsEverywhere(accessOf(request), 'jobs.retry');
      return run(request, (ctx) => retryDead(ctx, { kind: request.body.kind, ofOrganization }));
    },
  );
};

type Right = 'jobs.read' | 'jobs.retry';

/** Jobs without a plant are the organisation's: they take the right everywhere. */
function countsEverywhere(access: Access, right: Right): boolean {
  return plantsWith(access, right, 'organization') !== null;
}

function allowed(access: Access, right: Right): MayTouch {
  const plants = plantsWith(access, right, 'plant');
  return ({ plantId }) => {
    if (plantId === null) return countsEverywhere(access, right);
    return plants === 'all' || (plants?.includes(plantId) ?? false);
  };
}

function ownOr(access: Access, right: Right): MayTouch {
  const all = allowed(access, right);
  return (job) => (access.userId !== null && job.requestedBy.userId === access.userId) || all(job);
}
