// From calendar time to the time that added value: each loss begins where the one before it ended, so that
// together they are all of it. Pure.

import type { LossKey } from '../../../../domains/metrics/index.ts';
import type { Row } from './figure-text.ts';

export interface Step {
  readonly key: LossKey | 'calendarTime' | 'pbt' | 'running';
  /** What is left before and after it; a whole begins at nothing. */
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly isWhole: boolean;
}

const beforeBusy = ['notScheduled', 'planned', 'noData'] as const;
const ofTime = ['noOrder', 'setup', 'waiting', 'unplannedDown', 'minorStops', 'rework'] as const;
const ofPieces = ['reducedSpeed', 'scrap', 'startup', 'unexplained'] as const;

/**
 * In microseconds. Without an ideal cycle running time cannot be told apart, and is the last step. Steps of nothing
 * are left out, but for those that `kept` has.
 */
export function stepsOf({ time, losses }: Row, kept: ReadonlySet<Step['key']> = new Set()): Step[] {
  const amounts = losses ?? {
    notScheduled: time.notScheduled + time.unscheduledRun,
    planned: time.plannedStop + time.noOrderPlanned,
    noData: time.unknown,
    noOrder: time.noOrderLoss,
    setup: time.setup,
    waiting: time.idle,
    unplannedDown: time.unplannedStop,
    minorStops: time.minorStop,
    rework: time.reworkRun,
  };
  let left = time.calendarTime;
  const whole = (key: Step['key'], amount: number): Step => ({ key, from: 0, to: amount, amount, isWhole: true });
  const take = (key: LossKey): Step[] => {
    const amount = amounts[key] ?? 0;
    const from = left;
    left -= amount;
    return amount === 0 && !kept.has(key) ? [] : [{ key, from, to: left, amount, isWhole: false }];
  };
  return [
    whole('calendarTime', left),
    ...beforeBusy.flatMap(take),
    whole('pbt', time.pbt),
    ...ofTime.flatMap(take),
    ...(losses ? ofPieces.flatMap(take) : []),
    whole(losses ? 'valueAdding' : 'running', losses ? (losses['valueAdding'] ?? 0) : left),
  ];
}
