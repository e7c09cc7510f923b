// The schema of a link's settings: defaults, mistakes, and overrides of single units.
import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { ModbusSettings, unitSettings } from './settings.ts';
import { modbusSettings } from './test-link.ts';

describe('the settings of a link', () => {
  it('need only the host; everything else has a default', () => {
    expect(modbusSettings({ host: 'filler.plant' })).toEqual({
      framing: 'tcp',
      host: 'filler.plant',
      port: 502,
      connectTimeoutMs: 5_000,
      timeoutMs: 1_000,
      delayMs: 0,
      maxRegisters: 125,
      maxBits: 2_000,
      maxGap: 8,
      forbidden: [],
      units: {},
    });
  });

  it.each([
    [{ host: '' }],
    [{ host: 'a', framing: 'rtu' }],
    [{ host: 'a', port: 0 }],
    [{ host: 'a', maxRegisters: 126 }],
    [{ host: 'a', timeoutMS: 500 }],
    [{ host: 'a', units: { 256: {} } }],
    [{ host: 'a', units: { 1: { gap: 3 } } }],
    [{ host: 'a', forbidden: [{ table: 'holdings', from: 1, to: 2 }] }],
  ])('refuse %j', (partial) => {
    expect(Value.Check(ModbusSettings, Value.Default(ModbusSettings, structuredClone(partial)))).toBe(false);
  });

  it('of one unit are those of the link with its overrides; what is forbidden adds up', () => {
    const clears = { table: 'holding', from: 100, to: 120 } as const;
    const own = { table: 'input', from: 5, to: 5 } as const;
    const settings = modbusSettings({
      host: 'a',
      timeoutMs: 300,
      forbidden: [clears],
      units: { 7: { maxRegisters: 32, forbidden: [own] } },
    });
    expect(unitSettings(settings, 7)).toMatchObject({ timeoutMs: 300, maxRegisters: 32, forbidden: [clears, own] });
    expect(unitSettings(settings, 8)).toMatchObject({ maxRegisters: 125, forbidden: [clears] });
  });
});
