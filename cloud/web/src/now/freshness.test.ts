// When a value on the screen must go grey, and how numbers and times are written.

import { describe, expect, it } from 'vitest';
import { age, createFormat, duration, spoken } from '../shell/format.ts';
import { silenceOf, stalenessOf } from './freshness.ts';

describe('an agent', () => {
  it('is silent after ten seconds without a message, at once when it left, and when it was never heard', () => {
    expect(silenceOf({ online: true, lastMessageMs: 1_000 }, 11_000)).toBeNull();
    expect(silenceOf({ online: true, lastMessageMs: 1_000 }, 11_001)).toEqual({ at: 1_000 });
    expect(silenceOf({ online: false, lastMessageMs: 1_000 }, 1_001)).toEqual({ at: 1_000 });
    expect(silenceOf({ online: true, lastMessageMs: null }, 1_000)).toEqual({ at: null });
  });
});

describe('a value', () => {
  const fresh = {
    nowMs: 100_000,
    timeMs: 99_000,
    pollMs: 1_000,
    watermarkMs: null,
    status: 0,
    pageCutOff: false,
    agentSilent: false,
    deviceUnseen: false,
  };

  it('is old when its tag missed three polls; one that is reported on change may be as old as it likes', () => {
    expect(stalenessOf(fresh)).toBeNull();
    expect(stalenessOf({ ...fresh, timeMs: 95_000 })).toBeNull();
    expect(stalenessOf({ ...fresh, timeMs: 94_999 })).toBe('missed_polls');
    expect(stalenessOf({ ...fresh, timeMs: 0, pollMs: null })).toBeNull();
  });

  it('that did not change is as fresh as its agent’s watermark', () => {
    expect(stalenessOf({ ...fresh, timeMs: 0, watermarkMs: 88_000 })).toBeNull();
    expect(stalenessOf({ ...fresh, timeMs: 0, watermarkMs: 87_999 })).toBe('missed_polls');
    expect(stalenessOf({ ...fresh, timeMs: 0, watermarkMs: 87_999, pollMs: 60_000 })).toBeNull();
  });

  it('is not trusted when it is bad, when its device, agent or the page itself is cut off', () => {
    expect(stalenessOf({ ...fresh, status: 0x8000_0000 })).toBe('bad_quality');
    expect(stalenessOf({ ...fresh, status: 0x4000_0000 })).toBeNull();
    expect(stalenessOf({ ...fresh, deviceUnseen: true })).toBe('device_unseen');
    expect(stalenessOf({ ...fresh, agentSilent: true })).toBe('agent_silent');
    expect(stalenessOf({ ...fresh, pageCutOff: true, agentSilent: true })).toBe('cut_off');
  });
});

describe('numbers and times', () => {
  const winter = Date.UTC(2026, 2, 4, 13, 5, 9);

  it('are written in the language, in the plant’s time zone', () => {
    const [en, de] = [createFormat('en'), createFormat('de')];
    expect([en.value(1234.567, false), de.value(1234.567, false)]).toEqual(['1,234.6', '1.234,6']);
    expect([de.value(2.5, false), de.value(-0.1234, false), de.value(4_294_967_295, true)]).toEqual([
      '2,50',
      '-0,123',
      '4.294.967.295',
    ]);
    expect(en.time(winter, 'Europe/Berlin')).toBe('14:05:09');
    expect(en.instant(winter, { timeZone: 'Europe/Berlin', nowMs: winter })).toBe('14:05:09 CET');
    expect(de.instant(winter, { timeZone: 'Europe/Berlin', nowMs: winter + 86_400_000 })).toBe('4. März, 14:05:09 MEZ');
    expect(en.time(Date.UTC(2026, 2, 4, 23, 30), 'Europe/Berlin')).toBe('00:30:00');
  });

  it('of durations and ages do not jump', () => {
    expect([duration(0), duration(753_999), duration(111_605_000)]).toEqual(['0:00:00', '0:12:33', '31:00:05']);
    expect([age(-5), age(59_999), age(60_000), age(7_200_000), age(200_000_000)]).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '2 h',
      '2 d',
    ]);
  });

  it('of tags read like words', () => {
    expect([spoken('filler/fill_weight'), spoken('Capper.CapTorque'), spoken('x')]).toEqual([
      'Fill weight',
      'Cap torque',
      'X',
    ]);
  });
});
