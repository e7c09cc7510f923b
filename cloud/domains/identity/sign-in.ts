// Signing in: by e-mail or badge and password; on a paired tablet also by badge or name and PIN. A PIN is
// worth nothing from an unknown device.
//
// An attempt is counted before its password is looked at, and forgiven when it was right. The database
// compares: it gives a salt, and is shown what the typed secret comes to with it; only who passed can open
// a session (sql/0012_fence.sql).
// From the fifth
// failure on an account waits 1, 2, 4 … 60 minutes, as long over all instances, and so does an address that
// nobody has: unknown and wrong are answered alike, after the same work.

import { insertAudit } from '../../platform/audit.ts';
import { type Database, inTenant } from '../../platform/database.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import { proofOf } from './passwords.ts';
import {
  beginSignIn,
  type Candidate,
  closeSession,
  deviceByToken,
  openSession,
  type PairedDevice,
  passSignIn,
} from './queries.ts';
import type { Login } from './schema.ts';
import { hashOf, hashOfMaybe, newToken } from './tokens.ts';

/** From the last use, on one's own browser. */
const SESSION_LIFETIME_S = 7 * 24 * 60 * 60;
/** From the last use, on a tablet that many share. */
const TABLET_SESSION_LIFETIME_S = 15 * 60;

/** Too many failures; carries what Retry-After says. */
export class LockedOut extends DomainError {
  readonly waitS: number;

  constructor(waitS: number) {
    const wait = waitS < 90 ? `${waitS} seconds` : `${Math.ceil(waitS / 60)} minutes`;
    super('locked_out', `Too many failed attempts. Wait ${wait}, or ask your administrator to unlock you.`);
    this.waitS = waitS;
  }
}

export interface SessionHolder {
  readonly sessionId: string;
  readonly userId: number;
  readonly name: string;
  readonly email: string | null;
  readonly language: string;
  readonly organization: { readonly id: number; readonly name: string };
  /** How long the session lives without being refreshed, s. */
  readonly lifetimeS: number;
}

/** Somebody signed in, or a right password that belongs to several organisations with none chosen. */
export type SignIn =
  | { readonly kind: 'signed_in'; readonly holder: SessionHolder; readonly refreshToken: string }
  | { readonly kind: 'choose'; readonly organizations: { id: number; name: string }[] };

/** What comes with a login besides its body. */
export interface Visit {
  readonly requestId: string;
  /** The cookies: of the session before, which ends, and of a paired device. */
  readonly refreshToken: string | undefined;
  readonly deviceToken: string | undefined;
  /** What the browser says of itself. */
  readonly userAgent: string;
}

/** Throws InvalidRequest, LockedOut, and `wrong_credentials` for unknown, wrong and foreign alike. */
export async function signIn({ db, login, visit }: { db: Database; login: Login; visit: Visit }): Promise<SignIn> {
  const { by, secret, how } = readLogin(login);
  const deviceTokenHash = hashOfMaybe(visit.deviceToken);
  const begun = await beginSignIn(db, { ...by, deviceTokenHash });
  const { attempt } = begun;
  if (attempt === null) throw new LockedOut(begun.wait_s);
  const proof = await proofOf(secret, how === 'pin' ? begun.pin_salt : begun.password_salt);
  const candidates = await passSignIn(db, { attempt, how, proof, requestId: visit.requestId });
  const chosen = candidates.filter(
    (candidate) => (login.organizationId ?? candidate.organization_id) === candidate.organization_id,
  );
  const [candidate] = chosen;
  if (!candidate) throw new DomainError('wrong_credentials', 'Check what you typed, and try again.');
  if (chosen.length > 1) {
    return {
      kind: 'choose',
      organizations: chosen.map((one) => ({ id: one.organization_id, name: one.organization_name })),
    };
  }
  const device = deviceTokenHash ? await deviceByToken(db, deviceTokenHash) : undefined;
  if (visit.refreshToken !== undefined) await closeSession(db, hashOf(visit.refreshToken));
  return startSession({ db, attempt, candidate, how, device: device?.kind === 'tablet' ? device : undefined, visit });
}

/** Opens a session for somebody who has proven who he is, and says so in the trail. Throws `session_ended`. */
export async function startSession(options: {
  db: Database;
  attempt: string;
  candidate: Candidate;
  how: string;
  device?: PairedDevice | undefined;
  visit: Visit;
}): Promise<Extract<SignIn, { kind: 'signed_in' }>> {
  const { db, attempt, candidate, how, device, visit } = options;
  const refreshToken = newToken();
  const lifetimeS = device ? TABLET_SESSION_LIFETIME_S : SESSION_LIFETIME_S;
  const { user_id: userId, organization_id: organizationId, display_name: name } = candidate;
  const deviceName = device?.name ?? nameOfBrowser(visit.userAgent);
  const sessionId = await inTenant(db, { organizationId, plantIds: 'all' }, async (trx) => {
    const id = await openSession(trx, { attempt, userId, tokenHash: hashOf(refreshToken), lifetimeS, deviceName });
    if (id === null) throw new DomainError('session_ended', 'This took too long. Sign in again.');
    await insertAudit(trx, {
      organizationId,
      actor: { kind: 'user', id: userId, name },
      requestId: visit.requestId,
      action: 'sign_in',
      entity: 'users',
      entityId: userId,
      plantId: device?.plant_id ?? null,
      new: { with: how, device: deviceName },
    });
    return id;
  });
  return { kind: 'signed_in', refreshToken, holder: holderOf(candidate, { sessionId, lifetimeS }) };
}

export function holderOf(
  candidate: Candidate,
  { sessionId, lifetimeS }: { sessionId: string; lifetimeS: number },
): SessionHolder {
  return {
    sessionId,
    lifetimeS,
    userId: candidate.user_id,
    name: candidate.display_name,
    email: candidate.email,
    language: candidate.language,
    organization: { id: candidate.organization_id, name: candidate.organization_name },
  };
}

/** Who it claims to be, and with which secret. Throws InvalidRequest for anything but one of each. */
function readLogin({ email, badge, userId, password, pin }: Login) {
  const names = [
    { kind: 'email' as const, identifier: email },
    { kind: 'badge' as const, identifier: badge },
    { kind: 'user' as const, identifier: userId?.toString() },
  ].flatMap(({ kind, identifier }) => (identifier === undefined ? [] : [{ kind, identifier }]));
  const secrets = [
    { how: 'password' as const, secret: password },
    { how: 'pin' as const, secret: pin },
  ].flatMap(({ how, secret }) => (secret === undefined ? [] : [{ how, secret }]));
  const [by] = names;
  const [proof] = secrets;
  if (!by || names.length > 1) {
    throw new InvalidRequest([{ path: 'body', message: 'needs exactly one of email, badge and userId' }]);
  }
  if (!proof || secrets.length > 1) {
    throw new InvalidRequest([{ path: 'body', message: 'needs either password or pin' }]);
  }
  return { by, ...proof };
}

const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'] as const;

/** `Firefox, Windows`: enough to know one's own sessions by. */
export function nameOfBrowser(userAgent: string): string {
  const browser = BROWSERS.find(([mark]) => userAgent.includes(mark))?.[1];
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  const known = [browser, system].filter((part) => part !== undefined).join(', ');
  return known || userAgent.slice(0, 60) || 'unknown';
}
