// When a unit is left alone, and when it is tried again.
import { describe, expect, it } from 'vitest';
import { createBreaker } from './breaker.ts';

/** In the middle of the jitter: the interval itself. */
const even = 0.5;

describe('the breaker of one unit', () => {
  it('lets a single time-out pass and opens at the second in a row', () => {
    const breaker = createBreaker();
    breaker.failure(0, even);
    expect(breaker.admit(0)).toBe(true);
    breaker.success();
    breaker.failure(0, even);
    expect(breaker.admit(0)).toBe(true);
    breaker.failure(0, even);
    expect(breaker.admit(999)).toBe(false);
  });

  it('lets exactly one request through when the interval is over, and closes when that is answered', () => {
    const breaker = createBreaker();
    breaker.failure(0, even);
    breaker.failure(0, even);
    expect(breaker.admit(1_000)).toBe(true);
    expect(breaker.admit(1_000)).toBe(false);
    breaker.success();
    expect(breaker.admit(1_000)).toBe(true);
    expect(breaker.state).toBe('closed');
  });

  it('asks a dead unit ever more rarely, up to once a minute', () => {
    const breaker = createBreaker();
    breaker.failure(0, even);
    breaker.failure(0, even);
    let now = 0;
    const intervals: number[] = [];
    for (let probe = 0; probe < 8; probe += 1) {
      const since = now;
      while (!breaker.admit(now)) now += 500;
      intervals.push(now - since);
      breaker.failure(now, even);
    }
    expect(intervals).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('spreads the probes of units that died together by a fifth either way', () => {
    const waits = [0, 1].map((random) => {
      const breaker = createBreaker();
      breaker.failure(0, random);
      breaker.failure(0, random);
      let now = 0;
      while (!breaker.admit(now)) now += 100;
      return now;
    });
    expect(waits).toEqual([800, 1_200]);
  });

  it('learns nothing from a probe that we gave up ourselves', () => {
    const breaker = createBreaker();
    breaker.failure(0, even);
    breaker.failure(0, even);
    expect(breaker.admit(1_000)).toBe(true);
    breaker.undecided();
    expect(breaker.admit(1_000)).toBe(true);
  });
});
