// API keys in the database: those of an organisation, and what one that is shown may do.

import { sql } from 'kysely';
import type { AccessRow } from '../../platform/access/access.ts';
import type { Database } from '../../platform/database.ts';
import type { Context } from '../../platform/http/context.ts';
import type { ApiKey } from './schema.ts';

/** Keys of an organisation that are listed at most. */
const MAX_LISTED = 500;

/** Undefined: unknown, wrong, expired, revoked, or its person is no user any more. */
export async function readApiKeyAccess(
  db: Database,
  { id, secretHash }: { id: number; secretHash: Buffer },
): Promise<AccessRow | undefined> {
  return (await sql<AccessRow>`SELECT * FROM mes.api_key_access(${id}, ${secretHash})`.execute(db)).rows[0];
}

/** All, or the one with this id; revoked ones last. */
export async function selectApiKeys(ctx: Context, id: number | null = null): Promise<ApiKey[]> {
  const { rows } = await sql<{
    id: number;
    name: string;
    roles: { id: number; roleName: string }[];
    plant_ids: number[] | null;
    expires_at: Date | null;
    last_used_at: Date | null;
    created_at: Date;
    created_by_name: string | null;
    holder_id: number | null;
    holder_name: string | null;
    holder_archived: boolean | null;
    archived_at: Date | null;
  }>`
    SELECT api_keys.id, api_keys.name, api_keys.plant_ids, api_keys.expires_at, api_keys.last_used_at, api_keys.created_at,
           api_keys.archived_at, users.display_name AS created_by_name,
           api_keys.holder_id, holders.display_name AS holder_name, holders.archived_at IS NOT NULL AS holder_archived,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('id', roles.id, 'roleName', roles.role_name) ORDER BY roles.role_name), '[]')
            FROM mes.api_key_roles JOIN mes.roles ON roles.id = api_key_roles.role_id
            WHERE api_key_roles.api_key_id = api_keys.id) AS roles
    FROM mes.api_keys
    LEFT JOIN mes.users ON users.id = api_keys.created_by
    LEFT JOIN mes.users AS holders ON holders.id = api_keys.holder_id
    WHERE ${id}::int IS NULL OR api_keys.id = ${id}
    ORDER BY api_keys.archived_at NULLS FIRST, api_keys.name, api_keys.id
    LIMIT ${MAX_LISTED}`.execute(ctx.db);
  const text = (at: Date | null): string | null => at?.toISOString() ?? null;
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    roles: row.roles,
    plantIds: row.plant_ids,
    expiresAt: text(row.expires_at),
    lastUsedAt: text(row.last_used_at),
    createdAt: row.created_at.toISOString(),
    createdByName: row.created_by_name,
    actsFor:
      row.holder_id === null || row.holder_name === null
        ? null
        : { id: row.holder_id, name: row.holder_name, archived: row.holder_archived === true },
    revokedAt: text(row.archived_at),
  }));
}

export async function insertApiKey(
  ctx: Context,
  key: {
    name: string;
    secretHash: Buffer;
    roleIds: readonly number[];
    plantIds: readonly number[] | null;
    expiresAt: string | null;
    holderId: number | null;
  },
): Promise<number> {
  const { organizationId, userId } = ctx.actor;
  const { id } = await ctx.db
    .insertInto('mes.api_keys')
    .values({
      organization_id: organizationId,
      name: key.name,
      secret_hash: key.secretHash,
      plant_ids: key.plantIds === null ? null : [...key.plantIds],
      expires_at: key.expiresAt,
      created_by: userId,
      holder_id: key.holderId,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const roles = key.roleIds.map((roleId) => ({ organization_id: organizationId, api_key_id: id, role_id: roleId }));
  await ctx.db.insertInto('mes.api_key_roles').values(roles).execute();
  return id;
}

/** False: there is none, or it was revoked already. */
export async function archiveApiKey(ctx: Context, id: number): Promise<boolean> {
  const result = await ctx.db
    .updateTable('mes.api_keys')
    .set({ archived_at: ctx.now })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Whom a key acts for from now on. False: there is no such key, or it was revoked. */
export async function changeHolder(ctx: Context, id: number, holderId: number): Promise<boolean> {
  const result = await ctx.db
    .updateTable('mes.api_keys')
    .set({ holder_id: holderId })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
