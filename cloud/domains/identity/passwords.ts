// Passwords and PINs: argon2id with OWASP's first choice of cost (19 MiB, 2 passes, 1 lane).

import { type Algorithm, hash, verify } from '@node-rs/argon2';

// The package's enum is a const enum, of which only types are left in its JavaScript: 2 is argon2id.
const argon2id = 2 as Algorithm;
const cost = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** For passwords and PINs alike. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

export interface PasswordCheck {
  /** `stored` null stands for an account that is not there: it takes as long, and is wrong. */
  matches(password: string, stored: string | null): Promise<boolean>;
}

export function createPasswordCheck(): PasswordCheck {
  let decoy: Promise<string> | null = null;
  return {
    async matches(password, stored) {
      // Made before it is known whether it is needed, so that the first unknown address is not slower.
      decoy ??= hashPassword('nobody has this password');
      const right = await verify(stored ?? (await decoy), password);
      return right && stored !== null;
    },
  };
}
