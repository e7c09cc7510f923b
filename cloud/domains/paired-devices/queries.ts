// Paired devices in the database: the functions of sql/0009_identity.sql that know their sessions.

import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../../platform/database.ts';

/** Names that a tablet offers, at most. */
const MAX_LISTED = 500;

/** False: there is no such device, or it was revoked. */
export async function keepCode(
  db: TenantTransaction,
  code: { deviceId: number; hash: Buffer; lifetimeS: number },
): Promise<boolean> {
  const result = await db
    .updateTable('mes.paired_devices')
    .set({ code_hash: code.hash, code_expires_at: sql`now() + make_interval(secs => ${code.lifetimeS})` })
    .where('id', '=', code.deviceId)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Undefined: the code is unknown, too old, used already, or its device was revoked. */
export async function pair(
  db: Database,
  { codeHash, tokenHash, lifetimeS }: { codeHash: Buffer; tokenHash: Buffer; lifetimeS: number },
): Promise<{ device_id: number; organization_id: number; plant_id: number; name: string } | undefined> {
  const { rows } = await sql<{ device_id: number; organization_id: number; plant_id: number; name: string }>`
    SELECT * FROM mes.pair_device(${codeHash}, ${tokenHash}, make_interval(secs => ${lifetimeS}))`.execute(db);
  return rows[0];
}

export async function renew(db: Database, tokenHash: Buffer): Promise<void> {
  await sql`SELECT mes.renew_device(${tokenHash})`.execute(db);
}

export async function usersOf(db: Database, tokenHash: Buffer): Promise<{ id: number; name: string }[]> {
  const { rows } = await sql<{ user_id: number; display_name: string }>`
    SELECT * FROM mes.device_users(${tokenHash}, ${MAX_LISTED})`.execute(db);
  return rows.map(({ user_id: id, display_name: name }) => ({ id, name }));
}

/** Ends the device's own session and those of people on it. */
export async function closeSessions(db: TenantTransaction, deviceId: number): Promise<void> {
  await sql`SELECT mes.close_device_sessions(${deviceId})`.execute(db);
}
