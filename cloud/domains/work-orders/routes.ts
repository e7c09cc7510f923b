// /work-orders: the steps of an order, and the board. List, get and change come from the kit.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { RecordParams, recordSchema } from '../../platform/kit/schemas.ts';
import { readBoard } from './board.ts';
import { workOrders } from './resource.ts';
import { type Step, steps } from './rules.ts';
import { Board, BoardQuery, CancelBody, StepBody } from './schema.ts';
import { takeStep } from './service.ts';

const summaries: Readonly<Record<Step, string>> = {
  release: 'Release a planned order to the floor',
  start: 'Start a released order',
  pause: 'Pause a running order',
  resume: 'Go on with a paused order',
  complete: 'Complete an order: what was to be made is made',
  close: 'Close a completed order',
  cancel: 'Cancel an order, with a reason',
};

export const workOrdersRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = [workOrders.name];
  const response = { 200: recordSchema(workOrders) };
  app.get(
    '/work-orders/board',
    {
      config: { permission: 'work-orders.read' },
      schema: {
        tags,
        summary: 'Lanes by days or shifts, with the orders on them',
        querystring: BoardQuery,
        response: { 200: Board },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readBoard(ctx, request.query)),
  );
  for (const step of Object.keys(steps) as Step[]) {
    const body = step === 'cancel' ? CancelBody : StepBody;
    app.post(
      `/work-orders/:id/${step}`,
      {
        config: { permission: `work-orders.${step}` },
        schema: {
          tags,
          summary: `${summaries[step]}; 409 when somebody else was faster`,
          params: RecordParams,
          body,
          response,
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { version, reason } = request.body;
        return reply.send({
          ...(await asActor({ db, request }, (ctx) => takeStep(ctx, step, { id, version, reason }))),
        });
      },
    );
  }
};
