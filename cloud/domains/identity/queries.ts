// Accounts and sessions are out of reach for the API's role; these functions of the database
// (sql/0009_identity.sql) are the way.

import { type RawBuilder, sql } from 'kysely';
import type { Database, TenantTransaction } from '../../platform/database.ts';

type Db = Database | TenantTransaction;

/** What a sign-in begins with; null where there is nothing to compare with. */
export interface Attempt {
  /** Seconds to wait before the next one; 0: go on. */
  readonly wait_s: number;
  readonly attempt_key: Buffer;
  readonly account_id: number | null;
  readonly password_hash: string | null;
  readonly pin_hash: string | null;
}

/** A person in one organisation. */
export interface Candidate {
  readonly user_id: number;
  readonly organization_id: number;
  readonly organization_name: string;
  readonly display_name: string;
  readonly email: string | null;
  readonly language: string;
}

export interface SessionUser extends Candidate {
  readonly session_id: string;
  readonly lifetime_s: number;
  /** False: the token before, within its seconds of grace; the newer one stays valid. */
  readonly rotated: boolean;
}

export interface OwnAccount {
  readonly account_id: number;
  readonly password_hash: string | null;
  readonly pin_hash: string | null;
  readonly email: string | null;
  readonly badge: string | null;
  readonly display_name: string;
}

export interface OwnSession {
  readonly id: string;
  readonly organization_name: string;
  readonly device_name: string;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
}

export interface PairedDevice {
  readonly device_id: number;
  readonly session_id: string;
  readonly organization_id: number;
  readonly organization_name: string;
  readonly plant_id: number;
  readonly plant_name: string;
  readonly kind: 'tablet' | 'tv';
  readonly name: string;
}

async function all<T>(db: Db, query: RawBuilder<T>): Promise<T[]> {
  return (await query.execute(db)).rows;
}

async function first<T>(db: Db, query: RawBuilder<T>): Promise<T | undefined> {
  return (await all(db, query))[0];
}

async function one<T>(db: Db, query: RawBuilder<T>): Promise<T> {
  const row = await first(db, query);
  if (row === undefined) throw new Error('the database answered no row');
  return row;
}

/** Counts the attempt. Must not run in the transaction of what follows: a failure undoes that one. */
export function beginSignIn(
  db: Database,
  by: { kind: 'email' | 'badge' | 'user'; identifier: string; deviceTokenHash: Buffer | null },
): Promise<Attempt> {
  return one(db, sql<Attempt>`SELECT * FROM mes.begin_sign_in(${by.kind}, ${by.identifier}, ${by.deviceTokenHash})`);
}

/** The password was right: forgives the attempt, and answers one row per organisation. */
export function passSignIn(
  db: Database,
  passed: { attemptKey: Buffer; accountId: number; deviceTokenHash: Buffer | null },
): Promise<Candidate[]> {
  const { attemptKey, accountId, deviceTokenHash } = passed;
  return all(db, sql<Candidate>`SELECT * FROM mes.pass_sign_in(${attemptKey}, ${accountId}, ${deviceTokenHash})`);
}

export async function recordFailedSignIn(
  db: Database,
  failed: { attempt: Attempt; how: string; requestId: string },
): Promise<void> {
  const { attempt, how, requestId } = failed;
  await sql`SELECT mes.record_failed_sign_in(${attempt.account_id}, ${attempt.attempt_key}, ${how}, ${requestId})`.execute(
    db,
  );
}

/** Answers the session's id. */
export async function openSession(
  db: Db,
  session: { userId: number; tokenHash: Buffer; lifetimeS: number; deviceName: string; deviceTokenHash: Buffer | null },
): Promise<string> {
  const { userId, tokenHash, lifetimeS, deviceName, deviceTokenHash } = session;
  const row = await one(
    db,
    sql<{ id: string }>`
      SELECT mes.open_session(${userId}, ${tokenHash}, make_interval(secs => ${lifetimeS}), ${deviceName}, ${deviceTokenHash}) AS id`,
  );
  return row.id;
}

/** Undefined: the token is unknown, expired or was used twice. */
export function rotateSession(
  db: Database,
  session: { oldTokenHash: Buffer; newTokenHash: Buffer; requestId: string },
): Promise<SessionUser | undefined> {
  const { oldTokenHash, newTokenHash, requestId } = session;
  return first(db, sql<SessionUser>`SELECT * FROM mes.rotate_session(${oldTokenHash}, ${newTokenHash}, ${requestId})`);
}

/** Undefined: there was none. */
export function closeSession(
  db: Database,
  tokenHash: Buffer,
): Promise<{ user_id: number; organization_id: number; display_name: string } | undefined> {
  return first(
    db,
    sql<{ user_id: number; organization_id: number; display_name: string }>`
      SELECT * FROM mes.close_session(${tokenHash})`,
  );
}

/** Undefined: no person stands behind the session. */
export function ownAccount(db: Db, sessionId: string): Promise<OwnAccount | undefined> {
  return first(db, sql<OwnAccount>`SELECT * FROM mes.own_account(${sessionId})`);
}

/** The person's users in all organisations that this session may switch to, its own included. */
export function ownUsers(db: Db, sessionId: string): Promise<Candidate[]> {
  return all(db, sql<Candidate>`SELECT * FROM mes.own_users(${sessionId})`);
}

export function ownSessions(db: Db, sessionId: string): Promise<OwnSession[]> {
  return all(db, sql<OwnSession>`SELECT * FROM mes.own_sessions(${sessionId})`);
}

/** Ends one session of the same person, or all of them (`wanted` null); answers how many. */
export async function closeOwnSessions(db: Db, sessionId: string, wanted: string | null): Promise<number> {
  const row = await one(db, sql<{ n: number }>`SELECT mes.close_own_sessions(${sessionId}, ${wanted}) AS n`);
  return row.n;
}

/** Counts an attempt to prove one's own password. Not in the transaction of what follows. */
export function beginOwnAttempt(db: Database, sessionId: string): Promise<{ wait_s: number; attempt_key: Buffer }> {
  return one(db, sql<{ wait_s: number; attempt_key: Buffer }>`SELECT * FROM mes.begin_own_attempt(${sessionId})`);
}

export async function forgiveAttempt(db: Db, attemptKey: Buffer): Promise<void> {
  await sql`SELECT mes.forgive_attempt(${attemptKey})`.execute(db);
}

/** Ends all other sessions of the person, everywhere. */
export async function setOwnPassword(db: Db, sessionId: string, hash: string): Promise<void> {
  await sql`SELECT mes.set_own_password(${sessionId}, ${hash})`.execute(db);
}

export async function setOwnPin(db: Db, sessionId: string, hash: string): Promise<void> {
  await sql`SELECT mes.set_own_pin(${sessionId}, ${hash})`.execute(db);
}

/** Undefined: nobody has this address, or too many links are on their way. */
export function makeResetLinkFor(
  db: Database,
  link: { email: string; tokenHash: Buffer; lifetimeS: number },
): Promise<Candidate | undefined> {
  const { email, tokenHash, lifetimeS } = link;
  return first(
    db,
    sql<Candidate>`SELECT * FROM mes.make_reset_link_for(${email}, ${tokenHash}, make_interval(secs => ${lifetimeS}))`,
  );
}

export function resetLinkHolder(
  db: Database,
  tokenHash: Buffer,
): Promise<Omit<Candidate, 'organization_name' | 'language'> | undefined> {
  return first(
    db,
    sql<Omit<Candidate, 'organization_name' | 'language'>>`SELECT * FROM mes.reset_link_holder(${tokenHash})`,
  );
}

/** False: it was used a moment ago. */
export async function spendResetLink(db: Db, tokenHash: Buffer, hash: string): Promise<boolean> {
  const row = await one(db, sql<{ used: boolean }>`SELECT mes.use_reset_link(${tokenHash}, ${hash}) AS used`);
  return row.used;
}

/** Undefined: the token is unknown, or the device was revoked. */
export function deviceByToken(db: Db, tokenHash: Buffer): Promise<PairedDevice | undefined> {
  return first(db, sql<PairedDevice>`SELECT * FROM mes.device_by_token(${tokenHash})`);
}
