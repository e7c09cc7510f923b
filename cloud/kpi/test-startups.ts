// Start-ups as machines (DEFINITIONS 1: Quantities), in minutes after the begin, and what the API must say.

import type { Case } from './test-golden.ts';

/** From minute 80 to 100 it is set up; the hour before gave the counters something to go on from. */
const setUp = {
  shifts: [{ from: 0, to: 180 }],
  runs: [[0, 180, 'SYRUP']],
  idealCycles: { SYRUP: 30 },
  startups: { SYRUP: 5 },
  states: [
    [0, 'Execute'],
    [80, 'Held'],
    [100, 'Execute'],
  ],
  classified: [[80, 100, 'changeover']],
  until: 180,
} as const;

export const startups: readonly Case[] = [
  {
    ...setUp,
    says: 'rejects after a setup belong to the start-up until so many were good in a row',
    counts: {
      good_count: [
        [0, 0],
        [50, 20],
        [102, 22],
        // Four in a row, and then one that was not.
        [105, 26],
        [110, 29],
        [112, 31],
        [115, 41],
        [170, 50],
      ],
      'reject_count:underfill': [
        [0, 0],
        [75, 2],
        [103, 3],
        [106, 4],
        [113, 6],
        [160, 7],
      ],
    },
    gives: { pieces: { good: 50, scrap: 5, rework: 0, startup: 2 } },
  },
  {
    ...setUp,
    says: 'also where a machine tells of a piece first, and then that it was good',
    counts: {
      total_count: [
        [0, 0],
        [50, 10],
        [101, 11],
        [102, 12],
        [103, 13],
        [104, 14],
        [105, 15],
        [106, 16],
        [107, 17],
        [108, 18],
        [109, 19],
      ],
      good_count: [
        [0, 0],
        [50, 10],
        [102.1, 11],
        [104.1, 12],
        [105.1, 13],
        [106.1, 14],
        [107.1, 15],
        [108.1, 16],
      ],
    },
    gives: { pieces: { good: 16, scrap: 1, startup: 2 } },
  },
  {
    ...setUp,
    says: 'a start-up that does not come to its end lasts a day at most, and until the next setup',
    shifts: [{ from: 0, to: 300 }],
    states: [...setUp.states, [200, 'Held'], [220, 'Execute']],
    runs: [[0, 300, 'SYRUP']],
    classified: [...setUp.classified, [200, 220, 'changeover']],
    counts: {
      good_count: [
        [0, 0],
        [50, 10],
        [110, 12],
        [130, 14],
        [225, 30],
        [290, 40],
      ],
      'reject_count:underfill': [
        [0, 0],
        [50, 1],
        [111, 4],
        [190, 5],
        [240, 7],
      ],
    },
    until: 300,
    gives: { pieces: { good: 40, scrap: 3, startup: 4 } },
  },
];
