// /machine-runs: what machines made when, begun and ended by people where no PLC says it, and corrected.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { Id } from '../../platform/http/schema.ts';
import { readHistory } from '../../platform/kit/history.ts';
import { History, HistoryQuery } from '../../platform/kit/schemas.ts';
import { listMachines, listRuns, readRun, readTasks } from './reading.ts';
import * as schema from './schema.ts';
import * as service from './service.ts';

const tags = ['machine-runs'];
const params = Type.Object({ id: Id });
const read = { permission: 'machine-runs.read' } as const;
const correct = { permission: 'machine-runs.correct' } as const;

export const machineRunsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, options) => {
  const { db } = options;
  app.get(
    '/machine-runs',
    {
      config: read,
      schema: { tags, summary: 'Runs, newest first', querystring: schema.RunsQuery, response: { 200: schema.Runs } },
    },
    (request) => asActor({ db, request }, (ctx) => listRuns(ctx, request.query)),
  );
  app.get(
    '/machine-runs/tasks',
    {
      config: read,
      schema: {
        tags,
        summary: 'Orders and materials that a PLC names and nobody knows',
        querystring: schema.TasksQuery,
        response: { 200: schema.Tasks },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readTasks(ctx, request.query.plantId)),
  );
  app.get(
    '/machine-runs/machines',
    {
      config: read,
      schema: {
        tags,
        summary: 'Machines, and who opens their runs',
        querystring: schema.TasksQuery,
        response: { 200: schema.RunMachines },
      },
    },
    (request) => asActor({ db, request }, (ctx) => listMachines(ctx, request.query.plantId)),
  );
  app.get(
    '/machine-runs/:id',
    { config: read, schema: { tags, summary: 'One run', params, response: { 200: schema.Run } } },
    (request) => asActor({ db, request }, (ctx) => readRun(ctx, request.params.id)),
  );
  app.get(
    '/machine-runs/:id/history',
    {
      config: read,
      schema: {
        tags,
        summary: 'Who changed this run, newest first',
        params,
        querystring: HistoryQuery,
        response: { 200: History },
      },
    },
    (request) =>
      asActor({ db, request }, async (ctx) => {
        await readRun(ctx, request.params.id);
        return readHistory(ctx, { entity: 'machine-runs', entityId: request.params.id, ...request.query });
      }),
  );
  app.post(
    '/machine-runs',
    {
      config: { permission: 'machine-runs.start' },
      schema: {
        tags,
        summary: 'Start an order on a machine; 409 when it runs already',
        body: schema.StartBody,
        response: { 201: schema.Run },
      },
    },
    async (request, reply) => {
      const run = await asActor({ db, request }, (ctx) => service.startRun(ctx, request.body));
      return reply.code(201).header('location', `/api/v1/machine-runs/${run.id}`).send(run);
    },
  );
  app.post(
    '/machine-runs/:id/end',
    {
      config: { permission: 'machine-runs.end' },
      schema: { tags, summary: 'End a run', params, body: schema.EndBody, response: { 200: schema.Run } },
    },
    (request) => asActor({ db, request }, (ctx) => service.endRun(ctx, request.params.id, request.body)),
  );
  await app.register(correctionRoutes, options);
};

const correctionRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const response = { 200: schema.Run };
  app.post(
    '/machine-runs/add',
    {
      config: correct,
      schema: {
        tags,
        summary: 'Add a run that nobody began in time',
        body: schema.AddBody,
        response: { 201: schema.Run },
      },
    },
    async (request, reply) => {
      const run = await asActor({ db, request }, (ctx) => service.addRun(ctx, request.body));
      return reply.code(201).header('location', `/api/v1/machine-runs/${run.id}`).send(run);
    },
  );
  app.post(
    '/machine-runs/link-order',
    {
      config: correct,
      schema: {
        tags,
        summary: 'What a PLC calls an order, from now on',
        body: schema.LinkBody,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await asActor({ db, request }, (ctx) => service.linkOrder(ctx, request.body));
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/machine-runs/:id/split',
    {
      config: correct,
      schema: { tags, summary: 'Cut a run in two; answers the second', params, body: schema.SplitBody, response },
    },
    (request) => asActor({ db, request }, (ctx) => service.splitRun(ctx, request.params.id, request.body)),
  );
  app.post(
    '/machine-runs/:id/move',
    {
      config: correct,
      schema: {
        tags,
        summary: 'Move begin or end; runs that touch it follow',
        params,
        body: schema.MoveBody,
        response,
      },
    },
    (request) => asActor({ db, request }, (ctx) => service.moveRun(ctx, request.params.id, request.body)),
  );
  app.post(
    '/machine-runs/:id/assign',
    {
      config: correct,
      schema: { tags, summary: 'Another order, material or kind', params, body: schema.AssignBody, response },
    },
    (request) => asActor({ db, request }, (ctx) => service.assignRun(ctx, request.params.id, request.body)),
  );
  app.delete(
    '/machine-runs/:id',
    {
      config: correct,
      schema: {
        tags,
        summary: 'Delete a run that never was',
        params,
        querystring: schema.DeleteQuery,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await asActor({ db, request }, (ctx) => service.deleteRun(ctx, request.params.id, request.query));
      return reply.code(204).send(null);
    },
  );
};
