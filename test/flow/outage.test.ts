// The database away, silent or cut off under load, an ingestor with little memory, a subscriber that hangs:
// nothing is lost, memory stays bounded, and what happens now is shown before what happened then.

import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readPayload } from '../../protocols/sparkplug/payload.ts';
import { names } from '../../protocols/sparkplug/unison.ts';
import { databaseKinds } from '../support/database.ts';
import { RawEdge } from '../support/raw-edge.ts';
import { cloudAccount, Road, type TestEdge, until } from '../support/road.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each(databaseKinds)('trouble on %s', (kind) => {
  let road: Road;
  let producing: NodeJS.Timeout | undefined;
  afterEach(async () => {
    clearInterval(producing);
    await road.close();
  });

  /** 200 counts every 20 ms. Answers how many there are when stopped. */
  function produce(edge: TestEdge): () => number {
    const start = Date.now() - 100_000;
    let made = 0;
    producing = setInterval(() => {
      for (let row = 0; row < 200; row++) edge.push('count', start + made, made++);
    }, 20);
    return () => {
      clearInterval(producing);
      return made;
    };
  }

  /** The way to the database through a proxy, to be silenced or cut. */
  async function proxied(): Promise<{ proxy: TcpProxy; url: string }> {
    const url = new URL(road.database.ingestUrl);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    road.alsoStop(() => proxy.stop());
    url.host = `${proxy.host}:${proxy.port}`;
    return { proxy, url: url.toString() };
  }

  const stored = async (): Promise<number> => {
    const { rows } = await road.owner.query<{ count: number }>('SELECT count(*)::int AS count FROM telemetry.sample');
    return rows[0]?.count ?? 0;
  };

  for (const trouble of ['silence', 'cut'] as const) {
    it(`${trouble} between ingestor and database: values wait, bounded, and all of them arrive`, async () => {
      road = await Road.open(kind);
      const { proxy, url } = await proxied();
      const maxBytes = 512 * 1024;
      const ingestor = await road.startIngestor({ databaseUrl: url, maxBytes });
      const edge = await road.startEdge();
      const finish = produce(edge);
      await until(async () => (await stored()) > 1_000, 'nothing flows');
      let most = 0;
      const watching = setInterval(() => {
        most = Math.max(most, ingestor.health().waitingBytes);
        if (trouble === 'cut') proxy.cut();
      }, 20);
      if (trouble === 'silence') proxy.silence();
      await until(
        () => Object.keys(ingestor.outcomes.totals()).includes('shed:over_byte_bound'),
        `nothing was shed: ${JSON.stringify({ ...ingestor.outcomes.totals(), most })}`,
      );
      clearInterval(watching);
      expect(most).toBeLessThanOrEqual(maxBytes);
      expect(ingestor.health().waitingBytes).toBeLessThanOrEqual(maxBytes);
      if (trouble === 'silence') proxy.resume();
      const made = finish();
      await road.drained(edge, 60_000);
      expect((await road.samples()).map((row) => row.value)).toEqual(range(made));
      expect((await road.owner.query('SELECT FROM mes.dead_letters')).rowCount).toBe(0);
    }, 90_000);
  }

  it('after an outage what happens now is sent before the backlog is', async () => {
    road = await Road.open(kind);
    const edge = await road.startEdge({ uplink: { window: 64 * 1024 } });
    const start = Date.now() - 100_000;
    for (const row of range(30_000)) {
      edge.push('count', start + row, row);
      if (row % 200 === 0) await edge.buffer.commit();
    }
    await edge.buffer.commit();
    const cloud = await road.connect(null);
    const order: { offset: number; historical: boolean }[] = [];
    cloud.on('message', (_topic, payload) => {
      let historical = false;
      readPayload(payload, (metric) => {
        historical ||= metric.isHistorical;
        if (metric.name === names.offset) order.push({ offset: Number(metric.value(4)), historical });
      });
    });
    await cloud.subscribeAsync('spBv1.0/+/DDATA/#');
    await road.startIngestor();
    await until(() => order.some((message) => message.historical), 'no backlog is sent');
    edge.push('count', Date.now(), 30_000);
    await edge.buffer.commit();
    const now = edge.buffer.head;
    await road.drained(edge);
    const at = order.findIndex((message) => message.offset === now);
    expect(order[at]).toEqual({ offset: now, historical: false });
    expect(order.slice(at).filter((message) => message.historical).length).toBeGreaterThan(50);
    expect((await road.samples()).map((row) => row.value)).toEqual(range(30_001));
  });

  it('what is made in the moment the database comes back is shown at once, not after the backlog', async () => {
    road = await Road.open(kind);
    const { proxy, url } = await proxied();
    await road.startIngestor({ databaseUrl: url });
    const edge = await road.startEdge({ uplink: { window: 64 * 1024 } });
    const finish = produce(edge);
    await until(async () => (await stored()) > 1_000, 'nothing flows');
    const cloud = await road.connect(null);
    const live = new Set<number>();
    cloud.on('message', (_topic, payload) => {
      let historical = false;
      let offset = 0;
      readPayload(payload, (metric) => {
        historical ||= metric.isHistorical;
        if (metric.name === names.offset) offset = Number(metric.value(4));
      });
      if (!historical) live.add(offset);
    });
    await cloud.subscribeAsync('spBv1.0/+/DDATA/#');
    proxy.silence();
    // Longer than a live value may wait.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const committed = once(edge.uplink, 'committed').then(() => edge.buffer.head);
    proxy.resume();
    const now = await committed;
    await until(() => edge.buffer.head > now + 20, 'the line stands');
    const made = finish();
    await road.drained(edge, 60_000);
    expect(live.has(now)).toBe(true);
    expect((await road.samples()).map((row) => row.value)).toEqual(range(made));
  }, 90_000);

  it('a message that comes again while it still waits for the database takes no room twice', async () => {
    road = await Road.open(kind);
    const { proxy, url } = await proxied();
    const edge = await RawEdge.start(await road.connect('edge-1'), road.agent());
    const ingestor = await road.startIngestor({ databaseUrl: url });
    await until(() => edge.rebirths > 0, 'the ingestor does not ask for a birth');
    await edge.born();
    const start = Date.now() - 10_000;
    const message = (offset: number, isHistorical = false): Buffer =>
      edge.data({ offset, rows: [{ tag: 1, time: start + offset, value: offset }], isHistorical });
    await edge.publish('DDATA', message(1));
    await until(() => edge.acknowledged.has(1), 'nothing flows');
    proxy.silence();
    await edge.publish('DDATA', message(2));
    await until(() => ingestor.health().waitingBytes > 0, 'nothing waits');
    const firstTime = ingestor.health().waitingBytes;
    for (let again = 0; again < 5; again++) await edge.publish('DDATA', message(2, true));
    await until(() => ingestor.outcomes.totals()['shed:already_waiting'] === 5, 'it was held again');
    expect(ingestor.health().waitingBytes).toBe(firstTime);
    proxy.resume();
    await until(() => edge.acknowledged.has(2), 'it was never acknowledged', 30_000);
    await edge.publish('DDATA', message(2, true));
    await edge.publish('DDATA', message(3));
    await until(() => edge.acknowledged.has(3), 'nothing flows any more');
    expect((await road.samples()).map((row) => row.value)).toEqual([1, 2, 3]);
    expect(edge.rebirths).toBe(1);
  }, 60_000);

  it('a backlog that is new, then one that is stored in parts: each row once, what differs on record', async () => {
    road = await Road.open(kind);
    const edge = await RawEdge.start(await road.connect('edge-1'), road.agent());
    const ingestor = await road.startIngestor();
    await until(() => edge.rebirths > 0, 'the ingestor does not ask for a birth');
    await edge.born();
    const start = Date.now() - 10_000;
    const backlog = async (offset: number, values: readonly number[]): Promise<void> => {
      const rows = values.map((value, at) => ({ tag: 1, time: start + at, value }));
      await edge.publish('DDATA', edge.data({ offset, rows, isHistorical: true }));
      await until(() => edge.acknowledged.has(offset), `offset ${offset} was not acknowledged`);
    };
    await backlog(1, [0]);
    // Nothing of the last one was stored before, so this one is tried as if it were new, and is not.
    await backlog(2, [0, 1, 2]);
    await backlog(3, [0, 1, 2, 3]);
    await backlog(4, [0, 1, 20, 3, 4]);
    expect((await road.samples()).map((row) => row.value)).toEqual([0, 1, 2, 3, 4]);
    expect((await road.owner.query('SELECT conflict.value FROM mes.sample_conflicts AS conflict')).rows).toEqual([
      { value: 20 },
    ]);
    expect(ingestor.outcomes.totals()['dead_letter:refused_by_database']).toBeUndefined();
  });

  it('a subscriber of everything that stops reading holds up nobody', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const hung = await subscribeToAllAndHang(road.brokerUrl);
    road.alsoStop(async () => hung.destroy());
    const edge = await road.startEdge();
    const big = 'x'.repeat(2_000);
    const start = Date.now() - 100_000;
    // More than any socket buffer holds.
    for (const row of range(8_000)) {
      edge.push('state', start + row, `${row} ${big}`);
      if (row % 50 === 0) await edge.buffer.commit();
    }
    await road.drained(edge);
    const { rows } = await road.owner.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM telemetry.sample_text',
    );
    expect(rows).toEqual([{ count: 8_000 }]);
  });
});

/** The cloud's account on a raw socket: CONNECT, SUBSCRIBE to # at QoS 0, and then not a byte read any more. */
async function subscribeToAllAndHang(brokerUrl: string): Promise<net.Socket> {
  const { hostname, port } = new URL(brokerUrl);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => {});
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
  };
  const packet = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type, body.length]), body]);
  const { username, password } = cloudAccount;
  const flags = Buffer.from([4, 0b1100_0010, 0, 0]);
  socket.write(packet(0x10, Buffer.concat([text('MQTT'), flags, text('hung'), text(username), text(password)])));
  await once(socket, 'data');
  socket.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text('#'), Buffer.from([0])])));
  await once(socket, 'data');
  socket.pause();
  return socket;
}
