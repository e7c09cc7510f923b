// Commands on API keys. A key acts for a person: it may do what its roles may and that person may, too, at
// any time. Nobody makes or takes over one that may more than himself. A key that a key makes acts for the
// same person.

import { recordAudit } from '../../platform/audit.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { requireMayGive } from '../roles/index.ts';
import * as queries from './queries.ts';
import type { ApiKey, CreateApiKeyBody } from './schema.ts';

/** Throws InvalidRequest, and `forbidden` for rights or plants one does not have. */
export async function createApiKey(
  ctx: Context,
  { body, secretHash }: { body: CreateApiKeyBody; secretHash: Buffer },
): Promise<ApiKey> {
  const { name, expiresAt } = body;
  if (expiresAt !== null && Date.parse(expiresAt) <= ctx.now.getTime()) {
    throw new InvalidRequest([{ path: 'body/expiresAt', message: 'must be in the future' }]);
  }
  const roleIds = [...new Set(body.roleIds)];
  const plantIds = body.plantIds === null ? null : [...new Set(body.plantIds)];
  await requireMayGive(ctx, { roleIds, plantIds });
  const holderId = ctx.access?.holder?.userId ?? ctx.actor.userId;
  const id = await queries.insertApiKey(ctx, { name, secretHash, roleIds, plantIds, expiresAt, holderId });
  await recordAudit(ctx, {
    action: 'create',
    entity: 'api-keys',
    entityId: id,
    new: { name, roleIds, plantIds, expiresAt },
  });
  const [made] = await queries.selectApiKeys(ctx, id);
  if (!made) throw new Error(`the API key ${id} is not there after it was made`);
  return made;
}

/**
 * From now on the key acts for who asks, so that a program lives on when a person leaves. Throws `not_found`,
 * and `forbidden` for a key that may more than he does, or who is no person.
 */
export async function takeOverApiKey(ctx: Context, id: number): Promise<ApiKey> {
  const { userId } = ctx.actor;
  if (userId === null) throw new DomainError('forbidden', 'A key acts for a person. Sign in as one to take it over.');
  const [before] = await queries.selectApiKeys(ctx, id);
  if (!before || before.revokedAt !== null) throw gone(id);
  await requireMayGive(ctx, { roleIds: before.roles.map((role) => role.id), plantIds: before.plantIds });
  if (!(await queries.changeHolder(ctx, id, userId))) throw gone(id);
  await recordAudit(ctx, {
    action: 'take_over',
    entity: 'api-keys',
    entityId: id,
    old: { actsFor: before.actsFor?.id ?? null },
    new: { actsFor: userId },
  });
  const [after] = await queries.selectApiKeys(ctx, id);
  if (!after) throw gone(id);
  return after;
}

/** Ends a key for good. Throws `not_found`. */
export async function revokeApiKey(ctx: Context, id: number): Promise<void> {
  if (!(await queries.archiveApiKey(ctx, id))) {
    throw gone(id);
  }
  await recordAudit(ctx, { action: 'revoke', entity: 'api-keys', entityId: id });
}

function gone(id: number): DomainError {
  return new DomainError('not_found', `There is no API key ${id}, or it was revoked already.`);
}
