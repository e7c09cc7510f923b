// Who asks: access tokens (JWT, HS256, half an hour) and the hook that turns one into the request's actor.
// The order in here is the design's: authentication and organisation, then the permission.

import jwt from '@fastify/jwt';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { DomainError } from '../errors.ts';
import type { Actor } from './context.ts';
import type { Permission } from './permissions.ts';

const ACCESS_TOKEN_LIFETIME_S = 30 * 60;

const claims = Type.Object({
  sub: Type.String({ pattern: '^[1-9][0-9]{0,9}$' }),
  org: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  sid: Type.String({ format: 'uuid' }),
  exp: Type.Integer(),
});
const claimsCheck = Compile(claims);

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    actor: Actor | null;
  }
}

export interface AuthenticationOptions {
  readonly secret: string;
  /** Whether this actor has this permission. */
  readonly allows: (actor: Actor, permission: Permission) => boolean;
}

/** Adds tokens and the hooks to this scope. Await it before routes are added. */
export async function addAuthentication(app: FastifyInstance, options: AuthenticationOptions): Promise<void> {
  await app.register(jwt, {
    secret: options.secret,
    sign: { algorithm: 'HS256', expiresIn: ACCESS_TOKEN_LIFETIME_S },
    verify: { algorithms: ['HS256'] },
  });
  app.decorateRequest('actor', null);
  app.addHook('onRequest', async (request) => {
    const permission = request.routeOptions.config.permission;
    if (permission === 'public' || request.is404) return;
    request.actor = await readActor(request);
    if (permission === undefined || !options.allows(request.actor, permission)) {
      throw new DomainError('forbidden', `You lack the permission ${permission}. Ask your administrator for it.`);
    }
  });
}

async function readActor(request: FastifyRequest): Promise<Actor> {
  const token: unknown = await request.jwtVerify().catch(() => null);
  if (!claimsCheck.Check(token)) {
    throw new DomainError('not_signed_in', 'Sign in, and send the access token as "Authorization: Bearer …".');
  }
  return {
    kind: 'user',
    userId: Number(token.sub),
    sessionId: token.sid,
    organizationId: token.org,
    name: token.name,
    plantIds: 'all',
  };
}

/** The signed-in user of a route that is not public. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error(`${request.routeOptions.url} is public and has no actor`);
  return request.actor;
}

/** A new access token and when it ends. What its bearer may do is not in it: that is looked up by session. */
export function issueAccessToken(
  app: FastifyInstance,
  session: { sessionId: string; userId: number; organizationId: number; name: string },
): { accessToken: string; expiresAt: string } {
  const { sessionId, userId, organizationId, name } = session;
  const accessToken = app.jwt.sign({ sub: String(userId), org: organizationId, name, sid: sessionId });
  const { exp } = app.jwt.decode<{ exp: number }>(accessToken) ?? { exp: 0 };
  return { accessToken, expiresAt: new Date(exp * 1_000).toISOString() };
}
