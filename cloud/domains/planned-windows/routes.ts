// /planned-windows/:id/approve: who may, says that a machine or lane is meant to stand then.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { RecordParams, RestoreBody, recordSchema } from '../../platform/kit/schemas.ts';
import { plannedWindows } from './resource.ts';
import { approveWindow } from './rules.ts';

export const plannedWindowsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.post(
    '/planned-windows/:id/approve',
    {
      config: { permission: 'planned-windows.approve' },
      schema: {
        tags: ['planned-windows'],
        summary: 'Approve a planned window; a later change of its times takes that back',
        params: RecordParams,
        body: RestoreBody,
        response: { 200: recordSchema(plannedWindows) },
      },
    },
    (request) =>
      asActor({ db, request }, async (ctx) => {
        const body = request.body;
        return { ...(await approveWindow(ctx, { id: request.params.id, ...body })) };
      }),
  );
};
