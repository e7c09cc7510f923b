// What state values mean, and since when.

import { describe, expect, it } from 'vitest';
import { meaningOf } from '../state-maps/index.ts';
import { coverageGaps, nextState, sameState, sinceOf } from './rules.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 4, 10, minute));

describe('a state value', () => {
  it('means the same by its PackML name and by its number', () => {
    const states = (values: (string | number)[]) => values.map((value) => meaningOf(value, 0).state);
    expect(states(['Execute', 'Completing', 6, 16])).toEqual(Array(4).fill('running'));
    expect(states(['Idle', 'Starting', 'Resetting', 'Complete', 4, 3, 15, 17])).toEqual(Array(8).fill('idle'));
    expect(states(['Holding', 'Held', 'Unholding', 'Stopping', 'Stopped', 10, 11, 12, 7, 2])).toEqual(
      Array(10).fill('stopped'),
    );
    for (const value of ['Suspending', 'Suspended', 'Unsuspending', 13, 5, 14]) {
      expect(meaningOf(value, 0)).toMatchObject({ state: 'idle', reason: 'starved_or_blocked' });
    }
    for (const value of ['Aborting', 'Aborted', 'Clearing', 8, 9, 1]) {
      expect(meaningOf(value, 0)).toMatchObject({ state: 'stopped', reason: 'machine_fault' });
    }
    expect(meaningOf(9, 0).word).toBe('Aborted');
  });

  it('that is on no map is unknown, with its own word, never guessed', () => {
    for (const value of ['execute', 'RUN', '', 0, 18, 6.5, true, 'constructor', '6']) {
      expect(meaningOf(value, 0)).toEqual({ state: 'unknown', reason: null, word: String(value) });
    }
  });

  it('of bad quality says nothing', () => {
    expect(meaningOf(null, 0)).toEqual({ state: 'unknown', reason: null, word: null });
    expect(meaningOf('Execute', 0x8005_0000)).toEqual({ state: 'unknown', reason: null, word: null });
    expect(meaningOf('Execute', 0x4000_0000).state).toBe('running');
  });
});

describe('a state lasts', () => {
  const run = (minute: number, value: string) => ({ from: at(minute), value, status: 0 });

  it('since its first value, across words that mean the same', () => {
    expect(sinceOf([run(30, 'Held'), run(29, 'Holding'), run(5, 'Execute')], sameState())).toEqual({
      since: at(29),
      atLeast: false,
    });
  });

  it('since at least where the search ended', () => {
    expect(sinceOf([run(30, 'Held'), run(29, 'Holding')], sameState())).toEqual({ since: at(29), atLeast: true });
    expect(sinceOf([], sameState())).toBeNull();
  });

  it('on through new values of the same meaning; late values change nothing', () => {
    const first = nextState(undefined, { value: 'Execute', status: 0, time: 1_000 });
    const stopped = nextState(first, { value: 'Stopping', status: 0, time: 2_000 });
    expect(stopped).toMatchObject({ state: 'stopped', since: 2_000 });
    expect(nextState(stopped, { value: 'Stopped', status: 0, time: 3_000 })).toMatchObject({
      state: 'stopped',
      word: 'Stopped',
      since: 2_000,
    });
    expect(nextState(stopped, { value: 'Execute', status: 0, time: 1_500 })).toBe(stopped);
  });
});

describe('coverage', () => {
  it('leaves gaps where the device was not up, cut to the period; before the first row it claims nothing', () => {
    const rows = [
      { time: at(0), state: 'down' },
      { time: at(20), state: 'up' },
      { time: at(40), state: 'unknown' },
    ];
    expect(coverageGaps(rows, at(10), at(50))).toEqual([
      { from: at(10), to: at(20), cause: 'device_down' },
      { from: at(40), to: at(50), cause: 'not_observed' },
    ]);
    expect(coverageGaps([{ time: at(30), state: 'up' }], at(10), at(50))).toEqual([]);
  });
});
