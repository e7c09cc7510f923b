// The buffer as a plant would try it: full, damaged, restarted, acknowledged, replayed.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import { type GapRow, names } from '../../protocols/sparkplug/unison.ts';
import { decodeBatch, type Lane } from './batch.ts';
import { type BufferSettings, EdgeBuffer } from './buffer.ts';

let directory: string;
let open: EdgeBuffer[] = [];
let clock = 1_750_000_000_000;
const said: string[] = [];
const log = {
  info: () => {},
  warn: (_: object, message: string) => void said.push(message),
  error: (_: object, message: string) => void said.push(message),
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'unison-buffer-'));
  said.length = 0;
});
afterEach(async () => {
  for (const buffer of open) await buffer.stop();
  open = [];
  await rm(directory, { recursive: true });
});

async function start(settings: Partial<BufferSettings> = {}): Promise<EdgeBuffer> {
  const buffer = new EdgeBuffer(
    {
      file: join(directory, 'buffer.sqlite'),
      maxBytes: 64 << 20,
      maxAgeMs: 1e12,
      keepAcknowledgedMs: 86_400_000,
      commitIntervalMs: 5,
      maxWaitingRows: 100_000,
      ...settings,
    },
    { log, now: () => clock },
  );
  open.push(buffer);
  await buffer.start();
  return buffer;
}

async function pending(buffer: EdgeBuffer, lane: Lane) {
  const { batches } = await buffer.read({ lane, after: 0, upTo: Number.MAX_SAFE_INTEGER, maxBytes: 1e12 });
  return batches.flatMap(({ offset, body }) => {
    const { tag, time, value, status } = decodeBatch(body);
    return tag.map((no, row) => ({ offset, tag: no, time: time[row], value: value[row], status: status[row] }));
  });
}

const tags = [
  { name: 'count', datatype: datatypeCode.UInt32, properties: '{"role":"good_count"}' },
  { name: 'weight', datatype: datatypeCode.Double, properties: '{}' },
  { name: 'order', datatype: datatypeCode.String, properties: '{}' },
];

describe('the edge buffer', () => {
  it('gives back every kind of value as it came, also after a restart', async () => {
    const first = await start();
    const numbers = await first.register('filling', tags);
    const values = [1, -0.5, 2 ** 52, true, false, null, 'WO-10017', '', 'Größe ½ €', 2n ** 63n + 1n, -(2n ** 60n)];
    values.forEach((value, row) => first.push('filling', 'events', numbers.get('count') ?? 0, clock + row, value, row));
    await first.commit();
    await first.stop();
    const second = await start();
    expect(second.id).toBe(first.id);
    expect(await second.register('filling', tags)).toEqual(numbers);
    expect((await pending(second, 'events')).map((row) => [row.value, row.status])).toEqual(
      values.map((value, row) => [value, row]),
    );
  });

  it('puts the values of a batch in order of time', async () => {
    const buffer = await start();
    const no = (await buffer.register('filling', tags)).get('weight') ?? 0;
    for (const time of [5, 3, 9, 4, 3]) buffer.push('filling', 'measurement', no, clock + time, time, 0);
    await buffer.commit();
    expect((await pending(buffer, 'measurement')).map((row) => row.value)).toEqual([3, 3, 4, 5, 9]);
  });

  it('forgets what is acknowledged and gives it again on replay, never to be numbered anew', async () => {
    const buffer = await start();
    const no = (await buffer.register('filling', tags)).get('count') ?? 0;
    for (let round = 1; round <= 4; round++) {
      buffer.push('filling', 'events', no, clock + round * 1000, round, 0);
      await buffer.commit();
    }
    await buffer.acknowledge([[1, 3]]);
    expect((await pending(buffer, 'events')).map((row) => row.offset)).toEqual([4]);
    await buffer.stop();
    const again = await start();
    expect((await pending(again, 'events')).map((row) => row.offset)).toEqual([4]);
    expect(again.head).toBe(4);
    expect(await again.replay(clock + 2000)).toBe(2);
    expect((await pending(again, 'events')).map((row) => row.offset)).toEqual([2, 3, 4]);
  });

  it('knows the last value of each tag after a restart, with and without a checkpoint', async () => {
    const first = await start();
    const numbers = await first.register('filling', tags);
    const order = numbers.get('order') ?? 0;
    const count = numbers.get('count') ?? 0;
    first.push('filling', 'events', order, clock, 'WO-1', 0);
    await first.commit();
    await first.checkpoint();
    first.push('filling', 'events', order, clock + 1, 'WO-2', 0);
    first.push('filling', 'events', count, clock + 2, 2n ** 60n, 0);
    await first.commit();
    await first.stop();
    const second = await start();
    expect(new Map(second.last.entries())).toEqual(
      new Map([
        [order, { time: clock + 1, value: 'WO-2', status: 0 }],
        [count, { time: clock + 2, value: 2n ** 60n, status: 0 }],
      ]),
    );
  });

  it('when full lets measurements go before events, and books every lost value in a gap row', async () => {
    const buffer = await start({ maxBytes: 512 * 1024 });
    const numbers = await buffer.register('filling', tags);
    const [count, weight] = [numbers.get('count') ?? 0, numbers.get('weight') ?? 0];
    const rounds = 40;
    for (let round = 0; round < rounds; round++) {
      for (let row = 0; row < 500; row++)
        buffer.push('filling', 'measurement', weight, clock + round * 500 + row, row, 0);
      buffer.push('filling', 'events', count, clock + round * 500, round, 0);
      await buffer.commit();
    }
    clock += 60_000;
    buffer.push('filling', 'events', count, clock, rounds, 0);
    await buffer.commit();
    const stats = await buffer.stats();
    expect(stats.bytes).toBeLessThanOrEqual(512 * 1024 * 1.1);
    expect(stats.dropped).toBeGreaterThan(0);
    const gapTag = numbers.get(names.gap);
    const events = await pending(buffer, 'events');
    expect(events.filter((row) => row.tag === count)).toHaveLength(rounds + 1);
    const gaps = events.filter((row) => row.tag === gapTag).map((row) => JSON.parse(String(row.value)) as GapRow);
    expect(gaps).toHaveLength(1);
    const kept = await pending(buffer, 'measurement');
    expect(gaps[0]).toMatchObject({ tag: 'weight', cause: 'buffer_full', count: rounds * 500 - kept.length });
    expect(kept.every((row) => (row.time ?? 0) >= (gaps[0]?.to ?? 0))).toBe(true);
  });

  it('when only events are left to drop, drops the oldest with a gap row and stays within its bound', async () => {
    const buffer = await start({ maxBytes: 256 * 1024 });
    const count = (await buffer.register('filling', tags)).get('count') ?? 0;
    for (let round = 0; round < 60; round++) {
      for (let row = 0; row < 500; row++) buffer.push('filling', 'events', count, clock + round * 500 + row, row, 0);
      await buffer.commit();
    }
    clock += 60_000;
    buffer.push('filling', 'events', count, clock, 1, 0);
    await buffer.commit();
    const events = await pending(buffer, 'events');
    const gaps = events.filter((row) => row.tag !== count).map((row) => JSON.parse(String(row.value)) as GapRow);
    expect(
      gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0) + events.filter((row) => row.tag === count).length,
    ).toBe(60 * 500 + 1);
    expect((await buffer.stats()).bytes).toBeLessThanOrEqual(256 * 1024 * 1.2);
  });

  it('moves an unreadable file aside, says so, and begins anew under another name', async () => {
    await writeFile(join(directory, 'buffer.sqlite'), randomBytes(20_000));
    const buffer = await start();
    expect(said.join()).toMatch(/moved aside/);
    expect((await readdir(directory)).some((name) => name.includes('unreadable-'))).toBe(true);
    expect(buffer.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses a second agent on the same file and says what to do', async () => {
    await start();
    await expect(start()).rejects.toThrow(/in use by another agent.*own buffer file/);
  });

  it('drops what a stopped disk cannot take, with a gap row, when memory is at its bound', async () => {
    const buffer = await start({ maxWaitingRows: 100 });
    const numbers = await buffer.register('filling', tags);
    for (let row = 0; row < 150; row++)
      buffer.push('filling', 'events', numbers.get('count') ?? 0, clock + row, row, 0);
    await buffer.commit();
    buffer.push('filling', 'events', numbers.get('count') ?? 0, clock + 200, 200, 0);
    await buffer.commit();
    const rows = await pending(buffer, 'events');
    const gaps = rows
      .filter((row) => row.tag === numbers.get(names.gap))
      .map((row) => JSON.parse(String(row.value)) as GapRow);
    expect(gaps).toEqual([{ tag: null, from: clock + 100, to: clock + 150, cause: 'disk_slow', count: 50 }]);
    expect(rows).toHaveLength(102);
  });
});
