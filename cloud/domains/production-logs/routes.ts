// /production-logs: what operators declare in one tap, and what it comes to per machine and order.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import { sumCounted } from '../counters/index.ts';
import { listLogs } from './queries.ts';
import * as schema from './schema.ts';
import { addLog, readDeclared, readQuantities, reverseLog } from './service.ts';

const tags = ['production-logs'];
const params = Type.Object({ id: Id });

export const productionLogsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    '/production-logs',
    {
      config: { permission: 'production-logs.read' },
      schema: {
        tags,
        summary: 'What was declared, last entry first',
        querystring: schema.LogsQuery,
        response: { 200: schema.Logs },
      },
    },
    (request) => asActor({ db, request }, (ctx) => listLogs(ctx, request.query)),
  );
  app.post(
    '/production-logs',
    {
      config: { permission: 'production-logs.create' },
      schema: {
        tags,
        summary: 'Declare good pieces, scrap with its reason, or rework',
        body: schema.LogBody,
        response: { 201: schema.Log },
      },
    },
    async (request, reply) => reply.code(201).send(await asActor({ db, request }, (ctx) => addLog(ctx, request.body))),
  );
  app.post(
    '/production-logs/:id/reverse',
    {
      config: { permission: 'production-logs.create' },
      schema: {
        tags,
        summary: 'Take an entry back, once; answers the reversal',
        params,
        body: schema.ReverseBody,
        response: { 201: schema.Log },
      },
    },
    async (request, reply) => {
      const made = await asActor({ db, request }, (ctx) =>
        reverseLog(ctx, request.params.id, request.body.remarks ?? null),
      );
      return reply.code(201).send(made);
    },
  );
  app.get(
    '/machines/:id/declared-counts',
    {
      config: { permission: 'production-logs.read' },
      schema: {
        tags,
        summary: "Operators' sums beside the machine's own",
        params,
        querystring: schema.DeclaredQuery,
        response: { 200: schema.Declared },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) =>
        readDeclared(ctx, { machineId: request.params.id, ...request.query }, sumCounted),
      ),
  );
  app.get(
    '/work-orders/:id/quantities',
    {
      config: { permission: 'work-orders.read' },
      schema: {
        tags,
        summary: 'What is done of an order, by machine and operation',
        params,
        response: { 200: schema.Quantities },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readQuantities(ctx, request.params.id, sumCounted)),
  );
};
