// What materials offer beside the kit's routes: their revisions.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { configOf } from '../../platform/kit/resource.ts';
import { materials } from './resource.ts';
import { RevisionBody, RevisionParams, Revisions } from './schema.ts';
import { makeRevision, readRevisions } from './service.ts';

const tags = [materials.name];

export const materialsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    '/materials/:id/revisions',
    {
      config: configOf(materials, 'read'),
      schema: {
        tags,
        summary: 'Revisions of a material, newest first',
        params: RevisionParams,
        response: { 200: Revisions },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readRevisions(ctx, request.params.id)),
  );
  app.post(
    '/materials/:id/revisions',
    {
      config: configOf(materials, 'revise'),
      schema: {
        tags,
        summary: 'Make another revision the one that is made; 409 when somebody changed the material since',
        params: RevisionParams,
        body: RevisionBody,
        response: { 200: Revisions },
      },
    },
    (request) => {
      const { version, revision, validFrom, reason } = request.body;
      return asActor({ db, request }, (ctx) =>
        makeRevision(ctx, {
          materialId: request.params.id,
          version,
          revision,
          validFrom: validFrom === undefined ? ctx.now : new Date(validFrom),
          reason,
        }),
      );
    },
  );
};
