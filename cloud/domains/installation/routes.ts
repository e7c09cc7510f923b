// /setup: the first run of an empty installation; /demo-data: how far the demo is, and its end.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import {
  checkPassword,
  hashPassword,
  refuseForeignPages,
  SignedInSchema,
  signIn,
  visitOf,
  welcome,
} from '../identity/index.ts';
import { canonicalTimeZone } from '../plants/index.ts';
import { DemoData, SetupBody, SetupState } from './schema.ts';
import { readDemoData, removeDemo, setUp, setupState } from './service.ts';

export interface InstallationOptions {
  readonly db: Database;
  /** Pages from elsewhere that may call the API. */
  readonly allowedOrigins: readonly string[];
}

const tags = ['installation'];
const isPublic = { permission: 'public' } as const;
/** Ingest and removal may wait for each other; then one of them is told to begin again. */
const DEADLOCK = '40P01';
const REMOVAL_ATTEMPTS = 5;

export const installationRoutes: FastifyPluginAsyncTypebox<InstallationOptions> = async (
  app,
  { db, allowedOrigins },
) => {
  refuseForeignPages(app, allowedOrigins);

  app.get(
    '/setup',
    { config: isPublic, schema: { tags, summary: 'Whether anybody is here yet', response: { 200: SetupState } } },
    () => setupState(db),
  );

  app.post(
    '/setup',
    {
      config: isPublic,
      schema: {
        tags,
        summary: 'Make the first organisation, its plant and its administrator, who is signed in',
        body: SetupBody,
        response: { 200: SignedInSchema },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { displayName, email, password } = body.administrator;
      checkPassword(password, { field: 'administrator/password', own: [email, displayName, body.organization] });
      const timeZone = canonicalTimeZone(body.plant.timeZone);
      const passwordHash = await hashPassword(password);
      await setUp(db, { body, timeZone, passwordHash, requestId: request.id, log: request.log });
      const session = await signIn({ db, login: { email, password }, visit: visitOf(request) });
      // Of the one person there is, in the one organisation there is.
      if (session.kind === 'choose') throw new Error('the new administrator is in several organisations');
      return welcome({ app, request, reply }, session);
    },
  );

  app.get(
    '/demo-data',
    {
      // Whoever sees figures wants to know of how many days.
      config: { permission: 'metrics.read' },
      schema: { tags, summary: 'How far the history of the demo is filled in', response: { 200: DemoData } },
    },
    (request) => asActor({ db, request }, readDemoData),
  );

  app.delete(
    '/demo-data',
    {
      config: { permission: 'demo-data.delete', scope: 'organization' },
      schema: { tags, summary: 'Remove the demo with all its data, for good', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await asActor({ db, request }, removeDemo);
          break;
        } catch (error) {
          if ((error as { code?: unknown }).code !== DEADLOCK || attempt === REMOVAL_ATTEMPTS) throw error;
        }
      }
      return reply.code(204).send(null);
    },
  );
};
