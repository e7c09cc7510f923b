// Accounts and sessions are out of reach for the API's role; these functions of the database are the way.

import { sql } from 'kysely';
import type { Database } from '../../platform/database.ts';

export interface Candidate {
  readonly password_hash: string;
  readonly user_id: number;
  readonly organization_id: number;
  readonly organization_name: string;
  readonly display_name: string;
}

export interface SessionUser {
  readonly session_id: string;
  readonly user_id: number;
  readonly organization_id: number;
  readonly organization_name: string;
  readonly display_name: string;
  readonly email: string;
  /** False: the token before, within its seconds of grace; the newer one stays valid. */
  readonly rotated: boolean;
}

/** One row per organisation of the person with this address. */
export async function signInCandidates(db: Database, email: string): Promise<Candidate[]> {
  return (await sql<Candidate>`SELECT * FROM mes.sign_in_candidates(${email})`.execute(db)).rows;
}

/** The id of the new session. */
export async function openSession(
  db: Database,
  session: { userId: number; tokenHash: Buffer; lifetimeS: number },
): Promise<string> {
  const { userId, tokenHash, lifetimeS } = session;
  const { rows } = await sql<{ id: string }>`
    SELECT mes.open_session(${userId}, ${tokenHash}, make_interval(secs => ${lifetimeS})) AS id`.execute(db);
  return rows[0]?.id ?? '';
}

/** Undefined: the token is unknown, expired or was used twice. */
export async function rotateSession(
  db: Database,
  session: { oldTokenHash: Buffer; newTokenHash: Buffer; lifetimeS: number },
): Promise<SessionUser | undefined> {
  const { oldTokenHash, newTokenHash, lifetimeS } = session;
  const { rows } = await sql<SessionUser>`
    SELECT * FROM mes.rotate_session(${oldTokenHash}, ${newTokenHash}, make_interval(secs => ${lifetimeS}))`.execute(
    db,
  );
  return rows[0];
}

export async function closeSession(db: Database, tokenHash: Buffer): Promise<void> {
  await sql`SELECT mes.close_session(${tokenHash})`.execute(db);
}
