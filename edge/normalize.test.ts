// The clock discipline on values as devices deliver them: late, twice, from another century.

import { describe, expect, it } from 'vitest';
import { clockFlag } from '../protocols/sparkplug/unison.ts';
import { type LastSample, Normalizer, type Reading } from './normalize.ts';

const noon = Date.UTC(2026, 5, 1, 12);
const hour = 3_600_000;

function device(last = new Map<number, LastSample>()) {
  const state = { now: noon, suspect: false };
  const normalizer = new Normalizer({ now: () => state.now, isSuspect: () => state.suspect, toleranceMs: 2_000 }, last);
  const place = (time: number | null, value: Reading['value'], initial = false, status = 0) =>
    normalizer.place({ tag: 1, time, value, status, initial });
  return { state, normalizer, place, last };
}

describe('a value with a source time', () => {
  it('keeps it to the millisecond', () => {
    const { place, state } = device();
    expect(place(noon - 120, 1)).toEqual({ time: noon - 120, status: 0 });
    state.now += 1_000;
    expect(place(noon + 880, 2)).toEqual({ time: noon + 880, status: 0 });
  });

  it('is dropped when it comes a second time, also after a restart', () => {
    const { place, last } = device();
    place(noon - 120, 1);
    expect(place(noon - 120, 1)).toBeNull();
    expect(device(last).place(noon - 120, 1, true)).toBeNull();
  });

  it('moves by a millisecond when another value has its millisecond, and never further than a second', () => {
    const { place } = device();
    expect(place(noon, 1)?.time).toBe(noon);
    expect(place(noon, 2)).toEqual({ time: noon + 1, status: 0 });
    expect(place(noon, 3)?.time).toBe(noon + 2);
    const times = Array.from({ length: 1_100 }, (_, row) => place(noon, 10 + row)?.time ?? 0);
    expect(Math.max(...times.slice(0, 990))).toBeLessThanOrEqual(noon + 1_000);
    expect(new Set(times).size).toBe(1_100);
  });

  it('gets edge time, flagged, when it is older than the one before and differs', () => {
    const { place } = device();
    place(noon - 100, 1);
    expect(place(noon - 1_500, 2)).toEqual({ time: noon, status: clockFlag });
  });

  it('may be old when a subscription begins, for then it says since when it holds', () => {
    const { place } = device();
    expect(place(noon - hour, 1, true)).toEqual({ time: noon - hour, status: 0 });
    expect(place(noon - 1_000, 2, true)).toEqual({ time: noon - 1_000, status: 0 });
  });

  it('from a source that says 2099 gets edge time, flagged, and strictly rising', () => {
    const { place, state } = device();
    const far = Date.UTC(2099, 0, 1);
    expect(place(far, 1, true)).toEqual({ time: noon, status: clockFlag });
    expect(place(far + 5, 2)).toEqual({ time: noon + 1, status: clockFlag });
    state.now += 500;
    expect(place(far + 10, 3)).toEqual({ time: noon + 500, status: clockFlag });
  });

  it('from a source an hour back gets edge time, flagged: today stays today', () => {
    const { place } = device();
    expect(place(noon - hour, 1)).toEqual({ time: noon, status: clockFlag });
    expect(place(noon - hour + 10, 2)).toEqual({ time: noon + 1, status: clockFlag });
  });

  it('from a frozen source gets edge time as soon as the frozen time is out of tolerance', () => {
    const { place, state } = device();
    expect(place(noon, 1)).toEqual({ time: noon, status: 0 });
    state.now += 1_000;
    expect(place(noon, 2)).toEqual({ time: noon + 1, status: 0 });
    state.now += 5_000;
    expect(place(noon, 3)).toEqual({ time: noon + 6_000, status: clockFlag });
  });

  it('from a device whose whole clock is wrong is corrected by the measured offset and flagged', () => {
    const { place, normalizer } = device();
    normalizer.clockOffset = -hour;
    expect(place(noon - hour - 40, 1)).toEqual({ time: noon - 40, status: clockFlag });
    expect(place(noon - hour - 10, 2)).toEqual({ time: noon - 10, status: clockFlag });
  });
});

describe('a polled value', () => {
  it('is taken when it changed, with edge time', () => {
    const { place, state } = device();
    expect(place(null, 1)).toEqual({ time: noon, status: 0 });
    expect(place(null, 1)).toBeNull();
    expect(place(null, 2)).toEqual({ time: noon + 1, status: 0 });
    state.now += 1_000;
    expect(place(null, null, false, 0x800a_0000)).toEqual({ time: noon + 1_000, status: 0x800a_0000 });
    expect(place(null, 2)?.time).toBe(noon + 1_001);
  });

  it('is flagged while edge time itself is in doubt', () => {
    const { place, state } = device();
    state.suspect = true;
    expect(place(null, 1)?.status).toBe(clockFlag);
  });
});
