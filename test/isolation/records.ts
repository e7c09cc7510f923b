// Rows and people of a world, made when a request is about them: each request has its own, so that none
// finds what another has changed. All carry the markers of their world.

import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { hashOf, hashPassword } from '../../cloud/domains/identity/index.ts';
import { keepSystemRoles } from '../../cloud/domains/roles/index.ts';
import { type InsertRow, inserter } from '../support/fill-tables.ts';
import { jwtSecret } from '../web/api-on-port.ts';
import type { World } from './worlds.ts';

export interface Person {
  readonly userId: number;
  readonly sessionId: string;
  /** The access token. */
  readonly token: string;
  readonly refreshToken: string;
  readonly email: string;
}

export interface Records extends World {
  /** Of everybody made here. */
  readonly password: string;
  /** Into a table of mes; returns the row's id. */
  readonly insert: InsertRow;
  /** A running number, to make names unique. */
  next(): number;
  /** Of the organisation's own record. */
  version(): Promise<number>;
  forgetSetting(key: string): Promise<void>;
  /** So that a starter set has something to make: the row that has this code gets another. */
  freeCode(table: 'loss_reasons' | 'units_of_measure', code: string): Promise<void>;
  plant(row?: object): Promise<number>;
  department(row?: object): Promise<number>;
  role(row?: object): Promise<number>;
  apiKey(): Promise<number>;
  job(state: 'queued' | 'dead', kind?: string): Promise<string>;
  archivedUser(): Promise<number>;
  resetToken(userId: number): Promise<string>;
  /** `session`: its own access token. */
  pairedDevice(row?: object): Promise<{ id: number; code: string; token: string; session: string }>;
  /** An API key with all rights of an administrator, who stands behind it. */
  key(): Promise<string>;
  /** `roleCode` null: without any right. `plantId`: with the role there only. */
  person(options?: { roleCode?: string | null; plantId?: number }): Promise<Person>;
}

const TOMORROW_MS = 86_400_000;
const tomorrow = () => new Date(Date.now() + TOMORROW_MS);

/** As the superuser. */
export async function makeRecords(pool: pg.Pool, world: World): Promise<Records> {
  const insert = inserter(pool);
  const { id: organization_id, plantId: plant_id, mark } = world;
  const owner = await pool.connect();
  await keepSystemRoles(owner, organization_id).finally(() => owner.release());
  const password = `${world.sign} staple battery`;
  const password_hash = await hashPassword(password);
  let numbers = randomInt(1_000_000_000);
  const next = () => (numbers += 1);
  const named = () => `${mark.plant}x${next()}`;
  const company = () => `${mark.organization}x${next()}`;
  const own = (row: object) => ({ organization_id, ...row });

  async function person({ roleCode = 'administrator', plantId }: { roleCode?: string | null; plantId?: number } = {}) {
    const email = `${company()}@example.com`;
    const account_id = await insert('accounts', { email, password_hash });
    const userId = await insert('users', { organization_id, account_id, display_name: company() });
    await pool.query(
      `INSERT INTO mes.user_roles (organization_id, user_id, role_id, plant_id)
       SELECT organization_id, $2, id, $4 FROM mes.roles WHERE organization_id = $1 AND role_code = $3`,
      [organization_id, userId, roleCode, plantId ?? null],
    );
    const refreshToken = randomBytes(32).toString('base64url');
    const session = { organization_id, user_id: userId, token_hash: hashOf(refreshToken), device_name: company() };
    const sessionId = await insert<string>('sessions', { ...session, expires_at: tomorrow() });
    const token = accessToken({ sub: String(userId), org: organization_id, name: mark.organization, sid: sessionId });
    return { userId, sessionId, token, refreshToken, email };
  }

  return {
    ...world,
    insert,
    password,
    next,
    person,
    async version() {
      const { rows } = await pool.query<{ version: number }>('SELECT version FROM mes.organizations WHERE id = $1', [
        organization_id,
      ]);
      return rows[0]?.version ?? 0;
    },
    async forgetSetting(key) {
      await pool.query('DELETE FROM mes.system_settings WHERE organization_id = $1 AND key = $2', [
        organization_id,
        key,
      ]);
    },
    async freeCode(table, code) {
      await pool.query(`UPDATE mes.${table} SET code = $3 WHERE organization_id = $1 AND code = $2`, [
        organization_id,
        code,
        `f${next()}`,
      ]);
    },
    plant: (row = {}) => insert('plants', own({ name: named(), time_zone: 'Europe/Berlin', ...row })),
    department: (row = {}) => insert('departments', own({ plant_id, code: `D${next()}`, name: named(), ...row })),
    role: (row = {}) => insert('roles', own({ role_code: company(), role_name: company(), ...row })),
    apiKey: () => insert('api_keys', { organization_id, name: company(), secret_hash: Buffer.from(randomUUID()) }),
    job: (state, kind = 'test.note') =>
      insert<string>('background_jobs', {
        organization_id,
        plant_id,
        kind,
        payload: '{"text": "zqsecret"}',
        actor_kind: 'system',
        actor_name: mark.plant,
        request_id: mark.plant,
        state,
        finished_at: state === 'dead' ? new Date() : null,
      }),
    async archivedUser() {
      const { userId } = await person({ roleCode: null });
      await pool.query('UPDATE mes.users SET archived_at = now() WHERE id = $1', [userId]);
      return userId;
    },
    async resetToken(userId) {
      const token = randomBytes(32).toString('base64url');
      await insert('reset_links', {
        token_hash: hashOf(token),
        organization_id,
        user_id: userId,
        expires_at: tomorrow(),
      });
      return token;
    },
    async pairedDevice(row = {}) {
      const code = randomBytes(6).toString('hex').toUpperCase();
      const token = randomBytes(32).toString('base64url');
      const id = await insert('paired_devices', {
        organization_id,
        plant_id,
        kind: 'tablet',
        name: named(),
        code_hash: hashOf(code),
        code_expires_at: tomorrow(),
        ...row,
      });
      const ofDevice = { organization_id, paired_device_id: id, token_hash: hashOf(token), device_name: mark.plant };
      const sid = await insert<string>('sessions', { ...ofDevice, expires_at: tomorrow() });
      return { id, code, token, session: accessToken({ org: organization_id, name: mark.plant, sid }) };
    },
    async key() {
      const secret = randomBytes(32).toString('base64url');
      const { userId } = await person();
      const id = await insert('api_keys', {
        organization_id,
        name: company(),
        secret_hash: hashOf(secret),
        holder_id: userId,
        // So that its use leaves no trace that would be taken for one of the request.
        last_used_at: tomorrow(),
      });
      await pool.query(
        `INSERT INTO mes.api_key_roles (organization_id, api_key_id, role_id)
         SELECT organization_id, $2, id FROM mes.roles WHERE organization_id = $1 AND role_code = 'administrator'`,
        [organization_id, id],
      );
      return `umk_${id}_${secret}`;
    },
  };
}

/** As the API issues them (HS256). */
function accessToken(claims: { sub?: string; org: number; name: string; sid: string }): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, iat: now, exp: now + 1_800 })}`;
  return `${signed}.${createHmac('sha256', jwtSecret).update(signed).digest('base64url')}`;
}
