// Who is who on the road: a buffer file restored from a copy, acknowledgements that come too late or from
// the other ingestor, births in the wrong moment. Whatever happens, each value is stored once.

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { encodePayload } from '../../protocols/sparkplug/payload.ts';
import { topicOf } from '../../protocols/sparkplug/topics.ts';
import { encodeAcknowledgement, names } from '../../protocols/sparkplug/unison.ts';
import { databaseKinds } from '../support/database.ts';
import { defaultTags, Road, type TestEdge, until } from '../support/road.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe.each(databaseKinds)('an edge and its buffer, on %s', (kind) => {
  let road: Road;
  afterEach(async () => road.close());

  const values = async (name = 'count') =>
    (await road.samples()).filter((row) => row.name === name).map((row) => row.value);
  const count = (edge: TestEdge, start: number, from: number, to: number): void => {
    for (const row of range(from, to)) edge.push('count', start + row, row);
  };

  it('restored from an older copy of its file sends other values under the same numbers, and all are stored', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const [file, copy] = [join(road.directory, 'buffer.sqlite'), join(road.directory, 'copy.sqlite')];
    const start = Date.now() - 60_000;

    const first = await road.startEdge({ file });
    count(first, start, 0, 100);
    await road.drained(first);
    await first.stop();
    await copyFile(file, copy);

    const second = await road.startEdge({ file, tags: { ...defaultTags, jam: { datatype: 'UInt32' } } });
    count(second, start, 100, 200);
    second.push('jam', start, 1);
    await road.drained(second);
    const head = second.buffer.head;
    await second.stop();

    await copyFile(copy, file);
    // Another tag now has the number that `jam` had.
    const third = await road.startEdge({ file, tags: { ...defaultTags, refill: { datatype: 'UInt32' } } });
    expect(third.tags.get('refill')).toBe(second.tags.get('jam'));
    for (const row of range(200, 300)) {
      third.push('count', start + row, row);
      if (row % 10 === 0) await third.buffer.commit();
    }
    third.push('refill', start, 2);
    await road.drained(third);
    expect(third.buffer.head).toBeGreaterThan(head);
    expect(await values()).toEqual(range(0, 300));
    expect([await values('jam'), await values('refill')]).toEqual([[1], [2]]);
    expect((await road.owner.query('SELECT FROM mes.sample_conflicts')).rowCount).toBe(0);
  });

  it('ignores an acknowledgement from before its restart, and sends again what was never committed', async () => {
    road = await Road.open(kind);
    const start = Date.now() - 60_000;
    const before = await road.startEdge();
    count(before, start, 0, 50);
    await before.buffer.commit();
    await until(() => before.uplink.window.bytes > 0, 'nothing was sent');
    await before.stop();

    const after = await road.startEdge();
    await until(() => after.uplink.window.bytes > 0, 'nothing was sent after the restart');
    const value = encodeAcknowledgement({ session: before.uplink.session, ranges: [[1, 1_000]] });
    const cloud = await road.connect(null);
    await cloud.publishAsync(
      topicOf({ ...road.agent(), type: 'NCMD', device: null }),
      encodePayload({ metrics: [{ name: names.committed, datatype: 'Bytes', value }] }),
    );
    await until(() => after.uplink.ignoredAcknowledgements === 1, 'the acknowledgement was not seen');
    expect((await after.buffer.stats()).pendingBatches).toBeGreaterThan(0);

    await road.startIngestor();
    await road.drained(after);
    expect(await values()).toEqual(range(0, 50));
  });

  it('born again and again while its window is full loses nothing', async () => {
    road = await Road.open(kind);
    const edge = await road.startEdge({ uplink: { window: 32 * 1024 } });
    const start = Date.now() - 60_000;
    for (const row of range(0, 6_000)) {
      edge.push('count', start + row, row);
      if (row % 100 === 0) await edge.buffer.commit();
    }
    await edge.buffer.commit();
    await until(() => edge.uplink.window.bytes >= 24 * 1024, 'the window did not fill');
    const cloud = await road.connect(null);
    const rebirth = encodePayload({ metrics: [{ name: names.rebirth, datatype: 'Boolean', value: true }] });
    const topic = topicOf({ ...road.agent(), type: 'NCMD', device: null });
    // Values come while the births do, so that some fall between the two cursors of the uplink.
    for (const round of range(0, 20)) {
      await cloud.publishAsync(topic, rebirth);
      count(edge, start, 6_000 + round * 5, 6_005 + round * 5);
      await edge.buffer.commit();
    }
    await until(() => edge.log.said(/rebirth asked for/), 'no rebirth');
    await road.startIngestor();
    for (const round of range(0, 20)) {
      await cloud.publishAsync(topic, rebirth);
      count(edge, start, 6_100 + round * 5, 6_105 + round * 5);
      await edge.buffer.commit();
    }
    await road.drained(edge);
    expect(await values()).toEqual(range(0, 6_200));
  });

  it('still delivers what it buffered of a tag that was taken out of the configuration', async () => {
    road = await Road.open(kind);
    const start = Date.now() - 60_000;
    const { count: _, ...others } = defaultTags;
    const before = await road.startEdge();
    count(before, start, 0, 30);
    await before.buffer.commit();
    await before.stop();
    const after = await road.startEdge({ tags: others });
    after.push('weight', start, 500);
    await road.startIngestor();
    await road.drained(after);
    expect(await values()).toEqual(range(0, 30));
  });

  it('has minus zero back as minus zero, and a replay of it is no conflict', async () => {
    road = await Road.open(kind);
    const ingestor = await road.startIngestor();
    const edge = await road.startEdge();
    const start = Date.now() - 10_000;
    edge.push('weight', start, -0);
    edge.push('weight', start + 1, 0);
    edge.push('weight', start + 2, 0.1 + 0.2);
    await road.drained(edge);
    // Live rows are copied, replayed ones inserted: two ways into the same column.
    edge.push('weight', start + 3, -0);
    await road.drained(edge);
    ingestor.requestReplay(road.agent().id, start - 1);
    await until(() => edge.log.said(/replay asked for/), 'the replay was not asked for');
    await road.drained(edge);
    expect(await values('weight')).toEqual([-0, 0, 0.1 + 0.2, -0]);
    expect((await road.owner.query('SELECT FROM mes.sample_conflicts')).rowCount).toBe(0);
  });
});
