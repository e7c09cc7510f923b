// What a time line says at one moment, for the reading line under the cursor. Pure.

import type { Alarm, Count, Interval, Timeline } from '../../../../domains/stops/index.ts';
import { msOf } from './window.ts';

type Share = NonNullable<Timeline['shares']>['items'][number];

export interface Reading {
  readonly interval: Interval | null;
  readonly share: Share | null;
  readonly count: Count | null;
  readonly alarms: readonly Alarm[];
}

export function readingAt({ intervals, shares, counts, alarms }: Timeline, ms: number): Reading {
  const holds = ({ from, to }: { from: string; to: string | null }) =>
    msOf(from) <= ms && (to === null || msOf(to) > ms);
  return {
    interval: intervals?.find(holds) ?? null,
    share: shares?.items.find(holds) ?? null,
    count: counts.items.find(holds) ?? null,
    alarms: alarms?.filter(holds) ?? [],
  };
}

/** Microseconds by category within a window, the longest first. */
export function totalsOf({ intervals, shares }: Timeline, window: { from: number; to: number }): [string, number][] {
  const sums = new Map<string, number>();
  const add = (category: string, us: number) => sums.set(category, (sums.get(category) ?? 0) + us);
  for (const { from, to, category } of intervals ?? []) {
    const ms = Math.min(msOf(to), window.to) - Math.max(msOf(from), window.from);
    if (ms > 0) add(category, ms * 1_000);
  }
  for (const { time } of shares?.items ?? []) for (const [category, us] of Object.entries(time)) add(category, us);
  return [...sums].toSorted(([, one], [, other]) => other - one);
}

/** Where the cursor goes from here by one key: to the next or the last change of what is told, else by a hundredth. */
export function nextStop(
  { intervals, shares }: Timeline,
  { at, forward, window }: { at: number; forward: boolean; window: { from: number; to: number } },
): number {
  const begins = (intervals ?? shares?.items ?? []).map(({ from }) => msOf(from));
  const step = (window.to - window.from) / 100;
  const there = forward ? begins.find((one) => one > at) : begins.findLast((one) => one < at);
  const plain = forward ? at + step : at - step;
  const next = there === undefined ? plain : forward ? Math.min(there, plain) : Math.max(there, plain);
  return Math.max(window.from, Math.min(window.to - 1, next));
}
