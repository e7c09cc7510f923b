// What the report on a plan says about requests, registers and time.
import { describe, expect, it } from 'vitest';
import { planReport } from './plan-report.ts';
import { modbusSettings, tagsAt } from './test-link.ts';

const tags = tagsAt(
  'unit 1 holding 0 uint16',
  'unit 1 holding 5 uint32',
  'unit 1 coil 3',
  'unit 2 input 100 float32',
  'unit 2 holding 1 string 250',
  'unit 2 holding 1 word',
);

describe('the report on a plan', () => {
  it('counts requests and registers by unit, gaps included, and names what cannot be read', () => {
    const report = planReport(tags, modbusSettings({ host: 'plc', units: { 2: { maxRegisters: 100 } } }));
    expect(report).toMatchObject({
      requests: 3,
      cycleMs: 30,
      units: [
        { unit: 1, tags: 3, registers: 7, bits: 1, requests: [{ table: 'holding', start: 0, count: 7, tags: 2 }, {}] },
        { unit: 2, tags: 1, registers: 2, bits: 0 },
      ],
    });
    expect(report.problems).toHaveLength(2);
    expect(report.problems.map(({ tag }) => tag).sort()).toEqual([
      'unit 2 holding 1 string 250',
      'unit 2 holding 1 word',
    ]);
  });

  it('counts the time on a serial line and the pause between requests', () => {
    const one = tagsAt('unit 1 holding 0 uint16');
    const report = planReport(one, modbusSettings({ host: 'converter', framing: 'rtu_over_tcp', delayMs: 5 }), {
      turnaroundMs: 10,
      baud: 9_600,
    });
    // 8 bytes out, 7 back, twice 3.5 silent: 22 characters of 11 bits at 9600 baud are 25.2 ms.
    expect(report.cycleMs).toBe(Math.ceil(10 + 5 + (22 * 11 * 1_000) / 9_600));
  });
});
