// No organisation sees another's row: the database refuses, whoever asks. Two organisations have rows in
// every table; the API's and the worker's roles look through every relation there is, whatever its schema.
// A table that is added later is in these tests without a word; only how it gets its rows may need one.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../support/database.ts';
import { fillEveryTable } from '../support/fill-tables.ts';
import { createOrganization, type TestOrganization } from '../support/registry.ts';

/** Tables of mes that belong to no organisation: the list of them, people across them, and who failed to sign in. */
const withoutOrganization = ['mes.accounts', 'mes.organizations', 'mes.sign_in_attempts', 'mes.sign_in_proofs'];

interface Relation {
  readonly name: string;
  readonly kind: string;
  /** The column that says whose a row is, or null where there is none. */
  readonly owner: string | null;
  readonly readable: boolean;
}

describe.each(databaseKinds)('the fence around an organisation, on %s', (kind) => {
  let database: TestDatabase;
  let ours: TestOrganization;
  let theirs: TestOrganization;
  let owner: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    ours = await createOrganization(database.ownerUrl, { name: 'ours', machines: ['filler'], edges: ['edge-1'] });
    theirs = await createOrganization(database.ownerUrl, { name: 'theirs', machines: ['filler'], edges: ['edge-1'] });
    owner = await connect(database.ownerUrl);
    for (const organization of [ours, theirs]) await fillEveryTable(owner, organization);
  });
  afterAll(async () => {
    await owner.end();
    await database.drop();
  });

  async function connect(connectionString: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    return client;
  }

  /** Every table, partition, chunk, view and sequence of the database but PostgreSQL's own catalogues. */
  async function relations(role: string): Promise<Relation[]> {
    const { rows } = await owner.query<Relation>(
      `SELECT format('%I.%I', pg_namespace.nspname, pg_class.relname) AS name, pg_class.relkind AS kind,
              (SELECT CASE WHEN bool_or(attname = 'organization_id') THEN 'organization_id' WHEN pg_class.oid = 'mes.organizations'::regclass THEN 'id' END
               FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS owner,
              has_schema_privilege($1, pg_namespace.oid, 'USAGE') AND (has_table_privilege($1, pg_class.oid, 'SELECT')
                OR has_any_column_privilege($1, pg_class.oid, 'SELECT')) AS readable
       FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
       WHERE pg_class.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_namespace.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
       ORDER BY 1`,
      [role],
    );
    return rows;
  }

  /** How many rows of each organisation a role sees in a relation; null when the database refuses to answer. */
  async function seen(client: pg.Client, relation: Relation, settings: Record<string, string>) {
    await client.query('BEGIN');
    try {
      for (const [name, value] of Object.entries(settings))
        await client.query('SELECT set_config($1, $2, true)', [name, value]);
      const column = relation.owner ?? 'NULL::int';
      const { rows } = await client.query<{ whose: number | null; count: number }>(
        `SELECT ${column} AS whose, count(*)::int AS count FROM ${relation.name} GROUP BY 1`,
      );
      const of = (id: number | null): number => rows.find((row) => row.whose === id)?.count ?? 0;
      return { ours: of(ours.id), theirs: of(theirs.id), nobodys: of(null) };
    } catch (error) {
      expect((error as { code?: string }).code, `${relation.name}: ${String(error)}`).toBe('42501');
      return null;
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it('each table of mes and each hypertable has rows of both', async () => {
    for (const relation of await relations('mes_owner')) {
      if (!/^(mes|telemetry)\./.test(relation.name) || relation.kind === 'v' || relation.owner === null) continue;
      const { rows } = await owner.query<{ count: number }>(
        `SELECT count(DISTINCT ${relation.owner})::int AS count FROM ${relation.name} WHERE ${relation.owner} IN (${ours.id}, ${theirs.id})`,
      );
      expect(rows[0]?.count, `${relation.name} has no rows of both organisations`).toBe(2);
    }
  });

  it('each table of mes has row security enabled and forced, and an index that starts with its organisation', async () => {
    const { rows } = await owner.query<{ name: string; enabled: boolean; forced: boolean; indexed: boolean }>(
      `SELECT pg_class.oid::regclass::text AS name, relrowsecurity AS enabled, relforcerowsecurity AS forced,
              EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = indkey[0]
                      WHERE indrelid = pg_class.oid AND attname = 'organization_id' AND indpred IS NULL) AS indexed
       FROM pg_class WHERE relnamespace = 'mes'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`,
    );
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter((row) => !row.enabled || !row.forced)).toEqual([]);
    expect(rows.filter((row) => !row.indexed).map((row) => row.name)).toEqual(withoutOrganization);
  });

  it('none of the service roles may step over it', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles
       WHERE rolname IN ('mes_api', 'mes_worker', 'mes_ingest') AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
         OR pg_has_role(rolname, 'mes_owner', 'MEMBER')
         OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid) OR has_schema_privilege(rolname, 'telemetry', 'CREATE'))`,
    );
    expect(rows).toEqual([]);
    const readers = await owner.query(
      `SELECT rolname FROM pg_roles WHERE rolname IN ('mes_api', 'mes_worker') AND has_schema_privilege(rolname, 'telemetry', 'USAGE')`,
    );
    expect(readers.rows).toEqual([]);
    // BullMQ's tables hold ids of jobs, of all organisations: the worker carries them, nobody else looks.
    const carriers = await owner.query<{ rolname: string }>(
      `SELECT rolname FROM pg_roles WHERE rolname IN ('mes_api', 'mes_worker', 'mes_ingest') AND (has_schema_privilege(rolname, 'bullmq', 'USAGE')
         OR EXISTS (SELECT FROM pg_class WHERE relnamespace = 'bullmq'::regnamespace AND relkind = 'r' AND has_table_privilege(rolname, oid, 'SELECT')))`,
    );
    expect(carriers.rows).toEqual([{ rolname: 'mes_worker' }]);
  });

  describe.each(['mes_api', 'mes_worker'] as const)('as %s', (role) => {
    let client: pg.Client;
    beforeAll(async () => {
      client = await connect(role === 'mes_api' ? database.apiUrl : database.workerUrl);
    });
    afterAll(() => client.end());

    it('no relation shows a row of another organisation, and each shows one’s own', async () => {
      const shown: string[] = [];
      for (const relation of await relations(role)) {
        const rows = await seen(client, relation, { 'mes.organization_id': `${ours.id}`, 'mes.plant_ids': 'all' });
        if (!relation.readable) {
          expect(rows, `${relation.name} answers though nothing is granted`).toBeNull();
          continue;
        }
        if (relation.owner === null && !relation.name.startsWith('mes.')) continue;
        expect(rows, relation.name).toMatchObject({ theirs: 0, nobodys: 0 });
        expect(rows?.ours, `${relation.name} shows nothing of one's own`).toBeGreaterThan(0);
        shown.push(relation.name);
      }
      expect(shown).toEqual(
        expect.arrayContaining(['mes.samples', 'mes.sample_texts', 'mes.machines', 'mes.gap_ledger']),
      );
    });

    it.each([
      ['without an organisation', {}],
      ['with an empty organisation, as a pooled session has it', { 'mes.organization_id': '', 'mes.plant_ids': '' }],
      ['with plants and no organisation', { 'mes.plant_ids': 'all' }],
    ])('%s nothing is shown', async (_, settings) => {
      for (const relation of await relations(role)) {
        if (!relation.readable || relation.owner === null) continue;
        expect(await seen(client, relation, settings as Record<string, string>), relation.name).toEqual({
          ours: 0,
          theirs: 0,
          nobodys: 0,
        });
      }
    });

    it.each([
      ['unset', {}],
      ['another organisation’s', { foreign: true }],
    ])(
      'with the user’s plants %s nothing that belongs to a plant is shown',
      async (_, { foreign }: { foreign?: boolean }) => {
        const plants = foreign ? { 'mes.plant_ids': `{${theirs.plantId}}` } : {};
        const { rows } = await owner.query<{ name: string }>(
          `SELECT format('%I.%I', nspname, relname) AS name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE attname = 'plant_id' AND attnotnull AND nspname = 'mes'
         UNION SELECT unnest(ARRAY['mes.samples', 'mes.sample_texts', 'mes.plants'])`,
        );
        const fenced = new Set(rows.map((row) => row.name));
        for (const relation of await relations(role)) {
          if (!relation.readable || !fenced.has(relation.name)) continue;
          const settings = { 'mes.organization_id': `${ours.id}`, ...plants };
          expect(await seen(client, relation, settings), relation.name).toMatchObject({ ours: 0, theirs: 0 });
        }
      },
    );

    it('no row can be written for, or moved to, another organisation', async () => {
      for (const relation of await relations(role)) {
        if (relation.owner !== 'organization_id' || relation.kind === 'v' || !relation.name.startsWith('mes.'))
          continue;
        for (const text of [
          `UPDATE ${relation.name} SET organization_id = ${theirs.id}`,
          `UPDATE ${relation.name} SET organization_id = organization_id WHERE organization_id = ${theirs.id}`,
          `DELETE FROM ${relation.name} WHERE organization_id = ${theirs.id}`,
        ]) {
          await client.query('BEGIN');
          await client.query(
            "SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)",
            [`${ours.id}`],
          );
          const result = await client.query(text).then(
            ({ rowCount }) => rowCount,
            (error: { code?: string }) => error.code,
          );
          await client.query('ROLLBACK');
          // Refused for want of a grant, a policy, or an append-only trigger — or nothing was there to change.
          expect([0, '42501', '23001'], `${text}: ${result}`).toContain(result);
        }
      }
    });

    it('a function slipped into a query is not shown what the views hold back', async () => {
      const told: string[] = [];
      const listen = ({ message }: { message?: string | undefined }) => void told.push(message ?? '');
      client.on('notice', listen);
      await client.query('BEGIN');
      await client.query(
        `CREATE FUNCTION pg_temp.tell(whose int) RETURNS boolean LANGUAGE plpgsql COST 0.0001
         AS $$ BEGIN RAISE NOTICE '%', whose; RETURN true; END $$`,
      );
      await client.query(
        "SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)",
        [`${ours.id}`],
      );
      for (const relation of ['mes.samples', 'mes.sample_texts', 'mes.tags', 'mes.gap_ledger'])
        await client.query(`SELECT FROM ${relation} WHERE pg_temp.tell(organization_id)`);
      await client.query('ROLLBACK');
      client.off('notice', listen);
      expect(new Set(told)).toEqual(new Set([`${ours.id}`]));
    });

    it('every function it may call that runs as another is known to this test', async () => {
      const { rows } = await owner.query<{ name: string }>(
        `SELECT format('%s.%s', nspname, proname) AS name FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
         WHERE prosecdef AND nspname NOT IN ('pg_catalog') AND has_schema_privilege($1, pg_namespace.oid, 'USAGE')
           AND has_function_privilege($1, pg_proc.oid, 'EXECUTE') ORDER BY 1`,
        [role],
      );
      const known = {
        // They take what only the person themselves has (a token's hash, a session's id that only a signed token
        // carries, what a password comes to), or act on users of the transaction's organisation, or tell no more than that something is there.
        mes_api: [
          'mes.api_key_access',
          'mes.ask_reset_link',
          'mes.begin_own_attempt',
          'mes.begin_sign_in',
          'mes.close_device_sessions',
          'mes.close_own_sessions',
          'mes.close_session',
          'mes.close_user_sessions',
          'mes.count_role_holders',
          'mes.create_user',
          'mes.device_by_token',
          'mes.device_last_used',
          'mes.device_users',
          'mes.enrol_edge_agent',
          'mes.first_organization',
          'mes.leave_session',
          'mes.make_reset_link',
          'mes.mark_all_machines',
          'mes.open_session',
          'mes.own_person',
          'mes.own_sessions',
          'mes.own_users',
          'mes.pair_device',
          'mes.pass_sign_in',
          'mes.prove_own',
          'mes.remove_demo',
          'mes.renew_device',
          'mes.reset_link_holder',
          'mes.rights_of_user',
          'mes.rotate_session',
          'mes.search_materials',
          'mes.session_access',
          'mes.set_own_password',
          'mes.set_own_pin',
          'mes.set_user_identity',
          'mes.set_user_pin',
          'mes.setup_state',
          'mes.sign_in_state',
          'mes.unknown_edges',
          'mes.unlock_user',
          'mes.use_reset_link',
        ],
        // They tell ids of organisations and of jobs, and how many jobs of a kind there are, or act in the
        // transaction's organisation.
        mes_worker: [
          'mes.hand_over_again',
          'mes.hand_over_jobs',
          'mes.job_figures',
          'mes.mark_all_machines',
          'mes.organizations_to_recompute',
          'mes.organizations_to_seal',
          'mes.organizations_to_serve',
          'mes.organizations_with_run_marks',
          'mes.recompute_backlog',
          'mes.search_materials',
        ],
      };
      // TimescaleDB's own: it moves a continuous aggregate's watermark and answers nothing.
      const names = rows
        .map((row) => row.name)
        .filter((name) => name !== '_timescaledb_functions.cagg_migrate_update_watermark');
      expect(names).toEqual(known[role]);
    });
  });
});
