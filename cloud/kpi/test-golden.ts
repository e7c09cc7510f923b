// The golden shift of DEFINITIONS 2: eight hours in which everything happens once.

import type { MachineCase } from './test-stage.ts';

type Numbers = Readonly<Record<string, number | null>>;

export interface Expected {
  /** Ratios to the digits given. */
  readonly ratios?: Numbers;
  readonly tpm?: Numbers;
  /** Minutes. */
  readonly time?: Numbers;
  readonly losses?: Numbers;
  readonly pieces?: Numbers;
  readonly flags?: readonly string[];
}

export type Case = MachineCase & { readonly gives: Expected };

export const golden: Case = {
  says: 'the golden shift',
  shifts: [{ from: 0, to: 480, breaks: [[240, 270]] }],
  windows: [[145, 155]],
  runs: [[0, 480, 'COLA']],
  idealCycles: { COLA: 12 },
  gaps: [[270, 290]],
  states: [
    [0, 'Manual'],
    [25, 'Execute'],
    [145, 'Stopped'],
    [155, 'Execute'],
    [240, 'Stopped'],
    [290, 'Suspended'],
    [305, 'Held'],
    [340, 'Execute'],
    [345, 'Held'],
    [350, 'Execute'],
    [355, 'Held'],
    [360, 'Execute'],
  ],
  counts: {
    good_count: [
      [0, 0],
      [144, 500],
      [239, 880],
      [300, 880],
      [344, 900],
      [354, 920],
      [479, 1420],
    ],
    'reject_count:underfill': [
      [0, 0],
      [20, 10],
      [239, 30],
      [300, 30],
      [479, 60],
    ],
    'reject_count:label': [
      [0, 0],
      [239, 10],
      [300, 10],
      [479, 20],
    ],
  },
  until: 480,
  gives: {
    ratios: {
      availability: 0.797619,
      performance: 0.895522,
      quality: 0.946667,
      oee: 0.67619,
      nee: 0.726652,
      technicalEfficiency: 0.848101,
      teep: 0.591667,
      coverage: 0.954545,
    },
    tpm: {
      availability: 0.821429,
      performance: 0.869565,
      quality: 0.946667,
      oee: 0.67619,
      nee: 0.726652,
      technicalEfficiency: 0.848101,
    },
    time: {
      pbt: 420,
      apt: 335,
      setup: 25,
      idle: 15,
      unplannedStop: 35,
      minorStop: 10,
      plannedStop: 40,
      unknown: 20,
      calendarTime: 480,
    },
    losses: {
      notScheduled: 0,
      planned: 40,
      noData: 20,
      setup: 25,
      waiting: 15,
      unplannedDown: 35,
      minorStops: 10,
      reducedSpeed: 35,
      scrap: 10,
      rework: 4,
      startup: 2,
      valueAdding: 284,
    },
    pieces: { produced: 1500, good: 1420, scrap: 50, rework: 20, startup: 10 },
    flags: [],
  },
};
