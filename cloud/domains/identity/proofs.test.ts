// The steps of a sign-in, called by the API's role without the API: what somebody gets who found a way to
// send SQL. He may count attempts and learn a salt; without the password he opens, takes and learns nothing.

import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { proofOf } from './passwords.ts';

const password = 'correct horse battery';
const email = 'lea@n.example';
let database: TestDatabase;
let api: pg.Client;
let lea: number;
let max: number;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  const { ownerUrl } = database;
  const plant = { organization: 'North Drinks', name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  const organizationIds = [(await insertPlant(ownerUrl, plant)).organizationId];
  [lea = 0] = await insertPerson(ownerUrl, { email, password, name: 'Lea', organizationIds });
  [max = 0] = await insertPerson(ownerUrl, { email: 'max@n.example', password, name: 'Max', organizationIds });
  api = new pg.Client({ connectionString: database.apiUrl });
  await api.connect();
});
beforeEach(() => asOwner(database.ownerUrl, 'DELETE FROM mes.sign_in_attempts'));
afterAll(async () => {
  await api?.end();
  await database?.drop();
});

async function ask(call: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await api.query<Record<string, unknown>>(`SELECT * FROM ${call}`, values)).rows;
}

async function begin(): Promise<{ attempt: string; salt: string }> {
  const [begun] = await ask("mes.begin_sign_in('email', $1, NULL)", [email]);
  return { attempt: String(begun?.['attempt']), salt: String(begun?.['password_salt']) };
}

const pass = (attempt: string, shown: string) => ask("mes.pass_sign_in($1, 'password', $2, 'r')", [attempt, shown]);

async function passed(): Promise<string> {
  const { attempt, salt } = await begin();
  expect(await pass(attempt, await proofOf(password, salt))).toHaveLength(1);
  return attempt;
}

async function open(attempt: string, userId = lea, lifetime = '1 day'): Promise<unknown> {
  const token = Buffer.from(crypto.randomUUID());
  const [row] = await ask("mes.open_session($1, $2, $3, $4::interval, 'x')", [attempt, userId, token, lifetime]);
  return row?.['open_session'];
}

const age = (seconds: number) =>
  asOwner(database.ownerUrl, 'UPDATE mes.sign_in_proofs SET begun_at = begun_at - make_interval(secs => $1)', [
    seconds,
  ]);

describe('a session', () => {
  it('is opened once by who has shown what the password comes to, for that person only, within a minute', async () => {
    const attempt = await passed();
    expect(await open(attempt)).toEqual(expect.any(String));
    expect(await open(attempt)).toBeNull();
    expect(await open(await passed(), max)).toBeNull();
    const slow = await passed();
    await age(61);
    expect(await open(slow)).toBeNull();
  });

  it('is not opened by an attempt that was only begun, nor by one that nobody began', async () => {
    expect(await open((await begin()).attempt)).toBeNull();
    expect(await open(crypto.randomUUID())).toBeNull();
  });

  it('lives no longer than seven days, whatever is asked for', async () => {
    const id = await open(await passed(), lea, '100 years');
    const rows = await asOwner(
      database.ownerUrl,
      "SELECT expires_at <= now() + interval '7 days' AS soon FROM mes.sessions WHERE id = $1",
      [id],
    );
    expect(rows).toEqual([{ soon: true }]);
  });
});

describe('a password', () => {
  it('is told to nobody: there is its salt, and no way to the hash', async () => {
    const { salt } = await begin();
    const [row] = await asOwner(database.ownerUrl, 'SELECT password_hash FROM mes.accounts WHERE email = $1', [email]);
    const hash = String(row?.['password_hash']);
    expect(hash.startsWith(`${salt}$`)).toBe(true);
    expect(salt).toMatch(/^\$argon2id\$v=19\$[^$]+\$[^$]+$/);
    for (const query of [
      'SELECT * FROM mes.accounts',
      'SELECT * FROM mes.sign_in_proofs',
      'SELECT * FROM mes.own_account(gen_random_uuid())',
      `SELECT mes.make_reset_link_for('${email}', 'x', interval '1 year')`,
    ])
      await expect(api.query(query), query).rejects.toMatchObject({ code: '42501' });
  });

  it('has one guess per attempt that was counted, also when it comes twice at once', async () => {
    const { attempt, salt } = await begin();
    expect(await pass(attempt, await proofOf('a wrong guess', salt))).toEqual([]);
    expect(await pass(attempt, await proofOf(password, salt))).toEqual([]);
    const trail = await asOwner(
      database.ownerUrl,
      "SELECT entity_id FROM mes.audit_logs WHERE action = 'sign_in_failed'",
    );
    expect(trail).toEqual([{ entity_id: String(lea) }]);
    for (let n = 1; n < 5; n += 1) await begin();
    expect(await ask("mes.begin_sign_in('email', $1, NULL)", [email])).toMatchObject([
      { wait_s: expect.any(Number), attempt: null, password_salt: null },
    ]);
  });

  it('is changed by who has proven himself in that session, not by who has just signed in', async () => {
    const session = await open(await passed());
    const set = async (attempt: unknown) => {
      const [row] = await ask("mes.set_own_password($1, $2, 'new')", [session, attempt]);
      return row?.['set_own_password'];
    };
    expect(await set(await passed())).toBe(false);
    const [begun] = await ask("mes.begin_own_attempt($1, 'password')", [session]);
    expect(await set(begun?.['attempt'])).toBe(false);
    const shown = await proofOf(password, String(begun?.['salt']));
    expect(await ask("mes.prove_own($1, 'password', $2)", [begun?.['attempt'], shown])).toEqual([{ prove_own: true }]);
    expect(await open(String(begun?.['attempt']))).toBeNull();
    expect(await set(begun?.['attempt'])).toBe(true);
    expect(await set(begun?.['attempt'])).toBe(false);
  });
});

describe('a link by mail', () => {
  it('is in the trail before anybody has it, and tells ids only', async () => {
    const asked = await ask("mes.ask_reset_link('max@n.example', 'x', 'request-7')");
    expect(asked).toEqual([{ user_id: max, organization_id: expect.any(Number) }]);
    const trail = await asOwner(
      database.ownerUrl,
      "SELECT entity_id, request_id FROM mes.audit_logs WHERE action = 'ask_reset_link'",
    );
    expect(trail).toEqual([{ entity_id: String(max), request_id: 'request-7' }]);
  });
});
