// Who asks, and whether he may: access tokens (JWT, HS256, half an hour), the hook that turns one into the
// request's actor, and the hook that holds the actor against the route's permission.
//
// A token says which session it belongs to and nothing of what its bearer may do: that is looked up at
// each request, so a changed role or a closed session counts at once.

import { createHash } from 'node:crypto';
import jwt from '@fastify/jwt';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { AccessControl, AccessRow } from '../access/access.ts';
import { type Access, plantsOf, plantsWith } from '../access/grants.ts';
import { DomainError } from '../errors.ts';
import type { Actor } from './context.ts';
import { isGranted } from './permissions.ts';

const ACCESS_TOKEN_LIFETIME_S = 30 * 60;

const claims = Type.Object({
  /** The user; left out where no person stands behind the session (a paired device). */
  sub: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,9}$' })),
  org: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  sid: Type.String({ format: 'uuid' }),
  exp: Type.Integer(),
});
const claimsCheck = Compile(claims);

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. Its plants are those in which the route's permission is held. */
    actor: Actor | null;
    /** All that the actor may do; null on public routes. */
    access: Access | null;
    /** What the actor may do by now; null when his session has ended. For what outlives its request. */
    lookUpAccess: () => Promise<Access | null>;
  }
}

export interface AuthenticationOptions {
  readonly secret: string;
  /** Signs nothing any more; what it signed is taken until it expires. */
  readonly previousSecret: string | null;
  readonly access: AccessControl;
  /** What an API key may do; undefined: it is none, or not any more. */
  readonly readApiKey: (key: { id: number; secretHash: Buffer }) => Promise<AccessRow | undefined>;
}

/** Tokens whose signature is known to be right, at most; their end is looked at each time. */
const VERIFIED_TOKENS = 1_000;
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Adds tokens and the hook that reads them to this scope. Await it before routes are added. */
export async function addAuthentication(
  app: FastifyInstance,
  { secret, previousSecret, access, readApiKey }: AuthenticationOptions,
): Promise<void> {
  await app.register(jwt, {
    secret,
    sign: { algorithm: 'HS256', expiresIn: ACCESS_TOKEN_LIFETIME_S },
    verify: { algorithms: ['HS256'], cache: VERIFIED_TOKENS },
  });
  app.decorateRequest('actor', null);
  app.decorateRequest('access', null);
  app.decorateRequest('lookUpAccess', async () => null);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.permission === 'public' || request.is404) return;
    const key = apiKeyOf(request);
    request.lookUpAccess = key
      ? () => access.lookUp(`${key.id} ${key.secretHash.toString('hex')}`, () => readApiKey(key))
      : await readBearer(request, { access, previousSecret });
    request.access = await request.lookUpAccess();
    if (!request.access && key) {
      throw new DomainError(
        'not_signed_in',
        'This API key is unknown, has expired, was revoked, or acts for somebody who is no user here any more. Ask for a new one, or an administrator to take it over.',
      );
    }
    if (!request.access) throw new DomainError('session_ended', 'Sign in again.');
    request.actor = actorIn(request.access, plantsOf(request.access));
  });
  // Who has taken a right away sees it gone with his next request.
  app.addHook('onSend', async (request) => {
    if (!SAFE_METHODS.includes(request.method)) await access.settle();
  });
}

/** Adds the hook that refuses who lacks the route's permission. After authentication and the limits by user. */
export function addPermissionCheck(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const { permission, scope = 'plant' } = request.routeOptions.config;
    if (request.is404 || (permission !== undefined && !isGranted(permission))) return;
    const { access } = request;
    const plants = access && permission !== undefined ? plantsWith(access, permission, scope) : null;
    if (!access || !plants) {
      throw new DomainError('forbidden', `You lack the permission ${permission}. Ask your administrator for it.`);
    }
    request.actor = actorIn(access, plants);
  });
}

/** The API key of a request: `umk_<id>_<secret>`, of which the database knows the hash. */
function apiKeyOf({ headers }: FastifyRequest): { id: number; secretHash: Buffer } | null {
  const [, id, secret = ''] =
    /^Bearer umk_([1-9][0-9]{0,8})_([A-Za-z0-9_-]{43})$/.exec(headers.authorization ?? '') ?? [];
  return id === undefined ? null : { id: Number(id), secretHash: createHash('sha256').update(secret).digest() };
}

/** How to look up who sent this request. Throws `not_signed_in`. */
async function readBearer(
  request: FastifyRequest,
  { access, previousSecret }: Pick<AuthenticationOptions, 'access' | 'previousSecret'>,
): Promise<() => Promise<Access | null>> {
  const verify = (key?: string): Promise<unknown> =>
    request.jwtVerify(key === undefined ? {} : { key, algorithms: ['HS256'] }).catch(() => null);
  const token = (await verify()) ?? (previousSecret === null ? null : await verify(previousSecret));
  if (!claimsCheck.Check(token)) {
    throw new DomainError('not_signed_in', 'Sign in, and send the access token as "Authorization: Bearer …".');
  }
  return () => access.ofSession(token.sid);
}

/** Who asks, as services know him. */
export function actorIn(access: Access, plantIds: Actor['plantIds']): Actor {
  const { kind, userId, sessionId, organizationId, name } = access;
  return { kind, userId, sessionId, organizationId, name, plantIds };
}

/** All that the signed-in user of a route that is not public may do. */
export function accessOf(request: FastifyRequest): Access {
  if (!request.access) throw new Error(`${request.routeOptions.url} is public and has no actor`);
  return request.access;
}

/** The signed-in user of a route that is not public. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error(`${request.routeOptions.url} is public and has no actor`);
  return request.actor;
}

/** A new access token and when it ends. What its bearer may do is not in it: that is looked up by session. */
export function issueAccessToken(
  app: FastifyInstance,
  session: { sessionId: string; userId: number | null; organizationId: number; name: string },
): { accessToken: string; expiresAt: string } {
  const { sessionId, userId, organizationId, name } = session;
  const accessToken = app.jwt.sign({
    ...(userId === null ? {} : { sub: String(userId) }),
    org: organizationId,
    name,
    sid: sessionId,
  });
  const { exp } = app.jwt.decode<{ exp: number }>(accessToken) ?? { exp: 0 };
  return { accessToken, expiresAt: new Date(exp * 1_000).toISOString() };
}
