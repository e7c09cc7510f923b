// A row of an organisation in every table, so that a test can ask who sees it. A new table gets its row
// here; test/isolation/ says when one is missing.
//
// Texts carry a marker, so that a row is known wherever it turns up: the organisation's where the row is
// for all of it, the plant's where the row belongs to that. Hashes, which nobody may ever be answered,
// carry `zqsecret`.

import type pg from 'pg';
import { fillCounters } from './fill-counters.ts';
import { fillKpi } from './fill-kpi.ts';
import { fillPlantRecords } from './fill-plant-records.ts';
import type { TestOrganization } from './registry.ts';

export interface Markers {
  /** Lower-case letters only: some names allow nothing else. */
  readonly organization: string;
  readonly plant: string;
}

/** Ids of the rows that were made, as far as somebody asks for them. */
export interface FilledRows {
  readonly account: number;
  readonly user: number;
  readonly role: number;
  readonly apiKey: number;
  readonly pairedDevice: number;
  readonly tag: number;
  readonly textTag: number;
  readonly session: string;
  readonly job: string;
  readonly shiftInstance: number;
}

export type InsertRow = <Id = number>(table: string, row: Readonly<Record<string, unknown>>) => Promise<Id>;

const now = (offsetDays = 0) => new Date(Date.now() + offsetDays * 86_400_000);

/** Inserts a row into a table of mes as the superuser; returns its id where it has one. */
export function inserter(db: pg.ClientBase | pg.Pool): InsertRow {
  return async <Id>(table: string, row: Readonly<Record<string, unknown>>) => {
    const places = Object.keys(row).map((_, at) => `$${at + 1}`);
    const { rows } = await db.query<{ id: Id }>(
      `INSERT INTO mes.${table} AS made (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')}) RETURNING to_jsonb(made) -> 'id' AS id`,
      Object.values(row),
    );
    return rows[0]?.id as Id;
  };
}

/** As the superuser. The organisation, its plant, lane, machine and agent are there already. */
export async function fillEveryTable(
  db: pg.Client,
  organization: TestOrganization,
  mark: Markers = { organization: 'zqorganization', plant: 'zqplant' },
): Promise<FilledRows> {
  const insert = inserter(db);
  const people = await fillPeople(insert, { organization, mark });
  await fillRecords(insert, { organization, mark });
  await fillPlantRecords(insert, { organization, mark });
  const tags = await fillPlant(insert, { organization, mark });
  // One of the two rows of the trail is sealed, the other waits.
  await db.query("SELECT set_config('mes.organization_id', $1, false), set_config('mes.plant_ids', 'all', false)", [
    String(organization.id),
  ]);
  await db.query('SELECT mes.seal_audit(1)');
  await db.query("SELECT set_config('mes.organization_id', '', false), set_config('mes.plant_ids', '', false)");
  // Three weeks, so that a hypertable has several chunks.
  for (const [table, tag, value] of [
    ['sample', tags.tag, 1],
    ['sample_text', tags.textTag, mark.plant],
  ] as const) {
    await db.query(
      `INSERT INTO telemetry.${table} (organization_id, plant_id, tag_id, time, value)
       SELECT $1, $2, $3, now() - day * interval '1 day', $4 FROM generate_series(0, 20) AS days (day)`,
      [organization.id, organization.plantId, tag, value],
    );
  }
  return { ...people, ...tags };
}

export interface Filling {
  readonly organization: TestOrganization;
  readonly mark: Markers;
}

async function fillPeople(insert: InsertRow, { organization, mark }: Filling) {
  const { id: organization_id, plantId: plant_id } = organization;
  const name = mark.organization;
  const account = await insert('accounts', {
    email: `${name}-${organization_id}@example.com`,
    badge: `${name}-${organization_id}`,
    // As argon2 hashes look: the salt is told to who signs in, what follows it to nobody.
    password_hash: `$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$zqsecret password ${organization_id}`,
    pin_hash: `$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$zqsecret pin ${organization_id}`,
  });
  const user = await insert('users', { organization_id, account_id: account, display_name: name });
  const session = await insert<string>('sessions', {
    organization_id,
    user_id: user,
    token_hash: Buffer.from(`zqsecret session ${organization_id}`),
    device_name: name,
    expires_at: now(1),
  });
  const passed = { account_id: account, purpose: 'sign_in', passed: true };
  await insert('sign_in_proofs', { ...passed, attempt_key: Buffer.from('zqsecret proof') });
  await insert('sign_in_attempts', { key: Buffer.from(`zqsecret attempt ${organization_id}`), failures: 1 });
  await insert('reset_links', {
    token_hash: Buffer.from(`zqsecret link ${organization_id}`),
    organization_id,
    user_id: user,
    expires_at: now(1),
  });
  const pairedDevice = await insert('paired_devices', { organization_id, plant_id, kind: 'tablet', name: mark.plant });
  const role = await insert('roles', { organization_id, role_code: `role_${name}`, role_name: name });
  const apiKey = await insert('api_keys', {
    organization_id,
    name,
    secret_hash: Buffer.from(`zqsecret key ${organization_id}`),
    holder_id: user,
  });
  await insert('api_key_roles', { organization_id, api_key_id: apiKey, role_id: role });
  await insert('user_roles', { organization_id, user_id: user, role_id: role, plant_id });
  await insert('user_plant_access', { organization_id, user_id: user, plant_id });
  return { account, user, session, role, apiKey, pairedDevice };
}

async function fillRecords(insert: InsertRow, { organization, mark }: Filling): Promise<void> {
  const { id: organization_id, plantId: plant_id } = organization;
  const name = mark.organization;
  await insert('departments', { organization_id, plant_id, code: mark.plant, name: mark.plant });
  await insert('system_settings', { organization_id, key: 'notice', value: JSON.stringify(name) });
  await insert('idempotency_keys', { organization_id, actor: name, key: name, fingerprint: '', answer: '{}' });
  await insert('demo_histories', { organization_id, until_time: now(), days: 90 });
  await insert('import_files', { organization_id, resource: 'departments', content: Buffer.from(name) });
  for (const action of ['create', 'update']) {
    await insert('audit_logs', {
      organization_id,
      plant_id,
      actor_kind: 'system',
      actor_name: mark.plant,
      action,
      entity: 'plants',
      entity_id: String(plant_id),
      new: JSON.stringify({ name: mark.plant }),
      request_id: mark.plant,
    });
  }
}

async function fillPlant(insert: InsertRow, { organization, mark }: Filling) {
  const { id: organization_id, plantId: plant_id } = organization;
  const edge_agent_id = organization.agents[0]?.id;
  const [machine_id] = organization.machines.values();
  const here = { organization_id, plant_id };
  await insert('edge_states', { edge_agent_id, ...here, version: mark.plant });
  await insert('edge_leases', { edge_agent_id, organization_id, ingestor: mark.plant, generation: 1, until: now() });
  await insert('edge_links', { ...here, edge_agent_id, device_name: mark.plant, from_time: now() });
  const device_id = await insert('devices', { ...here, edge_agent_id, name: mark.plant });
  const tagOf = (datatype: string) =>
    insert('tags', { ...here, device_id, name: `${mark.plant} ${datatype}`, datatype, machine_id, role: 'order' });
  const tag = await tagOf('UInt32');
  const textTag = await tagOf('String');
  await insert('tag_last', { ...here, tag_id: tag, time: now(), value: 1 });
  await insert('tag_last', { ...here, tag_id: textTag, time: now(), text_value: mark.plant });
  await insert('device_coverage', { ...here, device_id, time: now(), state: 'up' });
  const gap = { from_time: now(-0.5), to_time: now(-0.4), cause: 'test', detail: mark.plant };
  await insert('gap_ledger', { ...here, edge_agent_id, ...gap });
  await insert('dead_letters', { ...here, topic: mark.plant, reason: 'test', payload: Buffer.from(mark.plant) });
  await insert('sample_conflicts', { ...here, tag_id: textTag, time: now(), text_value: mark.plant });
  await fillCounters(insert, { organization, mark }, { machine_id, tag_id: tag });
  const { shiftInstance } = await fillKpi(insert, { organization, mark }, { machine_id, edge_agent_id });
  await insert('dirty_marks', { organization_id, machine_id, from_time: now(), to_time: now() });
  const job = await insert<string>('background_jobs', {
    ...here,
    kind: 'test.note',
    payload: JSON.stringify({ text: mark.plant }),
    actor_kind: 'system',
    actor_name: mark.plant,
    request_id: mark.plant,
  });
  // A stranger's letter belongs to nobody and is nobody's to see.
  await insert('dead_letters', { topic: 'zqnobody', reason: 'unknown_edge', payload: '' });
  return { tag, textTag, job, shiftInstance };
}
