// Figures do not depend on the order in which things become known: shuffled, doubled and delayed, with the
// worker computing all the time in between, they are those of one computation from scratch on a database of
// its own. Intervals and facts are compared row by row.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../test/support/database.ts';
import { cases } from './test-cases.ts';
import { KpiStage, type MachineCase, someDaysAgo } from './test-stage.ts';

/** Numbers in [0, 1), the same in each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

const states = [
  'Execute',
  'Execute',
  'Execute',
  'Held',
  'Held',
  'Suspended',
  'Idle',
  'Aborted',
  'Manual',
  'Dancing',
  null,
];

/** Sixteen hours of a machine that has trouble: two shifts, a change of order, pieces while it runs. */
function busy(seed: number, { hasStates }: { hasStates: boolean }): MachineCase {
  const random = chance(seed);
  const said: (readonly [number, string | null])[] = [];
  const good: (readonly [number, number])[] = [[0, 0]];
  const bad: (readonly [number, number])[] = [[0, 0]];
  let pieces = 0;
  let rejects = 0;
  for (let minute = 0; minute < 960; minute += Math.ceil(random() * 700) / 100) {
    const state = states[Math.floor(random() * states.length)] ?? null;
    said.push([minute, state]);
    if (state !== 'Execute') continue;
    good.push([minute + 0.3, (pieces += Math.ceil(random() * 4))]);
    if (random() < 0.2) bad.push([minute + 0.4, (rejects += 1)]);
  }
  return {
    says: `busy ${seed}`,
    shifts: [
      { from: 30, to: 480, breaks: [[200, 230]] },
      { from: 480, to: 900, breaks: [[700, 720]] },
    ],
    windows: [[300, 320]],
    runs: [
      [0, 310, 'SYRUP'],
      [350, 500, 'B', 'rework'],
      [500, 940, 'SYRUP'],
    ],
    idealCycles: { SYRUP: 20, B: 45 },
    startups: { SYRUP: 5 },
    ...(hasStates && { states: said }),
    counts: { good_count: good, 'reject_count:underfill': bad },
    gaps: [
      [400, 405],
      [810, 830],
    ],
    classified: [
      [100, 260, 'jam'],
      [240, 300, 'changeover'],
      [600, 760, 'no_material'],
      [20, 60, 'changeover'],
      [640, 670, 'changeover'],
      // Whatever it was then, until it runs again.
      [350, 351, 'jam', 'lasts'],
      [520, 521, 'jam', 'lasts'],
      [860, 861, 'no_material', 'lasts'],
    ],
    until: 960,
  };
}

const plant: readonly MachineCase[] = [
  ...cases,
  busy(11, { hasStates: true }),
  busy(12, { hasStates: true }),
  busy(13, { hasStates: false }),
];

describe.each(databaseKinds)('the order of arrival, on %s', (kind) => {
  const begin = someDaysAgo();
  let scratch: Record<string, string[]>;
  const stages: KpiStage[] = [];
  const open = async (): Promise<KpiStage> => {
    const stage = await KpiStage.open(kind, plant, begin);
    stages.push(stage);
    return stage;
  };

  beforeAll(async () => {
    const stage = await open();
    await stage.reportGaps();
    await stage.classify();
    await stage.send(stage.samples(), 1_000);
    await stage.computed();
    await stage.forget();
    await stage.mark();
    await stage.computed();
    scratch = await stage.derived();
  }, 180_000);
  afterAll(async () => {
    for (const stage of stages) await stage.close();
  });

  /** Everything becomes known in no order, some of it twice, while the worker computes. */
  async function arrive(stage: KpiStage, random: () => number): Promise<Record<string, string[]>> {
    const samples = stage.samples();
    const late = samples.filter(() => random() < 0.3);
    const doubled = [...samples, ...samples.filter(() => random() < 0.2)];
    const rows = shuffled(doubled, random);
    const third = Math.ceil(rows.length / 3);
    await stage.send(rows.slice(0, third), 7);
    await stage.classify();
    await stage.send(rows.slice(third, 2 * third), 3);
    await stage.computed();
    await stage.reportGaps();
    await stage.send([...rows.slice(2 * third), ...late], 11);
    await stage.computed();
    return stage.derived();
  }

  it('is no matter: shuffled, doubled, late', async () => {
    const given = await arrive(await open(), chance(kind === 'embedded' ? 3 : 5));
    for (const [table, wanted] of Object.entries(scratch)) {
      expect(wanted.length, table).toBeGreaterThan(20);
      expect(given[table], table).toEqual(wanted);
    }
  }, 180_000);

  it('would matter if a change did not reach as far as it does', async () => {
    const stage = await open();
    await stage.road.owner.query(
      `CREATE OR REPLACE FUNCTION mes.end_of_change(wanted_machine int, signal text, stop_time timestamptz) RETURNS timestamptz
         LANGUAGE sql STABLE RETURN stop_time`,
    );
    expect(await arrive(stage, chance(kind === 'embedded' ? 3 : 5))).not.toEqual(scratch);
  }, 180_000);
});
