// Signing in and staying signed in.
//
// A session lives 7 days from its last use. Its refresh token is a random number known only to one
// browser's cookie; the database holds its hash, and changes it at each use. The token before still
// answers for 10 s (two tabs), then its use ends the session: somebody copied it.

import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import type { PasswordCheck } from './passwords.ts';
import { closeSession, openSession, rotateSession, signInCandidates } from './queries.ts';
import type { Login } from './schema.ts';

export const SESSION_LIFETIME_S = 7 * 24 * 60 * 60;

export interface SessionHolder {
  readonly sessionId: string;
  readonly userId: number;
  readonly name: string;
  readonly email: string;
  readonly organization: { readonly id: number; readonly name: string };
}

/** Somebody signed in, or a right password that belongs to several organisations with none chosen. */
export type SignIn =
  | { readonly kind: 'signed_in'; readonly holder: SessionHolder; readonly refreshToken: string }
  | { readonly kind: 'choose'; readonly organizations: { id: number; name: string }[] };

/** Throws `wrong_credentials` for an unknown address, a wrong password and a foreign organisation alike. */
export async function signIn(options: { db: Database; passwords: PasswordCheck; login: Login }): Promise<SignIn> {
  const { db, passwords, login } = options;
  const candidates = await signInCandidates(db, login.email);
  const right = await passwords.matches(login.password, candidates[0]?.password_hash ?? null);
  const chosen = candidates.filter(
    (candidate) => (login.organizationId ?? candidate.organization_id) === candidate.organization_id,
  );
  const [candidate] = chosen;
  if (!right || !candidate) {
    throw new DomainError('wrong_credentials', 'Check the e-mail address and the password, and try again.');
  }
  if (chosen.length > 1) {
    const organizations = chosen.map((one) => ({ id: one.organization_id, name: one.organization_name }));
    return { kind: 'choose', organizations };
  }
  const refreshToken = newToken();
  const sessionId = await openSession(db, {
    userId: candidate.user_id,
    tokenHash: hashOf(refreshToken),
    lifetimeS: SESSION_LIFETIME_S,
  });
  const organization = { id: candidate.organization_id, name: candidate.organization_name };
  const holder = {
    sessionId,
    userId: candidate.user_id,
    name: candidate.display_name,
    email: login.email.toLowerCase(),
    organization,
  };
  return { kind: 'signed_in', holder, refreshToken };
}

/** `refreshToken` null: keep the cookie, another tab has the newer token. Throws `session_ended`. */
export async function refresh(
  db: Database,
  oldToken: string | undefined,
): Promise<{ holder: SessionHolder; refreshToken: string | null }> {
  const refreshToken = newToken();
  const user =
    oldToken === undefined
      ? undefined
      : await rotateSession(db, {
          oldTokenHash: hashOf(oldToken),
          newTokenHash: hashOf(refreshToken),
          lifetimeS: SESSION_LIFETIME_S,
        });
  if (!user) throw new DomainError('session_ended', 'Sign in again.');
  const organization = { id: user.organization_id, name: user.organization_name };
  const holder = {
    sessionId: user.session_id,
    userId: user.user_id,
    name: user.display_name,
    email: user.email,
    organization,
  };
  return { holder, refreshToken: user.rotated ? refreshToken : null };
}

export async function signOut(db: Database, token: string | undefined): Promise<void> {
  if (token !== undefined) await closeSession(db, hashOf(token));
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
