// What machines said: plants, the page Now, the past of a tag, gaps, agents, and the live stream.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AccessControl } from '../../platform/access/access.ts';
import { plantsWith } from '../../platform/access/grants.ts';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import { accessOf, actorIn, actorOf } from '../../platform/http/authentication.ts';
import { asActor, type Context } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import type { FiguresFeed } from '../now-figures/index.ts';
import { listAgentStates, listGaps, periodOf, readHistory } from './history-queries.ts';
import type { LiveFeed } from './live-feed.ts';
import { type LiveStream, startLiveStream } from './live-stream.ts';
import { findPlant } from './now-queries.ts';
import { readNow, readSnapshot, readTagSnapshot } from './now-service.ts';
import * as schema from './schema.ts';

/** Open streams of one API process and of one user, at most. */
const MAX_STREAMS = 2_000;
const MAX_STREAMS_PER_USER = 20;

export interface TelemetryRoutesOptions {
  readonly db: Database;
  readonly access: AccessControl;
  readonly liveFeed: LiveFeed;
  readonly figuresFeed: FiguresFeed;
}

export const telemetryRoutes: FastifyPluginAsyncTypebox<TelemetryRoutesOptions> = async (app, options) => {
  const { db } = options;
  const run = <T>(request: FastifyRequest, work: (ctx: Context) => Promise<T>) => asActor({ db, request }, work);
  const config = { permission: 'telemetry.read' } as const;
  const tags = ['telemetry'];

  app.get(
    '/now',
    {
      config,
      schema: { tags, summary: 'A plant as it is now', querystring: schema.NowQuery, response: { 200: schema.Now } },
    },
    (request) => run(request, (ctx) => readNow(ctx, request.query.plant)),
  );

  app.get(
    '/tags/:id/history',
    {
      config,
      schema: {
        tags,
        summary: 'Minimum, mean and maximum of a tag per bucket; of text, its changes',
        params: Type.Object({ id: Id }),
        querystring: schema.HistoryQuery,
        response: { 200: schema.History },
      },
    },
    (request) => {
      const wanted = { ...periodOf(request.query), tagId: request.params.id, buckets: request.query.buckets };
      return run(request, (ctx) => readHistory(ctx, wanted));
    },
  );

  app.get(
    '/gaps',
    {
      config,
      schema: { tags, summary: 'The gap ledger', querystring: schema.GapsQuery, response: { 200: schema.GapPage } },
    },
    (request) => {
      const { limit, before } = request.query;
      const wanted = { ...periodOf(request.query), limit, before };
      return run(request, (ctx) => listGaps(ctx, wanted));
    },
  );

  app.get(
    '/ingest/agents',
    {
      config: { permission: 'edge.read' },
      schema: { tags: ['edge'], summary: 'State of the edge agents', response: { 200: schema.AgentStates } },
    },
    (request) => run(request, listAgentStates),
  );

  await app.register(liveRoute, options);
};

const liveRoute: FastifyPluginAsyncTypebox<TelemetryRoutesOptions> = async (app, options) => {
  const { db, access, liveFeed, figuresFeed } = options;
  const streams = new Map<LiveStream, number | null>();
  app.addHook('preClose', async () => {
    for (const stream of streams.keys()) stream.end('server_stops');
  });

  app.get(
    '/live',
    {
      config: { permission: 'telemetry.read' },
      schema: {
        tags: ['telemetry'],
        summary:
          'A plant live, as server-sent events: snapshot, then change; figures, as GET /now/figures gives them; heartbeat every 5 s; end',
        querystring: schema.LiveQuery,
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { plant, tags } = request.query;
      const tagIds = tags?.split(',').map(Number);
      const { log } = request;
      await asActor({ db, request }, (ctx) => findPlant(ctx, plant));
      const ofUser = [...streams.values()].filter((userId) => userId === actor.userId).length;
      if (ofUser >= MAX_STREAMS_PER_USER) throw new DomainError('too_many', 'Close other windows of this page first.');
      if (streams.size >= MAX_STREAMS) throw new DomainError('unavailable', 'Too many people look on. Try again soon.');
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const stream: LiveStream = startLiveStream({
        response: reply.raw,
        feed: liveFeed,
        organizationId: actor.organizationId,
        mayLookOn: () => refreshActor(request, plant),
        followAccess: (listener) => access.follow(actor.organizationId, listener),
        load: () =>
          asActor({ db, request }, (ctx) =>
            tagIds ? readTagSnapshot(ctx, { plantId: plant, tagIds }) : readSnapshot(ctx, plant),
          ),
        // A page of single tags shows no figures.
        followFigures: (listener) =>
          tagIds
            ? () => undefined
            : figuresFeed.follow({ organizationId: actor.organizationId, plantId: plant }, (figures) => {
                if (seesFigures(request, plant)) listener(figures);
              }),
        log,
        onEnd: () => streams.delete(stream),
      });
      streams.set(stream, actor.userId);
    },
  );
};

/** By what he may do now, as `refreshActor` last found it. */
function seesFigures(request: FastifyRequest, plantId: number): boolean {
  const plants = plantsWith(accessOf(request), 'metrics.read', 'plant');
  return plants === 'all' || (plants?.includes(plantId) ?? false);
}

/** Whether who opened a stream may still look at the plant; what he may see by now counts from here on. */
async function refreshActor(request: FastifyRequest, plantId: number): Promise<boolean> {
  const access = await request.lookUpAccess();
  const plants = access && plantsWith(access, 'telemetry.read', 'plant');
  if (!access || !plants || (plants !== 'all' && !plants.includes(plantId))) return false;
  request.access = access;
  request.actor = actorIn(access, plants);
  return true;
}
