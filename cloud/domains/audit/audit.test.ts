// The audit trail over HTTP: what it tells, and that it notices when somebody changed the past.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiUser } from '../../../test/web/api-client.ts';
import { asOwner, type PlantRows } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import type { AuditPage, Verification } from './schema.ts';

let story: Story<'lea' | 'sid'>;
let north: PlantRows;
let lea: ApiUser;
let sid: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'North', sid: 'South' });
  ({ lea, sid } = story.users);
  north = story.plants.lea;
  for (let number = 1; number <= 6; number += 1) {
    const body = { plantId: north.plantId, code: `D${number}`, name: 'Department' };
    const { status } = await lea.ask('POST', '/departments', body);
    if (status !== 201) throw new Error(`a department could not be made: ${status}`);
  }
});

afterAll(() => story?.stop());

const page = async (query: string, user = lea) => (await user.get(`/audit-logs?${query}`)).body as AuditPage;
const verification = async (user = lea) => (await user.get('/audit-logs/verification')).body as Verification;

/** What the sealer does for an organisation in one round. */
async function seal(organizationId: number): Promise<void> {
  const client = new pg.Client({ connectionString: story.database.workerUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query("SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)", [
    String(organizationId),
  ]);
  await client.query('SELECT mes.seal_audit(500)');
  await client.query('COMMIT');
  await client.end();
}

/** As a superuser who goes round the triggers, in a transaction that is taken back. */
async function tampered(statements: readonly string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: story.database.ownerUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query("SET LOCAL session_replication_role = 'replica'");
    for (const statement of statements) await client.query(statement);
    await client.query("SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)", [
      String(north.organizationId),
    ]);
    await client.query('SET LOCAL ROLE mes_api');
    return (await client.query<{ kind: string }>('SELECT * FROM mes.audit_faults(100)')).rows.map(({ kind }) => kind);
  } finally {
    await client.query('ROLLBACK');
    await client.end();
  }
}

describe('the trail', () => {
  it('is read by kind, record, person and time, page by page', async () => {
    const all = (await page('entity=departments')).items;
    expect(all.length).toBe(6);
    expect(all[0]).toMatchObject({ actorKind: 'user', actorName: 'lea', action: 'create', new: { code: 'D6' } });
    const first = await page('entity=departments&limit=4');
    const second = await page(`entity=departments&limit=4&before=${first.nextBefore}`);
    expect([...first.items, ...second.items]).toEqual(all);
    expect(second.nextBefore).toBeNull();
    expect((await page(`entity=departments&entityId=${all[0]?.entityId}`)).items).toHaveLength(1);
    expect((await page('entity=departments&search=LEA')).items).toHaveLength(6);
    expect((await page(`entity=departments&to=${all[5]?.at}`)).items).toHaveLength(0);
    expect((await page(`entity=departments&from=${all[5]?.at}`)).items).toHaveLength(6);
  });

  it('is one’s own organisation’s only', async () => {
    expect((await page('entity=departments', sid)).items).toEqual([]);
  });
});

describe('the chain', () => {
  it('waits, is sealed, and says up to where', async () => {
    const before = await verification();
    expect(before).toMatchObject({ ok: true, sealedUpTo: null, faults: [] });
    expect(before.waiting).toBeGreaterThanOrEqual(6);
    await seal(north.organizationId);
    const after = await verification();
    expect(after).toMatchObject({ ok: true, waiting: 0, faults: [], sealedUpTo: { sequence: before.waiting } });
    expect(after.sealedUpTo?.hash).toMatch(/^[0-9a-f]{64}$/);
    const { items } = await page('entity=departments');
    expect(items.every(({ sequence }) => sequence !== null)).toBe(true);
  });

  it('of another organisation is another chain', async () => {
    expect((await verification(sid)).sealedUpTo).toBeNull();
  });

  it.each([
    ['a changed value', ["UPDATE mes.audit_logs SET new = '{}' WHERE new->>'code' = 'D3'"], 'row_changed'],
    ['a changed name', ["UPDATE mes.audit_logs SET actor_name = 'max' WHERE new->>'code' = 'D3'"], 'row_changed'],
    [
      'a changed time',
      ["UPDATE mes.audit_logs SET at = at - interval '1 ms' WHERE new->>'code' = 'D3'"],
      'row_changed',
    ],
    ['a row taken away', ["DELETE FROM mes.audit_logs WHERE new->>'code' = 'D3'"], 'row_missing'],
    [
      'a row and its seal taken away',
      [
        "DELETE FROM mes.audit_seals WHERE audit_log_id = (SELECT id FROM mes.audit_logs WHERE new->>'code' = 'D3')",
        "DELETE FROM mes.audit_logs WHERE new->>'code' = 'D3'",
      ],
      'seal_missing',
    ],
    [
      'two rows exchanged',
      [
        `UPDATE mes.audit_seals SET audit_log_id = -audit_log_id
         WHERE audit_log_id IN (SELECT id FROM mes.audit_logs WHERE new->>'code' IN ('D3', 'D4'))`,
        `UPDATE mes.audit_seals SET audit_log_id = (SELECT id FROM mes.audit_logs WHERE new->>'code' IN ('D3', 'D4') AND id <> -audit_log_id)
         WHERE audit_log_id < 0`,
      ],
      'row_changed',
    ],
    ['a forged seal', ["UPDATE mes.audit_seals SET hash = sha256('x') WHERE sequence = 2"], 'chain_broken'],
    [
      'a row slipped in',
      [
        `INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, request_id)
         SELECT organization_id, 'user', 'max', 'create', 'departments', '99', 'r' FROM mes.audit_logs WHERE new->>'code' = 'D3'`,
      ],
      'row_unknown',
    ],
  ])('notices %s', async (_, statements, kind) => {
    expect(await tampered([])).toEqual([]);
    expect(await tampered(statements)).toContain(kind);
  });

  it('cannot be changed or emptied by anybody who comes the usual way', async () => {
    for (const statement of [
      'UPDATE mes.audit_logs SET reason = $$x$$',
      'DELETE FROM mes.audit_logs',
      'TRUNCATE mes.audit_logs',
      'DELETE FROM mes.audit_seals',
    ])
      await expect(asOwner(story.database.ownerUrl, statement)).rejects.toThrow('append-only');
  });
});
