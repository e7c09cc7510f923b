// Figures beside OEE, as the API tells them: what should have been made by now. States, counts and runs go in
// as they do in a plant (cloud/kpi/test-stage.ts).

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { KpiStage, type MachineCase } from '../../kpi/test-stage.ts';
import type { TargetNowPage } from './schema.ts';

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
  { says: 'makes nothing', shifts: [{ from: 0, to: 480 }], states: [[0, 'Execute']], until: 480 },
];

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
    ]);
    const one = await stage.lea.get(`/metrics/target-now?machine=${stage.machineId(0)}`);
    expect((one.body as TargetNowPage).items).toEqual([items[0]]);
  });
});
