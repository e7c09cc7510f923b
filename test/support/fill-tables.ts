// A row of an organisation in every table, so that a test can ask who sees it. A new table gets its row
// here; test/isolation.test.ts says when one is missing.

import type pg from 'pg';
import type { TestOrganization } from './registry.ts';

/** As the superuser. The organisation, its plant, lane, machine and agent are there already. */
export async function fillEveryTable(db: pg.Client, organization: TestOrganization): Promise<void> {
  const { id: org, plantId: plant } = organization;
  const agent = organization.agents[0]?.id;
  const [machine] = organization.machines.values();
  const one = async (text: string, ...values: unknown[]): Promise<number> => {
    const { rows } = await db.query<{ id: number }>(text, values);
    return rows[0]?.id ?? 0;
  };
  const account = await one(
    "INSERT INTO mes.accounts (email, password_hash) VALUES ($1, 'none') RETURNING id",
    `person@org-${org}.example`,
  );
  const user = await one(
    "INSERT INTO mes.users (organization_id, account_id, display_name) VALUES ($1, $2, 'Person') RETURNING id",
    org,
    account,
  );
  await one(
    "INSERT INTO mes.sessions (organization_id, user_id, token_hash, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')",
    org,
    user,
    Buffer.from(`token ${org}`),
  );
  await one(
    "INSERT INTO mes.reset_links (token_hash, organization_id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 hour')",
    Buffer.from(`link ${org}`),
    org,
    user,
  );
  await one(
    "INSERT INTO mes.paired_devices (organization_id, plant_id, kind, name) VALUES ($1, $2, 'tablet', 'Tablet') RETURNING id",
    org,
    plant,
  );
  await one(
    "INSERT INTO mes.departments (organization_id, plant_id, code, name) VALUES ($1, $2, 'FILL', 'Filling') RETURNING id",
    org,
    plant,
  );
  const role = await one(
    "INSERT INTO mes.roles (organization_id, role_code, role_name) VALUES ($1, 'test_role', 'Test role') RETURNING id",
    org,
  );
  const key = await one(
    "INSERT INTO mes.api_keys (organization_id, name, secret_hash) VALUES ($1, 'ERP', '') RETURNING id",
    org,
  );
  await one(
    'INSERT INTO mes.api_key_roles (organization_id, api_key_id, role_id) VALUES ($1, $2, $3)',
    org,
    key,
    role,
  );
  await one(
    'INSERT INTO mes.user_roles (organization_id, user_id, role_id, plant_id) VALUES ($1, $2, $3, $4)',
    org,
    user,
    role,
    plant,
  );
  await one(
    'INSERT INTO mes.user_plant_access (organization_id, user_id, plant_id) VALUES ($1, $2, $3)',
    org,
    user,
    plant,
  );
  await one("INSERT INTO mes.system_settings (organization_id, key, value) VALUES ($1, 'locale', '\"de\"')", org);
  await one("INSERT INTO mes.idempotency_keys VALUES ($1, 'user 1', 'k', 'f', '{}')", org);
  await one(
    "INSERT INTO mes.import_files (organization_id, resource, content) VALUES ($1, 'departments', 'code')",
    org,
  );
  for (const action of ['create', 'update']) {
    await one(
      `INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, request_id)
       VALUES ($1, 'system', 'test', $2, 'plants', '1', 'r-1')`,
      org,
      action,
    );
  }
  // One of the two is sealed, the other waits.
  await one(
    "SELECT set_config('mes.organization_id', $1, false), set_config('mes.plant_ids', 'all', false)",
    String(org),
  );
  await one('SELECT mes.seal_audit(1)');
  await one(
    'INSERT INTO mes.edge_states (edge_agent_id, organization_id, plant_id) VALUES ($1, $2, $3)',
    agent,
    org,
    plant,
  );
  await one("INSERT INTO mes.edge_leases VALUES ($1, $2, 'nobody', 1, now())", agent, org);
  await one(
    'INSERT INTO mes.edge_links (organization_id, plant_id, edge_agent_id, from_time) VALUES ($1, $2, $3, now())',
    org,
    plant,
    agent,
  );
  const device = await one(
    "INSERT INTO mes.devices (organization_id, plant_id, edge_agent_id, name) VALUES ($1, $2, $3, 'filling') RETURNING id",
    org,
    plant,
    agent,
  );
  const tag = await one(
    "INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, machine_id) VALUES ($1, $2, $3, 'count', 'UInt32', $4) RETURNING id",
    org,
    plant,
    device,
    machine,
  );
  await one(
    'INSERT INTO mes.tag_last (tag_id, organization_id, plant_id, time, value) VALUES ($1, $2, $3, now(), 1)',
    tag,
    org,
    plant,
  );
  await one("INSERT INTO mes.device_coverage VALUES ($1, $2, $3, now(), 'up')", org, plant, device);
  await one(
    "INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, from_time, to_time, cause) VALUES ($1, $2, $3, now(), now(), 'test')",
    org,
    plant,
    agent,
  );
  await one(
    "INSERT INTO mes.dead_letters (organization_id, plant_id, topic, reason, payload) VALUES ($1, $2, 't', 'test', '')",
    org,
    plant,
  );
  await one(
    'INSERT INTO mes.sample_conflicts (organization_id, plant_id, tag_id, time) VALUES ($1, $2, $3, now())',
    org,
    plant,
    tag,
  );
  await one(
    'INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time) VALUES ($1, $2, now(), now())',
    org,
    machine,
  );
  await one(
    `INSERT INTO mes.background_jobs (organization_id, plant_id, kind, payload, actor_kind, actor_name, request_id)
     VALUES ($1, $2, 'test.nothing', '{}', 'system', 'test', 'r-1')`,
    org,
    plant,
  );
  // Three weeks, so that a hypertable has several chunks.
  for (const [table, value] of [
    ['sample', '1'],
    ['sample_text', "'a'"],
  ] as const) {
    await one(
      `INSERT INTO telemetry.${table} (organization_id, plant_id, tag_id, time, value)
       SELECT $1, $2, $3, now() - day * interval '1 day', ${value} FROM generate_series(0, 20) AS days (day)`,
      org,
      plant,
      tag,
    );
  }
  // A stranger's letter belongs to nobody and is nobody's to see.
  await one("INSERT INTO mes.dead_letters (topic, reason, payload) VALUES ('t', 'unknown_edge', '')");
}
