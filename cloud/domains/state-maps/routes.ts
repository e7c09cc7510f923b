// /state-maps beside what the kit serves: the values that wait to be mapped.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { kindOf } from '../../platform/kit/commands.ts';
import { addResource } from '../../platform/kit/routes.ts';
import { listUnmapped } from './queries.ts';
import { stateMaps } from './resource.ts';
import { stateMapRules } from './rules.ts';
import { Unmapped, UnmappedQuery } from './schema.ts';

export const stateMapsRoutes: FastifyPluginAsyncTypebox<{ readonly db: Database }> = async (app, { db }) => {
  addResource(app, { db, kind: kindOf(stateMaps, stateMapRules) });
  app.get(
    '/state-maps/unmapped',
    {
      config: { permission: 'state-maps.read' },
      schema: {
        tags: ['state-maps'],
        summary: 'Values of state tags that no map knows',
        querystring: UnmappedQuery,
        response: { 200: Unmapped },
      },
    },
    (request) => asActor({ db, request }, (ctx) => listUnmapped(ctx, request.query)),
  );
};
