// Tokens that only their holder knows: 256 random bits; the database has their hash.

import { createHash, randomBytes } from 'node:crypto';

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The hash of a token that may not be there. */
export function hashOfMaybe(token: string | undefined): Buffer | null {
  return token === undefined ? null : hashOf(token);
}
