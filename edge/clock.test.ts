// Edge time while the wall clock misbehaves, as it does in plants: dead batteries, late NTP, operators.

import { describe, expect, it } from 'vitest';
import { type ClockStep, EdgeClock } from './clock.ts';

const hour = 3_600_000;
const noon = Date.UTC(2026, 5, 1, 12);

function world(notBefore = 0) {
  const state = { wall: noon, monotonic: 1_000 };
  const clock = new EdgeClock({ wall: () => state.wall, monotonic: () => state.monotonic }, notBefore);
  const steps: ClockStep[] = [];
  clock.on('step', (step) => steps.push(step));
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 1_000) {
      state.wall += Math.min(1_000, left);
      state.monotonic += Math.min(1_000, left);
      clock.check();
    }
  };
  return { state, clock, steps, pass };
}

describe('edge time', () => {
  it('follows the wall and never goes back, in whole milliseconds', () => {
    const { clock, state, pass } = world();
    expect(clock.now()).toBe(noon);
    pass(60_000);
    expect(clock.now()).toBe(noon + 60_000);
    state.wall -= 5_000;
    const before = clock.now();
    pass(1_000);
    expect(clock.now()).toBeGreaterThan(before);
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  it('slews a small step away instead of jumping', () => {
    const { clock, state, steps, pass } = world();
    pass(10_000);
    state.wall += 20_000;
    pass(1_000);
    expect(state.wall - clock.now()).toBeGreaterThan(19_000);
    pass(900_000);
    expect(Math.abs(state.wall - clock.now())).toBeLessThan(1_000);
    expect(steps).toEqual([]);
  });

  it('follows an hour forward and says what lies between', () => {
    const { clock, state, steps, pass } = world();
    pass(10_000);
    state.wall += hour;
    pass(1_000);
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({ followed: true, to: state.wall });
    expect(clock.now()).toBe(state.wall);
    expect(clock.isSuspect).toBe(false);
  });

  it('does not follow an hour back: time given out is not given out again, and samples are flagged', () => {
    const { clock, state, steps, pass } = world();
    pass(10_000);
    const before = clock.now();
    state.wall -= hour;
    pass(5_000);
    expect(clock.now()).toBe(before + 5_000);
    expect(clock.isSuspect).toBe(true);
    expect(steps).toMatchObject([{ followed: false }]);
    state.wall += hour;
    pass(5_000);
    expect(clock.isSuspect).toBe(false);
    // Setting it right is a step as well.
    expect(steps).toMatchObject([{ followed: false }, { from: before + 6_000, to: before + 6_000, followed: false }]);
  });

  it('stays where it is when the cloud says that it was right and the wall jumped ahead', () => {
    const { clock, state, steps, pass } = world();
    pass(10_000);
    clock.reference(state.wall + 40);
    state.wall += hour;
    pass(1_000);
    expect(clock.now()).toBe(noon + 11_000);
    expect(clock.isSuspect).toBe(true);
    expect(steps).toMatchObject([{ followed: false }]);
  });

  it('goes back when the cloud says that the wall is right now', () => {
    const { clock, state, steps, pass } = world();
    pass(10_000);
    clock.reference(state.wall - hour);
    state.wall -= hour;
    pass(1_000);
    expect(clock.now()).toBe(state.wall);
    expect(steps).toMatchObject([{ followed: true }]);
  });

  it('begins after the last stored time when the wall is a little behind it', () => {
    expect(world(noon + 30_000).clock.now()).toBe(noon + 30_000);
    expect(world(noon + hour).clock.now()).toBe(noon);
  });
});
