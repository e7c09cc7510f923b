// Roles and plants of users, as rows. Everything is read under the tenant fence: who is limited to some
// plants sees the assignments there and those that count everywhere.

import { sql } from 'kysely';
import type { AssignedRole } from '../../platform/access/grants.ts';
import type { Context } from '../../platform/http/context.ts';
import { ADMINISTRATOR } from './default-roles.ts';

export interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly allPlants: boolean;
  readonly archived: boolean;
}

/** Locks the user until the end of the transaction, where that is asked for. */
export async function findUser(ctx: Context, id: number, lock: boolean): Promise<UserRow | undefined> {
  let query = ctx.db
    .selectFrom('mes.users as users')
    .select(['users.id', 'users.display_name', 'users.version', 'users.all_plants', 'users.archived_at'])
    .where('users.id', '=', id);
  if (lock) query = query.forUpdate();
  const row = await query.executeTakeFirst();
  return (
    row && {
      id: row.id,
      name: row.display_name,
      version: row.version,
      allPlants: row.all_plants,
      archived: row.archived_at !== null,
    }
  );
}

export interface HeldRole {
  readonly roleId: number;
  readonly roleCode: string;
  readonly roleName: string;
  readonly permissions: readonly string[];
  readonly plantId: number | null;
  readonly plantName: string | null;
}

export async function rolesOf(ctx: Context, userId: number): Promise<HeldRole[]> {
  const rows = await ctx.db
    .selectFrom('mes.user_roles as user_roles')
    .innerJoin('mes.roles as roles', 'roles.id', 'user_roles.role_id')
    .leftJoin('mes.plants as plants', 'plants.id', 'user_roles.plant_id')
    .select([
      'roles.id',
      'roles.role_code',
      'roles.role_name',
      'roles.permissions',
      'user_roles.plant_id',
      'plants.name as plant_name',
    ])
    .where('user_roles.user_id', '=', userId)
    .orderBy('roles.role_name')
    .orderBy('user_roles.id')
    .execute();
  return rows.map((row) => ({
    roleId: row.id,
    roleCode: row.role_code,
    roleName: row.role_name,
    permissions: row.permissions as string[],
    plantId: row.plant_id,
    plantName: row.plant_name,
  }));
}

/** People who are there and have this role, by name; at most so many. */
export async function holdersOf(
  ctx: Context,
  roleId: number,
  most: number,
): Promise<{ userId: number; userName: string; plantId: number | null; plantName: string | null }[]> {
  const rows = await ctx.db
    .selectFrom('mes.user_roles as user_roles')
    .innerJoin('mes.users as users', 'users.id', 'user_roles.user_id')
    .leftJoin('mes.plants as plants', 'plants.id', 'user_roles.plant_id')
    .select(['users.id', 'users.display_name', 'user_roles.plant_id', 'plants.name as plant_name'])
    .where('user_roles.role_id', '=', roleId)
    .where('users.archived_at', 'is', null)
    .orderBy((order) => sql`${order.ref('users.display_name')} COLLATE mes.natural`)
    .orderBy('user_roles.id')
    .limit(most)
    .execute();
  return rows.map((row) => ({
    userId: row.id,
    userName: row.display_name,
    plantId: row.plant_id,
    plantName: row.plant_name,
  }));
}

export async function plantsOfUser(ctx: Context, userId: number): Promise<number[]> {
  const rows = await ctx.db
    .selectFrom('mes.user_plant_access as access')
    .select('access.plant_id')
    .where('access.user_id', '=', userId)
    .orderBy('access.plant_id')
    .execute();
  return rows.map((row) => row.plant_id);
}

/** These roles, but archived ones; they stay as they are until the end of the transaction. */
export async function lockRoles(
  ctx: Context,
  ids: readonly number[],
): Promise<Map<number, { code: string; permissions: readonly string[] }>> {
  if (ids.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('mes.roles as roles')
    .select(['roles.id', 'roles.role_code', 'roles.permissions'])
    .where('roles.id', 'in', ids)
    .where('roles.archived_at', 'is', null)
    .orderBy('roles.id')
    .forShare()
    .execute();
  return new Map(rows.map((row) => [row.id, { code: row.role_code, permissions: row.permissions as string[] }]));
}

/** Of these plants, those that the actor sees and that are not archived. */
export async function visiblePlants(ctx: Context, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await ctx.db
    .selectFrom('mes.plants as plants')
    .select('plants.id')
    .where('plants.id', 'in', ids)
    .where('plants.archived_at', 'is', null)
    .execute();
  return new Set(rows.map((row) => row.id));
}

export async function listPlants(ctx: Context): Promise<{ id: number; name: string; timeZone: string }[]> {
  const rows = await ctx.db
    .selectFrom('mes.plants as plants')
    .select(['plants.id', 'plants.name', 'plants.time_zone'])
    .where('plants.archived_at', 'is', null)
    .orderBy('plants.name')
    .execute();
  return rows.map((row) => ({ id: row.id, name: row.name, timeZone: row.time_zone }));
}

export async function organizationName(ctx: Context): Promise<string> {
  const row = await ctx.db
    .selectFrom('mes.organizations as organizations')
    .select('organizations.name')
    .where('organizations.id', '=', ctx.actor.organizationId)
    .executeTakeFirstOrThrow();
  return row.name;
}

export interface Rights {
  readonly all_plants: boolean;
  readonly plant_ids: readonly number[];
  readonly roles: readonly AssignedRole[];
}

/** Everything a user may do, also at plants that the actor does not see. */
export async function rightsOf(ctx: Context, userId: number): Promise<Rights | undefined> {
  return (await sql<Rights>`SELECT * FROM mes.rights_of_user(${userId})`.execute(ctx.db)).rows[0];
}

/** People who have a role, wherever; archived ones count, since they may come back. */
export async function countHolders(ctx: Context, roleId: number): Promise<number> {
  const { rows } = await sql<{ holders: number }>`SELECT mes.count_role_holders(${roleId}) AS holders`.execute(ctx.db);
  return rows[0]?.holders ?? 0;
}

/**
 * Administrators of everything: the role everywhere, in all plants. Waits for others who change them, so
 * that two who take the role from each other in the same moment do not both succeed.
 */
export async function countAdministrators(ctx: Context): Promise<number> {
  const { organizationId } = ctx.actor;
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.administrators'), ${organizationId})`.execute(ctx.db);
  const row = await ctx.db
    .selectFrom('mes.user_roles as user_roles')
    .innerJoin('mes.users as users', 'users.id', 'user_roles.user_id')
    .innerJoin('mes.roles as roles', 'roles.id', 'user_roles.role_id')
    .select((query) => query.fn.countAll<string>().as('administrators'))
    .where('roles.role_code', '=', ADMINISTRATOR)
    .where('roles.is_system_role', '=', true)
    .where('user_roles.plant_id', 'is', null)
    .where('users.all_plants', '=', true)
    .where('users.archived_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.administrators);
}

export async function replaceRoles(
  ctx: Context,
  userId: number,
  { removed, added }: { removed: readonly Assignment[]; added: readonly Assignment[] },
): Promise<void> {
  for (const { roleId, plantId } of removed) {
    await ctx.db
      .deleteFrom('mes.user_roles')
      .where('user_id', '=', userId)
      .where('role_id', '=', roleId)
      .where('plant_id', plantId === null ? 'is' : '=', plantId)
      .execute();
  }
  if (added.length === 0) return;
  const rows = added.map(({ roleId, plantId }) => ({
    organization_id: ctx.actor.organizationId,
    user_id: userId,
    role_id: roleId,
    plant_id: plantId,
  }));
  await ctx.db.insertInto('mes.user_roles').values(rows).execute();
}

export async function replacePlants(
  ctx: Context,
  userId: number,
  { allPlants, plantIds }: { allPlants: boolean; plantIds: readonly number[] },
): Promise<void> {
  await ctx.db.deleteFrom('mes.user_plant_access').where('user_id', '=', userId).execute();
  await ctx.db.updateTable('mes.users').set({ all_plants: allPlants }).where('id', '=', userId).execute();
  if (plantIds.length === 0) return;
  const { organizationId } = ctx.actor;
  const rows = plantIds.map((plantId) => ({ organization_id: organizationId, user_id: userId, plant_id: plantId }));
  await ctx.db.insertInto('mes.user_plant_access').values(rows).execute();
}

/** A user's rights are part of the user: whoever read him before must read him again. */
export async function countUserVersion(ctx: Context, userId: number): Promise<void> {
  await ctx.db.updateTable('mes.users').set({ updated_at: ctx.now }).where('id', '=', userId).execute();
}

export interface Assignment {
  readonly roleId: number;
  /** Null: everywhere. */
  readonly plantId: number | null;
}
