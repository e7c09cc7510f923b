// The OPC UA driver's data: what a plant's tags deliver through subscriptions, polls, browsing and
// writing, on a real server.

import { DataType, StatusCodes } from 'node-opcua';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { status } from '../driver.ts';
import { bench, failure, never, settingsFor, tag, unsecured, until } from './test-kit.ts';
import { everyType, startTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

const BULK = 3_000;
let server: TestServer;
const bed = bench();
beforeAll(async () => {
  server = await startTestServer({ bulk: BULK });
});
afterEach(() => bed.tidy());
afterAll(() => server.stop());

const connect = async (given: object = {}, on = server) => {
  const folder = await bed.folder();
  return bed.connect(settingsFor(on.endpoint, folder, { ...unsecured, ...given }));
};
const own = async (options: TestServerOptions): Promise<TestServer> => {
  const started = await startTestServer(options);
  bed.later(() => started.stop());
  return started;
};

/** What each type of node becomes, exactly. */
const expected: Record<string, unknown> = {
  ...Object.fromEntries(everyType.map(([name, , value]) => [name, value])),
  Int64: -12,
  Int64Big: -9_223_372_036_854_775_807n,
  UInt64: 7,
  UInt64Big: 9_007_199_254_740_993n,
  DateTime: Date.parse('2026-03-01T12:00:00.123Z'),
  LocalizedText: 'läuft',
};

describe('values', () => {
  it('every datatype is delivered exactly, and no 64-bit counter is rounded', async () => {
    const { driver, events } = await connect();
    const names = everyType.map(([name]) => name).filter((name) => name !== 'ByteString');
    const tags = names.map((name) => tag(`Types.${name}`));
    const read = await driver.read?.(tags, never());
    expect(read?.value).toEqual(names.map((name) => expected[name]));
    expect(read?.status).toEqual(names.map(() => status.good));
    await driver.subscribe?.(tags, never());
    await until(() => events.rows.length === tags.length);
    for (const row of events.rows) expect(row.value, names[row.tag]).toEqual(expected[names[row.tag] ?? '']);
  });

  it('an array or bytes in a tag is Bad, with one line in the log, and its neighbour is Good', async () => {
    const { driver, events } = await connect();
    const tags = [tag('Types.Array'), tag('Types.ByteString'), tag('Filler.Count')];
    for (let round = 0; round < 3; round += 1) {
      const read = await driver.read?.(tags, never());
      expect(read?.status).toEqual([status.badDecodingError, status.badDecodingError, status.good]);
      expect(read?.value.slice(0, 2)).toEqual([null, null]);
    }
    expect(events.warnings).toHaveLength(2);
    expect(events.warnings[0]).toContain('Types.Array');
  });

  it('the time is the source time, and a Bad value is null with its whole status', async () => {
    const { driver } = await connect();
    const node = server.variable('Filler.Speed');
    const time = new Date('2026-03-01T06:00:00.456Z');
    node.setValueFromSource({ dataType: DataType.Int32, value: 5 }, StatusCodes.BadSensorFailure, time);
    expect(await driver.read?.([tag('Filler.Speed')], never())).toEqual({
      tag: [0],
      time: [time.getTime()],
      value: [null],
      status: [StatusCodes.BadSensorFailure.value],
    });
    node.setValueFromSource({ dataType: DataType.Int32, value: 6 }, StatusCodes.UncertainLastUsableValue, time);
    expect(await driver.read?.([tag('Filler.Speed')], never())).toMatchObject({
      value: [6],
      status: [StatusCodes.UncertainLastUsableValue.value],
    });
    node.setValueFromSource({ dataType: DataType.Int32, value: 2 }, StatusCodes.Good);
  });
});

describe('a subscription', () => {
  it('delivers first values once as initial and every change after that as a change, in order', async () => {
    const { driver, events } = await connect();
    await driver.subscribe?.([tag('Filler.Count', { intervalMs: 0 }), tag('Filler.State')], never());
    await until(() => events.rows.length === 2);
    expect(events.rows.map((row) => row.initial)).toEqual([true, true]);
    const counts = [101, 102, 103, 104];
    for (const count of counts) server.set('Filler.Count', count);
    await until(() => events.rows.length === 6);
    expect(events.rows.slice(2).map((row) => row.value)).toEqual(counts);
    expect(events.rows.slice(2).every((row) => !row.initial && row.tag === 0)).toBe(true);
  });

  it('finds tags by namespace URI, and says Bad for a namespace or node the server does not have', async () => {
    const { driver, events } = await connect();
    const tags = [
      tag('vendor', { address: 'nsu=urn:test:filler;s=Speed' }),
      tag('stranger', { address: 'nsu=urn:not:here;s=Speed' }),
      tag('Filler.Missing'),
      tag('Filler.State'),
    ];
    await driver.subscribe?.(tags, never());
    await until(() => events.rows.length === 4);
    const codes = Object.fromEntries(events.rows.map((row) => [row.tag, row.status]));
    expect(codes).toEqual({ 0: status.good, 1: status.badNodeIdUnknown, 2: status.badNodeIdUnknown, 3: status.good });
    expect(events.losses).toEqual([]);
  });

  it('tells the Overflow of a too small queue beside a Good value', async () => {
    const { driver, events } = await connect({ queueSize: 2, publishingInterval: 400 });
    await driver.subscribe?.([tag('Filler.State'), tag('Filler.Count', { intervalMs: 0 })], never());
    await until(() => events.rows.length === 2);
    for (let count = 1; count <= 20; count += 1) server.set('Filler.Count', 1_000 + count);
    await until(() => events.overflows.length > 0);
    expect(events.overflows[0]).toEqual([1]);
    await until(() => events.rows.some((row) => row.value === 1_020));
    expect(events.rows.every((row) => row.status === status.good)).toBe(true);
  });

  it('keeps a deadband, and drops it with a word where the server cannot', async () => {
    const { driver, events } = await connect();
    const tags = [tag('Bulk.0', { deadband: 5, intervalMs: 0 }), tag('Types.String', { deadband: 1 })];
    await driver.subscribe?.(tags, never());
    await until(() => events.rows.length === 2);
    expect(events.rows.every((row) => row.status === status.good)).toBe(true);
    expect(events.warnings.join()).toContain('Types.String cannot have a deadband');
    for (const value of [2, 4, 50]) server.variable('Bulk.0').setValueFromSource({ dataType: DataType.Double, value });
    await until(() => events.rows.length === 3);
    expect(events.rows[2]?.value).toBe(50);
    server.variable('Bulk.0').setValueFromSource({ dataType: DataType.Double, value: 0 });
  });

  it('says it is alive when nothing changes', async () => {
    const { driver, events } = await connect();
    await driver.subscribe?.([tag('Filler.State')], never());
    await until(() => events.alives >= 2);
    expect(events.losses).toEqual([]);
  });

  it('brings back a tag that appears later, and one that a PLC download removed and restored', async () => {
    const { driver, events } = await connect({ retryInterval: 1_000 });
    const add = (value: number): void => {
      const { namespace } = server;
      const node = namespace.addVariable({
        organizedBy: 'ns=1;s=Bulk',
        browseName: 'Late',
        nodeId: 's=Late',
        dataType: DataType.Int32,
      });
      node.setValueFromSource({ dataType: DataType.Int32, value });
    };
    await driver.subscribe?.([tag('Late'), tag('Filler.State')], never());
    await until(() => events.rows.some((row) => row.tag === 0 && row.status === status.badNodeIdUnknown));
    add(1);
    await until(() => events.rows.some((row) => row.value === 1 && row.tag === 0 && row.initial));
    server.namespace.deleteNode(server.variable('Late').nodeId);
    await until(() => events.rows.at(-1)?.tag === 0 && events.rows.at(-1)?.value === null);
    add(2);
    await until(() => events.rows.some((row) => row.value === 2 && row.tag === 0));
    server.namespace.deleteNode(server.variable('Late').nodeId);
    expect(events.rows.filter((row) => row.tag === 1)).toHaveLength(1);
  });

  it('takes thousands of tags on a server with small limits', async () => {
    const small = await own({
      bulk: BULK,
      capabilities: { operationLimits: { maxMonitoredItemsPerCall: 7, maxNodesPerRead: 9 } },
    });
    const { driver, events } = await connect({}, small);
    const tags = Array.from({ length: BULK }, (_, n) => tag(`Bulk.${n}`, { intervalMs: 1_000 }));
    await driver.subscribe?.(tags, never());
    await until(() => events.rows.length === BULK);
    expect(new Set(events.rows.map((row) => row.tag)).size).toBe(BULK);
    const read = await driver.read?.(tags, never());
    expect(read?.value).toEqual(tags.map((_, n) => n));
  });

  it('does not lose values of two devices in one process to each other', async () => {
    const first = await connect();
    const second = await connect();
    await first.driver.subscribe?.([tag('Filler.Count', { intervalMs: 0 })], never());
    await second.driver.subscribe?.([tag('Filler.State'), tag('Filler.Count', { intervalMs: 0 })], never());
    await until(() => first.events.rows.length === 1 && second.events.rows.length === 2);
    await first.driver.close();
    server.set('Filler.Count', 777);
    await until(() => second.events.rows.some((row) => row.tag === 1 && row.value === 777));
    expect(first.events.rows).toHaveLength(1);
  });
});

describe('polling', () => {
  it('has no subscribe and reads what it is asked for', async () => {
    const { driver } = await connect({ mode: 'poll' });
    expect(driver.subscribe).toBeUndefined();
    server.set('Filler.Count', 5);
    expect((await driver.read?.([tag('Filler.Count')], never()))?.value).toEqual([5]);
  });

  it('stays connected between reads far apart', async () => {
    const { driver, events } = await connect({ mode: 'poll', sessionTimeout: 3_000 });
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    expect((await driver.read?.([tag('Filler.State')], never()))?.status).toEqual([status.good]);
    expect(events.losses).toEqual([]);
  });
});

describe('losing the server', () => {
  it('a server restart is told once, and a new driver connects to the new server', async () => {
    const first = await startTestServer();
    const { driver, events } = await connect({}, first);
    await driver.subscribe?.([tag('Filler.State')], never());
    await until(() => events.rows.length === 1);
    await first.stop();
    await until(() => events.losses.length > 0);
    await own({ port: first.port });
    const again = await connect({}, first);
    expect((await again.driver.read?.([tag('Filler.State')], never()))?.status).toEqual([status.good]);
    await driver.close();
    expect(events.losses).toHaveLength(1);
  });

  it('a session the server ends is told once', async () => {
    const single = await own({});
    const { driver, events } = await connect({}, single);
    await driver.subscribe?.([tag('Filler.State')], never());
    await until(() => events.rows.length === 1);
    for (const session of Object.values(
      (single.server.engine as unknown as { _sessions: Record<string, { authenticationToken: never }> })._sessions,
    )) {
      single.server.engine.closeSession(session.authenticationToken, true, 'Terminated');
    }
    await until(() => events.losses.length > 0);
    expect(events.losses).toHaveLength(1);
    expect((await failure(driver.read?.([tag('Filler.State')], never()) ?? Promise.resolve())).code).toBe('lost');
    expect(single.sessions()).toBe(0);
  });

  it('leaves no session on the server when it is closed', async () => {
    const single = await own({});
    for (let round = 0; round < 3; round += 1) {
      const { driver } = await connect({}, single);
      expect(single.sessions()).toBe(1);
      await driver.close();
      expect(single.sessions()).toBe(0);
    }
  });
});

describe('browsing, writing and the clock', () => {
  it('shows folders and variables with datatype and value, down from the Objects folder', async () => {
    const { driver } = await connect();
    const top = (await driver.browse?.(null, never())) ?? [];
    const filler = top.find((item) => item.name === 'Filler');
    expect(filler).toMatchObject({ address: null, children: 'ns=1;s=Filler' });
    server.set('Filler.State', 4);
    const items = (await driver.browse?.(filler?.children ?? '', never())) ?? [];
    expect(items.map((item) => item.name)).toEqual(['Count', 'State', 'Speed', 'Vendor']);
    expect(items[1]).toEqual({
      name: 'State',
      address: 'ns=1;s=Filler.State',
      datatype: 'Int32',
      children: 'ns=1;s=Filler.State',
      value: 4,
    });
    const types = (await driver.browse?.('ns=1;s=Types', never())) ?? [];
    expect(types.find((item) => item.name === 'Array')?.datatype).toBeNull();
    expect(types.find((item) => item.name === 'UInt64Big')).toMatchObject({
      datatype: 'UInt64',
      value: 9_007_199_254_740_993n,
    });
  });

  it('shows at most a thousand children and gives the rest back to the server', async () => {
    const { driver } = await connect();
    const items = (await driver.browse?.('ns=1;s=Bulk', never())) ?? [];
    expect(items).toHaveLength(1_000);
    expect(new Set(items.map((item) => item.address)).size).toBe(1_000);
    expect(items[999]).toMatchObject({ name: 'Bulk999', value: 999 });
  });

  it("writes in the node's own type and refuses what does not fit", async () => {
    const { driver } = await connect();
    await driver.write?.(tag('Types.Int16', { datatype: 'Int16' }), -300, never());
    await driver.write?.(tag('Types.UInt64', { datatype: 'UInt64' }), 2n ** 60n, never());
    await driver.write?.(tag('Types.String', { datatype: 'String' }), '007', never());
    const read = await driver.read?.([tag('Types.Int16'), tag('Types.UInt64'), tag('Types.String')], never());
    expect(read?.value).toEqual([-300, 2n ** 60n, '007']);
    expect((await failure(driver.write?.(tag('Types.Int16'), 40_000, never()) ?? Promise.resolve())).message).toContain(
      '-32768 to 32767',
    );
    expect((await failure(driver.write?.(tag('Filler.Missing'), 1, never()) ?? Promise.resolve())).message).toContain(
      'Filler.Missing',
    );
    server.variable('Types.Int16').setValueFromSource({ dataType: DataType.Int16, value: -12 });
    server.variable('Types.UInt64').setValueFromSource({ dataType: DataType.UInt64, arrayType: 0, value: [0, 7] });
    server.variable('Types.String').setValueFromSource({ dataType: DataType.String, value: '0012' });
  });

  it('measures how far the device clock is ahead', async () => {
    const hour = 3_600_000;
    const { driver } = await connect();
    // Ours is put back by an hour instead: the server of this test lives in the same process.
    const real = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => real() - hour);
    const offset = (await driver.clockOffset?.(never())) ?? 0;
    vi.restoreAllMocks();
    expect(Math.abs(offset - hour)).toBeLessThan(hour / 60);
  });
});
