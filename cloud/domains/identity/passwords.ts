// Passwords and PINs: argon2id with OWASP's first choice of cost (19 MiB, 2 passes, 1 lane).
//
// Who signs in is compared in the database, which tells nobody a hash: here a secret is hashed with the
// stored salt and cost, and what comes out is shown to it.

import { type Algorithm, hash } from '@node-rs/argon2';

// The package's enum is a const enum, of which only types are left in its JavaScript: 2 is argon2id.
const argon2id = 2 as Algorithm;
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** As `mes.salt_of` answers it: the PHC string without its hash. */
const SALT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})$/;

/** For passwords and PINs alike. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

/**
 * What to show the database for a secret that was typed. `salt` null stands for an account that is not
 * there, or has no such secret: it takes as long, and is wrong.
 */
export async function proofOf(secret: string, salt: string | null): Promise<string> {
  if (salt === null) return hashPassword(secret);
  const [, memoryCost, timeCost, parallelism, text = ''] = SALT.exec(salt) ?? [];
  if (text === '') throw new Error('a stored password is not argon2id in PHC format');
  return hash(secret, {
    algorithm: argon2id,
    memoryCost: Number(memoryCost),
    timeCost: Number(timeCost),
    parallelism: Number(parallelism),
    salt: Buffer.from(text, 'base64'),
  });
}
