// The rows of DEFINITIONS 2 as machines: what went in, in minutes after the begin, and what the API must say.

import { type Case, golden } from './test-golden.ts';
import { startups } from './test-startups.ts';

const shift = (to: number, ...breaks: (readonly [number, number])[]) => [{ from: 0, to, breaks }];
const run = (to: number) => [[0, to, 'COLA']] as const;

const tenPieces = [
  [0, 0],
  [50, 10],
] as const;

const parts = {
  shifts: shift(300),
  runs: [
    [0, 180, 'A'],
    [180, 300, 'B'],
  ],
  idealCycles: { A: 10, B: 30 },
  states: [[0, 'Execute']],
  until: 300,
} as const;

const around = (from: number, to: number): Omit<Case, 'says' | 'gives'> => ({
  shifts: shift(60, [20, 35]),
  runs: run(60),
  states: [
    [0, 'Execute'],
    [from, 'Held'],
    [to, 'Execute'],
  ],
  until: 60,
});

export const cases: readonly Case[] = [
  golden,
  {
    ...parts,
    says: 'several parts: sums, no mean',
    counts: {
      total_count: [
        [0, 0],
        [179, 1000],
        [299, 1200],
      ],
    },
    gives: { ratios: { performance: 0.88889 } },
  },
  {
    ...parts,
    says: 'several parts, some of them bad',
    counts: {
      good_count: [
        [0, 0],
        [179, 900],
        [299, 1100],
      ],
      'reject_count:underfill': [
        [0, 0],
        [179, 100],
      ],
    },
    gives: { ratios: { oee: 0.83333, quality: 0.9375, pieceQuality: 0.91667 }, time: { pbt: 300 } },
  },
  {
    says: 'faster than ideal is shown, not capped',
    shifts: shift(380),
    runs: run(380),
    idealCycles: { COLA: 60 },
    states: [[0, 'Execute']],
    counts: {
      total_count: [
        [0, 0],
        [379, 400],
      ],
    },
    until: 380,
    gives: { ratios: { performance: 1.0526 }, losses: { reducedSpeed: -20 }, flags: ['ideal_cycle_suspect'] },
  },
  {
    says: 'one part: OEE is good pieces times ideal cycle by planned busy time',
    shifts: shift(420),
    runs: run(420),
    idealCycles: { COLA: 1 },
    states: [[0, 'Execute']],
    counts: {
      good_count: [
        [0, 0],
        [419, 18_848],
      ],
    },
    until: 420,
    gives: { ratios: { oee: 18_848 / 25_200 }, time: { pbt: 420 } },
  },
  {
    says: 'roll-up: 0.5 over an hour and 0.9 over nine are 0.86',
    shifts: [
      { from: 0, to: 60 },
      { from: 60, to: 600 },
    ],
    runs: run(600),
    states: [
      [0, 'Held'],
      [30, 'Execute'],
      [60, 'Held'],
      [114, 'Execute'],
    ],
    until: 600,
    gives: { ratios: { availability: 0.86 } },
  },
  {
    says: 'the night in which the clock leaps forward has seven hours',
    begin: '2026-03-28T21:00:00Z',
    shifts: shift(420, [240, 270]),
    runs: run(420),
    states: [
      [0, 'Execute'],
      [240, 'Held'],
      [270, 'Execute'],
    ],
    until: 420,
    gives: { time: { pbt: 390, plannedStop: 30, calendarTime: 420 } },
  },
  {
    says: 'the night in which it is set back has nine',
    begin: '2026-10-24T20:00:00Z',
    shifts: shift(540, [240, 270]),
    runs: run(540),
    states: [
      [0, 'Execute'],
      [240, 'Held'],
      [270, 'Execute'],
    ],
    until: 540,
    gives: { time: { pbt: 510, plannedStop: 30, calendarTime: 540 } },
  },
  {
    says: 'overlapping manual stops of a machine without a signal',
    shifts: shift(960),
    runs: run(960),
    classified: [
      [0, 900, 'jam'],
      [10, 840, 'jam'],
    ],
    until: 960,
    gives: { ratios: { availability: 1 / 16 }, time: { unplannedStop: 900 } },
  },
  {
    says: 'a break inside a stop',
    shifts: shift(480, [110, 140]),
    runs: run(480),
    states: [
      [0, 'Execute'],
      [100, 'Held'],
      [160, 'Execute'],
    ],
    until: 480,
    gives: { ratios: { availability: 0.93333 }, time: { pbt: 450, apt: 420 } },
  },
  {
    says: 'two hours nobody saw',
    shifts: shift(480),
    runs: run(480),
    states: [
      [0, 'Execute'],
      [220, 'Execute'],
    ],
    gaps: [[100, 220]],
    until: 480,
    gives: { ratios: { coverage: 0.75 }, time: { pbt: 360, unknown: 120 } },
  },
  {
    says: 'a stop around a break is six minutes long, unplanned',
    ...around(17, 38),
    gives: { time: { unplannedStop: 6, minorStop: 0, plannedStop: 15 } },
  },
  {
    says: 'a stop around a break is four minutes long, minor',
    ...around(18, 37),
    gives: { time: { unplannedStop: 0, minorStop: 4, plannedStop: 15 } },
  },
  {
    says: 'the textbook shift',
    shifts: shift(480, [0, 60]),
    runs: run(480),
    idealCycles: { COLA: 1 },
    states: [
      [0, 'Held'],
      [60, 'Execute'],
      [100, 'Held'],
      [147, 'Execute'],
    ],
    counts: {
      total_count: [
        [0, 0],
        [479, 19_271],
      ],
      'reject_count:underfill': [
        [0, 0],
        [479, 423],
      ],
    },
    until: 480,
    gives: { ratios: { availability: 0.8881, performance: 0.8611, quality: 0.978, oee: 0.7479 } },
  },
  {
    says: 'a minute a piece',
    shifts: shift(480),
    runs: run(480),
    idealCycles: { COLA: 60 },
    states: [
      [0, 'Execute'],
      [420, 'Held'],
    ],
    counts: {
      total_count: [
        [0, 0],
        [419, 400],
      ],
      good_count: [
        [0, 0],
        [419, 380],
      ],
    },
    until: 480,
    gives: { ratios: { availability: 0.875, performance: 0.9524, quality: 0.95, oee: 0.7917 }, pieces: { scrap: 20 } },
  },
  {
    says: 'parts that count on from 1200',
    shifts: shift(480),
    runs: run(480),
    idealCycles: { COLA: 30 },
    states: [
      [0, 'Execute'],
      [120, 'Held'],
      [180, 'Execute'],
      [240, 'Held'],
    ],
    counts: {
      total_count: [
        [0, 1200],
        [239, 1440],
      ],
      'reject_count:underfill': [
        [0, 10],
        [239, 14],
      ],
    },
    until: 480,
    gives: { ratios: { availability: 0.375, performance: 0.6667, quality: 0.98333, oee: 0.245833 } },
  },
  {
    says: 'a stop over the change of shifts is unplanned on both sides, once',
    shifts: [
      { from: 0, to: 60 },
      { from: 60, to: 120 },
    ],
    runs: run(120),
    states: [
      [0, 'Execute'],
      [58, 'Held'],
      [65, 'Execute'],
    ],
    until: 120,
    gives: { time: { unplannedStop: 7, minorStop: 0 } },
  },
  {
    says: 'a count at exactly the change of shifts belongs to the next',
    shifts: [
      { from: 0, to: 60 },
      { from: 60, to: 120 },
    ],
    runs: run(120),
    idealCycles: { COLA: 60 },
    states: [[0, 'Execute']],
    counts: {
      good_count: [
        [0, 0],
        [30, 5],
        [60, 8],
      ],
    },
    until: 120,
    gives: { pieces: { good: 8 } },
  },
  {
    says: 'without a state tag a machine stands since its last piece',
    shifts: shift(60),
    runs: run(60),
    idealCycles: { COLA: 30 },
    counts: {
      total_count: [...Array(21).keys(), ...Array.from({ length: 30 }, (_, at) => 30 + at)].map((minute, piece) => [
        minute,
        piece,
      ]),
    },
    until: 60,
    // The first reading is no piece; then none from 20 to 30, and none after 59.
    gives: { time: { unknown: 1, unplannedStop: 10, minorStop: 1, running: 48 }, pieces: { produced: 50 } },
  },
  {
    says: 'what people say holds for time that was not running, the latest of it',
    shifts: shift(120),
    runs: run(120),
    states: [
      [0, 'Execute'],
      [30, 'Held'],
      [60, 'Execute'],
      [90, 'Held'],
    ],
    classified: [
      [20, 50, 'jam'],
      [40, 70, 'changeover'],
      [90, 100, 'no_material'],
      [100, 120, 'cleaning'],
    ],
    until: 120,
    gives: { time: { running: 60, setup: 20, unplannedStop: 30, idle: 10 } },
  },
  {
    says: 'what people say of a stop that lasts holds until the machine runs again, and no longer',
    shifts: shift(240),
    runs: run(240),
    states: [
      [0, 'Execute'],
      [30, 'Held'],
      [70, 'Idle'],
      [90, 'Execute'],
      [120, 'Held'],
      [180, 'Execute'],
      [200, 'Held'],
    ],
    classified: [
      [30, 40, 'no_material', 'lasts'],
      // Of a stop that lasts, somebody knows better from a minute on.
      [120, 125, 'jam', 'lasts'],
      [150, 155, 'changeover', 'lasts'],
      [160, 170, 'no_material'],
    ],
    until: 240,
    gives: { time: { running: 80, idle: 70, unplannedStop: 70, setup: 20 } },
  },
  {
    says: 'running time is overruled by who may',
    shifts: shift(60),
    runs: run(60),
    states: [[0, 'Execute']],
    classified: [[10, 20, 'jam', 'overrules']],
    until: 60,
    gives: { time: { running: 50, unplannedStop: 10 } },
  },
  {
    says: 'no order, not scheduled, unscheduled, rework, unknown values and maker’s reasons',
    shifts: [{ from: 60, to: 300 }],
    runs: [
      [0, 120, 'COLA'],
      [180, 240, 'COLA', 'rework'],
      [240, 300, 'COLA'],
    ],
    idealCycles: { COLA: 30 },
    states: [
      [0, 'Stopped'],
      [30, 'Execute'],
      [90, 'Dancing'],
      [100, 'Idle'],
      [150, 'Aborted'],
      [180, 'Execute'],
      [270, 'Suspended'],
      [290, 'Held'],
    ],
    counts: {
      total_count: [
        [0, 0],
        [50, 20],
        [80, 50],
        [230, 80],
        [265, 100],
      ],
    },
    until: 360,
    gives: {
      time: {
        unscheduledRun: 30,
        notScheduled: 90,
        running: 60,
        unknown: 10,
        idle: 40,
        noOrderLoss: 30,
        unplannedStop: 40,
        reworkRun: 60,
      },
      pieces: { produced: 50, unscheduled: 20, reworked: 30 },
    },
  },
  ...startups,
  {
    says: 'pieces without running time',
    shifts: shift(60),
    runs: run(60),
    idealCycles: { COLA: 6 },
    states: [[0, 'Held']],
    counts: {
      good_count: tenPieces,
    },
    until: 60,
    gives: {
      ratios: { availability: 0, performance: null, quality: null, oee: 1 / 60 },
      flags: ['counts_while_stopped'],
    },
  },
  {
    says: 'nothing is guessed where nobody says how fast',
    shifts: shift(60),
    runs: run(60),
    states: [[0, 'Execute']],
    counts: {
      good_count: tenPieces,
    },
    until: 60,
    gives: {
      ratios: { availability: 1, performance: null, quality: null, oee: null },
      flags: ['no_ideal_cycle'],
    },
  },
  {
    says: 'running and not one piece',
    shifts: shift(60),
    runs: run(60),
    idealCycles: { COLA: 6 },
    states: [[0, 'Execute']],
    counts: { good_count: [[0, 0]] },
    until: 60,
    gives: { ratios: { availability: 1, performance: 0, quality: null, oee: 0 } },
  },
];
