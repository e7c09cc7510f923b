// Figures from sums: each a quotient of two sums, divided once, never a mean of figures (DEFINITIONS 1). Pure.

import type { RatioKey } from './definitions.ts';

export type Profile = 'iso22400' | 'tpm';

/** Time in microseconds, by category; target times in seconds; pieces. */
export interface Sums {
  readonly running: number;
  readonly reworkRun: number;
  readonly setup: number;
  readonly idle: number;
  /** No order, where the plant calls it a loss, and where it calls it planned. */
  readonly noOrderLoss: number;
  readonly noOrderPlanned: number;
  readonly unplannedStop: number;
  readonly minorStop: number;
  readonly plannedStop: number;
  readonly notScheduled: number;
  readonly unscheduledRun: number;
  readonly unknown: number;
  readonly good: number;
  readonly scrap: number;
  readonly rework: number;
  readonly startup: number;
  readonly unexplained: number;
  /** PQ. Of a serial lane at its constraint, while the good pieces are those of the outfeed. */
  readonly produced: number;
  readonly targetTime: number;
  readonly valueTime: number;
  readonly scrapTime: number;
  readonly reworkTime: number;
  readonly startupTime: number;
  /** Pieces whose ideal cycle nobody knows. */
  readonly withoutStandard: number;
}

export type BusySums = Pick<
  Sums,
  'running' | 'reworkRun' | 'setup' | 'idle' | 'noOrderLoss' | 'unplannedStop' | 'minorStop'
>;

export interface Ratio {
  /** Null where the denominator is nothing, or an ideal cycle is missing. */
  readonly value: number | null;
  readonly numerator: number;
  readonly denominator: number;
}

export type Flag = 'ideal_cycle_suspect' | 'counts_while_stopped' | 'no_ideal_cycle' | 'low_coverage';

export interface Figures {
  readonly pbt: number;
  readonly apt: number;
  readonly calendarTime: number;
  readonly ratios: Readonly<Record<RatioKey, Ratio>>;
  readonly flags: readonly Flag[];
}

const US = 1_000_000;
/** Below it the screens hatch a figure. */
const LOW_COVERAGE = 0.95;

/** PBT. */
export function plannedBusyTime(sums: BusySums): number {
  const { running, reworkRun, setup, idle, noOrderLoss, unplannedStop, minorStop } = sums;
  return running + reworkRun + setup + idle + noOrderLoss + unplannedStop + minorStop;
}

export function figuresOf(sums: Sums, profile: Profile): Figures {
  const { running, setup, idle, minorStop, unplannedStop, unknown } = sums;
  const pbt = plannedBusyTime(sums);
  const apt = profile === 'tpm' ? running + minorStop : running;
  const calendarTime = pbt + sums.noOrderPlanned + sums.plannedStop + sums.notScheduled + sums.unscheduledRun + unknown;
  const { produced } = sums;
  const delays = idle + unplannedStop + minorStop;
  const target = sums.targetTime * US;
  const value = sums.valueTime * US;
  const isMissing = sums.withoutStandard > 0;
  const stoppedWithPieces = apt === 0 && produced > 0;
  const noTarget = isMissing || apt === 0;
  const ratios = {
    availability: over(apt, pbt),
    performance: over(target, apt, noTarget || pbt === 0),
    quality: over(value, target, noTarget || produced === 0 || pbt === 0),
    oee: over(value, pbt, isMissing),
    // (AUST + APT) / PBT · T / APT · V / T, put together before anything is divided.
    nee: over((setup + running) * sums.valueTime, (pbt * running) / US, isMissing || running === 0),
    teep: over(value, calendarTime, isMissing),
    technicalEfficiency: over(running, running + delays),
    setupRate: over(setup, setup + running),
    coverage: over(pbt, pbt + unknown),
    pieceQuality: over(sums.good, produced),
    firstPassYield: over(sums.good, produced),
  };
  const coverage = ratios.coverage.value;
  const flags: Flag[] = [];
  if (isMissing) flags.push('no_ideal_cycle');
  if (stoppedWithPieces) flags.push('counts_while_stopped');
  if (!isMissing && target > running && running > 0) flags.push('ideal_cycle_suspect');
  if (coverage !== null && coverage < LOW_COVERAGE) flags.push('low_coverage');
  return { pbt, apt, calendarTime, ratios, flags };
}

export function over(numerator: number, denominator: number, isUnknown = false): Ratio {
  return { value: isUnknown || denominator === 0 ? null : numerator / denominator, numerator, denominator };
}

export const lossKeys = [
  'notScheduled',
  'planned',
  'noData',
  'noOrder',
  'setup',
  'waiting',
  'unplannedDown',
  'minorStops',
  'rework',
  'reducedSpeed',
  'scrap',
  'startup',
  'unexplained',
  'valueAdding',
] as const;
export type LossKey = (typeof lossKeys)[number];

/**
 * Where the calendar time went, in microseconds; together they are all of it. Reduced speed is signed: below
 * zero the machine was faster than its ideal cycle. Null where an ideal cycle is missing: then running time
 * cannot be told apart.
 */
export function lossesOf(sums: Sums): Readonly<Record<(typeof lossKeys)[number], number>> | null {
  if (sums.withoutStandard > 0) return null;
  const known = sums.valueTime + sums.scrapTime + sums.reworkTime + sums.startupTime;
  return {
    notScheduled: sums.notScheduled + sums.unscheduledRun,
    planned: sums.plannedStop + sums.noOrderPlanned,
    noData: sums.unknown,
    noOrder: sums.noOrderLoss,
    setup: sums.setup,
    waiting: sums.idle,
    unplannedDown: sums.unplannedStop,
    minorStops: sums.minorStop,
    rework: sums.reworkRun + sums.reworkTime * US,
    reducedSpeed: sums.running - sums.targetTime * US,
    scrap: sums.scrapTime * US,
    startup: sums.startupTime * US,
    unexplained: (sums.targetTime - known) * US,
    valueAdding: sums.valueTime * US,
  };
}
