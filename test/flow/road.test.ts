// The road of one value, from the edge's buffer to the hypertable, with everything in between that can
// come twice, late, wrong or not at all.

import { afterEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../support/database.ts';
import { Road, type TestEdge, until } from '../support/road.ts';

describe.each(databaseKinds)('the road on %s', (kind) => {
  let road: Road;
  afterEach(async () => road.close());

  const samples = () => road.samples();

  const push = (edge: TestEdge, name: string, time: number, value: number | bigint | string | null, status = 0): void =>
    edge.buffer.push(
      'filling',
      name === 'weight' ? 'measurement' : 'events',
      edge.tags.get(name) ?? 0,
      time,
      value,
      status,
    );

  it('brings every value once, with its time, and tells the edge to forget it', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await road.startEdge();
    const start = Date.now() - 60_000;
    for (let row = 0; row < 3_000; row++) {
      push(edge, 'count', start + row, row);
      push(edge, 'weight', start + row, 500 + row / 8, row % 100 === 0 ? 0x4000_0000 : 0);
      if (row % 500 === 0) push(edge, 'state', start + row, row % 1000 === 0 ? 'Execute' : 'Größe ½');
    }
    await road.drained(edge);
    const rows = await samples();
    expect(rows.filter((row) => row.name === 'count').map((row) => [row.time, row.value])).toEqual(
      Array.from({ length: 3_000 }, (_, row) => [start + row, row]),
    );
    expect(rows.filter((row) => row.name === 'weight').map((row) => [row.value, row.status])).toEqual(
      Array.from({ length: 3_000 }, (_, row) => [500 + row / 8, row % 100 === 0 ? 0x4000_0000 : null]),
    );
    const texts = await road.owner.query('SELECT value FROM telemetry.sample_text ORDER BY time');
    expect(texts.rows.map((row: { value: string }) => row.value)).toEqual([
      'Execute',
      'Größe ½',
      'Execute',
      'Größe ½',
      'Execute',
      'Größe ½',
    ]);
    const gaps = await road.owner.query('SELECT * FROM mes.gap_ledger');
    expect(gaps.rows).toEqual([]);
    const marks = await road.owner.query<{ from: number; to: number }>(
      'SELECT min(extract(epoch FROM from_time) * 1000)::float8 AS from, max(extract(epoch FROM to_time) * 1000)::float8 AS to FROM mes.dirty_marks',
    );
    expect(marks.rows[0]).toEqual({ from: start, to: start + 3_000 });
  });

  it('stores a replay once, and records a second value for the same time as a conflict', async () => {
    road = await Road.open(kind);
    const ingestor = await road.startIngestor();
    const edge = await road.startEdge();
    const start = Date.now() - 10_000;
    for (let row = 0; row < 500; row++) push(edge, 'count', start + row, row);
    await road.drained(edge);
    expect(ingestor.requestReplay(road.agent().id, start)).toBe(true);
    await until(() => edge.log.said(/replay asked for/), 'the replay was not asked for');
    push(edge, 'count', start + 7, 4711);
    push(edge, 'count', start + 500, 500);
    await road.drained(edge);
    expect((await samples()).map((row) => row.value)).toEqual(Array.from({ length: 501 }, (_, row) => row));
    const conflicts = await road.owner.query('SELECT value FROM mes.sample_conflicts');
    expect(conflicts.rows).toEqual([{ value: 4711 }]);
  });

  it('keeps what happened while nobody listened, and shows the newest first', async () => {
    road = await Road.open(kind);
    const edge = await road.startEdge();
    const start = Date.now() - 100_000;
    for (let row = 0; row < 20_000; row++) push(edge, row % 2 === 0 ? 'count' : 'weight', start + row, row);
    await edge.buffer.commit();
    const ingestor = await road.startIngestor();
    await road.drained(edge);
    expect(await samples()).toHaveLength(20_000);
    expect(Object.keys(ingestor.outcomes.totals()).filter((key) => key.startsWith('dead_letter'))).toEqual([]);
  });

  it('keeps NaN as a value that is not there, and books what no column can hold in the gap ledger', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await road.startEdge();
    const now = Date.now() - 1_000;
    push(edge, 'weight', now, Number.NaN);
    push(edge, 'weight', now + 1, Number.POSITIVE_INFINITY);
    push(edge, 'serial', now, 2n ** 53n + 1n);
    push(edge, 'state', now, 'a\0b');
    push(edge, 'count', Date.UTC(2099, 0, 1), 1);
    push(edge, 'count', now, 2);
    await road.drained(edge);
    expect(
      (await samples()).map(({ name, value, status }) => ({ name, value, status: status === null ? 0 : status >>> 0 })),
    ).toEqual([
      { name: 'count', value: 2, status: 0 },
      { name: 'weight', value: null, status: 0x803c_0000 },
      { name: 'weight', value: null, status: 0x803c_0000 },
    ]);
    const gaps = await road.owner.query(
      'SELECT cause, lost_count::int AS count, detail FROM mes.gap_ledger ORDER BY cause',
    );
    expect(gaps.rows).toEqual([
      { cause: 'integer_too_large', count: 1, detail: '9007199254740993' },
      { cause: 'text_with_nul', count: 1, detail: '"a\\u0000b"' },
      { cause: 'time_out_of_range', count: 1, detail: 'time 2099-01-01T00:00:00.000Z, value 1' },
    ]);
  });

  it('hears from an agent with nothing to send, and moves its watermark', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await road.startEdge();
    push(edge, 'count', Date.now() - 2_000, 1);
    await road.drained(edge);
    const state = async () => {
      const { rows } = await road.owner.query<{ watermark: Date | null; last_message_at: Date }>(
        'SELECT watermark, last_message_at FROM mes.edge_states',
      );
      return rows[0];
    };
    const quiet = Date.now();
    await until(async () => ((await state())?.watermark?.getTime() ?? 0) > quiet, 'no watermark after the last value');
    expect((await state())?.last_message_at.getTime()).toBeGreaterThan(quiet);
  });

  it('keeps when there was a link to an agent and its devices', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const links = async () => {
      const { rows } = await road.owner.query<{ device: string; open: boolean }>(
        'SELECT device_name AS device, to_time IS NULL AS open FROM mes.edge_links ORDER BY from_time, device_name',
      );
      return rows;
    };
    const first = await road.startEdge();
    await until(async () => (await links()).length === 2, 'no link');
    expect(await links()).toEqual([
      { device: '', open: true },
      { device: 'filling', open: true },
    ]);
    await first.stop();
    await until(async () => (await links()).every((link) => !link.open), 'the links stay open');
    await road.startEdge();
    await until(async () => (await links()).filter((link) => link.open).length === 2, 'no second link');
    expect(await links()).toHaveLength(4);
  });

  it('notices a deleted buffer file and says what is missing from when on', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const first = await road.startEdge();
    push(first, 'count', Date.now() - 5_000, 1);
    await road.drained(first);
    await first.stop();
    const second = await road.startEdge({ file: `${road.directory}/another.sqlite` });
    push(second, 'count', Date.now(), 2);
    await road.drained(second);
    const gaps = await road.owner.query('SELECT cause, device_id, tag_id FROM mes.gap_ledger');
    expect(gaps.rows).toEqual([{ cause: 'buffer_lost', device_id: null, tag_id: null }]);
    expect((await samples()).map((row) => row.value)).toEqual([1, 2]);
  });
});
