// /tags: what devices say and which machine and role it is, in pages; and the mapping of many at once.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { listTags } from './queries.ts';
import * as schema from './schema.ts';
import { mapTags } from './service.ts';

const tags = ['tags'];

export const tagsRoutes: FastifyPluginAsyncTypebox<{ readonly db: Database }> = async (app, { db }) => {
  app.get(
    '/tags',
    {
      config: { permission: 'tags.read' },
      schema: {
        tags,
        summary: 'Tags with last value and mapping; those without machine or role first',
        querystring: schema.TagsQuery,
        response: { 200: schema.TagPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => listTags(ctx, request.query)),
  );

  app.post(
    '/tags/map',
    {
      config: { permission: 'tags.map' },
      schema: {
        tags,
        summary: 'Say what tags are, or leave it to their agent; all or none',
        body: schema.MapBody,
        response: { 200: schema.Mapped },
      },
    },
    (request) => asActor({ db, request }, (ctx) => mapTags(ctx, request.body)),
  );
};
