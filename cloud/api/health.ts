// Whether everything that this process needs works: for load balancers, supervisors and people.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { LiveFeed } from '../domains/telemetry/index.ts';
import { type Database, pingDatabase } from '../platform/database.ts';

/** `detail` is read by people who are not signed in: no addresses, no names. */
export type HealthParts = Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;

const CHECK_TIMEOUT_MS = 2_000;

const Health = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('failing')]),
  parts: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) })),
});

export interface HealthOptions {
  readonly db: Database;
  readonly liveFeed: LiveFeed;
  health(): HealthParts | Promise<HealthParts>;
}

export const healthRoutes: FastifyPluginAsyncTypebox<HealthOptions> = async (app, { db, liveFeed, health }) => {
  app.get(
    '/health',
    {
      config: { permission: 'public' },
      schema: { tags: ['health'], summary: 'State of each part', response: { 200: Health, 503: Health } },
    },
    async (request, reply) => {
      const database = await pingDatabase(db, CHECK_TIMEOUT_MS).then(
        () => ({ ok: true }),
        (error: unknown) => {
          request.log.warn({ err: error }, 'health: the database does not answer');
          return { ok: false, detail: 'no answer' };
        },
      );
      const live = liveFeed.connected() ? { ok: true } : { ok: false, detail: 'no connection to the broker' };
      const parts: HealthParts = { ...(await health()), database, liveFeed: live };
      const ok = Object.values(parts).every((part) => part.ok);
      return reply
        .code(ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: ok ? ('ok' as const) : ('failing' as const), parts: { ...parts } });
    },
  );
};
