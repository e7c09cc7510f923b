// The rows of DEFINITIONS 8 as cases: what a machine's counters showed, and what that comes to.

import { expect } from 'vitest';

/** Seconds after the case's begin, and what the counter shows; null is a bad value. */
type Reading = readonly [second: number, value: number | null];

interface Counter {
  readonly role?: string;
  readonly reason?: string;
  readonly counter?: 'cumulative' | 'delta' | 'pulse';
  readonly modulus?: number;
  readonly readings: readonly Reading[];
}

interface Case {
  readonly says: string;
  /** Seconds a piece; null: no production standard. */
  readonly idealCycle: number | null;
  readonly piecesPerCount?: number;
  readonly counters: readonly Counter[];
  /** Stretches nobody saw, in seconds. */
  readonly unseen?: readonly (readonly [from: number, to: number])[];
  readonly gives: object;
}

const only = (counter: Counter): readonly Counter[] => [counter];
export const total = (pieces: number, bridgedPieces = 0) => ({ produced: { pieces, bridgedPieces } });
const flags = (wanted: object) => ({ tags: [expect.objectContaining(wanted)] });

/** r = 3 ÷ ideal cycle · seconds: with 0.6 s a piece and 10 s it is 50. */
export const cases: readonly Case[] = [
  {
    says: 'the first reading is a baseline',
    idealCycle: 1,
    counters: only({
      readings: [
        [0, 4711],
        [5, 4714],
      ],
    }),
    gives: total(3),
  },
  {
    says: 'a backstep of one is nothing, also after an hour of silence',
    idealCycle: 1,
    counters: only({
      readings: [
        [0, 1200],
        [3600, 1199],
      ],
    }),
    gives: { ...total(0), ...flags({ backsteps: 1, openReviews: 0 }) },
  },
  {
    says: 'the high-water mark stays the baseline until it is passed',
    idealCycle: 1,
    counters: only({
      readings: [
        [0, 1200],
        [10, 1199],
        [20, 1200],
        [30, 1199],
        [40, 1201],
      ],
    }),
    gives: { ...total(1), ...flags({ backsteps: 2 }) },
  },
  {
    says: '16 bit roll over: 65 530 → 4 is ten',
    idealCycle: 0.6,
    counters: only({
      modulus: 65_536,
      readings: [
        [0, 65_530],
        [10, 4],
      ],
    }),
    gives: { ...total(10), ...flags({ rollovers: 1 }) },
  },
  {
    says: 'a PLC that starts anew: 1200 → 15 is fifteen, flagged',
    idealCycle: 0.6,
    counters: only({
      modulus: 65_536,
      readings: [
        [0, 1200],
        [10, 15],
      ],
    }),
    gives: { ...total(15), ...flags({ resets: 1 }) },
  },
  {
    says: 'more than the machine can make waits for a person, and the next goes on from there',
    idealCycle: 0.6,
    counters: only({
      readings: [
        [0, 100],
        [10, 151],
        [20, 160],
      ],
    }),
    gives: { ...total(9), ...flags({ openReviews: 1 }) },
  },
  {
    says: 'exactly what the machine can make is counted',
    idealCycle: 0.6,
    counters: only({
      readings: [
        [0, 100],
        [10, 150],
      ],
    }),
    gives: { ...total(50), ...flags({ openReviews: 0 }) },
  },
  {
    says: 'a fall that no rule explains waits for a person',
    idealCycle: 0.6,
    counters: only({
      modulus: 65_536,
      readings: [
        [0, 1200],
        [10, 700],
        [20, 705],
      ],
    }),
    gives: { ...total(5), ...flags({ openReviews: 1 }) },
  },
  {
    says: 'after so long that it may have rolled over several times, a fall is ambiguous',
    idealCycle: 0.6,
    counters: only({
      modulus: 1000,
      readings: [
        [0, 900],
        [600, 10],
      ],
    }),
    gives: { ...total(0), ...flags({ openReviews: 1 }) },
  },
  {
    says: 'without an ideal cycle a roll-over is one from the last quarter to the first',
    idealCycle: null,
    counters: only({
      modulus: 65_536,
      readings: [
        [0, 65_000],
        [10, 20],
      ],
    }),
    gives: { ...total(556), ...flags({ rollovers: 1 }) },
  },
  {
    says: 'without an ideal cycle a reset is one to less than a tenth',
    idealCycle: null,
    counters: only({
      readings: [
        [0, 1200],
        [10, 119],
      ],
    }),
    gives: { ...total(119), ...flags({ resets: 1 }) },
  },
  {
    says: 'without an ideal cycle any other fall waits',
    idealCycle: null,
    counters: only({
      modulus: 65_536,
      readings: [
        [0, 1200],
        [10, 121],
      ],
    }),
    gives: { ...total(0), ...flags({ openReviews: 1 }) },
  },
  {
    says: 'a reading over the hour belongs whole to the hour of the reading that shows it',
    idealCycle: 1,
    counters: only({
      readings: [
        [3595, 10],
        [3605, 18],
      ],
    }),
    gives: { ...total(8), hours: [expect.objectContaining(total(0)), expect.objectContaining(total(8))] },
  },
  {
    says: 'two soon after each other are no jump',
    idealCycle: 10,
    counters: only({
      readings: [
        [0, 10],
        [0.2, 11],
      ],
    }),
    gives: total(1),
  },
  {
    says: 'a pack of six is six pieces',
    idealCycle: 1,
    piecesPerCount: 6,
    counters: only({
      readings: [
        [0, 10],
        [30, 14],
      ],
    }),
    gives: { ...total(24), ...flags({ counts: 4 }) },
  },
  {
    says: 'what comes in is counted one by one, a whole pack at a time',
    idealCycle: 1,
    piecesPerCount: 6,
    counters: [
      {
        role: 'infeed_count',
        readings: [
          [0, 60],
          [0.5, 66],
        ],
      },
      {
        readings: [
          [0, 10],
          [6, 11],
        ],
      },
    ],
    gives: { infeed: { pieces: 6, bridgedPieces: 0 }, produced: { pieces: 6, bridgedPieces: 0 }, openReviews: 0 },
  },
  {
    says: 'what came while nobody looked is bridged',
    idealCycle: 1,
    counters: only({
      readings: [
        [0, 10],
        [60, 40],
        [70, 45],
      ],
    }),
    unseen: [[20, 50]],
    gives: total(35, 30),
  },
  {
    says: 'what came over a bad value is bridged',
    idealCycle: 1,
    counters: only({
      readings: [
        [0, 10],
        [10, null],
        [20, 25],
      ],
    }),
    gives: total(15, 15),
  },
  {
    says: 'deltas are counts, and one below zero waits',
    idealCycle: 1,
    counters: only({
      counter: 'delta',
      readings: [
        [0, 3],
        [10, 4],
        [20, -2],
      ],
    }),
    gives: { ...total(7), ...flags({ openReviews: 1 }) },
  },
  {
    says: 'pulses are counts at each change',
    idealCycle: 1,
    counters: only({
      counter: 'pulse',
      readings: [
        [0, 0],
        [1, 1],
        [2, 0],
        [3, 1],
      ],
    }),
    gives: total(3),
  },
  {
    says: 'good and rejects are the total where nothing counts it',
    idealCycle: 1,
    counters: [
      {
        role: 'good_count',
        readings: [
          [0, 100],
          [60, 150],
        ],
      },
      {
        role: 'reject_count',
        reason: 'torn',
        readings: [
          [0, 10],
          [60, 13],
        ],
      },
      {
        role: 'reject_count',
        reason: 'short',
        readings: [
          [0, 5],
          [60, 6],
        ],
      },
    ],
    gives: {
      ...total(54),
      good: { pieces: 50, bridgedPieces: 0 },
      rejects: [
        { reason: 'torn', pieces: 3, bridgedPieces: 0 },
        { reason: 'short', pieces: 1, bridgedPieces: 0 },
      ],
      unexplained: null,
    },
  },
  {
    says: 'with all three what does not add up is shown',
    idealCycle: 1,
    counters: [
      {
        readings: [
          [0, 100],
          [60, 160],
        ],
      },
      {
        role: 'good_count',
        readings: [
          [0, 100],
          [60, 150],
        ],
      },
      {
        role: 'reject_count',
        reason: 'torn',
        readings: [
          [0, 10],
          [60, 13],
        ],
      },
    ],
    gives: { ...total(60), good: { pieces: 50, bridgedPieces: 0 }, unexplained: 7 },
  },
  {
    says: 'infeed is told apart and is no piece made',
    idealCycle: 1,
    counters: [
      {
        readings: [
          [0, 0],
          [60, 40],
        ],
      },
      {
        role: 'infeed_count',
        readings: [
          [0, 0],
          [60, 55],
        ],
      },
    ],
    gives: { ...total(40), infeed: { pieces: 55, bridgedPieces: 0 } },
  },
];
