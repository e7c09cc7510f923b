// recompute.machine_day: a machine's day of a piece a second and five hundred states, from its samples to
// counters, intervals and facts, as the worker computes it after late data, against one fold of the same samples
// in one SQL query that knows nothing of calendars, runs, counters that leap, or gaps.

import { performance } from 'node:perf_hooks';
import { sql } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import { type Database, inTenant, openDatabase } from '../../../cloud/platform/database.ts';
import { createOrganization, type TestOrganization } from '../../support/registry.ts';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';

const PIECES = 86_400;
const STATES = 500;
const STATEMENT_TIMEOUT_MS = 300_000;
/** As cloud/kpi/recompute.ts has them. */
const MOST_DAYS = 7;
const MOST_BUCKETS = 500;
const day = { from: '2026-01-14T00:00:00+01', to: '2026-01-15T00:00:00+01' };

interface Stage {
  readonly owner: pg.Client;
  readonly worker: Database;
  readonly organizationId: number;
  readonly machineId: number;
  readonly tags: { readonly count: number; readonly state: number };
}

export const recomputeBench: Bench = {
  names: ['recompute.machine_day'],
  async run(context) {
    return [await measure(context)];
  },
};

async function measure(context: BenchContext): Promise<Result> {
  const database = await context.services.database();
  const owner = new pg.Client(database.ownerUrl);
  const log = pino({ level: 'error' });
  const worker = openDatabase({ url: database.workerUrl, max: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS, log });
  try {
    await owner.connect();
    const organization = await createOrganization(database.ownerUrl, {
      name: 'bench',
      machines: ['m1'],
      edges: ['e1'],
    });
    const stage = { owner, worker, ...(await fill(owner, organization)) };
    await recompute(stage);
    await checkSame(stage);
    const runs = await inTurn(context, { subject: () => recompute(stage), reference: () => fold(stage) });
    return {
      name: 'recompute.machine_day',
      value: median(runs.subject),
      unit: 's',
      reference: { name: 'one fold of the same samples in one SQL query', value: median(runs.reference) },
      aims: [],
      runs,
      conditions: `${PIECES} readings of a counter and ${STATES} states of one machine and day, three shifts with breaks, two orders: counters, intervals and facts anew in one transaction, over what was computed before; the fold sums steps by hour and time by hour and state`,
    };
  } finally {
    await worker.destroy();
    await owner.end();
    await database.drop();
  }
}

/** Samples, and all that their meaning hangs on. */
async function fill(owner: pg.Client, { id, plantId, agents, machines }: TestOrganization) {
  const machineId = machines.get('m1') ?? 0;
  const one = async (text: string, values: unknown[]): Promise<number> =>
    (await owner.query<{ id: number }>(text, [id, plantId, ...values])).rows[0]?.id ?? 0;
  const agent = agents[0]?.id ?? 0;
  await one(
    'INSERT INTO mes.edge_states (organization_id, plant_id, edge_agent_id, watermark) VALUES ($1, $2, $3, $4)',
    [agent, day.to],
  );
  const device = await one(
    'INSERT INTO mes.devices (organization_id, plant_id, edge_agent_id, name) VALUES ($1, $2, $3, $4) RETURNING id',
    [agent, 'plc'],
  );
  const tag = (role: string, datatype: string, counter: string | null) =>
    one(
      `INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, machine_id, role, counter_kind) VALUES ($1, $2, $3, $4, $5, $6, $4, $7) RETURNING id`,
      [device, role, datatype, machineId, counter],
    );
  const tags = { count: await tag('good_count', 'UInt32', 'cumulative'), state: await tag('state', 'String', null) };
  await one(
    `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
     SELECT $1, $2, $3, 'Shift ' || nth, 'regular', '2026-01-14', '2026-01-14', $4::timestamptz + (nth - 1) * interval '8 hours', $4::timestamptz + nth * interval '8 hours'
     FROM generate_series(1, 3) AS nth`,
    [machineId, day.from],
  );
  await one(
    `INSERT INTO mes.shift_instance_breaks (organization_id, plant_id, shift_instance_id, from_time, to_time)
     SELECT $1, $2, id, from_time + interval '4 hours', from_time + interval '4 hours 30 minutes' FROM mes.shift_instances WHERE machine_id = $3`,
    [machineId],
  );
  const unit = await one(
    `INSERT INTO mes.units_of_measure (organization_id, code, name) SELECT $1, 'pcs', 'Piece' WHERE $2 > 0 RETURNING id`,
    [],
  );
  for (const [half, code] of ['COLA', 'WATER'].entries()) {
    const material = await one(
      'INSERT INTO mes.materials (organization_id, code, name, unit_id) SELECT $1, $3, $3, $4 WHERE $2 > 0 RETURNING id',
      [code, unit],
    );
    await one(
      `INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, material_id, from_time, to_time, source)
       SELECT $1, $2, $3, $4, $5::timestamptz + $6 * interval '12 hours', $5::timestamptz + ($6 + 1) * interval '12 hours', 'operator'`,
      [machineId, material, day.from, half],
    );
    await one(
      `INSERT INTO mes.production_standards (organization_id, plant_id, machine_id, material_id, valid_from, ideal_cycle_s) VALUES ($1, $2, $3, $4, '2020-01-01', 0.8)`,
      [machineId, material],
    );
  }
  await one(
    `INSERT INTO telemetry.sample (organization_id, plant_id, tag_id, time, value)
     SELECT $1, $2, $3, $4::timestamptz + nth * interval '1 second', nth FROM generate_series(0, $5::int - 1) AS nth`,
    [tags.count, day.from, PIECES],
  );
  await one(
    `INSERT INTO telemetry.sample_text (organization_id, plant_id, tag_id, time, value)
     SELECT $1, $2, $3, $4::timestamptz + nth * interval '1 day' / $5::int, CASE WHEN nth % 2 = 0 THEN 'Execute' WHEN nth % 10 = 1 THEN 'Held' ELSE 'Suspended' END
     FROM generate_series(0, $5::int - 1) AS nth`,
    [tags.state, day.from, STATES],
  );
  await owner.query('VACUUM ANALYZE');
  return { organizationId: id, machineId, tags };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

function recompute({ worker, organizationId, machineId }: Stage): Promise<number> {
  return seconds(() =>
    inTenant(worker, { organizationId, plantIds: 'all' }, (trx) =>
      sql`SELECT mes.recompute_machine(${machineId}, ${day.from}, ${day.to}, ${MOST_DAYS}, ${MOST_BUCKETS})`.execute(
        trx,
      ),
    ),
  );
}

const folded = `
  SELECT 'good' AS what, date_trunc('hour', time) AS bucket, sum(greatest(step, 0)) AS much FROM (
    SELECT time, value - lag(value) OVER (ORDER BY time) AS step FROM telemetry.sample WHERE tag_id = $1 AND time >= $3::timestamptz AND time < $4::timestamptz
  ) AS steps GROUP BY 2
  UNION ALL
  SELECT value, hour, sum(extract(epoch FROM least(until, hour + interval '1 hour') - greatest(time, hour))) FROM (
    SELECT value, time, lead(time, 1, $4::timestamptz) OVER (ORDER BY time) AS until FROM telemetry.sample_text WHERE tag_id = $2 AND time >= $3::timestamptz AND time < $4::timestamptz
  ) AS states CROSS JOIN LATERAL generate_series(date_trunc('hour', time), until - interval '1 microsecond', interval '1 hour') AS hour GROUP BY 1, 2`;

const parameters = ({ tags }: Stage) => [tags.count, tags.state, day.from, day.to];

const fold = (stage: Stage): Promise<number> => seconds(() => stage.owner.query(folded, parameters(stage)));

/** Throws where the facts do not have every piece and every second. */
async function checkSame(stage: Stage): Promise<void> {
  const { rows } = await stage.owner.query<Record<'pieces' | 'running' | 'counted' | 'ran', string>>(
    `WITH folded AS (${folded})
     SELECT (SELECT sum(much) FROM folded WHERE what = 'good')::float8 AS pieces,
            (SELECT sum(good) FROM mes.count_facts)::float8 AS counted,
            (SELECT sum(extract(epoch FROM to_time - from_time)) FROM mes.machine_intervals WHERE state = 'running')::float8 AS ran,
            (SELECT sum(much) FROM folded WHERE what = 'Execute')::float8 AS running`,
    parameters(stage),
  );
  const [told] = rows;
  if (!told || told.pieces !== told.counted || Math.abs(Number(told.running) - Number(told.ran)) > 0.001)
    throw new Error(`the facts are not those of the samples: ${JSON.stringify(told)}`);
}
