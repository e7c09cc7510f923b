// A POST that is sent twice is carried out once: with an Idempotency-Key the answer is kept in the
// command's own transaction, and a repetition within a day gets that answer again. Two repetitions at
// the same moment wait for each other at the key's row.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { DomainError, InvalidRequest } from '../errors.ts';
import type { Context } from './context.ts';
import { actorKey } from './limits.ts';

/** Visible ASCII, as a UUID or a number of the sender's own. */
const KEY = /^[\x21-\x7e]{1,200}$/;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer holds a secret that is shown once, so it is not kept: the route takes no Idempotency-Key. */
    secretAnswer?: true;
  }
}

/** The key of a request that wants to be carried out once, or null. Throws InvalidRequest. */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const given = request.headers['idempotency-key'];
  if (given === undefined || request.method !== 'POST') return null;
  const wrong = (message: string) => new InvalidRequest([{ path: 'headers/idempotency-key', message }]);
  if (typeof given !== 'string' || !KEY.test(given)) throw wrong('must be 1 to 200 visible ASCII characters');
  if (request.routeOptions.config.secretAnswer) throw wrong('is not possible here: the answer holds a secret');
  return given;
}

/**
 * Runs `work`, or gives the answer it gave before. Its result must be what JSON can hold. Throws `conflict`
 * when the key came with another request.
 */
export async function once<T>(
  ctx: Context,
  { request, key }: { request: FastifyRequest; key: string },
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const row = { organization_id: ctx.actor.organizationId, actor: actorKey(request), key };
  const fingerprint = fingerprintOf(request);
  const { numInsertedOrUpdatedRows } = await ctx.db
    .insertInto('mes.idempotency_keys')
    .values({ ...row, fingerprint })
    .onConflict((conflict) => conflict.columns(['organization_id', 'actor', 'key']).doNothing())
    .executeTakeFirstOrThrow();
  const mine = ctx.db.selectFrom('mes.idempotency_keys').where((where) => where.and(row));
  if (!numInsertedOrUpdatedRows) {
    const before = await mine.select(['fingerprint', 'answer']).executeTakeFirstOrThrow();
    if (!before.fingerprint.equals(fingerprint))
      throw new DomainError('conflict', 'This Idempotency-Key was used for another request. Take a new key for each.');
    return before.answer as T;
  }
  const answer = await work(ctx);
  await ctx.db
    .updateTable('mes.idempotency_keys')
    .set({ answer: JSON.stringify(answer ?? null) })
    .where((where) => where.and(row))
    .execute();
  return answer;
}

function fingerprintOf({ method, url, body }: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${method} ${url}\n`);
  return hash.update(body instanceof Uint8Array ? body : JSON.stringify(body ?? null)).digest();
}
