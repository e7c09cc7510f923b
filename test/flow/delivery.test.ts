// What a broker may do to messages: deliver them twice, in another order, before the birth that explains
// them, or not at all; and what an edge's account may send that is no message at all.

import { afterEach, describe, expect, it } from 'vitest';
import { encodePayload } from '../../protocols/sparkplug/payload.ts';
import { names } from '../../protocols/sparkplug/unison.ts';
import { databaseKinds } from '../support/database.ts';
import { RawEdge } from '../support/raw-edge.ts';
import { Road, until } from '../support/road.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each(databaseKinds)('messages that come as they like, on %s', (kind) => {
  let road: Road;
  afterEach(async () => road.close());

  async function rawEdge(): Promise<RawEdge> {
    const edge = await RawEdge.start(await road.connect('edge-1'), road.agent());
    await until(async () => (await road.holder()) !== undefined, 'nobody took the lease');
    return edge;
  }

  const acknowledged = (edge: RawEdge, wanted: readonly number[]) =>
    until(
      () => wanted.every((offset) => edge.acknowledged.has(offset)),
      `of ${wanted.length} messages ${edge.acknowledged.size} are acknowledged`,
    );

  it('twice and shuffled: every value once, and every message acknowledged', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await rawEdge();
    await edge.born();
    const start = Date.now() - 60_000;
    const messages = range(200).map((offset) => ({
      offset,
      payload: edge.data({
        offset,
        rows: [
          { tag: 1, time: start + offset, value: offset },
          { tag: 2, time: start + offset, value: `state ${offset}` },
        ],
        isHistorical: offset % 3 === 0,
      }),
    }));
    // A fixed permutation: 89 and 400 have no common factor.
    const twice = [...messages, ...messages];
    for (const index of range(twice.length))
      await edge.publish('DDATA', twice[(index * 89) % twice.length]?.payload as Buffer);
    await acknowledged(edge, range(200));
    expect((await road.samples()).map((row) => row.value)).toEqual(range(200));
    const texts = await road.owner.query<{ value: string }>('SELECT value FROM telemetry.sample_text ORDER BY time');
    expect(texts.rows.map((row) => row.value)).toEqual(range(200).map((row) => `state ${row}`));
    expect((await road.owner.query('SELECT FROM mes.sample_conflicts')).rowCount).toBe(0);
  });

  it('data before its birth is not acknowledged, a rebirth is asked for, and then it counts', async () => {
    road = await Road.open(kind);
    const ingestor = await road.startIngestor();
    const edge = await rawEdge();
    const rows = [{ tag: 1, time: Date.now() - 1_000, value: 7 }];
    await edge.publish('DDATA', edge.data({ offset: 1, rows }));
    await until(() => ingestor.outcomes.totals()['shed:awaiting_birth'] === 1, 'the data was not shed');
    expect([...edge.acknowledged]).toEqual([]);
    expect(await road.samples()).toEqual([]);
    await until(() => edge.rebirths > 0, 'no rebirth was asked for');
    await edge.born();
    await edge.publish('DDATA', edge.data({ offset: 1, rows }));
    await acknowledged(edge, [1]);
    expect((await road.samples()).map((row) => row.value)).toEqual([7]);
  });

  it('a lost message is noticed by its number: what comes is kept, and a birth is asked for', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await rawEdge();
    await edge.born();
    const time = Date.now() - 1_000;
    await edge.publish('DDATA', edge.data({ offset: 1, rows: [{ tag: 1, time, value: 1 }] }));
    await acknowledged(edge, [1]);
    const before = edge.rebirths;
    edge.nextSeq();
    await edge.publish('DDATA', edge.data({ offset: 3, rows: [{ tag: 1, time: time + 2, value: 3 }] }));
    await acknowledged(edge, [3]);
    expect((await road.samples()).map((row) => row.value)).toEqual([1, 3]);
    await until(() => edge.rebirths > before, 'no rebirth was asked for');
  });

  it('cut at every byte: dead letters or nothing, never a wrong value, and what follows flows', async () => {
    road = await Road.open(kind);
    const ingestor = await road.startIngestor();
    const edge = await rawEdge();
    await edge.born();
    const start = Date.now() - 60_000;
    const rows = range(3).map((row) => ({ tag: 1, time: start + row, value: 1_000_000 + row }));
    const whole = edge.data({ offset: 1, rows });
    for (let end = 0; end < whole.length; end++) await edge.publish('DDATA', whole.subarray(0, end));
    for (const type of ['DBIRTH', 'NBIRTH', 'NDATA', 'DDEATH', 'NDEATH'] as const)
      await edge.publish(type, whole.subarray(0, 11));
    await edge.born();
    await edge.publish('DDATA', edge.data({ offset: 2, rows: [{ tag: 1, time: start + 10, value: 5 }] }));
    await until(() => edge.acknowledged.has(2), JSON.stringify(ingestor.outcomes.totals()));
    const stored = (await road.samples()).map((row) => [row.time - start, row.value]);
    const honest = [...rows.map((row) => [row.time - start, row.value]), [10, 5]];
    expect(honest).toEqual(expect.arrayContaining(stored));
    const letters = await road.owner.query<{ reason: string; count: number }>(
      'SELECT reason, count(*)::int AS count FROM mes.dead_letters GROUP BY reason',
    );
    // As many as one edge may fill the disk with in ten minutes; the others are counted.
    expect(letters.rows.every((row) => row.reason === 'unreadable_payload')).toBe(true);
    expect(letters.rows[0]?.count).toBeGreaterThan(20);
    expect(letters.rows[0]?.count).toBeLessThanOrEqual(100);
  });

  it('absurd offsets, watermarks, births and texts stop nobody', async () => {
    road = await Road.open(kind, ['edge-1', 'edge-2']);
    const ingestor = await road.startIngestor();
    const edge = await rawEdge();
    await edge.born();
    const time = Date.now() - 1_000;
    const metric = { alias: 1, timestamp: time, datatype: 'UInt32', value: 1 } as const;
    const offset = (value: number | bigint) => ({ name: names.offset, datatype: 'Int64', value }) as const;
    const watermark = (value: number | bigint) => ({ name: names.watermark, datatype: 'DateTime', value }) as const;
    const send = (metrics: Parameters<typeof encodePayload>[0]['metrics']) =>
      edge.publish('DDATA', encodePayload({ timestamp: time, metrics, seq: edge.nextSeq() }));
    await send([metric, offset(-1), watermark(1)]);
    await send([metric, offset(2n ** 63n - 1n)]);
    await send([{ ...metric, timestamp: time + 1 }, offset(10), watermark(2n ** 63n)]);
    await send([{ ...metric, timestamp: time + 2 }, offset(11), watermark(8.64e15)]);
    await send([{ ...metric, timestamp: time + 3 }, offset(12), watermark(Date.UTC(2099, 0, 1))]);
    await send([{ alias: 2, timestamp: 2 ** 53, datatype: 'String', value: 'late\0'.repeat(1_000) }, offset(13)]);
    await until(() => edge.acknowledged.size === 4, JSON.stringify(ingestor.outcomes.totals()));
    const state = await road.owner.query<{ watermark: Date | null }>('SELECT watermark FROM mes.edge_states');
    expect(state.rows).toEqual([{ watermark: null }]);

    const declared = (name: string, properties = {}) =>
      ({ name, alias: 9, datatype: 'Double', value: 0, properties }) as const;
    for (const metrics of [
      [declared('x'.repeat(100_000))],
      [declared('nul\0')],
      [declared('odd', { 'Unison/PollMs': { type: 'Double', value: 0.5 } })],
      [declared('large', { 'Unison/PollMs': { type: 'Int64', value: 2 ** 50 } })],
      [declared('twice'), { ...declared('twice'), alias: 10 }],
    ])
      await edge.publish('DBIRTH', encodePayload({ timestamp: time, metrics, seq: edge.nextSeq() }));
    const other = await road.startEdge({ edge: 'edge-2' });
    other.push('count', time, 42);
    await road.drained(other);
    await edge.born();
    await edge.publish('DDATA', edge.data({ offset: 20, rows: [{ tag: 1, time: time + 20, value: 20 }] }));
    await acknowledged(edge, [20]);
    const values = (await road.samples()).map((row) => Number(row.value));
    expect(values.sort((a, b) => a - b)).toEqual([1, 1, 1, 20, 42]);
  });
});
