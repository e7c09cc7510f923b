// /stop-classifications: why machines stood, as people say it. /machines/{id}/intervals, /timeline, /stops and
// /likely-reasons: what a machine's time was, which stops it had, and which reasons to offer first.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import { OVERRULE } from './rules.ts';
import * as schema from './schema.ts';
import * as service from './service.ts';
import { Samples, SamplesQuery, Timeline, TimelineQuery } from './timeline-schema.ts';
import { readSamples, readTimeline } from './timeline-service.ts';

interface Options {
  readonly db: Database;
  /** Figures of time before so many days are not computed any more. */
  readonly retentionDays: number;
}

const tags = ['stops'];
const params = Type.Object({ id: Id });
const create = { permission: 'stop-classifications.create', alsoPermissions: [OVERRULE] } as const;
const read = { permission: 'stop-classifications.read' } as const;

export const stopsRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  const { db, retentionDays } = options;
  app.post(
    '/stop-classifications',
    {
      config: create,
      schema: {
        tags,
        summary:
          'Say why a machine stood. The latest word holds; time in which it ran stays as it is, unless you overrule it',
        body: schema.ClassifyBody,
        response: { 201: schema.Classification },
      },
    },
    async (request, reply) => {
      const made = await asActor({ db, request }, (ctx) => service.classify(ctx, request.body, { retentionDays }));
      return reply.code(201).send(made);
    },
  );
  app.post(
    '/stop-classifications/:id/reversal',
    {
      config: create,
      schema: {
        tags,
        summary: 'Take it back: what held before holds again; 409 with who was faster',
        params,
        body: schema.TakeBackBody,
        response: { 201: schema.Classification },
      },
    },
    async (request, reply) => {
      const { remarks = null } = request.body;
      const made = await asActor({ db, request }, (ctx) => service.takeBack(ctx, request.params.id, remarks));
      return reply.code(201).send(made);
    },
  );
  app.get(
    '/stop-classifications',
    {
      config: read,
      schema: {
        tags,
        summary: 'What people said of stops, newest first, also what was taken back',
        querystring: schema.ClassificationsQuery,
        response: { 200: schema.Classifications },
      },
    },
    (request) => asActor({ db, request }, (ctx) => service.listClassifications(ctx, request.query)),
  );
  await app.register(machineRoutes, options);
};

const machineRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { db }) => {
  app.get(
    '/machines/:id/intervals',
    {
      config: { permission: 'intervals.read' },
      schema: {
        tags,
        summary: "What a machine's time was, piece by piece, without gap and overlap; at most 31 days",
        params,
        querystring: schema.IntervalsQuery,
        response: { 200: schema.Intervals },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => service.readIntervals(ctx, { machineId: request.params.id, ...request.query })),
  );
  app.get(
    '/machines/:id/timeline',
    {
      config: { permission: 'intervals.read' },
      schema: {
        tags,
        summary: 'Time, pieces and alarms of a machine over a minute or a year, in as many pieces as a screen can show',
        params,
        querystring: TimelineQuery,
        response: { 200: Timeline },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => readTimeline(ctx, { machineId: request.params.id, ...request.query })),
  );
  app.get(
    '/machines/:id/samples',
    {
      config: { permission: 'telemetry.read' },
      schema: {
        tags,
        summary: 'What the tags said that a time of a machine was made of, as it was stored',
        params,
        querystring: SamplesQuery,
        response: { 200: Samples },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => readSamples(ctx, { machineId: request.params.id, ...request.query })),
  );
  app.get(
    '/machines/:id/stops',
    {
      config: { permission: 'intervals.read' },
      schema: {
        tags,
        summary: 'Stops of a machine, each whole: those that wait for a reason first, then the longest',
        params,
        querystring: schema.StopsQuery,
        response: { 200: schema.Stops },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => service.readStops(ctx, { machineId: request.params.id, ...request.query })),
  );
  app.get(
    '/machines/:id/likely-reasons',
    {
      config: read,
      schema: {
        tags,
        summary: 'The six likeliest reasons of a stop: the frequent ones, then those given most here in 30 days',
        params,
        querystring: schema.LikelyQuery,
        response: { 200: schema.LikelyReasons },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => {
        const { at } = request.query;
        const moment = at === undefined ? ctx.now : new Date(at);
        return service.readLikelyReasons(ctx, { machineId: request.params.id, at: moment });
      }),
  );
};
