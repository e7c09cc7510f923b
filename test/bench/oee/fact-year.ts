// A year of facts of a hundred machines, written by SQL: a bench of the questions, not of the computation that
// makes facts (recompute.ts measures that).

import type pg from 'pg';
import type { TestOrganization } from '../../support/registry.ts';

export const machines = 100;
/** Tenfold, so that what a fixed window costs can be told before and after. */
export const short = { from: '2025-11-25', to: '2026-01-01' };
export const rest = { from: '2025-01-01', to: short.from };

/** Five rows an hour and machine: running, a minor stop, a stop with a reason; good pieces, and scrap with one. */
export async function fillFacts(
  owner: pg.Client,
  { id, plantId }: TestOrganization,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<number> {
  const { rows } = await owner.query<{ reason: number; material: number }>(
    'SELECT (SELECT min(id) FROM mes.loss_reasons) AS reason, (SELECT min(id) FROM mes.materials) AS material',
  );
  const hours = `FROM mes.machines CROSS JOIN generate_series($3::timestamptz, $4::timestamptz - interval '1 hour', interval '1 hour') AS bucket`;
  const keys = `$1, $2, machines.id, bucket, (bucket AT TIME ZONE 'Europe/Berlin')::date, $5::int`;
  const reason = '$6::int + (extract(hour FROM bucket)::int + machines.id) % 6';
  const values = [id, plantId, `${from}T00:00:00+01`, `${to}T00:00:00+01`, rows[0]?.material, rows[0]?.reason];
  // Every row names what is there: that is not checked row by row.
  await owner.query('SET session_replication_role = replica');
  const tables = ['time_facts', 'count_facts'];
  const indexes = await owner.query<{ indexname: string; indexdef: string }>(
    `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'mes' AND tablename = ANY ($1)`,
    [tables],
  );
  for (const { indexname } of indexes.rows) await owner.query(`DROP INDEX mes.${indexname}`);
  const time = await owner.query(
    `INSERT INTO mes.time_facts (organization_id, plant_id, machine_id, bucket, business_date, material_id, category, loss_reason_id, duration_us, occurrences)
     SELECT ${keys}, spent.category, CASE spent.category WHEN 'unplanned_stop' THEN ${reason} END,
            (spent.minutes + CASE spent.category WHEN 'running' THEN 0.001 * (machines.id % 7) ELSE 0 END) * 60000000, 1
     ${hours} CROSS JOIN (VALUES ('running', 48), ('minor_stop', 5), ('unplanned_stop', 7)) AS spent (category, minutes)`,
    values,
  );
  const count = await owner.query(
    `INSERT INTO mes.count_facts (organization_id, plant_id, machine_id, bucket, business_date, material_id, standing, loss_reason_id,
       good, scrap, rework, startup, unexplained, target_s, value_s, scrap_s, rework_s, startup_s, without_standard)
     SELECT ${keys}, 'counted', CASE WHEN made.scrap > 0 THEN ${reason} END,
            made.good, made.scrap, 0, 0, 0, 10 * (made.good + made.scrap), 10 * made.good, 10 * made.scrap, 0, 0, 0
     ${hours} CROSS JOIN (VALUES (260, 0), (0, 6)) AS made (good, scrap)`,
    values,
  );
  for (const { indexdef } of indexes.rows) await owner.query(indexdef);
  for (const table of tables) await owner.query(`VACUUM ANALYZE mes.${table}`);
  return (time.rowCount ?? 0) + (count.rowCount ?? 0);
}

/** A material and six reasons. */
export async function fillNames(owner: pg.Client, { id }: TestOrganization): Promise<void> {
  await owner.query(
    `WITH unit AS (INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'Piece') RETURNING id)
     INSERT INTO mes.materials (organization_id, code, name, unit_id) SELECT $1, 'COLA', 'Cola', unit.id FROM unit`,
    [id],
  );
  await owner.query(
    `INSERT INTO mes.loss_reasons (organization_id, code, name, category)
     SELECT $1, 'R' || nth, 'Reason ' || nth, 'unplanned_stop' FROM generate_series(1, 6) AS nth`,
    [id],
  );
}
