// GET /now/figures: what the live stream's event `figures` tells, for the first paint.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import { actorOf } from '../../platform/http/authentication.ts';
import { asActor } from '../../platform/http/context.ts';
import type { FiguresFeed } from './figures-feed.ts';
import { NowFigures, NowFiguresQuery } from './schema.ts';

interface Options {
  readonly db: Database;
  readonly figuresFeed: FiguresFeed;
}

export const nowFiguresRoutes: FastifyPluginAsyncTypebox<Options> = async (app, options) => {
  app.get(
    '/now/figures',
    {
      config: { permission: 'metrics.read' },
      schema: {
        tags: ['metrics'],
        summary: 'This shift and run of every machine of a plant, at most a few seconds old; /live tells of changes',
        querystring: NowFiguresQuery,
        response: { 200: NowFigures },
      },
    },
    (request) => figuresOf(request, options),
  );
};

/** They are made once for everybody: whether this one may see the plant is asked here. */
async function figuresOf(
  request: FastifyRequest<{ Querystring: Static<typeof NowFiguresQuery> }>,
  { db, figuresFeed }: Options,
): Promise<NowFigures> {
  const { plant } = request.query;
  const known = await asActor({ db, request }, (ctx) =>
    ctx.db.selectFrom('mes.plants').select('mes.plants.id').where('mes.plants.id', '=', plant).executeTakeFirst(),
  );
  if (!known) throw new DomainError('not_found', 'There is no such plant, or you may not see it.');
  return figuresFeed.read({ organizationId: actorOf(request).organizationId, plantId: plant });
}
