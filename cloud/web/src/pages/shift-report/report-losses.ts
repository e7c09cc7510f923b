// The largest losses of a shift: time that was lost to a category or reason, and what pieces took too long or
// were made in vain. Pure.

import type { LossKey, ParetoPage } from '../../../../domains/metrics/index.ts';
import type { Row } from '../oee/figure-text.ts';

export interface Loss {
  readonly key: string;
  readonly name:
    | { readonly step: LossKey }
    | { readonly category: string; readonly reason: ParetoPage['items'][number]['reason'] };
  /** Microseconds. */
  readonly amount: number;
  readonly occurrences: number | null;
}

const ofPieces: readonly LossKey[] = ['reducedSpeed', 'scrap', 'rework', 'startup', 'unexplained'];

/** Time without data is no loss that anybody could name. */
export function largestLosses({ losses }: Pick<Row, 'losses'>, page: ParetoPage, most: number): Loss[] {
  const ofTime = page.items
    .filter(({ category }) => category !== 'unknown' && category !== 'rework_run')
    .map(({ category, reason, duration, occurrences }) => ({
      key: `${category} ${reason?.id}`,
      name: { category, reason },
      amount: duration,
      occurrences,
    }));
  const pieces = ofPieces.map((step) => ({
    key: step,
    name: { step },
    amount: losses?.[step] ?? 0,
    occurrences: null,
  }));
  return [...ofTime, ...pieces]
    .filter(({ amount }) => amount > 0)
    .toSorted((one, other) => other.amount - one.amount)
    .slice(0, most);
}
