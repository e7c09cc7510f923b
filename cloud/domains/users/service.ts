// Commands on users: make one, and help one back in. Whoever does it must have all the rights of the one it
// is done to: who can set somebody's PIN can be somebody.

import { recordAudit } from '../../platform/audit.ts';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord } from '../../platform/kit/commands.ts';
import type { RecordOf } from '../../platform/kit/resource.ts';
import type { Mail } from '../../platform/mail/mail.ts';
import { hashOf, newToken, RESET_LINK_LIFETIME_S, RESET_PATH } from '../identity/index.ts';
import { assignFirstRoles, requireRightsOf } from '../roles/index.ts';
import * as queries from './queries.ts';
import { users } from './resource.ts';
import type { CreateUserBody } from './schema.ts';

export type User = RecordOf<typeof users>;

/** Whoever is new may be on holiday. */
export const INVITATION_LIFETIME_S = 7 * 24 * 60 * 60;
/** An address that a letter can go to; mail.ts takes no other. */
const MAILABLE = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;

export async function getUser(ctx: Context, id: number): Promise<User> {
  return (await getRecord(ctx, users, id)) as User;
}

/** Throws `conflict` for an e-mail or badge that is taken, `forbidden` for roles one does not have. */
export async function createUser(
  ctx: Context,
  { body, hashes }: { body: CreateUserBody; hashes: { passwordHash: string | null; pinHash: string | null } },
): Promise<{ user: User; known: boolean }> {
  const { displayName, email = null, badge = null, language = 'en' } = body;
  const made = await refusing(queries.insertUser(ctx.db, { displayName, email, badge, language, ...hashes }));
  if (made.known && (badge !== null || hashes.passwordHash !== null || hashes.pinHash !== null)) {
    throw new DomainError(
      'conflict',
      'This person has an account in another organisation already. Leave out badge, password and PIN: he signs in with his own.',
    );
  }
  const { access, actor } = ctx;
  if (access?.plants !== 'all') {
    const { organizationId } = actor;
    await queries.limitToPlants(ctx.db, { id: made.user_id, organizationId, plantIds: access?.plants ?? [] });
  }
  await assignFirstRoles(ctx, made.user_id, body.roles);
  const user = await getUser(ctx, made.user_id);
  await recordAudit(ctx, {
    action: 'create',
    entity: 'users',
    entityId: user.id,
    new: { displayName, email, badge, language, allPlants: user.allPlants, roles: body.roles },
    reason: body.reason,
  });
  return { user, known: made.known };
}

/**
 * Invites somebody who was made in this transaction and has no password yet: a letter with a link to set one.
 * `by_hand`: no letter can go, so the administrator makes a link and hands it over.
 */
export async function invite(ctx: Context, { mail, user }: { mail: Mail; user: User }): Promise<'mailed' | 'by_hand'> {
  const { email } = user;
  if (email === null || !mail.configured || !MAILABLE.test(email)) return 'by_hand';
  const token = newToken();
  const link = { userId: user.id, tokenHash: hashOf(token), lifetimeS: INVITATION_LIFETIME_S };
  if (!(await queries.makeResetLink(ctx.db, link))) throw notYours();
  await sendLink(ctx, { mail, user, token, template: 'invitation', lifetimeS: INVITATION_LIFETIME_S });
  await recordAudit(ctx, { action: 'invite', entity: 'users', entityId: user.id, new: { by: 'mail' } });
  return 'mailed';
}

/** Throws `conflict` for who has no address, `unavailable` without a mail server. */
export async function sendLink(
  ctx: Context,
  letter: { mail: Mail; user: User; token: string; template: 'reset_link' | 'invitation'; lifetimeS: number },
): Promise<void> {
  const { mail, user, token, template, lifetimeS } = letter;
  const { email, displayName: name, language } = user;
  if (email === null) throw withoutAddress();
  const words = {
    name,
    organization: await organizationName(ctx),
    link: mail.link(RESET_PATH + token),
    minutes: lifetimeS / 60,
  };
  await mail.send(ctx, { to: email, language, template, words });
}

export async function readSignInState(ctx: Context, id: number) {
  await getUser(ctx, id);
  const state = await queries.signInState(ctx.db, id);
  return {
    hasPassword: state?.has_password ?? false,
    hasPin: state?.has_pin ?? false,
    shared: state?.shared ?? false,
    lockedUntil: state?.locked_until?.toISOString() ?? null,
  };
}

/** Null takes the PIN away. */
export async function setPin(
  ctx: Context,
  { id, hash, reason }: { id: number; hash: string | null; reason: string | undefined },
): Promise<void> {
  await requireMayActFor(ctx, id);
  if (!(await queries.setPin(ctx.db, id, hash))) throw notYours();
  await recordAudit(ctx, {
    action: hash === null ? 'remove_pin' : 'set_pin',
    entity: 'users',
    entityId: id,
    reason,
  });
}

/** Keeps the hash of a link that sets a password; the link before it ends. */
export async function makeResetLink(
  ctx: Context,
  { id, tokenHash, by, reason }: { id: number; tokenHash: Buffer; by: 'link' | 'mail'; reason: string | undefined },
): Promise<{ user: User; expiresAt: string }> {
  const user = await requireMayActFor(ctx, id);
  const link = { userId: id, tokenHash, lifetimeS: RESET_LINK_LIFETIME_S };
  if (!(await queries.makeResetLink(ctx.db, link))) throw notYours();
  await recordAudit(ctx, { action: 'make_reset_link', entity: 'users', entityId: id, new: { by }, reason });
  return { user, expiresAt: new Date(ctx.now.getTime() + RESET_LINK_LIFETIME_S * 1_000).toISOString() };
}

export async function unlock(ctx: Context, id: number): Promise<void> {
  await getUser(ctx, id);
  await queries.unlock(ctx.db, id);
  await recordAudit(ctx, { action: 'unlock', entity: 'users', entityId: id });
}

/** Ends all sessions of the user in this organisation. */
export async function signOutUser(ctx: Context, id: number): Promise<void> {
  await getUser(ctx, id);
  const sessions = await queries.closeSessions(ctx.db, id);
  await recordAudit(ctx, { action: 'end_sessions', entity: 'users', entityId: id, new: { sessions } });
}

/** Throws `forbidden` for who lacks a right of this user. */
export async function requireMayActFor(ctx: Context, id: number): Promise<User> {
  const user = await getUser(ctx, id);
  if (user.archivedAt !== null)
    throw new DomainError('conflict', `${user.displayName} is archived. Restore the user first.`);
  if (id !== ctx.actor.userId) await requireRightsOf(ctx, id);
  return user;
}

function withoutAddress(): DomainError {
  return new DomainError('conflict', 'This user has no e-mail address. Make a link and hand it over.');
}

async function organizationName(ctx: Context): Promise<string> {
  const row = await ctx.db.selectFrom('mes.organizations').select('name').executeTakeFirstOrThrow();
  return row.name;
}

export function notYours(): DomainError {
  return new DomainError(
    'conflict',
    'This person is also a user of another organisation: only he himself changes how he signs in.',
  );
}

/** A taken e-mail or badge, in words. */
export async function refusing<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    const { code, constraint } = error as { code?: unknown; constraint?: unknown };
    if (code !== '23505') throw error;
    const what =
      constraint === 'users_organization_id_account_id_key'
        ? 'This person is a user here already, perhaps an archived one.'
        : `Somebody else has this ${String(constraint).includes('badge') ? 'badge' : 'e-mail address'} already.`;
    throw new DomainError('conflict', what, { cause: error });
  }
}
