// Commands on API keys. A key may do what its roles may, and nobody makes one that may more than himself.

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
  const id = await queries.insertApiKey(ctx, { name, secretHash, roleIds, plantIds, expiresAt });
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

/** Ends a key for good. Throws `not_found`. */
export async function revokeApiKey(ctx: Context, id: number): Promise<void> {
  if (!(await queries.archiveApiKey(ctx, id))) {
    throw new DomainError('not_found', `There is no API key ${id}, or it was revoked already.`);
  }
  await recordAudit(ctx, { action: 'revoke', entity: 'api-keys', entityId: id });
}
