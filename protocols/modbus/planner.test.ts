// The planner by example, and against all possible plans on small random register maps.
import { describe, expect, it } from 'vitest';
import { type Item, type Limits, planRequests } from './planner.ts';

const limits: Limits = { maxLength: 125, maxGap: 8, forbidden: [] };
const item = (start: number, length = 1): Item => ({ start, length });
const ranges = (items: readonly Item[], with_: Partial<Limits> = {}) =>
  planRequests(items, { ...limits, ...with_ }).requests.map(({ start, length }) => [start, length]);

describe('planning the requests of one table', () => {
  it('reads neighbouring registers in one request, in any order given', () => {
    expect(ranges([item(3), item(1), item(2), item(4, 2)])).toEqual([[1, 5]]);
  });

  it('reads nothing when nothing is wanted', () => {
    expect(ranges([])).toEqual([]);
  });

  it('crosses a gap as wide as allowed and not a wider one', () => {
    expect(ranges([item(0), item(9)])).toEqual([[0, 10]]);
    expect(ranges([item(0), item(10)])).toEqual([
      [0, 1],
      [10, 1],
    ]);
  });

  it('fills a request up to the maximum and not beyond', () => {
    const registers = Array.from({ length: 126 }, (_, start) => item(start));
    expect(ranges(registers.slice(0, 125))).toEqual([[0, 125]]);
    expect(ranges(registers)).toHaveLength(2);
  });

  it('never touches a forbidden address, also inside an allowed gap', () => {
    expect(ranges([item(0), item(4)], { forbidden: [item(2)] })).toEqual([
      [0, 1],
      [4, 1],
    ]);
    expect(ranges([item(0), item(4)], { forbidden: [item(5, 100)] })).toEqual([[0, 5]]);
  });

  it('chooses the fewest registers among plans with equally few requests', () => {
    expect(ranges([item(0), item(9), item(11)], { maxLength: 10, maxGap: 9 })).toEqual([
      [0, 1],
      [9, 3],
    ]);
  });

  it('reads an item inside another, and the same item twice, only once', () => {
    const plan = planRequests([item(10, 20), item(12, 2), item(12, 2), item(29)], limits);
    expect(plan.requests).toHaveLength(1);
    expect(plan.requests[0]).toMatchObject({ start: 10, length: 20 });
    expect(plan.requests[0]?.items).toHaveLength(4);
  });

  it('keeps an item that fits in no request apart, with the reason, and plans the others', () => {
    const plan = planRequests([item(0), item(10, 126), item(200, 4)], { ...limits, forbidden: [item(203)] });
    expect(plan.requests).toHaveLength(1);
    expect(plan.impossible.map(({ reason }) => reason)).toEqual([
      'it is 126 long, one request reads at most 125',
      'addresses 203 to 203 are forbidden',
    ]);
  });

  it('plans ten thousand registers at once', () => {
    const registers = Array.from({ length: 10_000 }, (_, index) => item(index * 3));
    const requests = ranges(registers);
    // 42 registers three apart span 124.
    expect(requests).toHaveLength(Math.ceil(10_000 / 42));
  });
});

describe('compared with trying everything', () => {
  /** Small, fast and seeded, so that a failure can be repeated: mulberry32. */
  const randomOf = (seed: number) => {
    let state = seed;
    return (below: number) => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % below;
    };
  };

  /** The rules of a request, register by register, without any of the planner's reasoning. */
  const allowed = (from: number, to: number, items: readonly Item[], { maxLength, maxGap, forbidden }: Limits) => {
    if (to - from > maxLength) return false;
    const inside = items.filter(({ start, length }) => start >= from && start + length <= to);
    let gap = 0;
    for (let register = from; register < to; register += 1) {
      const covers = ({ start, length }: Item) => register >= start && register < start + length;
      if (forbidden.some(covers)) return false;
      gap = inside.some(covers) ? 0 : gap + 1;
      if (gap > maxGap) return false;
    }
    return true;
  };

  /** The cheapest set of allowed requests for every subset of items, from the empty set up. */
  const bruteForce = (items: readonly Item[], rules: Limits): readonly [number, number] => {
    const candidates: { mask: number; length: number }[] = [];
    for (const from of new Set(items.map(({ start }) => start))) {
      for (const to of new Set(items.map(({ start, length }) => start + length))) {
        if (to <= from || !allowed(from, to, items, rules)) continue;
        let mask = 0;
        for (const [index, { start, length }] of items.entries()) {
          if (start >= from && start + length <= to) mask |= 1 << index;
        }
        candidates.push({ mask, length: to - from });
      }
    }
    const all = (1 << items.length) - 1;
    const cost = new Array<number>(all + 1).fill(Number.POSITIVE_INFINITY);
    cost[0] = 0;
    for (let mask = 0; mask < all; mask += 1) {
      for (const { mask: more, length } of candidates) {
        const total = (cost[mask] ?? 0) + 1_000_000 + length;
        if (total < (cost[mask | more] ?? 0)) cost[mask | more] = total;
      }
    }
    const best = cost[all] ?? 0;
    return [Math.floor(best / 1_000_000), best % 1_000_000];
  };

  it('needs as few requests and registers as the best of all plans, on 2,000 register maps', () => {
    const random = randomOf(20_261);
    let withForbidden = 0;
    let several = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const map = Array.from({ length: 1 + random(8) }, () => item(random(40), 1 + random(random(3) === 0 ? 10 : 3)));
      const forbidden = Array.from({ length: random(4) }, () => item(random(45), 1 + random(3)));
      const chosen: Limits = { maxLength: 3 + random(20), maxGap: random(8), forbidden };
      const plan = planRequests(map, chosen);
      const readable = map.filter((one) => !plan.impossible.some((lost) => lost.item === one));
      const lengths = plan.requests.map(({ length }) => length);

      expect(
        [lengths.length, lengths.reduce((sum, length) => sum + length, 0)],
        `round ${round}: ${JSON.stringify({ map, chosen })}`,
      ).toEqual(bruteForce(readable, chosen));
      for (const { start, length } of plan.requests) {
        expect(allowed(start, start + length, readable, chosen), `round ${round}`).toBe(true);
      }
      // Every readable item is answered exactly once, inside its request.
      expect(plan.requests.flatMap(({ items }) => items)).toHaveLength(readable.length);
      for (const request of plan.requests) {
        for (const one of request.items) {
          expect(one.start >= request.start && one.start + one.length <= request.start + request.length).toBe(true);
        }
      }
      for (const lost of plan.impossible) {
        expect(allowed(lost.item.start, lost.item.start + lost.item.length, [lost.item], chosen)).toBe(false);
      }
      if (forbidden.length > 0) withForbidden += 1;
      if (plan.requests.length > 1) several += 1;
    }
    expect(withForbidden).toBeGreaterThan(1_000);
    expect(several).toBeGreaterThan(1_000);
  });
});
