// Agents' broker credentials: a hash in the registry, in the format of Mosquitto's password file
// ($7$iterations$salt$hash, PBKDF2 with SHA-512), so that both brokers check the same one. The secrets
// are 32 random bytes, made here; the iterations are for the format, not for weak passwords.

import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
const iterations = 1_000;
const hashBytes = 64;

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(12);
  const hash = await derive(secret, salt, iterations, hashBytes, 'sha512');
  return `$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

export async function verifySecret(secret: string | Uint8Array, stored: string): Promise<boolean> {
  const match = /^\$7\$(\d{1,7})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/.exec(stored);
  if (!match) return false;
  const [, rounds, salt, hash] = match;
  const expected = Buffer.from(hash ?? '', 'base64');
  const given = await derive(secret, Buffer.from(salt ?? '', 'base64'), Number(rounds), expected.length, 'sha512');
  return timingSafeEqual(given, expected);
}
