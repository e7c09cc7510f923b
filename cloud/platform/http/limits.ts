// How much one address, one person or one key may ask, so that a broken script stops nobody else's work.
// Counted per minute in this process, or over all instances where Redis is there.
//
// The address is counted before anybody is known, the person after authentication; signing in has a
// limit of its own, since its password hashes are meant to be slow.

import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { DomainError } from '../errors.ts';

export interface RequestLimits {
  /** Requests per minute from one address. A plant behind one address is many people. */
  readonly perAddress: number;
  /** Requests per minute of one user, device or API key. */
  readonly perActor: number;
  /** Requests per minute from one address that change something without being signed in. */
  readonly signInsPerAddress: number;
  /** While the process is so late with everything, requests are answered 503, in ms; 0: never. */
  readonly maxDelayMs: number;
}

/** Later than this with everything, a process answers 503: better a clear word than a queue without end. */
export const MAX_DELAY_MS = 1_500;

const WINDOW_MS = 60_000;
/** Addresses and people counted at once in this process; beyond it the oldest are forgotten. */
const MAX_COUNTED = 20_000;

type Limiter = (
  request: FastifyRequest,
) => Promise<{ isAllowed: boolean; isExceeded?: boolean; ttlInSeconds?: number }>;

/** Adds the limit by address to this scope. Await it before authentication is added. */
export async function addAddressLimits(
  app: FastifyInstance,
  { limits, redis }: { limits: RequestLimits; redis: Redis | null },
): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    cache: MAX_COUNTED,
    nameSpace: 'unison-limit-',
    // Redis away must not stop the plant: requests go on uncounted.
    skipOnError: true,
    ...(redis ? { redis } : {}),
  });
  const byAddress = app.createRateLimit({
    timeWindow: WINDOW_MS,
    max: limits.perAddress,
    keyGenerator: (request) => `address:${request.ip}`,
  }) as Limiter;
  const signIns = app.createRateLimit({
    timeWindow: WINDOW_MS,
    max: limits.signInsPerAddress,
    keyGenerator: (request) => `sign-in:${request.ip}`,
  }) as Limiter;
  app.addHook('onRequest', async (request, reply) => {
    await enforce(byAddress, { request, reply, whose: 'your address' });
    const { permission } = request.routeOptions.config;
    if (permission === 'public' && request.method !== 'GET' && request.method !== 'HEAD')
      await enforce(signIns, { request, reply, whose: 'your address' });
  });
}

/** Adds the limit by who asks. After authentication, before the permission. */
export function addActorLimits(app: FastifyInstance, limits: RequestLimits): void {
  const byActor = app.createRateLimit({
    timeWindow: WINDOW_MS,
    max: limits.perActor,
    keyGenerator: (request) => `actor:${actorKey(request)}`,
  }) as Limiter;
  app.addHook('onRequest', async (request, reply) => {
    if (request.actor) await enforce(byActor, { request, reply, whose: 'you' });
  });
}

/** Names who asks, over all organisations: a person in all their windows, one API key, one device. */
export function actorKey({ actor }: FastifyRequest): string {
  return actor ? `${actor.organizationId}:${actor.kind}:${actor.userId ?? actor.sessionId ?? actor.name}` : 'nobody';
}

async function enforce(
  limiter: Limiter,
  { request, reply, whose }: { request: FastifyRequest; reply: FastifyReply; whose: string },
): Promise<void> {
  const { isAllowed, isExceeded, ttlInSeconds } = await limiter(request);
  if (isAllowed || !isExceeded) return;
  const seconds = Math.max(1, ttlInSeconds ?? 1);
  reply.header('retry-after', seconds);
  throw new DomainError('too_many', `Too many requests from ${whose}. Go on in ${seconds} s.`);
}
