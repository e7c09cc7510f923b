// What a handler knows besides its request: who asks, whose rows he may see, and the door to them.

import type { FastifyBaseLogger } from 'fastify';
import { type Database, inTenant, type Tenant, type TenantTransaction } from '../database.ts';

/** The signed-in user, and his organisation as the tenant of everything he asks. */
export interface Actor extends Tenant {
  readonly userId: number;
  readonly name: string;
  /** When his access token ends: a stream does not outlive it. */
  readonly tokenExpiresAt: Date;
}

/** First argument of services and queries. */
export interface Context {
  readonly db: TenantTransaction;
  readonly actor: Actor;
  readonly log: FastifyBaseLogger;
  readonly now: Date;
}

/** Runs `work` in one transaction that sees the actor's rows and no others. */
export function asActor<T>(
  options: { db: Database; actor: Actor; log: FastifyBaseLogger },
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const { actor, log } = options;
  return inTenant(options.db, actor, (db) => work({ db, actor, log, now: new Date() }));
}
