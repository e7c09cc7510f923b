// Staying signed in, and what ends it.
//
// A session lives 7 days from its last use (15 min on a shared tablet). Its refresh token is a random
// number known only to one browser's cookie; the database holds its hash, and changes it at each use. The
// token before still answers for 10 s (two tabs), then its use ends the session: somebody copied it.

import { insertAudit, recordAudit } from '../../platform/audit.ts';
import { type Database, inTenant } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import {
  type Candidate,
  closeOwnSessions,
  closeSession,
  leaveSession,
  ownPerson,
  ownSessions,
  ownUsers,
  rotateSession,
} from './queries.ts';
import { holderOf, type SessionHolder, startSession, type Visit } from './sign-in.ts';
import { hashOf, newToken } from './tokens.ts';

/** `refreshToken` null: keep the cookie, another tab has the newer token. Throws `session_ended`. */
export async function refresh(
  db: Database,
  { refreshToken: oldToken, requestId }: Pick<Visit, 'refreshToken' | 'requestId'>,
): Promise<{ holder: SessionHolder; refreshToken: string | null }> {
  const refreshToken = newToken();
  const user =
    oldToken === undefined
      ? undefined
      : await rotateSession(db, { oldTokenHash: hashOf(oldToken), newTokenHash: hashOf(refreshToken), requestId });
  if (!user) throw new DomainError('session_ended', 'Sign in again.');
  const holder = holderOf(user, { sessionId: user.session_id, lifetimeS: user.lifetime_s });
  return { holder, refreshToken: user.rotated ? refreshToken : null };
}

export async function signOut(
  db: Database,
  { refreshToken, requestId }: Pick<Visit, 'refreshToken' | 'requestId'>,
): Promise<void> {
  if (refreshToken === undefined) return;
  const user = await closeSession(db, hashOf(refreshToken));
  if (!user) return;
  const { user_id: id, organization_id: organizationId, display_name: name } = user;
  await inTenant(db, { organizationId, plantIds: 'all' }, (trx) =>
    insertAudit(trx, {
      organizationId,
      actor: { kind: 'user', id, name },
      requestId,
      action: 'sign_out',
      entity: 'users',
      entityId: id,
    }),
  );
}

/** The session of a person. Throws `forbidden` for a key or a device: they have no account. */
export async function personalSession(ctx: Context): Promise<{ sessionId: string; userId: number }> {
  const { sessionId, userId } = ctx.actor;
  if (sessionId === null || userId === null || !(await ownPerson(ctx.db, sessionId))) {
    throw new DomainError('forbidden', 'This belongs to a person. Sign in as one, not with a key or as a device.');
  }
  return { sessionId, userId };
}

/** All sessions of the person, in all organisations, the one used last first. */
export async function listOwnSessions(ctx: Context) {
  const { sessionId } = await personalSession(ctx);
  const items = (await ownSessions(ctx.db, sessionId)).map((session) => ({
    id: session.id,
    organization: session.organization_name,
    deviceName: session.device_name,
    createdAt: session.created_at.toISOString(),
    lastUsedAt: session.last_used_at.toISOString(),
    expiresAt: session.expires_at.toISOString(),
    current: session.id === sessionId,
  }));
  return { items };
}

/** Ends one session of the person. Throws `not_found`. */
export async function endOwnSession(ctx: Context, wanted: string): Promise<void> {
  const { sessionId, userId } = await personalSession(ctx);
  if ((await closeOwnSessions(ctx.db, sessionId, wanted)) === 0) {
    throw new DomainError('not_found', 'You have no such session; it may have ended already.');
  }
  await recordAudit(ctx, { action: 'sign_out', entity: 'users', entityId: userId, new: { session: wanted } });
}

/** Ends every session of the person, in every organisation, this one included. */
export async function signOutEverywhere(ctx: Context): Promise<void> {
  const { sessionId, userId } = await personalSession(ctx);
  const sessions = await closeOwnSessions(ctx.db, sessionId, null);
  await recordAudit(ctx, { action: 'sign_out_everywhere', entity: 'users', entityId: userId, new: { sessions } });
}

/** The organisations the person may switch to, the present one included. */
export async function ownOrganizations(ctx: Context) {
  const { sessionId } = await personalSession(ctx);
  const items = (await ownUsers(ctx.db, sessionId)).map((user) => ({
    id: user.organization_id,
    name: user.organization_name,
    current: user.organization_id === ctx.actor.organizationId,
  }));
  return { items };
}

/** Who one is in another of one's organisations; the present session ends. Throws `not_found`. */
export async function leaveFor(ctx: Context, organizationId: number): Promise<Candidate & { attempt: string }> {
  const { sessionId, userId } = await personalSession(ctx);
  const target = await leaveSession(ctx.db, sessionId, organizationId);
  if (!target) throw new DomainError('not_found', 'You are no member of this organisation.');
  await recordAudit(ctx, {
    action: 'sign_out',
    entity: 'users',
    entityId: userId,
    reason: 'switched the organisation',
  });
  return target;
}

/** The session in the organisation one switches to. */
export async function arriveAs(db: Database, target: Candidate & { attempt: string }, visit: Visit) {
  return startSession({ db, attempt: target.attempt, candidate: target, how: 'switch', visit });
}
