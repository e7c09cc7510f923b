// /machines/{id}/counts: what a machine counted. /counter-reviews: steps that wait for a person.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import { Counts, CountsQuery, DecideBody, ReviewPage, ReviewsQuery } from './schema.ts';
import { decide, readCounts, readReviews } from './service.ts';

export const countersRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = ['counters'];

  app.get(
    '/machines/:id/counts',
    {
      config: { permission: 'counters.read' },
      schema: {
        tags,
        summary: 'What a machine counted, in all and hour by hour',
        params: Type.Object({ id: Id }),
        querystring: CountsQuery,
        response: { 200: Counts },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => {
        const { from, to } = request.query;
        const period = { from: new Date(from), to: to === undefined ? ctx.now : new Date(to) };
        return readCounts(ctx, { machineId: request.params.id, ...period });
      }),
  );

  app.get(
    '/counter-reviews',
    {
      config: { permission: 'counters.read' },
      schema: {
        tags,
        summary: 'Steps of counters that wait for a decision, newest first',
        querystring: ReviewsQuery,
        response: { 200: ReviewPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readReviews(ctx, request.query)),
  );

  app.post(
    '/counter-reviews/decisions',
    {
      config: { permission: 'counters.decide' },
      schema: {
        tags,
        summary: 'Decide how many counts such a step was; 409 when somebody else did, or late data changed it',
        body: DecideBody,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await asActor({ db, request }, (ctx) => decide(ctx, request.body));
      return reply.code(204).send(null);
    },
  );
};
