// When a subscription is deaf, and when it is only late: against a real server that keeps changes to itself, and
// step by step.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Readings, Value } from '../protocols/driver.ts';
import { startTestServer } from '../protocols/opcua/test-server.ts';
import { datatypeCode } from '../protocols/sparkplug/datatypes.ts';
import { EdgeBuffer } from './buffer/buffer.ts';
import { Collector } from './collector.ts';
import { loadConfig } from './config.ts';
import { createDriver } from './drivers.ts';
import { Hearing } from './hearing.ts';
import type { LastSample } from './normalize.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A device of one OPC UA server with three tags, read as its file says. */
function loaded(endpoint: string, intervalMs = 0) {
  const directory = mkdtempSync(join(tmpdir(), 'unison-hearing-'));
  ends.push(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'secret'), 'a secret\n');
  const file = join(directory, 'edge.yaml');
  writeFileSync(
    file,
    `agent: { group: plant, name: edge-1 }
uplink: { url: "mqtt://127.0.0.1:1883", passwordFile: secret }
devices:
  - name: filler
    driver: opcua
    intervalMs: ${intervalMs}
    settings: { endpoint: "${endpoint}", security: { mode: None, policy: None }, publishingInterval: 50, keepAlive: 1000 }
    tags:
      - { name: count, address: 'ns=1;s=Filler.Count', datatype: Int32, role: total_count }
      - { name: state, address: 'ns=1;s=Filler.State', datatype: Int32, role: state }
      - { name: speed, address: 'ns=1;s=Filler.Speed', datatype: Int32, role: measurement, deadband: 5 }
`,
  );
  const [device] = loadConfig(file).devices;
  if (!device) throw new Error('the file has one device');
  return { device, directory };
}

describe('a server that reports nothing of a change', () => {
  it('is connected anew, and the change comes with it; one that reports is left in peace', async () => {
    const server = await startTestServer();
    ends.push(() => server.stop());
    const { device, directory } = loaded(server.endpoint);
    const buffer = new EdgeBuffer(
      {
        file: join(directory, 'buffer.sqlite'),
        maxBytes: 64 << 20,
        maxAgeMs: 1e12,
        keepAcknowledgedMs: 0,
        commitIntervalMs: 5,
        maxWaitingRows: 100_000,
      },
      { log: silent, now: Date.now },
    );
    await buffer.start();
    ends.push(() => buffer.stop());
    const numbers = await buffer.register(
      'filler',
      device.tags.map(({ config, driver }) => ({
        name: config.name,
        datatype: datatypeCode[driver.datatype],
        properties: '{}',
      })),
    );
    const last = new Map<number, LastSample>();
    const reasons: string[] = [];
    let connections = 0;
    const collector = new Collector(device, numbers, {
      buffer,
      now: Date.now,
      isSuspect: () => false,
      last,
      restart: null,
      pace: { verifyMs: 50, patienceMs: 1_500 },
      createDriver: (one, events, log) => {
        connections += 1;
        return createDriver({ device: one, events, log, dataDirectory: directory });
      },
      log: { ...silent, warn: (fields: object) => reasons.push((fields as { reason?: string }).reason ?? '') },
      changed: () => {},
    });
    ends.push(() => collector.stop());
    collector.start();
    const value = (tag: string): Value | undefined => last.get(numbers.get(tag) ?? -1)?.value;
    await vi.waitUntil(() => value('state') === 1, { timeout: 20_000 });
    // A machine whose clock is an hour slow, and whose state is changed while it is being verified.
    const slow = (ms: number): Date => new Date(Date.now() - 3_600_000 + ms);
    const state = server.variable('Filler.State');
    for (let n = 0; n < 40; n += 1) {
      state.setValueFromSource({ dataType: 'Int32', value: 10 + n }, undefined, slow(n));
      await vi.waitUntil(() => value('state') === 10 + n, { timeout: 20_000, interval: 5 });
    }
    expect({ connections, reasons }).toEqual({ connections: 1, reasons: [] });
    // Its memory changes, and its monitored items are not told.
    (state as unknown as { $dataValue: { value: { value: number } } }).$dataValue.value.value = 99;
    await vi.waitUntil(() => value('state') === 99, { timeout: 20_000 });
    expect(connections).toBe(2);
    expect(reasons).toEqual(['the subscription is deaf: state changed and was not reported']);
  });
});

const at = Date.UTC(2026, 5, 1, 12);

function hearing(intervalMs = 0) {
  const { device } = loaded('opc.tcp://127.0.0.1:1', intervalMs);
  const last = new Map<number, LastSample>([0, 1, 2].map((index) => [index, { time: at, value: index, status: 0 }]));
  const told = new Hearing({ tags: device.tags, lastOf: (index) => last.get(index), patienceMs: 10_000 });
  const read = (index: number, value: Value, time = at + 1_000, status = 0): Readings => ({
    tag: [index],
    time: [time],
    value: [value],
    status: [status],
  });
  return { told, last, read };
}

describe('a value that was read and not reported', () => {
  it('makes nobody deaf when it is reported in time', () => {
    const { told, last, read } = hearing();
    const suspects = told.suspects([1], read(1, 7));
    expect(suspects).toHaveLength(1);
    last.set(1, { time: at + 1_000, value: 7, status: 0 });
    told.keepAlive();
    expect(told.deaf(suspects, read(1, 8))).toEqual([]);
  });

  it('makes nobody deaf while what is reported is older than it: the server has much to tell', () => {
    const { told, read } = hearing();
    const suspects = told.suspects([1], read(1, 7));
    told.report(read(0, 5, at + 999));
    expect(told.deaf(suspects, read(1, 7))).toEqual([]);
    told.report(read(0, 6, at + 1_001));
    expect(told.deaf(suspects, read(1, 7))).toEqual([1]);
  });

  it('is a deaf subscription when the server says that there is nothing to report', () => {
    const { told, read } = hearing();
    told.keepAlive();
    const suspects = told.suspects([1], read(1, 7));
    expect(told.deaf(suspects, read(1, 7))).toEqual([]);
    told.keepAlive();
    expect(told.deaf(suspects, read(1, 7))).toEqual([1]);
    expect(told.deaf(suspects, read(1, 1))).toEqual([]);
    expect(told.deaf(suspects, read(1, 7, at, 0x8000_0000))).toEqual([]);
  });

  it('is expected where a deadband swallows it, and waited for as long as its sampling takes', () => {
    const { told, read } = hearing(60_000);
    expect(told.suspects([2], read(2, 7))).toEqual([]);
    expect(told.suspects([1], read(1, 1))).toEqual([]);
    expect(told.patience(told.suspects([1], read(1, 7)))).toBe(130_000);
  });
});
