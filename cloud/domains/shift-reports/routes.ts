// /shift-reports: shifts of a plant, how far each is and its versions; /shift-reports/signatures: who
// answers for one.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import * as schema from './schema.ts';
import * as service from './service.ts';

const tags = ['shift-reports'];
const read = { permission: 'shifts.read' } as const;

export const shiftReportsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    '/shift-reports',
    {
      config: read,
      schema: {
        tags,
        summary:
          'Shifts of a plant, a lane or a machine: open, ended, closed or restated, in which version, and who signed',
        querystring: schema.ShiftReportsQuery,
        response: { 200: schema.ShiftReportPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => service.listShiftReports(ctx, request.query)),
  );
  app.get(
    '/shift-reports/versions',
    {
      config: read,
      schema: {
        tags,
        summary: 'Every version of a shift, by machine, with what caused it; /metrics reads the figures of each',
        querystring: schema.ShiftVersionsQuery,
        response: { 200: schema.ShiftVersionPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => service.listVersions(ctx, request.query)),
  );
  app.post(
    '/shift-reports/signatures',
    {
      config: { permission: 'shifts.sign' },
      schema: {
        tags,
        summary:
          'Sign a shift that is over: it is closed with the figures it has; what changes later is another version',
        body: schema.SignBody,
        response: { 201: schema.ShiftReport },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await asActor({ db, request }, (ctx) => service.sign(ctx, request.body))),
  );
};
