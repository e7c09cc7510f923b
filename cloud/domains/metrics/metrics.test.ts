// Figures beside OEE, as the API tells them: what should have been made by now. States, counts and runs go in
// as they do in a plant (cloud/kpi/test-stage.ts).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { KpiStage, type MachineCase } from '../../kpi/test-stage.ts';
import type { FailuresPage, MetricsPage, TargetNowPage, ThroughputPage, YieldsPage } from './schema.ts';

const HOUR = 3_600_000;
const US_PER_HOUR = 3_600_000_000;

const plant: readonly MachineCase[] = [
  {
    says: 'a run since the first hour, a break of an hour, and 80 % of what is ideal is asked',
    shifts: [{ from: 0, to: 480, breaks: [[240, 300]] }],
    runs: [[60, null, 'COLA']],
    idealCycles: { COLA: 60 },
    states: [
      [0, 'Execute'],
      [240, 'Held'],
      [320, 'Execute'],
    ],
    counts: {
      good_count: [
        [0, 0],
        [59, 10],
        [479, 252],
      ],
      'reject_count:underfill': [
        [0, 0],
        [479, 9],
      ],
    },
    until: 480,
  },
  {
    says: 'nobody says how fast',
    shifts: [{ from: 0, to: 480 }],
    runs: [[0, null, 'FANTA']],
    states: [[0, 'Execute']],
    until: 480,
  },
  {
    says: 'a hundred hours with three failures, a break and a stop for another reason',
    begin: new Date(Math.floor(Date.now() / HOUR) * HOUR - 172 * HOUR).toISOString(),
    shifts: [
      { from: -300, to: 1_260, name: 'Early' },
      { from: 1_260, to: 6_000, name: 'Late' },
    ],
    runs: [[-300, 6_000, 'FANTA']],
    states: [
      [-300, 'Execute'],
      [-120, 'Held'],
      [-60, 'Execute'],
      // Over a change of shifts, with two reasons over each other: one failure.
      [1_200, 'Held'],
      [1_320, 'Execute'],
      [3_000, 'Held'],
      [3_180, 'Execute'],
      [4_800, 'Held'],
      [4_860, 'Execute'],
    ],
    classified: [
      [-120, -60, 'jam'],
      [1_200, 1_320, 'jam'],
      [1_210, 1_290, 'machine_fault'],
      [3_000, 3_180, 'jam'],
      [4_800, 4_860, 'machine_fault'],
    ],
    until: 6_000,
  },
  {
    says: 'an order in three steps, a hundred pieces each',
    shifts: [{ from: 0, to: 180 }],
    runs: [
      [0, 60, 'FANTA'],
      [60, 120, 'FANTA'],
      [120, 180, 'FANTA'],
    ],
    idealCycles: { FANTA: 30 },
    states: [
      [0, 'Execute'],
      [90, 'Held'],
      [100, 'Execute'],
    ],
    counts: {
      good_count: [
        [0, 0],
        [50, 95],
        [110, 179],
        [170, 267],
      ],
      'reject_count:underfill': [
        [0, 0],
        [50, 5],
        [110, 13],
        [170, 25],
      ],
      'reject_count:label': [
        [0, 0],
        [110, 8],
      ],
    },
    classified: [[90, 100, 'jam']],
    until: 180,
  },
  { says: 'makes nothing', shifts: [{ from: 0, to: 480 }], states: [[0, 'Execute']], until: 480 },
];

/** The three runs are the three steps of one order. */
async function enterOrder(stage: KpiStage): Promise<void> {
  const runs = 'SELECT * FROM mes.machine_runs WHERE machine_id = $1';
  await stage.road.owner.query(
    `WITH runs AS (${runs}), made AS (
       INSERT INTO mes.work_orders (organization_id, plant_id, number, material_id, unit_id, quantity, promised_date)
       SELECT runs.organization_id, runs.plant_id, 'WO-7', runs.material_id, materials.unit_id, 300, '2030-01-01'
       FROM runs JOIN mes.materials ON materials.id = runs.material_id LIMIT 1
       RETURNING *
     ), steps AS (
       INSERT INTO mes.work_order_operations (organization_id, plant_id, work_order_id, sequence, code, name, planned_quantity)
       SELECT made.organization_id, made.plant_id, made.id, 10 * nth, (ARRAY['CUT', 'FILL', 'PACK'])[nth], 'Step', 300
       FROM made, generate_series(1, 3) AS nth
       RETURNING *
     )
     UPDATE mes.machine_runs AS step SET work_order_id = steps.work_order_id, operation_id = steps.id
     FROM (SELECT runs.id, 10 * row_number() OVER (ORDER BY runs.from_time) AS sequence FROM runs) AS numbered
     JOIN steps ON steps.sequence = numbered.sequence
     WHERE step.id = numbered.id`,
    [stage.machineId(3)],
  );
}

describe.each(databaseKinds)('figures beside OEE, on %s', (kind) => {
  let stage: KpiStage;

  beforeAll(async () => {
    stage = await KpiStage.open(kind, plant);
    await stage.road.owner.query(
      `INSERT INTO mes.machine_targets (organization_id, plant_id, machine_id, valid_from, target_percent)
       SELECT organization_id, plant_id, id, valid_from, percent FROM mes.machines, (VALUES (date '2020-01-01', 10), ('2021-01-01', 80)) AS said (valid_from, percent)
       WHERE id = $1`,
      [stage.machineId(0)],
    );
    await enterOrder(stage);
    await stage.classify();
    await stage.send(stage.samples());
    await stage.computed();
  }, 60_000);
  afterAll(() => stage?.close());

  it('says how many good pieces there should be by now, of the run and its planned busy time', async () => {
    const { status, body } = await stage.lea.get(`/metrics/target-now?plant=${stage.road.organization.plantId}`);
    expect(status).toBe(200);
    const { items } = body as TargetNowPage;
    // Eight hours less the hour before the run and the break: 360 min at 60 s.
    expect(items).toMatchObject([
      {
        machine: { id: stage.machineId(0) },
        run: { kind: 'production', order: null },
        material: { code: 'COLA' },
        since: new Date(stage.at(0, 60)).toISOString(),
        pbt: 360 * 60_000_000,
        idealCycle: 60,
        targetOee: 0.8,
        idealPieces: 360,
        target: 288,
        reached: { value: 242 / 288, numerator: 242, denominator: 288 },
        pieces: { produced: 251, good: 242, scrap: 9 },
        missing: [],
      },
      { target: null, idealPieces: null, reached: { value: null }, missing: ['ideal_cycle', 'target_oee'] },
      { run: null, since: null, target: null, missing: ['run'] },
      { run: null, since: null, target: null, missing: ['run'] },
      { run: null, since: null, target: null, missing: ['run'] },
    ]);
    const one = await stage.lea.get(`/metrics/target-now?machine=${stage.machineId(0)}`);
    expect((one.body as TargetNowPage).items).toEqual([items[0]]);
  });

  const ofOrder = async <T>(path: string, more = ''): Promise<T> => {
    const period = `from=${new Date(stage.at(3, 0)).toISOString()}&to=${new Date(stage.at(3, 180)).toISOString()}`;
    const { status, body } = await stage.lea.get(`${path}?machine=${stage.machineId(3)}&${period}${more}`);
    expect([status, body]).toEqual([200, expect.anything()]);
    return body as T;
  };

  it('multiplies the yields of the steps of an order, and of a material', async () => {
    const steps = [
      { operation: 'CUT', scrap: 5, rework: 0, firstPassYield: { value: 0.95, numerator: 95, denominator: 100 } },
      { operation: 'FILL', scrap: 8, rework: 8, firstPassYield: { value: 0.84 } },
      { operation: 'PACK', scrap: 12, rework: 0, firstPassYield: { value: 0.88 } },
    ];
    for (const [group, key] of [
      ['order', { order: { number: 'WO-7' } }],
      ['material', { material: { code: 'FANTA' } }],
    ] as const) {
      const { items } = await ofOrder<YieldsPage>('/metrics/yields', `&group=${group}`);
      expect(items).toMatchObject([{ key, steps }]);
      expect(items[0]?.rolledThroughputYield).toBeCloseTo(0.70224, 12);
      expect(items[0]?.normalizedYield).toBeCloseTo(0.70224 ** (1 / 3), 12);
    }
  });

  it('says how many pieces an hour an order made on a machine', async () => {
    const { items } = await ofOrder<ThroughputPage>('/metrics/throughput');
    const throughput = { value: 100, numerator: 300, denominator: 3 };
    const key = { order: { number: 'WO-7' }, machine: { id: stage.machineId(3) } };
    expect(items).toMatchObject([{ key, isRunning: false, from: new Date(stage.at(3, 0)).toISOString(), throughput }]);
  });

  it('says what each reason took, in time and in pieces', async () => {
    const { items } = await ofOrder<MetricsPage>('/metrics', '&group=reason');
    const told = items.map(({ key, time, pieces, ratios }) => [
      key.reason?.code ?? null,
      time.unplannedStop / 60_000_000,
      pieces.scrap + pieces.rework,
      ratios['oee']?.value,
    ]);
    expect(told).toEqual([
      ['jam', 10, 0, null],
      ['underfill', 0, 25, null],
      ['label', 0, 8, null],
      [null, 0, 0, null],
    ]);
  });

  it('sums shifts of one name, as if each were asked for alone', async () => {
    const period = `from=${new Date(stage.at(2, -300)).toISOString()}&to=${new Date(stage.at(2, 6_000)).toISOString()}`;
    const read = async (more: string) => {
      const { status, body } = await stage.lea.get(`/metrics?machine=${stage.machineId(2)}&${period}${more}`);
      expect([status, body]).toEqual([200, expect.anything()]);
      return (body as MetricsPage).items;
    };
    const byName = await read('&group=shiftname');
    const shifts = byName.filter(({ key }) => key.shiftName !== null);
    const names = shifts.map(({ key }) => key.shiftName ?? '');
    expect(names).toEqual(['Early', 'Late']);
    const alone = await Promise.all(names.map((name) => read(`&shiftName=${encodeURIComponent(name)}`)));
    expect(shifts.map((row) => ({ ...row, key: {} }))).toEqual(alone.flat());
    expect(shifts.map(({ time }) => time.unplannedStop / 60_000_000)).toEqual([120, 300]);
    const [all] = await read('');
    expect(byName.reduce((sum, { time }) => sum + time.pbt, 0)).toBe(all?.time.pbt);
    const { status } = await stage.lea.get(`/metrics?${period}&group=nameofshift`);
    expect(status).toBe(400);
  });

  describe('failures', () => {
    const reliable = async (from: number, to: number, more = '') => {
      const period = `from=${new Date(stage.at(2, from)).toISOString()}&to=${new Date(stage.at(2, to)).toISOString()}`;
      const { status, body } = await stage.lea.get(`/metrics/failures?machine=${stage.machineId(2)}&${period}${more}`);
      expect([status, body]).toEqual([200, expect.anything()]);
      const { key, failures, repaired, mtbf, atLeast, mttr } = (body as FailuresPage)
        .items[0] as FailuresPage['items'][number];
      const hours = (us: number | null | undefined) =>
        typeof us !== 'number' ? null : Number((us / US_PER_HOUR).toFixed(3));
      const means = Object.values(mtbf).map(({ value }) => hours(value));
      return { key, failures, repaired, mtbf: means, atLeast: hours(atLeast), mttr: hours(mttr.value) };
    };

    it('are merged, and what lies between them is told by three methods', async () => {
      const wanted = { failures: 3, repaired: 3, mtbf: [31.333, 27.5, 23.5], atLeast: null, mttr: 2 };
      expect(await reliable(0, 6_000)).toEqual({ key: {}, ...wanted });
      const key = { machine: { id: stage.machineId(2), name: expect.anything() } };
      expect(await reliable(0, 6_000, '&group=machine')).toEqual({ key, ...wanted });
    });

    it('count where they begin; of one that had begun before only its end is known, of one that lasts not even that', async () => {
      expect(await reliable(-90, 6_000)).toMatchObject({
        failures: 3,
        repaired: 3,
        mtbf: [31.667, 25.333, 23.75],
        mttr: 2,
      });
      expect(await reliable(0, 4_830)).toMatchObject({ failures: 3, repaired: 2, mtbf: [25, 27.5, 18.75], mttr: 2.5 });
    });

    it('that did not happen give no mean, but what it is at least', async () => {
      expect(await reliable(0, 600)).toMatchObject({ failures: 0, mtbf: [null, null, null], atLeast: 10, mttr: null });
    });
  });
});
