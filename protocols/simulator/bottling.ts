// The simulated plant in figures: materials, orders and the four machines of the bottling line with
// their speeds, stops, rejects and measurements. Change the plant here; how it behaves is in machine.ts.

import type { Random } from './random.ts';

export interface Material {
  readonly name: string;
  /** Ideal time of the line per bottle in ms; each machine's ideal is a share of it. */
  readonly cycleMs: number;
  readonly fillGrams: number;
  readonly torqueNm: number;
}

export interface Order {
  /** Counts the orders of the line, from 0. */
  readonly index: number;
  readonly name: string;
  readonly material: Material;
  /** Good bottles the filler makes before it changes over. */
  readonly bottles: number;
}

/** How a stop looks in PackML: held by an operator, suspended from outside, or aborted by a fault. */
export type StopKind = 'hold' | 'suspend' | 'abort';

export interface Stop {
  readonly cause: string;
  readonly kind: StopKind;
  /** Mean running time between two such stops; null for a consumable, which ends after so many pieces. */
  readonly everyMs: number | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** A roll or a bin that is empty after so many counts, with a warning when so many are left. */
  readonly consumable: { readonly counts: number; readonly warnAt: number } | null;
}

export interface Reject {
  readonly reason: string;
  readonly disposition: 'scrap' | 'rework';
  /** Share of pieces rejected for this reason by chance; 0 where a measurement or the line decides. */
  readonly share: number;
}

/** A measurement taken of every piece, with limits outside which the piece is rejected. */
export interface Inspection {
  readonly name: string;
  readonly target: (material: Material) => number;
  readonly sigma: number;
  /** Limits as distance from the target. */
  readonly tolerance: number;
  readonly lowReason: string;
  readonly highReason: string;
  readonly decimals: number;
  readonly float: boolean;
}

/** A measurement that wanders slowly, whatever the pieces do. */
export interface Wander {
  readonly name: string;
  readonly running: number;
  readonly standing: number;
  readonly sigma: number;
  /** Share of the distance to its target that it closes at each step. */
  readonly pull: number;
  readonly everyMs: number;
  /** Smallest step of the value: 0.1 for a register scaled by 0.1. */
  readonly step: number;
  readonly float: boolean;
}

export interface MachineSpec {
  readonly name: MachineName;
  /** Ideal time per bottle as a share of the line's. Below 1 it is faster than the filler. */
  readonly share: number;
  /** Bottles in one count. */
  readonly piecesPerCount: number;
  readonly setupMs: readonly [number, number];
  readonly stops: readonly Stop[];
  readonly rejects: readonly Reject[];
  readonly inspection: Inspection | null;
  readonly wanders: readonly Wander[];
  /** What the counters show when the plant starts. */
  readonly counters: {
    readonly total: number;
    readonly good: number;
    readonly reject: number;
    readonly infeed: number;
  };
}

export type MachineName = 'filler' | 'capper' | 'labeller' | 'packer';

/** A plant whose first twenty minutes are eventful, for those who look on. */
export const defaultSeed = 8;

/** Rejects after a changeover are start-up rejects until so many good pieces came in a row. */
export const startupGoodInARow = 5;

export const materials: readonly Material[] = [
  { name: 'COLA-0.5', cycleMs: 1000, fillGrams: 520, torqueNm: 1.8 },
  { name: 'WATER-1.0', cycleMs: 1400, fillGrams: 1000, torqueNm: 2.1 },
  { name: 'LEMON-0.33', cycleMs: 800, fillGrams: 343, torqueNm: 1.6 },
];

function stop(cause: string, kind: StopKind, everyMs: number, fromMs: number, toMs: number): Stop {
  return { cause, kind, everyMs, fromMs, toMs, consumable: null };
}

function wander(name: string, rest: Omit<Wander, 'name' | 'float'> & { float?: boolean }): Wander {
  return { float: true, ...rest, name };
}

const minute = 60_000;

export const machineSpecs: readonly MachineSpec[] = [
  {
    name: 'filler',
    share: 1,
    piecesPerCount: 1,
    setupMs: [4 * minute, 9 * minute],
    stops: [
      stop('bottle_jam', 'hold', 5 * minute, 4_000, 20_000),
      stop('no_bottles', 'suspend', 9 * minute, 5_000, 40_000),
      stop('valve_fault', 'abort', 90 * minute, 3 * minute, 14 * minute),
    ],
    rejects: [
      { reason: 'underfill', disposition: 'scrap', share: 0.002 },
      { reason: 'overfill', disposition: 'scrap', share: 0.001 },
    ],
    inspection: {
      name: 'fill_weight',
      target: (material) => material.fillGrams,
      sigma: 1.2,
      tolerance: 5,
      lowReason: 'underfill',
      highReason: 'overfill',
      decimals: 3,
      float: false,
    },
    wanders: [
      wander('product_temperature', {
        running: 4.5,
        standing: 8,
        sigma: 0.05,
        pull: 0.02,
        everyMs: 2_000,
        step: 0.01,
        float: false,
      }),
      wander('bowl_pressure', { running: 2.8, standing: 2.4, sigma: 0.03, pull: 0.1, everyMs: 3_000, step: 0.001 }),
    ],
    counters: { total: 1_204_300, good: 1_192_250, reject: 6_025, infeed: 1_204_300 },
  },
  {
    name: 'capper',
    share: 0.9,
    piecesPerCount: 1,
    setupMs: [2 * minute, 5 * minute],
    stops: [
      stop('cap_feeder_empty', 'hold', 7 * minute, 6_000, 30_000),
      stop('cap_jam', 'hold', 6 * minute, 3_000, 15_000),
      stop('head_overload', 'abort', 120 * minute, 3 * minute, 10 * minute),
    ],
    rejects: [
      { reason: 'torque_low', disposition: 'scrap', share: 0 },
      { reason: 'torque_high', disposition: 'scrap', share: 0 },
      { reason: 'cap_missing', disposition: 'scrap', share: 0.003 },
    ],
    inspection: {
      name: 'cap_torque',
      target: (material) => material.torqueNm,
      sigma: 0.08,
      tolerance: 0.32,
      lowReason: 'torque_low',
      highReason: 'torque_high',
      decimals: 4,
      float: true,
    },
    wanders: [
      wander('motor_temperature', { running: 58, standing: 35, sigma: 0.2, pull: 0.01, everyMs: 4_000, step: 0.1 }),
    ],
    counters: { total: 880_120, good: 871_300, reject: 2_940, infeed: 0 },
  },
  {
    name: 'labeller',
    share: 0.92,
    piecesPerCount: 1,
    setupMs: [2 * minute, 4 * minute],
    stops: [
      stop('label_jam', 'hold', 6 * minute, 3_000, 18_000),
      {
        cause: 'label_roll_change',
        kind: 'hold',
        everyMs: null,
        fromMs: 25_000,
        toMs: 50_000,
        consumable: { counts: 1_500, warnAt: 90 },
      },
      stop('guard_open', 'abort', 60 * minute, 20_000, 90_000),
      stop('drive_fault', 'abort', 150 * minute, 4 * minute, 12 * minute),
    ],
    rejects: [
      { reason: 'label_skewed', disposition: 'rework', share: 0.004 },
      { reason: 'label_missing', disposition: 'scrap', share: 0.002 },
    ],
    inspection: null,
    wanders: [
      wander('label_position', { running: 0, standing: 0, sigma: 0.12, pull: 0.3, everyMs: 1_000, step: 0.01 }),
      wander('web_tension', { running: 24, standing: 12, sigma: 0.4, pull: 0.2, everyMs: 2_000, step: 0.1 }),
      wander('glue_temperature', { running: 165, standing: 162, sigma: 0.3, pull: 0.05, everyMs: 2_000, step: 0.01 }),
      wander('drive_current', { running: 6.2, standing: 0.8, sigma: 0.1, pull: 0.4, everyMs: 1_000, step: 0.01 }),
    ],
    // The 16-bit counters roll over within the first minutes.
    counters: { total: 65_408, good: 65_420, reject: 65_530, infeed: 0 },
  },
  {
    name: 'packer',
    share: 0.88,
    piecesPerCount: 6,
    setupMs: [1 * minute, 4 * minute],
    stops: [
      stop('film_break', 'hold', 10 * minute, 8_000, 45_000),
      stop('carton_misfeed', 'hold', 7 * minute, 4_000, 16_000),
      stop('heater_fault', 'abort', 150 * minute, 4 * minute, 15 * minute),
    ],
    rejects: [
      { reason: 'film_torn', disposition: 'scrap', share: 0.004 },
      { reason: 'incomplete_pack', disposition: 'scrap', share: 0 },
    ],
    inspection: null,
    wanders: [
      wander('seal_temperature', { running: 182, standing: 170, sigma: 0.5, pull: 0.05, everyMs: 2_000, step: 0.01 }),
      wander('air_pressure', { running: 6.1, standing: 6.6, sigma: 0.04, pull: 0.2, everyMs: 3_000, step: 0.001 }),
      wander('film_tension', { running: 31, standing: 5, sigma: 0.6, pull: 0.3, everyMs: 2_000, step: 0.1 }),
    ],
    counters: { total: 131_064, good: 130_020, reject: 522, infeed: 786_384 },
  },
];

/** The energy meter on the Modbus link: what it shows follows from how many machines run. */
export const energyWanders: readonly Wander[] = [
  wander('voltage', { running: 399, standing: 401, sigma: 0.4, pull: 0.3, everyMs: 1_000, step: 0.01 }),
  wander('frequency', { running: 50, standing: 50, sigma: 0.008, pull: 0.3, everyMs: 1_000, step: 0.01 }),
  wander('cabinet_temperature', { running: 34, standing: 26, sigma: 0.1, pull: 0.005, everyMs: 5_000, step: 0.1 }),
];

/** Conveyors between the machines: bottles they hold, and the fill at which a starved machine runs again. */
export const conveyor = { capacity: 24, resumeAt: 10, resumeRoom: 8 } as const;

/** The n-th order of the line. Pure: the same number and random stream give the same order. */
export function makeOrder(index: number, random: Random): Order {
  const material = materials[index % materials.length] as Material;
  return { index, name: `WO-${10_017 + index}`, material, bottles: random.whole(200, 420) * 6 };
}

/** Ideal time of one count of this machine in ms (PRI of ISO 22400-2 times the pieces per count). */
export function idealCycleMs(machine: MachineSpec, material: Material): number {
  return Math.round(material.cycleMs * machine.share * machine.piecesPerCount);
}
