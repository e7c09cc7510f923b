// What a handler knows besides its request: who asks, whose rows he may see, and the door to them.

import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import type { Access } from '../access/grants.ts';
import { type Database, inTenant, type Tenant, type TenantTransaction } from '../database.ts';
import { accessOf, actorOf } from './authentication.ts';
import { idempotencyKeyOf, once } from './idempotency.ts';

/** Who asks, and his organisation and plants as the tenant of everything he asks. */
export interface Actor extends Tenant {
  readonly kind: 'user' | 'api_key' | 'device' | 'system';
  /** Null where no person stands behind it (an API key, a TV, the system itself). */
  readonly userId: number | null;
  /** Null where no sign-in stands behind it (an API key, a background job). */
  readonly sessionId: string | null;
  readonly name: string;
}

/** First argument of services and queries. */
export interface Context {
  readonly db: TenantTransaction;
  readonly actor: Actor;
  /** All that the actor may do, for commands that give rights to others; a job has none to give. */
  readonly access?: Access;
  readonly log: FastifyBaseLogger;
  readonly now: Date;
  /** Names the request in logs, answers and the audit trail; a job has the id of the request that asked for it. */
  readonly requestId: string;
}

/**
 * Runs `work` in one transaction that sees the rows of who asks and no others. A POST with an
 * Idempotency-Key gets the answer it got before, so a handler calls this once.
 */
export function asActor<T>(
  { db, request }: { db: Database; request: FastifyRequest },
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const actor = actorOf(request);
  const key = idempotencyKeyOf(request);
  // What only reads is refused to write, whatever its handler does.
  const readOnly = request.method === 'GET';
  return inTenant(db, { ...actor, readOnly }, (trx) => {
    const ctx = { db: trx, actor, access: accessOf(request), log: request.log, now: new Date(), requestId: request.id };
    return key === null ? work(ctx) : once(ctx, { request, key }, work);
  });
}
