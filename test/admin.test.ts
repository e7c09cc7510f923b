// The way back in on the machine itself: npm run admin, and secrets that are refused at boot.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../cloud/platform/config.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import { asOwner, insertPerson, insertPlant } from './web/plant-rows.ts';

const program = fileURLToPath(new URL('../deploy/admin/main.ts', import.meta.url));
let database: TestDatabase;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'unison-admin-'));
  database = await createTestDatabase('embedded');
  const plant = { organization: 'North Drinks', name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  const { organizationId } = await insertPlant(database.ownerUrl, plant);
  const person = {
    email: 'ada@n.example',
    password: 'correct horse battery',
    name: 'Ada',
    organizationIds: [organizationId],
  };
  await insertPerson(database.ownerUrl, person);
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

async function admin(...args: string[]): Promise<{ out: string; error: string; code: number }> {
  const env = {
    ...process.env,
    DATABASE_URL: database.ownerUrl,
    UNISON_DATA_DIR: directory,
    PUBLIC_URL: 'https://mes.n.example',
  };
  const run = promisify(execFile)(process.execPath, [program, ...args], { env, cwd: directory });
  return run.then(
    ({ stdout, stderr }) => ({ out: stdout, error: stderr, code: 0 }),
    (failure: { stdout: string; stderr: string; code: number }) => ({
      out: failure.stdout,
      error: failure.stderr,
      code: failure.code,
    }),
  );
}

describe('npm run admin', () => {
  it('prints a link to set a password, and says so in the trail', async () => {
    const { out } = await admin('reset-link', 'Ada@n.example');
    expect(out).toMatch(/^https:\/\/mes\.n\.example\/reset-password#token=[\w-]{43}\n$/);
    const trail = await asOwner(database.ownerUrl, 'SELECT actor_kind, actor_name, action FROM mes.audit_logs');
    expect(trail).toEqual([{ actor_kind: 'system', actor_name: 'Command line', action: 'make_reset_link' }]);
    const links = await asOwner(
      database.ownerUrl,
      'SELECT count(*)::int AS count FROM mes.reset_links WHERE expires_at > now()',
    );
    expect(links).toEqual([{ count: 1 }]);
  });

  it('unlocks, and knows nobody else', async () => {
    await asOwner(
      database.ownerUrl,
      "INSERT INTO mes.sign_in_attempts (key, failures, locked_until) SELECT mes.attempt_key(id, 'anywhere'), 9, now() + interval '1 hour' FROM mes.accounts",
    );
    expect(await admin('unlock', 'ada@n.example')).toMatchObject({ code: 0, out: 'ada@n.example may try again.\n' });
    expect(await asOwner(database.ownerUrl, 'SELECT FROM mes.sign_in_attempts')).toEqual([]);
    expect(await admin('unlock', 'nobody@n.example')).toMatchObject({
      code: 1,
      error: expect.stringContaining('Nobody has'),
    });
    expect(await admin('reset-link', 'nobody@n.example')).toMatchObject({ code: 1 });
  });
});

describe('a secret that others could have', () => {
  it.each([
    'change-me-change-me-change-me-change',
    'your-256-bit-secret-your-256-bit-secret',
    'supersecretsupersecretsupersecret',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'k3Jq9zXv1Tk3Jq9zXv1Tk3Jq9zXv1Tk3Jq9zXv1T',
  ])('stops the boot and is named: %s', (secret) => {
    for (const name of ['JWT_SECRET', 'JWT_SECRET_PREVIOUS'])
      expect(() => readConfig({ [name]: secret }, directory)).toThrow(new RegExp(`^${name} .*Make one of your own`));
  });

  it('is not one of 32 characters drawn by lot', () => {
    for (const secret of ['9f86d081884c7d659a2feaa0c55ad015', 'q3Jw0c9mV2xYb7Rk5tLz8HdFsPnGuAe4'])
      expect(readConfig({ JWT_SECRET: secret }, directory).jwtSecret).toBe(secret);
    expect(() => readConfig({ JWT_SECRET: 'q3Jw0c9mV2xYb7Rk5tLz8HdFsPnGuA' }, directory)).toThrow(/JWT_SECRET/);
  });
});
