// /auth: sign in, stay signed in, sign out, switch the organisation. The refresh token travels only in a
// cookie that scripts cannot read and other sites cannot send.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import { issueAccessToken } from '../../platform/http/authentication.ts';
import { asActor } from '../../platform/http/context.ts';
import type { Mail } from '../../platform/mail/mail.ts';
import { clearRefreshCookie, deviceToken, refreshToken, refuseForeignPages, setRefreshCookie } from './cookies.ts';
import { addPasswordRoutes } from './password-routes.ts';
import {
  ChooseOrganization,
  LoginBody,
  OwnOrganizations,
  OwnSessions,
  SessionParams,
  SignedIn,
  SwitchBody,
} from './schema.ts';
import {
  arriveAs,
  endOwnSession,
  leaveFor,
  listOwnSessions,
  ownOrganizations,
  refresh,
  signOut,
  signOutEverywhere,
} from './sessions.ts';
import { LockedOut, type SessionHolder, type SignIn, signIn, type Visit } from './sign-in.ts';

export interface IdentityOptions {
  readonly db: Database;
  readonly mail: Mail;
  /** Pages from elsewhere that may call the API. */
  readonly allowedOrigins: readonly string[];
}

const tags = ['identity'];
const isPublic = { permission: 'public' } as const;
const ownSession = { permission: 'session.own' } as const;
const nothing = { 204: Type.Null() };

export const identityRoutes: FastifyPluginAsyncTypebox<IdentityOptions> = async (app, { db, mail, allowedOrigins }) => {
  refuseForeignPages(app, allowedOrigins);
  sayWhenToTryAgain(app);

  app.post(
    '/auth/login',
    {
      config: isPublic,
      schema: {
        tags,
        summary: 'Sign in; with several organisations and none chosen, the list to choose from',
        body: LoginBody,
        response: { 200: Type.Union([SignedIn, ChooseOrganization]) },
      },
    },
    async (request, reply) => {
      const result = await signIn({ db, login: request.body, visit: visitOf(request) });
      return result.kind === 'choose'
        ? { organizations: result.organizations }
        : welcome({ app, request, reply }, result);
    },
  );

  app.post(
    '/auth/refresh',
    {
      config: isPublic,
      schema: { tags, summary: 'A new access token for the session in the cookie', response: { 200: SignedIn } },
    },
    async (request, reply) => {
      try {
        const { holder, refreshToken: token } = await refresh(db, visitOf(request));
        if (token !== null) setRefreshCookie({ request, reply }, { token, maxAgeS: holder.lifetimeS });
        return signedIn(app, holder);
      } catch (error) {
        if (error instanceof DomainError) clearRefreshCookie(reply);
        throw error;
      }
    },
  );

  app.post(
    '/auth/logout',
    { config: isPublic, schema: { tags, summary: 'End the session in the cookie', response: nothing } },
    async (request, reply) => {
      await signOut(db, visitOf(request));
      clearRefreshCookie(reply);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/auth/logout-everywhere',
    { config: ownSession, schema: { tags, summary: 'End all sessions of the person, everywhere', response: nothing } },
    async (request, reply) => {
      await asActor({ db, request }, signOutEverywhere);
      clearRefreshCookie(reply);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/auth/sessions',
    {
      config: ownSession,
      schema: {
        tags,
        summary: 'Where the person is signed in; last use is exact to half an hour',
        response: { 200: OwnSessions },
      },
    },
    (request) => asActor({ db, request }, listOwnSessions),
  );

  app.delete(
    '/auth/sessions/:id',
    { config: ownSession, schema: { tags, summary: 'End one of them', params: SessionParams, response: nothing } },
    async (request, reply) => {
      await asActor({ db, request }, (ctx) => endOwnSession(ctx, request.params.id));
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/auth/organizations',
    {
      config: ownSession,
      schema: { tags, summary: 'Organisations of the person', response: { 200: OwnOrganizations } },
    },
    (request) => asActor({ db, request }, ownOrganizations),
  );

  app.post(
    '/auth/switch-organization',
    {
      config: { ...ownSession, secretAnswer: true },
      schema: {
        tags,
        summary: 'A session in another of them; the present one ends',
        body: SwitchBody,
        response: { 200: SignedIn },
      },
    },
    async (request, reply) => {
      const candidate = await asActor({ db, request }, (ctx) => leaveFor(ctx, request.body.organizationId));
      return welcome({ app, request, reply }, await arriveAs(db, candidate, visitOf(request)));
    },
  );

  addPasswordRoutes(app, { db, mail });
};

/** Adds Retry-After to answers about lock-out, in this scope. */
export function sayWhenToTryAgain(app: FastifyInstance): void {
  app.addHook('onError', async (_, reply, error) => {
    if (error instanceof LockedOut) reply.header('retry-after', error.waitS);
  });
}

/** What comes with a request besides its body. */
export function visitOf(request: FastifyRequest): Visit {
  return {
    requestId: request.id,
    refreshToken: refreshToken(request),
    deviceToken: deviceToken(request),
    userAgent: request.headers['user-agent'] ?? '',
  };
}

/** Gives somebody who signed in his tokens. */
export function welcome(
  { app, request, reply }: { app: FastifyInstance; request: FastifyRequest; reply: FastifyReply },
  { holder, refreshToken: token }: Extract<SignIn, { kind: 'signed_in' }>,
): SignedIn {
  setRefreshCookie({ request, reply }, { token, maxAgeS: holder.lifetimeS });
  return signedIn(app, holder);
}

function signedIn(app: FastifyInstance, holder: SessionHolder): SignedIn {
  const { sessionId, userId, name, email, language, organization, lifetimeS } = holder;
  return {
    ...issueAccessToken(app, { sessionId, userId, organizationId: organization.id, name }),
    user: { id: userId, name, email, language },
    organization,
    idleAfterS: lifetimeS,
  };
}
