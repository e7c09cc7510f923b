// Accounts are out of reach for the API's role; these functions of the database (sql/0009_identity.sql)
// act on users of the transaction's organisation.

import { sql } from 'kysely';
import type { TenantTransaction } from '../../platform/database.ts';

export interface NewUser {
  readonly displayName: string;
  readonly email: string | null;
  readonly badge: string | null;
  readonly language: string;
  readonly passwordHash: string | null;
  readonly pinHash: string | null;
}

export interface SignInState {
  readonly has_password: boolean;
  readonly has_pin: boolean;
  /** The person is also a user of another organisation. */
  readonly shared: boolean;
  readonly locked_until: Date | null;
}

/** `known`: the person has an account already, and none of the given secrets was taken. */
export async function insertUser(db: TenantTransaction, user: NewUser): Promise<{ user_id: number; known: boolean }> {
  const { displayName, email, badge, language, passwordHash, pinHash } = user;
  const { rows } = await sql<{ user_id: number; known: boolean }>`
    SELECT * FROM mes.create_user(${displayName}, ${email}, ${badge}, ${language}, ${passwordHash}, ${pinHash})`.execute(
    db,
  );
  if (!rows[0]) throw new Error('mes.create_user answered nothing');
  return rows[0];
}

export async function signInState(db: TenantTransaction, userId: number): Promise<SignInState | undefined> {
  return (await sql<SignInState>`SELECT * FROM mes.sign_in_state(${userId})`.execute(db)).rows[0];
}

/** The plants somebody limited to some may let others into: his own. */
export async function limitToPlants(
  db: TenantTransaction,
  user: { id: number; organizationId: number; plantIds: readonly number[] },
): Promise<void> {
  await db.updateTable('mes.users').set({ all_plants: false }).where('id', '=', user.id).execute();
  for (const plantId of user.plantIds) {
    await db
      .insertInto('mes.user_plant_access')
      .values({ organization_id: user.organizationId, user_id: user.id, plant_id: plantId })
      .execute();
  }
}

/** False, and nothing was changed: the account is another organisation's, too. */
export async function setIdentity(
  db: TenantTransaction,
  user: { id: number; email: string | null; badge: string | null },
): Promise<boolean> {
  const { id, email, badge } = user;
  return done(await sql<Done>`SELECT mes.set_user_identity(${id}, ${email}, ${badge}) AS done`.execute(db));
}

export async function setPin(db: TenantTransaction, id: number, hash: string | null): Promise<boolean> {
  return done(await sql<Done>`SELECT mes.set_user_pin(${id}, ${hash}) AS done`.execute(db));
}

export async function makeResetLink(
  db: TenantTransaction,
  link: { userId: number; tokenHash: Buffer; lifetimeS: number },
): Promise<boolean> {
  const { userId, tokenHash, lifetimeS } = link;
  const query = sql<Done>`SELECT mes.make_reset_link(${userId}, ${tokenHash}, make_interval(secs => ${lifetimeS})) AS done`;
  return done(await query.execute(db));
}

export async function unlock(db: TenantTransaction, userId: number): Promise<void> {
  await sql`SELECT mes.unlock_user(${userId})`.execute(db);
}

/** Answers how many. Reset links of the user end, too. */
export async function closeSessions(db: TenantTransaction, userId: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT mes.close_user_sessions(${userId}) AS n`.execute(db);
  return rows[0]?.n ?? 0;
}

/** A user as a file names him. */
export interface KnownUser {
  readonly id: number;
  readonly display_name: string;
  readonly archived: boolean;
}

/** By e-mail, else by badge, else by name among those who have neither; undefined: nobody, or several. */
export async function findKnown(
  db: TenantTransaction,
  { email, badge, displayName }: { email: string | null; badge: string | null; displayName: string },
): Promise<KnownUser | undefined> {
  const { rows } = await sql<KnownUser>`
    SELECT users.id, users.display_name, users.archived_at IS NOT NULL AS archived FROM mes.users
    WHERE CASE
      WHEN ${email}::text IS NOT NULL THEN users.email = ${email}
      WHEN ${badge}::text IS NOT NULL THEN users.badge = ${badge}
      ELSE users.display_name = ${displayName} AND users.email IS NULL AND users.badge IS NULL END
    LIMIT 2`.execute(db);
  return rows.length === 1 ? rows[0] : undefined;
}

/** Roles that can be given, by code. */
export async function roleIds(db: TenantTransaction): Promise<Map<string, number>> {
  const rows = await db.selectFrom('mes.roles').select(['id', 'role_code']).where('archived_at', 'is', null).execute();
  return new Map(rows.map((row) => [row.role_code, row.id]));
}

/** Plants that the actor sees, by name. */
export async function plantIds(db: TenantTransaction): Promise<Map<string, number>> {
  const rows = await db.selectFrom('mes.plants').select(['id', 'name']).where('archived_at', 'is', null).execute();
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** Roles and plants of users as a file writes them. */
export async function namedRights(
  db: TenantTransaction,
  userIds: readonly number[],
): Promise<Map<number, { roles: string[]; plants: string[] }>> {
  const { rows } = await sql<{ id: number; roles: string[]; plants: string[] }>`
    SELECT users.id,
      ARRAY(SELECT concat_ws('@', roles.role_code, plants.name) FROM mes.user_roles
            JOIN mes.roles ON roles.id = user_roles.role_id LEFT JOIN mes.plants ON plants.id = user_roles.plant_id
            WHERE user_roles.user_id = users.id ORDER BY 1) AS roles,
      ARRAY(SELECT plants.name FROM mes.user_plant_access JOIN mes.plants ON plants.id = user_plant_access.plant_id
            WHERE user_plant_access.user_id = users.id AND NOT users.all_plants ORDER BY 1) AS plants
    FROM mes.users WHERE users.id = ANY (${[...userIds]})`.execute(db);
  return new Map(rows.map(({ id, roles, plants }) => [id, { roles, plants }]));
}

export async function rightsAsIds(
  db: TenantTransaction,
  userId: number,
): Promise<{ roles: { roleId: number; plantId: number | null }[]; allPlants: boolean; plantIds: number[] }> {
  const { rows } = await sql<{
    roles: { roleId: number; plantId: number | null }[];
    allPlants: boolean;
    plantIds: number[];
  }>`
    SELECT users.all_plants AS "allPlants",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('roleId', user_roles.role_id, 'plantId', user_roles.plant_id)), '[]')
       FROM mes.user_roles WHERE user_roles.user_id = users.id) AS roles,
      ARRAY(SELECT user_plant_access.plant_id FROM mes.user_plant_access
            WHERE user_plant_access.user_id = users.id ORDER BY 1) AS "plantIds"
    FROM mes.users WHERE users.id = ${userId}`.execute(db);
  return rows[0] ?? { roles: [], allPlants: true, plantIds: [] };
}

interface Done {
  readonly done: boolean;
}

function done({ rows }: { rows: readonly Done[] }): boolean {
  return rows[0]?.done ?? false;
}
