// Accounts and sessions are out of reach for the API's role; these functions of the database
// (sql/0009_identity.sql, sql/0012_fence.sql) are the way.

import { type RawBuilder, sql } from 'kysely';
import type { Database, TenantTransaction } from '../../platform/database.ts';

type Db = Database | TenantTransaction;

/** What a sign-in begins with. Salts are null where there is nothing to compare with. */
export interface Attempt {
  /** Seconds to wait before the next one; 0: go on. */
  readonly wait_s: number;
  /** Names the attempt to what follows; null where one has to wait. */
  readonly attempt: string | null;
  readonly password_salt: string | null;
  readonly pin_salt: string | null;
}

/** Which secret is shown. */
export type Secret = 'password' | 'pin';

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

export interface OwnPerson {
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

/** Shows what was typed, once. Right: one row per organisation. Wrong: none, and the trail says so. */
export function passSignIn(
  db: Database,
  passed: { attempt: string; how: Secret; proof: string; requestId: string },
): Promise<Candidate[]> {
  const { attempt, how, proof, requestId } = passed;
  return all(db, sql<Candidate>`SELECT * FROM mes.pass_sign_in(${attempt}, ${how}, ${proof}, ${requestId})`);
}

/** Answers the session's id; null: the attempt has not passed, is used up, or took too long. */
export async function openSession(
  db: Db,
  session: { attempt: string; userId: number; tokenHash: Buffer; lifetimeS: number; deviceName: string },
): Promise<string | null> {
  const { attempt, userId, tokenHash, lifetimeS, deviceName } = session;
  const row = await one(
    db,
    sql<{ id: string | null }>`
      SELECT mes.open_session(${attempt}, ${userId}, ${tokenHash}, make_interval(secs => ${lifetimeS}), ${deviceName}) AS id`,
  );
  return row.id;
}

/** Ends the session, for one in another organisation of the same person. Undefined: he is no member there. */
export function leaveSession(
  db: Db,
  sessionId: string,
  organizationId: number,
): Promise<(Candidate & { attempt: string }) | undefined> {
  return first(
    db,
    sql<Candidate & { attempt: string }>`SELECT * FROM mes.leave_session(${sessionId}, ${organizationId})`,
  );
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
export function ownPerson(db: Db, sessionId: string): Promise<OwnPerson | undefined> {
  return first(db, sql<OwnPerson>`SELECT * FROM mes.own_person(${sessionId})`);
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

/**
 * Counts an attempt to prove one's own password or PIN; undefined: one has none. Not in the transaction of
 * what follows.
 */
export function beginOwnAttempt(
  db: Database,
  sessionId: string,
  how: Secret,
): Promise<{ wait_s: number; attempt: string | null; salt: string | null } | undefined> {
  return first(
    db,
    sql<{ wait_s: number; attempt: string | null; salt: string | null }>`
      SELECT * FROM mes.begin_own_attempt(${sessionId}, ${how})`,
  );
}

/** Shows what was typed, once. */
export async function proveOwn(db: Database, shown: { attempt: string; how: Secret; proof: string }): Promise<boolean> {
  const { attempt, how, proof } = shown;
  const row = await one(db, sql<{ right: boolean }>`SELECT mes.prove_own(${attempt}, ${how}, ${proof}) AS "right"`);
  return row.right;
}

interface NewSecret {
  readonly sessionId: string;
  /** In which the person has proven himself, a minute ago at most. */
  readonly attempt: string;
  readonly hash: string;
}

/** Ends all other sessions of the person, everywhere. False: nobody has proven himself, or it took too long. */
export async function setOwnPassword(db: Db, { sessionId, attempt, hash }: NewSecret): Promise<boolean> {
  const row = await one(
    db,
    sql<{ done: boolean }>`SELECT mes.set_own_password(${sessionId}, ${attempt}, ${hash}) AS done`,
  );
  return row.done;
}

export async function setOwnPin(db: Db, { sessionId, attempt, hash }: NewSecret): Promise<boolean> {
  const row = await one(db, sql<{ done: boolean }>`SELECT mes.set_own_pin(${sessionId}, ${attempt}, ${hash}) AS done`);
  return row.done;
}

/** Undefined: nobody has this address, or too many links are on their way. The trail says that it was asked for. */
export function askResetLink(
  db: Db,
  link: { email: string; tokenHash: Buffer; requestId: string },
): Promise<{ user_id: number; organization_id: number } | undefined> {
  const { email, tokenHash, requestId } = link;
  return first(
    db,
    sql<{ user_id: number; organization_id: number }>`
      SELECT * FROM mes.ask_reset_link(${email}, ${tokenHash}, ${requestId})`,
  );
}

/** Whom a letter goes to, in his organisation's transaction. */
export async function addressee(
  db: TenantTransaction,
  userId: number,
): Promise<{ name: string; email: string | null; language: string; organization: string }> {
  return db
    .selectFrom('mes.users as users')
    .innerJoin('mes.organizations as organizations', 'organizations.id', 'users.organization_id')
    .select(['users.display_name as name', 'users.email', 'users.language', 'organizations.name as organization'])
    .where('users.id', '=', userId)
    .executeTakeFirstOrThrow();
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
