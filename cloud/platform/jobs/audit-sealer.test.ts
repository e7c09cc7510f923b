// The audit trail as an auditor sees it: what was committed is sealed within a moment, and whoever changes
// it afterwards, with all the rights there are on the database, is found out.

import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../../test/support/database.ts';
import { createOrganization } from '../../../test/support/registry.ts';
import { until } from '../../../test/support/road.ts';
import { Rows } from '../../../test/support/test-jobs.ts';
import { insertAudit } from '../audit.ts';
import { type Database, inTenant, openDatabase } from '../database.ts';
import { auditSealing } from './audit-sealer.ts';
import { RoundsRunner } from './rounds.ts';

interface Fault {
  readonly sequence: number | null;
  readonly kind: string;
}

describe.each(databaseKinds)('the audit trail, on %s', (kind) => {
  let database: TestDatabase;
  let rows: Rows;
  let api: Database;
  let worker: Database;
  let organizationId: number;
  let sealers: RoundsRunner[] = [];
  const log = { warn: () => {} };

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    rows = new Rows(database.ownerUrl);
    const common = { max: 3, statementTimeoutMs: 10_000, log };
    api = openDatabase({ ...common, url: database.apiUrl });
    worker = openDatabase({ ...common, url: database.workerUrl });
    // Two, as with two worker processes.
    sealers = [1, 2].map(() => new RoundsRunner(auditSealing, { db: worker, log }));
    for (const sealer of sealers) sealer.start();
  });
  afterAll(async () => {
    await Promise.all(sealers.map((sealer) => sealer.stop()));
    await api?.destroy();
    await worker?.destroy();
    await rows?.pool.end();
    await database?.drop();
  });

  /** An organisation of its own for each test, with three sealed rows. */
  beforeEach(async (context) => {
    const name = `org ${context.task.id}`.replaceAll(/[^a-z0-9 ]/g, '-');
    organizationId = (await createOrganization(database.ownerUrl, { name, machines: [], edges: [] })).id;
    for (const entity of ['one', 'two', 'three']) await happens(entity);
    await sealed(3);
  });

  const tenant = () => ({ organizationId, plantIds: 'all' }) as const;

  function happens(name: string): Promise<void> {
    return inTenant(api, tenant(), (trx) =>
      insertAudit(trx, {
        organizationId,
        actor: { kind: 'user', id: 7, name: 'Lea Lang' },
        requestId: 'r-1',
        action: 'update',
        entity: 'departments',
        entityId: name,
        old: { name: 'before' },
        new: { name },
      }),
    );
  }

  function sealed(count: number): Promise<void> {
    const all = async (): Promise<boolean> => {
      const found = await rows.pool.query('SELECT FROM mes.audit_seals WHERE organization_id = $1', [organizationId]);
      return found.rowCount === count;
    };
    return until(all, `there are not ${count} seals`);
  }

  /** What `verify` finds, asked by the organisation itself. */
  async function faults(): Promise<Fault[]> {
    return inTenant(api, tenant(), async (trx) => {
      const found = await sql<Fault>`SELECT sequence::int AS sequence, kind FROM mes.audit_faults(100)`.execute(trx);
      return found.rows;
    });
  }

  /** As somebody who has taken over the database: no trigger stops him. */
  async function tamper(statement: string, values: unknown[] = []): Promise<void> {
    const client: pg.PoolClient = await rows.pool.connect();
    try {
      await client.query("SET session_replication_role = 'replica'");
      const { rowCount } = await client.query(statement, [organizationId, ...values]);
      expect(rowCount, 'nothing was tampered with').toBeGreaterThan(0);
    } finally {
      await client.query('RESET session_replication_role');
      client.release();
    }
  }

  it('is sealed in a chain without a fault', async () => {
    await happens('four');
    await sealed(4);
    expect(await faults()).toEqual([]);
  });

  it('of many commands at once has one seal for each row', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => happens(`at once ${index}`)));
    await sealed(43);
    expect(await faults()).toEqual([]);
  });

  it.each(['actor_name = $2', 'new = to_jsonb($2::text)', 'entity_id = $2', 'reason = $2', 'request_id = $2'])(
    'shows a row that was changed afterwards: %s',
    async (change) => {
      await tamper(`UPDATE mes.audit_logs SET ${change} WHERE organization_id = $1 AND entity_id = 'two'`, ['forged']);
      expect(await faults()).toEqual([{ sequence: 2, kind: 'row_changed' }]);
    },
  );

  it('shows a row that was taken away', async () => {
    await tamper("DELETE FROM mes.audit_logs WHERE organization_id = $1 AND entity_id = 'two'");
    expect(await faults()).toEqual([{ sequence: 2, kind: 'row_missing' }]);
  });

  it('shows a row that was taken away with its seal', async () => {
    await tamper("DELETE FROM mes.audit_logs WHERE organization_id = $1 AND entity_id = 'two'");
    await tamper('DELETE FROM mes.audit_seals WHERE organization_id = $1 AND sequence = 2');
    expect((await faults())[0]).toEqual({ sequence: 3, kind: 'seal_missing' });
  });

  it('shows rows that were put in another order', async () => {
    await tamper(
      `UPDATE mes.audit_seals SET audit_log_id = -audit_seals.audit_log_id WHERE organization_id = $1 AND sequence IN (1, 2)`,
    );
    await tamper(
      `UPDATE mes.audit_seals AS seal SET audit_log_id = -other.audit_log_id FROM mes.audit_seals AS other
       WHERE seal.organization_id = $1 AND other.organization_id = $1
         AND (seal.sequence, other.sequence) IN ((1, 2), (2, 1))`,
    );
    expect(await faults()).toEqual([
      { sequence: 1, kind: 'row_changed' },
      { sequence: 2, kind: 'row_changed' },
    ]);
  });

  it('shows a row that was slipped in', async () => {
    await tamper(
      `INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, request_id)
       VALUES ($1, 'user', 'Nobody', 'update', 'departments', '9', 'r')`,
    );
    expect(await faults()).toEqual([{ sequence: null, kind: 'row_unknown' }]);
  });

  it('shows a chain that was forged from a place on', async () => {
    await tamper("UPDATE mes.audit_logs SET actor_name = 'Somebody' WHERE organization_id = $1 AND entity_id = 'two'");
    await tamper(
      `UPDATE mes.audit_seals SET hash = mes.audit_hash(previous_hash, audit_logs) FROM mes.audit_logs
       WHERE audit_seals.organization_id = $1 AND sequence = 2 AND audit_logs.id = audit_seals.audit_log_id`,
    );
    expect(await faults()).toEqual([{ sequence: 3, kind: 'chain_broken' }]);
  });
});
