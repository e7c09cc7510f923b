// Which requests read a register map: the provably fewest, and among those the fewest registers.
// Pure; one call plans one table of one unit.
//
// The problem. Items (start, length) must each lie inside some request. A request may be at most
// `maxLength` long, contain no forbidden address, and read at most `maxGap` registers in a row that
// belong to no item inside it.
//
// 1. An item inside another item can be left out: a request that reads the outer reads the inner. Nor
//    could it ever help as a stepping stone across a gap: let it lie between two items P, Q of a
//    request that lacks the outer item. What remains after leaving out has strictly increasing starts
//    and ends, so an outer item which is not inside the request begins before P and then ends before
//    P does, or ends after Q and then begins after Q: its inner item does not reach the gap.
// 2. So the items left are x1 … xn with rising starts and ends, and the items inside a request are a
//    run xi … xj. The request that reads this run and nothing else is [start of xi, end of xj).
// 3. A run is allowed if it is short enough, no forbidden range lies between its ends and no gap
//    between neighbours is too wide (ends rise, so the gap before xk+1 is its start less the end of
//    xk). All three stay true when a run is shortened at either end.
// 4. Because of 3, an optimal set of runs can be made disjoint (shorten one of two that overlap: not
//    more requests, fewer registers), that is, it cuts x1 … xn into consecutive runs.
//    best(j) = min over allowed runs xi … xj of best(i-1) + (1 request, end of xj - start of xi),
//    compared by requests, then by registers. Both are sums, so the best whole has best parts and
//    the recurrence is exact.
//
// Greedy (each request as far as it reaches) also gives the fewest requests, by the same property 3,
// but not the fewest registers: with at most 10 registers and items at 0, 9 and 11 it reads 0–9 and
// 11 (11 registers), while 0 and 9–11 are 4. Hence dynamic programming, n × the longest run.

export interface Item {
  readonly start: number;
  readonly length: number;
}

export interface Limits {
  /** The longest request, in registers or coils. */
  readonly maxLength: number;
  /** The longest stretch inside a request that nobody asked for. */
  readonly maxGap: number;
  /** Addresses that are never read. */
  readonly forbidden: readonly Item[];
}

export interface Request<T extends Item> extends Item {
  /** The items it answers, by rising start; each item is in exactly one request. */
  readonly items: readonly T[];
}

export interface Plan<T extends Item> {
  /** By rising start. */
  readonly requests: readonly Request<T>[];
  /** Items that no request may read: a mistake in the configuration. */
  readonly impossible: readonly { readonly item: T; readonly reason: string }[];
}

/** Plan the reading of one table of one unit. */
export function planRequests<T extends Item>(items: readonly T[], limits: Limits): Plan<T> {
  const forbidden = byStart(limits.forbidden);
  const impossible: { item: T; reason: string }[] = [];
  const possible: T[] = [];
  for (const item of items) {
    const reason = whyImpossible(item, limits.maxLength, forbidden);
    if (reason === null) possible.push(item);
    else impossible.push({ item, reason });
  }
  // The longer of two with one start comes first, so that the shorter is found to be inside it.
  possible.sort((a, b) => a.start - b.start || b.length - a.length);
  const runs = shortestCut(outermost(possible), { ...limits, forbidden });
  return { requests: assign(possible, runs), impossible };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function end(item: Item): number {
  return item.start + item.length;
}

function byStart(ranges: readonly Item[]): Item[] {
  return ranges.filter((range) => range.length > 0).sort((a, b) => a.start - b.start);
}

function whyImpossible(item: Item, maxLength: number, forbidden: readonly Item[]): string | null {
  if (item.length > maxLength) return `it is ${item.length} long, one request reads at most ${maxLength}`;
  const hit = forbidden.find((range) => range.start < end(item) && item.start < end(range));
  return hit === undefined ? null : `addresses ${hit.start} to ${end(hit) - 1} are forbidden`;
}

/** Of items sorted by start (longest first), those inside no other: starts and ends both rise strictly. */
function outermost(sorted: readonly Item[]): Range[] {
  const kept: Range[] = [];
  for (const item of sorted) {
    const last = kept.at(-1);
    if (last === undefined || end(item) > last.end) kept.push({ start: item.start, end: end(item) });
  }
  return kept;
}

/** The recurrence of the comment above. */
function shortestCut(ranges: readonly Range[], limits: Limits): Range[] {
  const best: { requests: number; registers: number; from: number }[] = [{ requests: 0, registers: 0, from: 0 }];
  const walls = limits.forbidden.map((range) => range.start);
  for (let j = 0; j < ranges.length; j += 1) {
    const last = ranges[j] as Range;
    // No forbidden range touches an item, so one that lies inside a run begins before `last` does.
    const wall = walls.findLast((start) => start < last.start) ?? -1;
    let choice = { requests: Number.POSITIVE_INFINITY, registers: 0, from: j };
    for (let i = j; i >= 0; i -= 1) {
      const first = ranges[i] as Range;
      const next = ranges[i + 1];
      if (last.end - first.start > limits.maxLength || first.start < wall) break;
      if (i < j && next !== undefined && next.start - first.end > limits.maxGap) break;
      const before = best[i] ?? choice;
      const requests = before.requests + 1;
      const registers = before.registers + last.end - first.start;
      if (requests < choice.requests || (requests === choice.requests && registers < choice.registers)) {
        choice = { requests, registers, from: i };
      }
    }
    best.push(choice);
  }
  const runs: Range[] = [];
  for (let j = ranges.length; j > 0; j = best[j]?.from ?? 0) {
    runs.push({ start: ranges[best[j]?.from ?? 0]?.start ?? 0, end: ranges[j - 1]?.end ?? 0 });
  }
  return runs.reverse();
}

/** Give each item to the first request that contains it. Items are sorted by start; starts and ends of runs rise. */
function assign<T extends Item>(sorted: readonly T[], runs: readonly Range[]): Request<T>[] {
  const requests = runs.map((run) => ({ start: run.start, length: run.end - run.start, items: [] as T[] }));
  let first = 0;
  for (const item of sorted) {
    // A run that ends before this item begins is of no use to later items either.
    while (first < requests.length - 1 && end(requests[first] ?? item) <= item.start) first += 1;
    let index = first;
    while (index < requests.length - 1 && end(requests[index] ?? item) < end(item)) index += 1;
    requests[index]?.items.push(item);
  }
  return requests;
}
