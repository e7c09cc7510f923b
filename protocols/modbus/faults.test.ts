// The Modbus driver with wrong addresses, dead units, late and broken answers: one thing that is wrong
// never disturbs what is right, and no value is ever invented.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { status } from '../driver.ts';
import { failure, startTestLink, tagsAt } from './test-link.ts';

const framings = ['tcp', 'rtu_over_tcp'] as const;

describe('an address the device does not have', () => {
  it('does not take its neighbours down: it is found once, then left out', async () => {
    const { device, statuses, warnings } = await startTestLink();
    device.registers.get(1)?.delete(11);
    const tags = tagsAt(...Array.from({ length: 16 }, (_, address) => `unit 1 holding ${address} uint16`));
    const expected = tags.map((_, index) => (index === 11 ? status.badNodeIdUnknown : status.good));

    expect(await statuses(tags)).toEqual(expected);
    // The block, then a halving down to the one register: 1 + 2 × 4.
    expect(device.requests).toHaveLength(9);
    expect(warnings).toHaveLength(1);

    device.requests.length = 0;
    expect(await statuses(tags)).toEqual(expected);
    expect(device.requests.map(({ start, count }) => [start, count])).toEqual([
      [0, 11],
      [12, 4],
    ]);
    expect(warnings).toHaveLength(1);
  });

  it('reads registers apart once the device has refused what lies between them', async () => {
    const { device, values } = await startTestLink();
    device.registers.get(1)?.delete(12);
    const tags = tagsAt('unit 1 holding 10 uint16', 'unit 1 holding 11 uint16', 'unit 1 holding 14 uint16');
    expect(await values(tags)).toEqual([1_010, 1_011, 1_014]);
    device.requests.length = 0;
    expect(await values(tags)).toEqual([1_010, 1_011, 1_014]);
    expect(device.requests.map(({ start, count }) => [start, count])).toEqual([
      [10, 2],
      [14, 1],
    ]);
  });

  it('still reads what shares a register with a refused tag', async () => {
    const { device, statuses } = await startTestLink();
    device.registers.get(1)?.delete(11);
    const tags = tagsAt('unit 1 holding 10 uint32', 'unit 1 holding 10 uint16', 'unit 1 holding 9 uint16');
    for (let poll = 0; poll < 2; poll += 1) expect(await statuses(tags)).toEqual([status.badNodeIdUnknown, 0, 0]);
    expect(device.requests.at(-1)).toMatchObject({ start: 9, count: 2 });
  });

  it('learns that a device refuses long requests', async () => {
    const { device, statuses } = await startTestLink();
    device.respond = ({ unit, count, code }, reply, send) =>
      send(count > 70 ? device.frame(unit, Buffer.from([code | 0x80, 3])) : reply);
    const tags = tagsAt(...Array.from({ length: 120 }, (_, address) => `unit 1 holding ${address} uint16`));
    expect(new Set(await statuses(tags))).toEqual(new Set([0]));
    device.requests.length = 0;
    expect(new Set(await statuses(tags))).toEqual(new Set([0]));
    expect(device.requests).toHaveLength(2);
    // What was learned spreads requests; it does not call a long text impossible that can be read.
    expect(await statuses(tagsAt('unit 1 holding 0 string 140'))).toEqual([0]);
  });

  it('does not read a table again and again piece by piece that the device does not offer', async () => {
    const { device, statuses } = await startTestLink();
    device.respond = ({ unit, code }, _reply, send) => send(device.frame(unit, Buffer.from([code | 0x80, 1])));
    const tags = tagsAt('unit 1 input 1 uint16', 'unit 1 input 2 uint16');
    expect(await statuses(tags)).toEqual([status.badNodeIdUnknown, status.badNodeIdUnknown]);
    expect(device.requests).toHaveLength(1);
  });
});

describe.each(framings)('one dead unit of three over %s', (framing) => {
  const tags = tagsAt('unit 1 holding 1 uint16', 'unit 2 holding 1 uint16', 'unit 3 holding 1 uint16');

  it('costs its neighbours nothing: it is asked twice, then hardly ever, and comes back by itself', async () => {
    const { device, statuses, values, losses, warnings } = await startTestLink({ framing });
    let dead = true;
    device.respond = ({ unit }, reply, send) => {
      if (unit !== 2 || !dead) send(reply);
    };
    const polls = 20;
    for (let poll = 0; poll < polls; poll += 1) {
      expect(await statuses(tags)).toEqual([0, status.badTimeout, 0]);
    }
    const asked = (unit: number) => device.requests.filter((request) => request.unit === unit).length;
    expect(asked(1)).toBe(polls);
    expect(asked(3)).toBe(polls);
    expect(asked(2), 'two time-outs and at most one probe').toBeLessThanOrEqual(3);
    expect(warnings).toHaveLength(1);

    dead = false;
    let seen = await values(tags);
    while (seen[1] !== 2_001) {
      await sleep(20);
      seen = await values(tags);
    }
    expect(seen).toEqual([1_001, 2_001, 3_001]);
    expect(losses).toEqual([]);
  });

  it('also when a gateway answers in its place that the unit does not respond', async () => {
    const { device, statuses, losses } = await startTestLink({ framing });
    device.respond = ({ unit, code }, reply, send) =>
      send(unit === 2 ? device.frame(unit, Buffer.from([code | 0x80, 11])) : reply);
    for (let poll = 0; poll < 5; poll += 1) expect(await statuses(tags)).toEqual([0, status.badTimeout, 0]);
    expect(device.requests.filter(({ unit }) => unit === 2)).toHaveLength(2);
    expect(losses).toEqual([]);
  });

  it('also when it is the first to be asked and nobody has answered yet', async () => {
    const { device, statuses, losses } = await startTestLink({ framing });
    device.respond = ({ unit }, reply, send) => {
      if (unit !== 1) send(reply);
    };
    for (let poll = 0; poll < 3; poll += 1) await statuses(tagsAt('unit 1 holding 1 uint16'));
    expect(await statuses(tags)).toEqual([status.badTimeout, 0, 0]);
    expect(losses).toEqual([]);
  });

  it('also when it dies before its neighbours were ever asked', async () => {
    const { device, statuses, losses } = await startTestLink({ framing, maxGap: 0 });
    const wide = tagsAt('unit 1 holding 1 uint16', 'unit 1 holding 9 uint16', 'unit 2 holding 1 uint16');
    expect(await statuses(wide.slice(0, 2))).toEqual([0, 0]);
    device.respond = ({ unit }, reply, send) => {
      if (unit !== 1) send(reply);
    };
    expect(await statuses(wide)).toEqual([status.badTimeout, status.badTimeout, 0]);
    expect(losses).toEqual([]);
  });

  it('but a link on which nobody answers any more is given up', async () => {
    const { device, read, statuses, losses } = await startTestLink({ framing });
    expect(await statuses(tags)).toEqual([0, 0, 0]);
    device.respond = () => {};
    expect((await failure(read(tags))).code).toBe('timeout');
    expect(losses).toHaveLength(1);
    expect(device.requests.length).toBeLessThanOrEqual(3 + 3 + 3);
    await failure(read(tags));
    expect(losses).toHaveLength(1);
  });
});

describe.each(framings)('wrong answers over %s', (framing) => {
  const tags = tagsAt('unit 1 holding 1 uint16', 'unit 1 holding 2 uint16');
  const pdu = (hex: string) => Buffer.from(hex, 'hex');

  it.each([
    ['too few registers', '030203e9'],
    ['too many registers', '030603e903ea03eb'],
  ])('gives Bad for %s, and the next answer is right again', async (_name, hex) => {
    const { device, statuses, values, losses } = await startTestLink({ framing });
    device.respond = ({ unit }, _reply, send) => send(device.frame(unit, pdu(hex)));
    expect(await statuses(tags)).toEqual([status.badDecodingError, status.badDecodingError]);
    device.respond = (_request, reply, send) => send(reply);
    expect(await values(tags)).toEqual([1_001, 1_002]);
    expect(losses).toEqual([]);
  });

  it('never takes a late answer for the answer to the next question', async () => {
    const { device, values, statuses, losses } = await startTestLink({ framing });
    const [first, second] = [tagsAt('unit 1 holding 1 uint16'), tagsAt('unit 1 holding 2 uint16')];
    await values(first);
    let late: Buffer = Buffer.alloc(0);
    let sendLate: (bytes: Buffer) => void = () => {};
    device.respond = (_request, reply, send) => {
      late = Buffer.from(reply);
      sendLate = send;
    };
    expect(await statuses(first)).toEqual([status.badTimeout]);
    // The answer to the first question comes just before the answer to the second, which looks alike.
    device.respond = (_request, reply, send) => {
      sendLate(late);
      sendLate = () => {};
      send(reply);
    };
    expect(await values(second)).toEqual([1_002]);
    expect(await values(first)).toEqual([1_001]);
    expect(losses).toEqual([]);
  });

  it('never takes the answer to a read that was given up for the answer to the next', async () => {
    const { device, driver, values } = await startTestLink({ framing });
    device.respond = (_request, reply, send) => setTimeout(() => send(reply), 20);
    const stop = new AbortController();
    const pending = failure(driver.read?.(tagsAt('unit 1 holding 1 uint16'), stop.signal) ?? Promise.resolve());
    await sleep(5);
    stop.abort();
    expect((await pending).code).toBe('aborted');
    expect(await values(tagsAt('unit 1 holding 2 uint16'))).toEqual([1_002]);
  });

  it('puts an answer together that comes byte by byte', async () => {
    const { device, values } = await startTestLink({ framing, timeoutMs: 2_000 });
    device.respond = (_request, reply, send) => {
      for (const [index, byte] of Buffer.from(reply).entries()) setTimeout(() => send(Buffer.from([byte])), index * 2);
    };
    expect(await values(tags)).toEqual([1_001, 1_002]);
  });

  it('takes no value from an answer cut at any byte', async () => {
    const whole = framing === 'tcp' ? 13 : 9;
    for (let cut = 0; cut < whole; cut += 1) {
      const { device, driver, read, losses } = await startTestLink({ framing, timeoutMs: 30 });
      device.respond = (_request, reply, send) => {
        expect(reply).toHaveLength(whole);
        send(reply.subarray(0, cut));
      };
      const readings = await read(tags).catch((reason: unknown) => reason);
      if (readings instanceof Error) expect(readings).toMatchObject({ name: 'DriverError', code: 'protocol' });
      else expect(readings).toMatchObject({ value: [null, null] });
      // Over TCP half an answer means that the stream is broken: a new connection is needed.
      expect(losses, `cut at ${cut}`).toHaveLength(framing === 'tcp' && cut > 0 ? 1 : 0);
      if (losses.length === 0) {
        device.respond = (_request, reply, send) => send(reply);
        expect((await read(tags)).value, `after a cut at ${cut}`).toEqual([1_001, 1_002]);
      }
      await driver.close();
    }
  });

  it('does not believe another unit', async () => {
    const { device, statuses } = await startTestLink({ framing });
    device.respond = (_request, _reply, send) => send(device.frame(9, pdu('030403e903ea')));
    const expected = framing === 'tcp' ? status.badDecodingError : status.badCommunicationError;
    expect(await statuses(tags)).toEqual([expected, expected]);
  });
});

describe('RTU frames', () => {
  const tags = tagsAt('unit 1 holding 1 uint16');

  it('with a wrong checksum are not believed', async () => {
    const { device, statuses, values } = await startTestLink({ framing: 'rtu_over_tcp' });
    device.respond = (_request, reply, send) => {
      const wrong = Buffer.from(reply);
      wrong[3] = (wrong[3] ?? 0) ^ 1;
      send(wrong);
    };
    expect(await statuses(tags)).toEqual([status.badCommunicationError]);
    device.respond = (_request, reply, send) => send(reply);
    expect(await values(tags)).toEqual([1_001]);
  });

  it('are found behind noise on the line', async () => {
    const { device, values } = await startTestLink({ framing: 'rtu_over_tcp' });
    device.respond = (_request, reply, send) => send(Buffer.concat([Buffer.from('0103ff01', 'hex'), reply]));
    expect(await values(tags)).toEqual([1_001]);
  });

  it('of a device that ignores unknown functions are in step again after a time-out', async () => {
    const { device, statuses, values } = await startTestLink({ framing: 'rtu_over_tcp' });
    const wide = tagsAt('unit 1 holding 1 uint32', 'unit 2 holding 1 uint16');
    await values(wide);
    device.respond = ({ unit }, reply, send) => {
      if (unit !== 1) send(reply);
    };
    expect(await statuses(wide)).toEqual([status.badTimeout, 0]);
    device.respond = ({ code }, reply, send) => {
      if (code !== 8) send(reply);
    };
    let seen = await values(wide);
    for (let attempt = 0; seen[0] === null && attempt < 200; attempt += 1) {
      await sleep(20);
      seen = await values(wide);
    }
    expect(seen).toEqual([1_001 * 65_536 + 1_002, 2_001]);
  });
});

describe('a stream that is not Modbus TCP', () => {
  it('is given up with a reason', async () => {
    const { device, read, losses } = await startTestLink();
    device.respond = (_request, _reply, send) => send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await failure(read(tagsAt('unit 1 holding 1 uint16')))).code).toBe('protocol');
    expect(losses[0]?.message).toContain('not Modbus TCP');
  });
});
