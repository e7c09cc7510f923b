// How many good pieces a machine should have made by now (DEFINITIONS 1: target now). Pure.

import { type BusySums, over, plannedBusyTime, type Ratio } from './rules.ts';

/** A day of what is made: its time, and what holds on it. */
export interface MakingDay {
  readonly sums: BusySums;
  /** Seconds; null where nobody has said how fast it should be. */
  readonly idealCycle: number | null;
  /** In [0, 1]; null where nobody has said what is asked. */
  readonly targetOee: number | null;
}

export interface TargetNow {
  /** Microseconds. */
  readonly pbt: number;
  /** What the latest day has. */
  readonly idealCycle: number | null;
  readonly targetOee: number | null;
  /** Σ PBT ÷ ideal cycle, and this · target OEE; null where one of them is missing. */
  readonly idealPieces: number | null;
  readonly target: number | null;
  /** Good pieces ÷ target. */
  readonly reached: Ratio;
  readonly missing: ('ideal_cycle' | 'target_oee')[];
}

const US = 1_000_000;

export function targetOf(days: readonly MakingDay[], good: number): TargetNow {
  const busy = days.map(({ sums, ...day }) => ({ ...day, pbt: plannedBusyTime(sums) })).filter(({ pbt }) => pbt > 0);
  const noCycle = busy.some(({ idealCycle }) => idealCycle === null);
  const noTarget = busy.some(({ targetOee }) => targetOee === null);
  const pieces = busy.map(({ pbt, idealCycle, targetOee }) => {
    const ideal = pbt / US / (idealCycle ?? Number.NaN);
    return { ideal, target: ideal * (targetOee ?? Number.NaN) };
  });
  const target = noCycle || noTarget ? null : pieces.reduce((sum, day) => sum + day.target, 0);
  const { idealCycle = null, targetOee = null } = days.at(-1) ?? {};
  return {
    pbt: busy.reduce((sum, { pbt }) => sum + pbt, 0),
    idealCycle,
    targetOee,
    idealPieces: noCycle ? null : pieces.reduce((sum, day) => sum + day.ideal, 0),
    target,
    reached: over(good, target ?? 0),
    missing: [...(noCycle ? (['ideal_cycle'] as const) : []), ...(noTarget ? (['target_oee'] as const) : [])],
  };
}
