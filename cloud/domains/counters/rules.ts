// How a machine's quantities come from its counters, and what a step under review may have been. Pure.

import type { CountedHour } from './queries.ts';
import type { Produced, Review } from './schema.ts';

interface Sums {
  pieces: number;
  bridgedPieces: number;
}

/**
 * Each piece once: PQ is the total, or good and rejects where nothing counts the total; GQ is the good, or
 * the total without rejects. With all three, what does not add up is shown and never spread.
 */
export function producedOf(
  hours: readonly Pick<CountedHour, 'tag_id' | 'pieces' | 'bridged_pieces' | 'open_reviews'>[],
  roles: ReadonlyMap<number, { readonly role: string; readonly reason: string | null }>,
): Produced {
  const byRole = (role: string) => hours.filter(({ tag_id: id }) => roles.get(id)?.role === role);
  const has = (role: string): boolean => [...roles.values()].some((one) => one.role === role);
  const sumOf = (role: string): Sums | null => (has(role) ? sum(byRole(role)) : null);
  const total = sumOf('total_count');
  const good = sumOf('good_count');
  const reject = sumOf('reject_count');
  const none = { pieces: 0, bridgedPieces: 0 };
  const counted = [...roles.values()].filter(({ role }) => role === 'reject_count');
  const reasons = [...new Set(counted.map(({ reason }) => reason))];
  return {
    produced: total ?? (good ? plus(good, reject ?? none, 1) : null),
    good: good ?? (total && reject ? plus(total, reject, -1) : null),
    rejects: reasons.map((reason) => ({
      reason,
      ...sum(byRole('reject_count').filter(({ tag_id: id }) => roles.get(id)?.reason === reason)),
    })),
    infeed: sumOf('infeed_count'),
    unexplained: total && good && reject ? exactSum([total.pieces, -good.pieces, -reject.pieces].map(String)) : null,
    openReviews: hours.reduce((open, hour) => open + Number(hour.open_reviews), 0),
  };
}

function sum(hours: readonly Pick<CountedHour, 'pieces' | 'bridged_pieces'>[]): Sums {
  return {
    pieces: exactSum(hours.map(({ pieces }) => pieces)),
    bridgedPieces: exactSum(hours.map(({ bridged_pieces: bridged }) => bridged)),
  };
}

function plus(one: Sums, other: Sums, sign: 1 | -1): Sums {
  const added = (a: number, b: number) => exactSum([String(a), String(sign * b)]);
  return { pieces: added(one.pieces, other.pieces), bridgedPieces: added(one.bridgedPieces, other.bridgedPieces) };
}

/** The sum of decimals as PostgreSQL writes them: 0.1 and 0.2 are 0.3. */
export function exactSum(decimals: readonly string[]): number {
  const places = Math.max(0, ...decimals.map((text) => text.split('.')[1]?.length ?? 0));
  let added = 0n;
  for (const text of decimals) {
    const [whole = '', fraction = ''] = text.split('.');
    added += BigInt(whole + fraction.padEnd(places, '0'));
  }
  const digits = String(added < 0n ? -added : added).padStart(places + 1, '0');
  const point = digits.length - places;
  return Number(`${added < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}0`);
}

/** What a person can choose from with one tap; he may also give a number of his own. */
export function proposalsFor(review: {
  readonly kind: Review['kind'];
  readonly previous: string | null;
  readonly reading: string;
  readonly modulus: string | null;
}): Review['proposals'] {
  const nothing = { as: 'nothing', counts: 0 } as const;
  const previous = Number(review.previous ?? 0);
  const reading = Number(review.reading);
  if (review.kind === 'jump') return [nothing, { as: 'counted', counts: reading - previous }];
  if (review.kind === 'negative') return [nothing];
  const modulus = Number(review.modulus ?? 0);
  return [
    nothing,
    ...(reading > 0 ? [{ as: 'reset', counts: reading } as const] : []),
    ...(modulus > previous ? [{ as: 'rollover', counts: reading - previous + modulus } as const] : []),
  ];
}
