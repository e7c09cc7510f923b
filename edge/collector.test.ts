// One device as the collector sees it: the real Modbus driver against a server that is not ours, a cable
// that is pulled, an agent that is killed, a clock that jumps. What is checked is what the buffer holds.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerTCP } from 'modbus-serial';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Value } from '../protocols/driver.ts';
import { datatypeCode } from '../protocols/sparkplug/datatypes.ts';
import { type GapRow, names } from '../protocols/sparkplug/unison.ts';
import { startTcpProxy, type TcpProxy } from '../test/support/tcp-proxy.ts';
import { decodeBatch } from './buffer/batch.ts';
import { EdgeBuffer } from './buffer/buffer.ts';
import { Collector } from './collector.ts';
import { loadConfig } from './config.ts';
import { createDriver } from './drivers.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const minute = 60_000;

let directory: string;
let registers: Map<number, number>;
let proxy: TcpProxy;
/** How far edge time is from the machine's. */
let shift = 0;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'unison-collector-'));
  writeFileSync(join(directory, 'secret'), 'a secret\n');
  registers = new Map([
    [0, 7],
    [1, 21],
  ]);
  shift = 0;
  proxy = await startTcpProxy(await startServer());
  ends.push(() => proxy.stop());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(directory, { recursive: true });
});

/** The server of modbus-serial with two holding registers. */
async function startServer() {
  // The port goes as text because the library takes the number 0 for "none given".
  const server = new ServerTCP(
    { getHoldingRegister: (address: number) => registers.get(address) ?? 0 },
    { host: '127.0.0.1', port: '0' as unknown as number },
  );
  await once(server, 'initialized');
  const { port } = (server as unknown as { _server: net.Server })._server.address() as net.AddressInfo;
  ends.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { host: '127.0.0.1', port };
}

function device() {
  const file = join(directory, 'edge.yaml');
  writeFileSync(
    file,
    `agent: { group: plant, name: edge-1 }
uplink: { url: "mqtt://127.0.0.1:1883", passwordFile: secret }
devices:
  - name: line
    driver: modbus
    intervalMs: 20
    settings: { host: 127.0.0.1, port: ${proxy.port}, timeoutMs: 500, connectTimeoutMs: 500 }
    tags:
      - { name: good, address: 'unit 1 holding 0 uint16', role: good_count, counter: { modulus: 65536 } }
      - { name: glue, address: 'unit 1 holding 1 uint16', role: measurement, unit: °C }
`,
  );
  const [only] = loadConfig(file).devices;
  if (!only) throw new Error('the file has one device');
  return only;
}

/** A run of the agent's part for this device: buffer and collector, as the agent makes them. */
async function startRun(restart: string | null = null) {
  const now = (): number => Date.now() + shift;
  const buffer = new EdgeBuffer(
    {
      file: join(directory, 'buffer.sqlite'),
      maxBytes: 64 << 20,
      maxAgeMs: 1e12,
      keepAcknowledgedMs: 0,
      commitIntervalMs: 5,
      maxWaitingRows: 100_000,
    },
    { log: silent, now },
  );
  await buffer.start();
  ends.push(() => buffer.stop());
  const one = device();
  const numbers = await buffer.register(
    'line',
    one.tags.map(({ config, driver }) => ({
      name: config.name,
      datatype: datatypeCode[driver.datatype],
      properties: '{}',
    })),
  );
  const changes: boolean[] = [];
  const collector = new Collector(one, numbers, {
    buffer,
    now,
    isSuspect: () => false,
    last: new Map(buffer.last.entries()),
    restart,
    createDriver: (loaded, events, log) => createDriver({ device: loaded, events, log, dataDirectory: directory }),
    log: silent,
    changed: () => void changes.push(collector.isUp),
  });
  ends.push(() => collector.stop());
  collector.start();
  const nameOf = new Map([...numbers].map(([name, no]) => [no, name]));
  return { buffer, collector, changes, rows: (name: string) => rowsOf(buffer, nameOf, name) };
}

interface Row {
  readonly time: number;
  readonly value: Value;
}

/** Everything the buffer holds of one tag, oldest first. */
async function rowsOf(buffer: EdgeBuffer, nameOf: ReadonlyMap<number, string>, name: string): Promise<Row[]> {
  await buffer.commit();
  const rows: Row[] = [];
  for (const lane of ['events', 'measurement'] as const) {
    const { batches } = await buffer.read({ lane, after: 0, upTo: Number.MAX_SAFE_INTEGER, maxBytes: 1e12 });
    for (const { body } of batches) {
      const { tag, time, value } = decodeBatch(body);
      tag.forEach((no, row) => {
        if (nameOf.get(no) === name) rows.push({ time: time[row] as number, value: value[row] ?? null });
      });
    }
  }
  return rows;
}

type Run = Awaited<ReturnType<typeof startRun>>;

const values = async (run: Run, name: string): Promise<Value[]> => (await run.rows(name)).map(({ value }) => value);
const gaps = async (run: Run): Promise<GapRow[]> =>
  (await run.rows(names.gap)).map(({ value }) => JSON.parse(String(value)) as GapRow);

async function untilUp({ collector }: Run): Promise<void> {
  await vi.waitUntil(() => collector.isUp, { timeout: 20_000, interval: 5 });
}

/** Until the device was asked again and again, so that what should have been noticed was. */
async function someReads(): Promise<void> {
  const before = proxy.bytesFromDriver();
  await vi.waitUntil(() => proxy.bytesFromDriver() - before > 12 * 5, { timeout: 20_000, interval: 5 });
}

describe('a device that is polled', () => {
  it('gives a row for each change and none for what stays the same', async () => {
    const run = await startRun();
    await untilUp(run);
    await someReads();
    registers.set(0, 8);
    await someReads();
    registers.set(0, 9);
    await someReads();
    expect(await values(run, 'good')).toEqual([7, 8, 9]);
    expect(await values(run, 'glue')).toEqual([21]);
    const times = (await run.rows('good')).map(({ time }) => time);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  it('is up from its first value and down when the agent stops, once each', async () => {
    const run = await startRun();
    expect(run.collector.isUp).toBe(false);
    await untilUp(run);
    expect(run.collector.status).toMatchObject({ state: 'up', reason: null });
    const [first] = await run.rows('good');
    await run.collector.stop();
    await run.collector.stop();
    expect(await values(run, names.coverage)).toEqual(['up', 'down']);
    expect((await run.rows(names.coverage))[0]?.time).toBeGreaterThanOrEqual(first?.time ?? Number.NaN);
    expect(run.changes).toEqual([true, false]);
    expect(run.collector.status.state).toBe('stopped');
    expect(await gaps(run)).toEqual([]);
  });

  it('leaves a gap row with its cause when the cable was pulled, over the time nobody saw', async () => {
    const run = await startRun();
    await untilUp(run);
    await someReads();
    const seen = (await run.rows('good'))[0]?.time ?? Number.NaN;
    proxy.cut();
    await vi.waitUntil(() => !run.collector.isUp, { timeout: 20_000, interval: 5 });
    expect(run.collector.status.reason).not.toBeNull();
    registers.set(0, 12);
    await untilUp(run);
    await someReads();
    const [gap, ...more] = await gaps(run);
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ tag: null, cause: 'device_lost', count: null });
    expect(gap?.from).toBeGreaterThanOrEqual(seen);
    const coverage = await run.rows(names.coverage);
    expect(coverage.map(({ value }) => value)).toEqual(['up', 'down', 'up']);
    // From the last good moment, not from when it was noticed, to the first value after it.
    expect(gap?.from).toBeLessThanOrEqual(coverage[1]?.time ?? Number.NaN);
    expect(gap?.to).toBe(coverage[2]?.time);
    const [, jumped] = await run.rows('good');
    expect(jumped).toMatchObject({ value: 12 });
    expect(jumped?.time).toBeGreaterThanOrEqual(coverage[1]?.time ?? Number.NaN);
  });

  it('is not up, and says why, while there is nobody at the address', async () => {
    await proxy.vanish();
    const run = await startRun();
    await vi.waitUntil(() => run.collector.status.reason !== null, { timeout: 20_000, interval: 5 });
    expect(run.collector.isUp).toBe(false);
    expect(run.collector.status.reason).toContain(`127.0.0.1:${proxy.port}`);
    await run.collector.stop();
    // A device that never was up goes not down, and what was never seen has no beginning to write a gap from.
    expect(await run.rows(names.coverage)).toEqual([]);
    expect(await gaps(run)).toEqual([]);
  });
});

describe('an agent that starts again', () => {
  /** Everything durable, nothing said at the end: what a killed process leaves. */
  async function killed(): Promise<{ lastDurable: number }> {
    const run = await startRun();
    await untilUp(run);
    await someReads();
    const rows = [...(await run.rows('good')), ...(await run.rows('glue')), ...(await run.rows(names.coverage))];
    await run.buffer.stop();
    // Its last words go to a buffer that is closed, as if they had never been said.
    await run.collector.stop();
    return { lastDurable: Math.max(...rows.map(({ time }) => time)) };
  }

  it('writes unknown from the last durable value on, and a gap up to the first value', async () => {
    const { lastDurable } = await killed();
    const run = await startRun('edge_restart');
    await untilUp(run);
    const coverage = await run.rows(names.coverage);
    expect(coverage.map(({ value }) => value)).toEqual(['up', 'unknown', 'up']);
    expect(coverage[1]?.time).toBe(lastDurable + 1);
    expect(await gaps(run)).toEqual([
      { tag: null, from: lastDurable, to: coverage[2]?.time, cause: 'edge_restart', count: null },
    ]);
  });

  it('does not repeat a value that stayed the same, and takes the one that changed', async () => {
    await killed();
    registers.set(1, 22);
    const run = await startRun('edge_restart');
    await untilUp(run);
    await someReads();
    expect(await values(run, 'good')).toEqual([7]);
    expect(await values(run, 'glue')).toEqual([21, 22]);
  });

  it('calls it a stop, not unknown, after a clean one', async () => {
    const first = await startRun();
    await untilUp(first);
    await first.collector.stop();
    await first.buffer.stop();
    const run = await startRun('edge_stopped');
    await untilUp(run);
    const coverage = await run.rows(names.coverage);
    expect(coverage.map(({ value }) => value)).toEqual(['up', 'down', 'up']);
    expect(await gaps(run)).toMatchObject([{ cause: 'edge_stopped', to: coverage[2]?.time }]);
  });
});

describe('edge time that jumps', () => {
  it('leaves a gap row over the time a forward step left out', async () => {
    const run = await startRun();
    await untilUp(run);
    const from = Date.now();
    shift = 5 * minute;
    run.collector.clockStepped(from, from + shift);
    registers.set(0, 8);
    await someReads();
    expect(await gaps(run)).toEqual([{ tag: null, from, to: from + shift, cause: 'clock_step', count: null }]);
    expect((await run.rows('good')).at(-1)?.time).toBeGreaterThanOrEqual(from + shift);
  });

  it('begins anew after a step back: each value again, at a time that is right now', async () => {
    const run = await startRun();
    shift = 10 * minute;
    await untilUp(run);
    await someReads();
    const to = Date.now();
    const from = to + shift;
    shift = 0;
    run.collector.clockStepped(from, to);
    await someReads();
    expect(await gaps(run)).toEqual([{ tag: null, from: to, to: from, cause: 'clock_step', count: null }]);
    const again = (await run.rows('good')).filter(({ time }) => time < from - minute);
    expect(again.map(({ value }) => value)).toEqual([7]);
    const covered = (await run.rows(names.coverage)).filter(({ time }) => time < from - minute);
    expect(covered.map(({ value }) => value)).toEqual(['up']);
  });

  it('notes a step back that was not followed in the ledger, and keeps what it knows', async () => {
    const run = await startRun();
    await untilUp(run);
    const at = Date.now();
    run.collector.clockStepped(at, at);
    await someReads();
    expect(await gaps(run)).toEqual([{ tag: null, from: at, to: at + 1, cause: 'clock_step', count: null }]);
    expect(await values(run, 'good')).toEqual([7]);
  });

  it('leaves the gap of a device that was lost before the step as long as it was', async () => {
    const run = await startRun();
    await untilUp(run);
    await someReads();
    proxy.silence();
    proxy.cut();
    await vi.waitUntil(() => !run.collector.isUp, { timeout: 20_000, interval: 5 });
    await sleep(100);
    const at = Date.now();
    run.collector.clockStepped(at, at);
    proxy.resume();
    await untilUp(run);
    const [step, lost] = await gaps(run);
    expect(step?.cause).toBe('clock_step');
    expect(lost?.cause).toBe('device_lost');
    expect(lost?.from).toBeLessThanOrEqual(at - 100);
  });
});
