// /auth: sign in, stay signed in, sign out. The refresh token travels only in a cookie that scripts
// cannot read and other sites cannot send.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import { issueAccessToken } from '../../platform/http/authentication.ts';
import { createPasswordCheck } from './passwords.ts';
import { ChooseOrganization, LoginBody, SignedIn } from './schema.ts';
import { refresh, SESSION_LIFETIME_S, type SessionHolder, signIn, signOut } from './service.ts';

const COOKIE = 'unison_refresh';
const COOKIE_PATH = '/api/v1/auth';

export const identityRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const passwords = createPasswordCheck();
  const isPublic = { permission: 'public' } as const;

  const answer = (holder: SessionHolder) => ({
    ...issueAccessToken(app, {
      sessionId: holder.sessionId,
      userId: holder.userId,
      organizationId: holder.organization.id,
      name: holder.name,
    }),
    user: { id: holder.userId, name: holder.name, email: holder.email },
    organization: holder.organization,
  });

  app.post(
    '/auth/login',
    {
      config: isPublic,
      schema: {
        tags: ['identity'],
        summary: 'Sign in; with several organisations and none chosen, the list to choose from',
        body: LoginBody,
        response: { 200: Type.Union([SignedIn, ChooseOrganization]) },
      },
    },
    async (request, reply) => {
      const result = await signIn({ db, passwords, login: request.body });
      if (result.kind === 'choose') return { organizations: result.organizations };
      setCookie(request, reply, result.refreshToken);
      return answer(result.holder);
    },
  );

  app.post(
    '/auth/refresh',
    {
      config: isPublic,
      schema: {
        tags: ['identity'],
        summary: 'A new access token for the session in the cookie',
        response: { 200: SignedIn },
      },
    },
    async (request, reply) => {
      try {
        const { holder, refreshToken } = await refresh(db, request.cookies[COOKIE]);
        if (refreshToken !== null) setCookie(request, reply, refreshToken);
        return answer(holder);
      } catch (error) {
        if (error instanceof DomainError) reply.clearCookie(COOKIE, { path: COOKIE_PATH });
        throw error;
      }
    },
  );

  app.post(
    '/auth/logout',
    {
      config: isPublic,
      schema: { tags: ['identity'], summary: 'End the session in the cookie', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await signOut(db, request.cookies[COOKIE]);
      return reply.clearCookie(COOKIE, { path: COOKIE_PATH }).code(204).send(null);
    },
  );
};

function setCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(COOKIE, token, {
    path: COOKIE_PATH,
    httpOnly: true,
    sameSite: 'strict',
    secure: request.protocol === 'https',
    maxAge: SESSION_LIFETIME_S,
  });
}
