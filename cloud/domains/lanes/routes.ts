// Arrangements of lanes over HTTP, beside what the kit serves of lanes themselves.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { RecordParams } from '../../platform/kit/schemas.ts';
import { ArrangeBody, Arrangement, ArrangementQuery, Places } from './schema.ts';
import { arrange, readArrangement, readPlacesOf, timeOf } from './service.ts';

export const lanesRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = ['lanes'];
  app.get(
    '/lanes/:id/arrangement',
    {
      config: { permission: 'lanes.read' },
      schema: {
        tags,
        summary: 'The machines of a lane in the direction of the product, at an instant',
        params: RecordParams,
        querystring: ArrangementQuery,
        response: { 200: Arrangement },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => {
        const { at } = request.query;
        return readArrangement(ctx, {
          laneId: request.params.id,
          at: at === undefined ? ctx.now.getTime() : timeOf(at, 'query/at'),
        });
      }),
  );
  app.put(
    '/lanes/:id/arrangement',
    {
      config: { permission: 'lanes.update' },
      schema: {
        tags,
        summary: 'Say which machines stand in a lane from when on; 409 when somebody else did since',
        params: RecordParams,
        body: ArrangeBody,
        response: { 200: Arrangement },
      },
    },
    (request) => asActor({ db, request }, (ctx) => arrange(ctx, { laneId: request.params.id, ...request.body })),
  );
  app.get(
    '/machines/:id/places',
    {
      config: { permission: 'machines.read' },
      schema: {
        tags: ['machines'],
        summary: 'In which lanes a machine stood, stands and will stand, newest first',
        params: RecordParams,
        response: { 200: Places },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readPlacesOf(ctx, request.params.id)),
  );
};
