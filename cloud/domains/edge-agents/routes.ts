// /edge-agents: what engineers do with agents; /edge-agents/enrol: what an agent does itself, by its token.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { kindOf } from '../../platform/kit/commands.ts';
import { addResource } from '../../platform/kit/routes.ts';
import { RecordParams } from '../../platform/kit/schemas.ts';
import * as queries from './queries.ts';
import { edgeAgents } from './resource.ts';
import { edgeAgentRules } from './rules.ts';
import * as schema from './schema.ts';
import { enrolAgent, offerToken, revokeCredential } from './service.ts';

export interface EdgeAgentsOptions {
  readonly db: Database;
  /** Where agents find the broker; `url` null: on the host of the API. */
  readonly broker: { readonly url: string | null; readonly port: number | null };
}

const tags = ['edge-agents'];

export const edgeAgentsRoutes: FastifyPluginAsyncTypebox<EdgeAgentsOptions> = async (app, { db, broker }) => {
  addResource(app, { db, kind: kindOf(edgeAgents, edgeAgentRules) });

  app.get(
    '/edge-agents/overview',
    {
      config: { permission: 'edge-agents.read' },
      schema: {
        tags,
        summary: 'How each agent is doing, and edges that nobody knows',
        querystring: schema.OverviewQuery,
        response: { 200: schema.Overview },
      },
    },
    (request) => asActor({ db, request }, (ctx) => queries.readOverview(ctx, request.query.plant ?? null)),
  );

  app.get(
    '/edge-agents/:id/devices',
    {
      config: { permission: 'edge-agents.read' },
      schema: {
        tags,
        summary: 'The devices of an agent with their coverage',
        params: RecordParams,
        response: { 200: schema.Devices },
      },
    },
    (request) => asActor({ db, request }, (ctx) => queries.listDevices(ctx, request.params.id)),
  );

  app.get(
    '/edge-agents/:id/gaps',
    {
      config: { permission: 'edge-agents.read' },
      schema: {
        tags,
        summary: 'The gap ledger of an agent',
        params: RecordParams,
        querystring: schema.GapsQuery,
        response: { 200: schema.Gaps },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => queries.listGaps(ctx, { agentId: request.params.id, ...request.query })),
  );

  app.post(
    '/edge-agents/:id/token',
    {
      config: { permission: 'edge-agents.enrol', secretAnswer: true },
      schema: {
        tags,
        summary: 'A one-time token to enrol the agent, or to enrol it anew, good for 24 hours',
        params: RecordParams,
        response: { 200: schema.Token },
      },
    },
    (request) => asActor({ db, request }, (ctx) => offerToken(ctx, request.params.id)),
  );

  app.post(
    '/edge-agents/:id/revoke',
    {
      config: { permission: 'edge-agents.revoke' },
      schema: {
        tags,
        summary: 'End the credentials of an agent at once',
        params: RecordParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await asActor({ db, request }, (ctx) => revokeCredential(ctx, request.params.id));
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/edge-agents/enrol',
    {
      config: { permission: 'public', secretAnswer: true },
      schema: {
        tags,
        summary: 'Exchange an enrolment token for a credential, once',
        body: schema.EnrolBody,
        response: { 200: schema.Enrolled },
      },
    },
    (request) =>
      enrolAgent(db, { token: request.body.token, requestId: request.id }).then((enrolled) => ({
        ...enrolled,
        broker,
      })),
  );
};
