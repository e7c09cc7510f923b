// The simulated clock: faster by its factor, paused, and with the faults a PLC's clock has.

import { describe, expect, it } from 'vitest';
import { createClock } from './clock.ts';

describe('the simulated clock', () => {
  function clockOf(factor: number) {
    let real = 1_000;
    const clock = createClock({ start: 5_000_000, factor, monotonic: () => real });
    return { clock, pass: (ms: number) => (real += ms) };
  }

  it('runs as many times faster as it is told, in whole milliseconds', () => {
    const { clock, pass } = clockOf(2.5);
    expect(clock.now()).toBe(5_000_000);
    pass(3);
    expect(clock.now()).toBe(5_000_007);
    expect(clock.until(5_000_100)).toBe(37);
    expect(clock.until(4_000_000)).toBe(0);
  });

  it('stands while paused and goes on from there', () => {
    const { clock, pass } = clockOf(10);
    pass(5);
    clock.pause();
    clock.pause();
    pass(1_000);
    expect(clock.now()).toBe(5_000_050);
    expect(clock.until(6_000_000)).toBe(Number.POSITIVE_INFINITY);
    clock.resume();
    pass(1);
    clock.resume();
    expect(clock.now()).toBe(5_000_060);
  });

  it('shows a wrong or a frozen time without touching the plant', () => {
    const { clock, pass } = clockOf(1);
    clock.setError(-90_000);
    expect(clock.shown(clock.now())).toBe(4_910_000);
    clock.freeze();
    pass(50);
    expect(clock.shown(clock.now())).toBe(4_910_000);
    expect(clock.now()).toBe(5_000_050);
    clock.thaw();
    expect(clock.shown(clock.now())).toBe(4_910_050);
  });
});
