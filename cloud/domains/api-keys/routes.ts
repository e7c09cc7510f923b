// /api-keys: list, make, take over, revoke.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { hashOf, newToken } from '../identity/index.ts';
import { selectApiKeys } from './queries.ts';
import { ApiKey, ApiKeyList, ApiKeyParams, CreateApiKeyBody, CreatedApiKey } from './schema.ts';
import { createApiKey, revokeApiKey, takeOverApiKey } from './service.ts';

const tags = ['api-keys'];
const config = (action: string) => ({ permission: `api-keys.${action}`, scope: 'organization' }) as const;

export const apiKeysRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  app.get(
    '/api-keys',
    {
      config: config('read'),
      schema: { tags, summary: 'All API keys, never their secrets', response: { 200: ApiKeyList } },
    },
    (request) => asActor({ db, request }, async (ctx) => ({ items: await selectApiKeys(ctx) })),
  );

  app.post(
    '/api-keys',
    {
      config: { ...config('create'), secretAnswer: true },
      schema: {
        tags,
        summary: 'Make an API key; it is shown once',
        description:
          'A key acts for the person who made it: it may do what its roles may, as long as that person may, too. It is refused once the person is archived, until somebody takes it over.',
        body: CreateApiKeyBody,
        response: { 201: CreatedApiKey },
      },
    },
    async (request, reply) => {
      const secret = newToken();
      const made = await asActor({ db, request }, (ctx) =>
        createApiKey(ctx, { body: request.body, secretHash: hashOf(secret) }),
      );
      return reply.code(201).send({ ...made, key: `umk_${made.id}_${secret}` });
    },
  );

  app.post(
    '/api-keys/:id/take-over',
    {
      config: config('create'),
      schema: {
        tags,
        summary: 'From now on the key acts for you, and may no more than you',
        params: ApiKeyParams,
        response: { 200: ApiKey },
      },
    },
    (request) => asActor({ db, request }, (ctx) => takeOverApiKey(ctx, request.params.id)),
  );

  app.delete(
    '/api-keys/:id',
    {
      config: config('revoke'),
      schema: {
        tags,
        summary: 'Revoke an API key, at once and for good',
        params: ApiKeyParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await asActor({ db, request }, (ctx) => revokeApiKey(ctx, request.params.id));
      return reply.code(204).send(null);
    },
  );
};
