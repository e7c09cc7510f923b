// Pairing. Who may, makes a code (a tablet's is typed, a TV's is in a link); the device exchanges it once,
// within 10 minutes, for a token of its own, which it keeps in a cookie.

import { randomInt } from 'node:crypto';
import { insertAudit, recordAudit } from '../../platform/audit.ts';
import { type Database, inTenant } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord } from '../../platform/kit/commands.ts';
import { deviceByToken, hashOf, newToken, type PairedDevice } from '../identity/index.ts';
import * as queries from './queries.ts';
import { pairedDevices } from './resource.ts';

const CODE_LIFETIME_S = 10 * 60;
/** From the last time it showed itself; browsers keep no cookie longer. */
export const DEVICE_LIFETIME_S = 400 * 24 * 60 * 60;
/** Without those that look like others; 31 to the power of 10 is beyond guessing in 10 minutes. */
const CODE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'.slice(0, 31);
const CODE_LENGTH = 10;

/** A code to type: `ABCDE-FGHJK`. */
export function newCode(): string {
  const letters = Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join('');
  return `${letters.slice(0, CODE_LENGTH / 2)}-${letters.slice(CODE_LENGTH / 2)}`;
}

/** Codes are compared as people type them: in any case, with or without the dash. */
export function hashOfCode(code: string): Buffer {
  return hashOf(code.toUpperCase().replaceAll(/[^A-Z0-9]/g, ''));
}

/** Keeps the hash of a code; the one before ends. Throws `not_found`. */
export async function offerCode(
  ctx: Context,
  { id, hash }: { id: number; hash: Buffer },
): Promise<{ expiresAt: string }> {
  const device = await getRecord(ctx, pairedDevices, id);
  if (!(await queries.keepCode(ctx.db, { deviceId: id, hash, lifetimeS: CODE_LIFETIME_S }))) {
    throw new DomainError('conflict', 'This device was revoked. Make a new one.');
  }
  await recordAudit(ctx, {
    action: 'offer_code',
    entity: 'paired-devices',
    entityId: id,
    plantId: Number(device['plantId']),
  });
  return { expiresAt: new Date(ctx.now.getTime() + CODE_LIFETIME_S * 1_000).toISOString() };
}

/** Answers the device's token. Throws `not_found`. */
export async function pairDevice(
  db: Database,
  { code, requestId }: { code: string; requestId: string },
): Promise<{ token: string; device: PairedDevice }> {
  const token = newToken();
  const tokenHash = hashOf(token);
  const paired = await queries.pair(db, { codeHash: hashOfCode(code), tokenHash, lifetimeS: DEVICE_LIFETIME_S });
  if (!paired) throw new DomainError('not_found', 'This code is wrong, too old or used already. Ask for a new one.');
  const { organization_id: organizationId, device_id: id, plant_id: plantId, name } = paired;
  await inTenant(db, { organizationId, plantIds: 'all' }, (trx) =>
    insertAudit(trx, {
      organizationId,
      actor: { kind: 'device', id, name },
      requestId,
      action: 'pair',
      entity: 'paired-devices',
      entityId: id,
      plantId,
    }),
  );
  const device = await deviceByToken(db, tokenHash);
  if (!device) throw new DomainError('not_found', 'This device was revoked a moment ago.');
  return { token, device };
}

/** The device with this cookie. Throws `session_ended`. */
export async function deviceOf(
  db: Database,
  token: string | undefined,
): Promise<{ device: PairedDevice; tokenHash: Buffer }> {
  const tokenHash = token === undefined ? null : hashOf(token);
  const device = tokenHash ? await deviceByToken(db, tokenHash) : undefined;
  if (!device || !tokenHash) {
    throw new DomainError('session_ended', 'This device is not paired, or not any more. Pair it with a new code.');
  }
  return { device, tokenHash };
}
