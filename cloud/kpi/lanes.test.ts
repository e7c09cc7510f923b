// A line's figures (DEFINITIONS 9): time and pieces of its constraint, good pieces of its outfeed, each piece
// once; and what its machines say by themselves is not the line's.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../test/support/database.ts';
import type { MetricsPage } from '../domains/metrics/schema.ts';
import { KpiStage, type MachineCase } from './test-stage.ts';

const minutes = { shifts: [{ from: 0, to: 420 }], runs: [[0, 420, 'COLA']], until: 420 } as const;

const line: readonly MachineCase[] = [
  {
    ...minutes,
    says: 'constraint',
    idealCycles: { COLA: 1 },
    states: [
      [0, 'Execute'],
      [378, 'Held'],
    ],
    counts: {
      total_count: [
        [0, 0],
        [377, 20_000],
      ],
    },
  },
  {
    ...minutes,
    says: 'in between',
    idealCycles: { COLA: 0.8 },
    states: [[0, 'Execute']],
    counts: {
      total_count: [
        [0, 0],
        [419, 19_500],
      ],
    },
  },
  {
    ...minutes,
    says: 'outfeed',
    idealCycles: { COLA: 0.5 },
    states: [[0, 'Execute']],
    counts: {
      good_count: [
        [0, 0],
        [419, 19_000],
      ],
    },
  },
];

describe.each(databaseKinds)('a line, on %s', (kind) => {
  let stage: KpiStage;
  const ask = async (query: string): Promise<MetricsPage> => {
    const period = `from=${new Date(stage.at(0, 0)).toISOString()}&to=${new Date(stage.at(0, 420)).toISOString()}`;
    const { status, body } = await stage.lea.get(`/metrics?${period}&${query}`);
    expect([status, body]).toEqual([200, expect.anything()]);
    return body as MetricsPage;
  };
  const ratiosOf = ({ items }: MetricsPage) =>
    items.map(({ ratios }) =>
      Object.fromEntries(
        (['availability', 'performance', 'quality', 'oee'] as const).map((name) => [
          name,
          Number(ratios[name]?.value?.toFixed(6)),
        ]),
      ),
    );
  const published = { availability: 0.9, performance: 0.881834, quality: 0.95, oee: 0.753968 };

  beforeAll(async () => {
    stage = await KpiStage.open(kind, line);
    await stage.road.owner.query(
      'UPDATE mes.lane_memberships SET is_constraint = machine_id = $1, is_outfeed = machine_id = $2',
      [stage.machineId(0), stage.machineId(2)],
    );
    await stage.send(stage.samples());
    await stage.computed();
  }, 60_000);
  afterAll(() => stage?.close());

  it('is its constraint’s time and its outfeed’s good pieces', async () => {
    const page = await ask('group=lane');
    expect([page.basis, ratiosOf(page)]).toEqual(['line', [published]]);
    expect(page.items[0]?.pieces).toMatchObject({ produced: 20_000, good: 19_000 });
  });

  it('is the plant’s, each piece once, also where nobody groups', async () => {
    expect(ratiosOf(await ask('group=plant'))).toEqual([published]);
    expect(ratiosOf(await ask(''))).toEqual([published]);
    expect(ratiosOf(await ask('group=material'))).toEqual([published]);
  });

  it('is not the sum of its machines: that is called machine efficiency', async () => {
    const page = await ask('basis=machine');
    expect(page.basis).toBe('machine');
    expect(page.items[0]?.pieces.produced).toBe(58_500);
    expect((await ask('group=machine')).items.map(({ pieces }) => pieces.produced)).toEqual([20_000, 19_500, 19_000]);
  });

  it('says what is missing when nobody knows how fast its constraint should be', async () => {
    await stage.road.owner.query('UPDATE mes.production_standards SET archived_at = now() WHERE machine_id = $1', [
      stage.machineId(0),
    ]);
    await stage.mark();
    await stage.computed();
    const page = await ask('group=lane');
    expect(page.items[0]?.ratios['oee']?.value).toBeNull();
    expect(page.items[0]?.ratios['availability']?.value).toBe(0.9);
    expect(page.missing).toMatchObject([{ machineId: stage.machineId(0), material: 'COLA', pieces: 20_000 }]);
  });
});
