// Check lists of machines over HTTP, beside what the kit serves of machines themselves.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { RecordParams } from '../../platform/kit/schemas.ts';
import { CheckList, CheckLists, CheckListsQuery } from './schema.ts';
import { checkMachine, checkPlant } from './service.ts';

export const machinesRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = ['machines'];
  const config = { permission: 'machines.read' } as const;
  app.get(
    '/machines/:id/checklist',
    {
      config,
      schema: {
        tags,
        summary: 'What a machine still lacks for OEE',
        params: RecordParams,
        response: { 200: CheckList },
      },
    },
    (request) => asActor({ db, request }, (ctx) => checkMachine(ctx, request.params.id)),
  );
  app.get(
    '/machine-checklists',
    {
      config,
      schema: {
        tags,
        summary: 'What the machines of a plant still lack for OEE, at a glance',
        querystring: CheckListsQuery,
        response: { 200: CheckLists },
      },
    },
    (request) => asActor({ db, request }, async (ctx) => ({ items: await checkPlant(ctx, request.query.plant) })),
  );
};
