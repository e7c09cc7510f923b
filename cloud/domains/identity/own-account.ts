// What a person does to the own account: a new password, a new PIN, a way back in when it is forgotten.

import { insertAudit, recordAudit } from '../../platform/audit.ts';
import { type Database, inTenant } from '../../platform/database.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Mail } from '../../platform/mail/mail.ts';
import { checkPassword, checkPin } from './password-rules.ts';
import { hashPassword, proofOf } from './passwords.ts';
import {
  addressee,
  askResetLink,
  beginOwnAttempt,
  ownPerson,
  proveOwn,
  resetLinkHolder,
  setOwnPassword,
  setOwnPin,
  spendResetLink,
} from './queries.ts';
import { LockedOut } from './sign-in.ts';
import { hashOf, newToken } from './tokens.ts';

export const RESET_LINK_LIFETIME_S = 30 * 60;
/** Of the page on which a link is spent; the token is in the fragment, which no log ever sees. */
export const RESET_PATH = '/reset-password#token=';

/** Runs work in a transaction of who asks; several times, since no password is hashed inside one. */
export type AsActor = <T>(work: (ctx: Context) => Promise<T>) => Promise<T>;

/** The present password is needed; all other sessions of the person end. */
export async function changePassword(options: {
  db: Database;
  run: AsActor;
  sessionId: string | null;
  body: { oldPassword: string; newPassword: string };
}): Promise<void> {
  const { run, body } = options;
  const { sessionId, attempt, own } = await proveOneself({
    ...options,
    secret: { field: 'oldPassword', value: body.oldPassword },
  });
  checkPassword(body.newPassword, { field: 'newPassword', own: [own.email, own.badge, own.display_name] });
  if (body.newPassword === body.oldPassword) {
    throw new InvalidRequest([{ path: 'body/newPassword', message: 'must differ from the present one' }]);
  }
  const hash = await hashPassword(body.newPassword);
  await run(async (ctx) => {
    if (!(await setOwnPassword(ctx.db, { sessionId, attempt, hash }))) throw tooLate();
    await recordAudit(ctx, { action: 'change_password', entity: 'users', entityId: ctx.actor.userId ?? 0 });
  });
}

/** A PIN to sign in with on paired tablets; the password or the present PIN is needed. */
export async function changePin(options: {
  db: Database;
  run: AsActor;
  sessionId: string | null;
  body: { password?: string; oldPin?: string; pin: string };
}): Promise<void> {
  const { run, body } = options;
  checkPin(body.pin, 'pin');
  const field = body.oldPin === undefined ? 'password' : 'oldPin';
  const value = body[field];
  if (value === undefined) throw new InvalidRequest([{ path: 'body', message: 'needs either password or oldPin' }]);
  const { sessionId, attempt } = await proveOneself({ ...options, secret: { field, value } });
  const hash = await hashPassword(body.pin);
  await run(async (ctx) => {
    if (!(await setOwnPin(ctx.db, { sessionId, attempt, hash }))) throw tooLate();
    await recordAudit(ctx, { action: 'change_pin', entity: 'users', entityId: ctx.actor.userId ?? 0 });
  });
}

/** Throws `forbidden` for who has no such secret, LockedOut, and InvalidRequest for the wrong one. */
async function proveOneself(options: {
  db: Database;
  sessionId: string | null;
  secret: { field: 'password' | 'oldPassword' | 'oldPin'; value: string };
}) {
  const { db, sessionId, secret } = options;
  const how = secret.field === 'oldPin' ? 'pin' : 'password';
  const own = sessionId === null ? undefined : await ownPerson(db, sessionId);
  const begun = sessionId !== null && own ? await beginOwnAttempt(db, sessionId, how) : undefined;
  if (sessionId === null || !own || !begun) {
    throw new DomainError('forbidden', 'You have none yet. Ask your administrator for a link or a PIN.');
  }
  const { attempt } = begun;
  if (attempt === null) throw new LockedOut(begun.wait_s);
  if (!(await proveOwn(db, { attempt, how, proof: await proofOf(secret.value, begun.salt) }))) {
    throw new InvalidRequest([{ path: `body/${secret.field}`, message: 'is not right' }]);
  }
  return { sessionId, attempt, own };
}

function tooLate(): DomainError {
  return new DomainError('conflict', 'This took too long. Prove yourself once more.');
}

/** Throws `unavailable` without a mail server. */
export function requireMail(mail: Mail): void {
  if (mail.configured) return;
  throw new DomainError('unavailable', 'This installation sends no mail. Ask your administrator for a link.');
}

/** Mails a link to who has this address, if anybody does. */
export async function forgotPassword(options: {
  db: Database;
  mail: Mail;
  email: string;
  requestId: string;
}): Promise<void> {
  const { db, mail, email, requestId } = options;
  const token = newToken();
  const made = await askResetLink(db, { email, tokenHash: hashOf(token), requestId });
  if (!made) return;
  const { organization_id: organizationId, user_id: userId } = made;
  await inTenant(db, { organizationId, plantIds: 'all' }, async (trx) => {
    const to = await addressee(trx, userId);
    await mail.sendForVisitor(trx, {
      organizationId,
      requestId,
      to: to.email ?? email,
      language: to.language === 'de' ? 'de' : 'en',
      template: 'reset_link',
      words: {
        name: to.name,
        organization: to.organization,
        link: mail.link(`${RESET_PATH}${token}`),
        minutes: RESET_LINK_LIFETIME_S / 60,
      },
    });
  });
}

/** Sets the password of the link's holder; all sessions of the person end. Throws `not_found`. */
export async function resetPassword(
  db: Database,
  { token, password, requestId }: { token: string; password: string; requestId: string },
): Promise<void> {
  const tokenHash = hashOf(token);
  const holder = await resetLinkHolder(db, tokenHash);
  const gone = new DomainError('not_found', 'This link was used already or is too old. Ask for a new one.');
  if (!holder) throw gone;
  checkPassword(password, { field: 'password', own: [holder.email, holder.display_name] });
  const hash = await hashPassword(password);
  const organizationId = holder.organization_id;
  await inTenant(db, { organizationId, plantIds: 'all' }, async (trx) => {
    if (!(await spendResetLink(trx, tokenHash, hash))) throw gone;
    await insertAudit(trx, {
      organizationId,
      actor: { kind: 'user', id: holder.user_id, name: holder.display_name },
      requestId,
      action: 'reset_password',
      entity: 'users',
      entityId: holder.user_id,
    });
  });
}
