// The Modbus driver against a device on a real socket that behaves, misbehaves and dies.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { status } from '../driver.ts';
import { failure, never, startTestLink, tagsAt } from './test-link.ts';

const framings = ['tcp', 'rtu_over_tcp'] as const;

describe('reading a register map', () => {
  it('reads all tables of all units, each in as few requests as possible', async () => {
    const { device, values } = await startTestLink();
    const tags = tagsAt(
      'unit 2 holding 10 uint16',
      'unit 1 holding 8 uint32',
      'unit 1 holding 1 uint16',
      'unit 1 input 5 uint16 scale 0.1',
      'unit 1 coil 3',
      'unit 1 discrete 4',
      'unit 2 holding 10 bit 1',
    );
    expect(await values(tags)).toEqual([2_010, 1_008 * 65_536 + 1_009, 1_001, 100.5, true, false, true]);
    expect(device.requests).toEqual([
      { unit: 2, code: 3, start: 10, count: 1 },
      { unit: 1, code: 3, start: 1, count: 9 },
      { unit: 1, code: 4, start: 5, count: 1 },
      { unit: 1, code: 1, start: 3, count: 1 },
      { unit: 1, code: 2, start: 4, count: 1 },
    ]);
  });

  it("gives readings in the order of the device's answers, without a source time", async () => {
    const { read } = await startTestLink({ maxGap: 0 });
    const readings = await read(
      tagsAt('unit 1 holding 50 uint16', 'unit 1 holding 7 uint16', 'unit 1 holding 20 uint16'),
    );
    expect(readings).toEqual({
      tag: [1, 2, 0],
      time: [null, null, null],
      value: [1_007, 1_020, 1_050],
      status: [0, 0, 0],
    });
  });

  it('respects the limits of one unit without changing those of the others', async () => {
    const { device, values } = await startTestLink({
      units: { 1: { maxRegisters: 10, maxGap: 0, forbidden: [{ table: 'holding', from: 5, to: 5 }] } },
    });
    const addresses = [1, 2].flatMap((unit) => [0, 4, 6, 20].map((at) => `unit ${unit} holding ${at} uint16`));
    const got = await values(tagsAt(...addresses));
    expect(got).toEqual([1_000, 1_004, 1_006, 1_020, 2_000, 2_004, 2_006, 2_020]);
    const of = (unit: number) =>
      device.requests.filter((request) => request.unit === unit).map(({ start, count }) => [start, count]);
    expect(of(1)).toEqual([
      [0, 1],
      [4, 1],
      [6, 1],
      [20, 1],
    ]);
    expect(of(2)).toEqual([
      [0, 7],
      [20, 1],
    ]);
  });

  it('gives a mistyped or forbidden tag a Bad status and reads the others', async () => {
    const { statuses, warnings } = await startTestLink({ forbidden: [{ table: 'holding', from: 100, to: 120 }] });
    const tags = tagsAt('unit 1 holding 40 float', 'unit 1 holding 119 uint32', 'unit 1 holding 3 uint16');
    expect(await statuses(tags)).toEqual([status.badNodeIdUnknown, status.badOutOfRange, status.good]);
    expect(warnings).toHaveLength(2);
    await statuses(tags);
    expect(warnings, 'said once, not at every poll').toHaveLength(2);
  });

  it('asks one thing at a time, whatever is wanted at once', async () => {
    const { device, driver, values } = await startTestLink();
    let open = 0;
    let most = 0;
    device.respond = (_request, reply, send) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        send(reply);
      }, 5);
    };
    const results = await Promise.all(
      [1, 2, 3, 1, 2, 3].map((unit) => values(tagsAt(`unit ${unit} holding 7 uint16`))),
    );
    expect(results.flat()).toEqual([1_007, 2_007, 3_007, 1_007, 2_007, 3_007]);
    expect(most).toBe(1);
    await driver.close();
  });

  it('lets a write go before the reads that wait', async () => {
    const { device, values, write } = await startTestLink();
    device.respond = (_request, reply, send) => setTimeout(() => send(reply), 5);
    const polls = [1, 2, 3].map((unit) => values(tagsAt(`unit ${unit} holding 7 uint16`)));
    await sleep(1);
    await Promise.all([...polls, write('unit 1 holding 9 uint16', 5)]);
    expect(device.requests.map(({ code }) => code)).toEqual([3, 6, 3, 3]);
  });

  it('pauses between requests where the device needs it, and can be closed in the pause', async () => {
    const { driver, values, read } = await startTestLink({ delayMs: 20 });
    expect(await values(tagsAt('unit 1 holding 1 uint16', 'unit 2 holding 1 uint16'))).toEqual([1_001, 2_001]);
    const pending = failure(read(tagsAt('unit 1 holding 1 uint16', 'unit 2 holding 1 uint16')));
    await driver.close();
    expect((await pending).code).toBe('aborted');
  });
});

describe.each(framings)('writing over %s', (framing) => {
  it('writes single registers, several at once, coils, texts and single bits', async () => {
    const { device, write, values } = await startTestLink({ framing });
    await write('unit 1 holding 20 int16', -5);
    await write('unit 1 holding 22 uint32 cdab', 0x01020304);
    await write('unit 1 holding 24 string 4', 'AB');
    await write('unit 1 coil 30', true);
    device.registers.get(1)?.set(40, 0b1010);
    await write('unit 1 holding 40 bit 0', true);
    await write('unit 1 holding 40 bit 3', false);
    const unit = device.registers.get(1);
    expect([20, 22, 23, 24, 25, 30, 40].map((address) => unit?.get(address))).toEqual([
      0xfffb, 0x0304, 0x0102, 0x4142, 0, 1, 0b0011,
    ]);
    expect(device.requests.map(({ code }) => code)).toEqual([6, 16, 16, 5, 22, 22]);
    expect(await values(tagsAt('unit 1 holding 22 uint32 cdab'))).toEqual([0x01020304]);
  });

  it('says what the device refused, and that a silent one may have done it', async () => {
    const { device, write } = await startTestLink({ framing });
    expect((await failure(write('unit 1 holding 999 uint16', 1))).message).toContain('illegal data address');
    device.respond = () => {};
    const silent = await failure(write('unit 1 holding 20 uint16', 1));
    expect(silent).toMatchObject({ code: 'timeout' });
    expect(silent.message).toContain('may or may not have been done');
  });
});

describe('a write that must not happen', () => {
  it.each([
    ['unit 1 input 3 uint16', 1, 'the input table can only be read'],
    ['unit 1 discrete 3', true, 'the discrete table can only be read'],
    ['unit 1 holding 100 uint16', 1, 'holding 100 to 101 is forbidden'],
    ['unit 1 holding 99 uint32', 1, 'holding 100 to 101 is forbidden'],
    ['unit 1 holding 5 uint16', 70_000, '70000 does not fit uint16'],
    ['unit 1 holding 5 string 250', 'x', 'at most 123 registers'],
    ['unit 1 holdin 5 uint16', 1, 'one of holding, input, coil, discrete'],
  ] as const)('%s ← %s', async (address, value, problem) => {
    const { device, write } = await startTestLink({ forbidden: [{ table: 'holding', from: 100, to: 101 }] });
    expect((await failure(write(address, value))).message).toContain(problem);
    expect(device.requests).toEqual([]);
  });
});

it('reads nothing before it is connected', async () => {
  const { driver } = await startTestLink();
  await driver.close();
  await failure(driver.connect(never));
});
