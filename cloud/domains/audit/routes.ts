// /audit-logs: who did what, and whether the trail is whole.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import { asActor } from '../../platform/http/context.ts';
import { listAudit, verifyAudit } from './queries.ts';
import { AuditPage, AuditQuery, Verification } from './schema.ts';

export const auditRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = ['audit-logs'];

  app.get(
    '/audit-logs',
    {
      config: { permission: 'audit-logs.read' },
      schema: { tags, summary: 'The audit trail, newest first', querystring: AuditQuery, response: { 200: AuditPage } },
    },
    (request) => asActor({ db, request }, (ctx) => listAudit(ctx, request.query)),
  );

  app.get(
    '/audit-logs/verification',
    {
      config: { permission: 'audit-logs.verify', scope: 'organization' },
      schema: {
        tags,
        summary: 'Whether the trail is whole, and up to where it is sealed',
        response: { 200: Verification },
      },
    },
    (request) =>
      asActor({ db, request }, (ctx) => {
        if (ctx.actor.plantIds !== 'all')
          throw new DomainError('forbidden', 'The chain runs over all plants. Ask someone who may see all of them.');
        return verifyAudit(ctx);
      }),
  );
};
