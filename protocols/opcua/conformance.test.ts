// The contract every driver keeps, tried against a real OPC UA server in a process of its own, over a
// signed and encrypted connection, with a proxy between that cuts and silences.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Value from 'typebox/value';
import { afterAll, beforeAll } from 'vitest';
import { driverConformance } from '../../test/conformance/driver-conformance.ts';
import { startTcpProxy } from '../../test/support/tcp-proxy.ts';
import type { DriverTag } from '../driver.ts';
import { createOpcuaDriver } from './driver.ts';
import { type OpcuaSettings, opcuaSettings } from './settings.ts';
import { type ServerProcess, startServerProcess } from './test-server-process.ts';

const certificates = mkdtempSync(join(tmpdir(), 'opcua-conformance-'));
mkdirSync(join(certificates, 'trusted'));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let server: ServerProcess;
let count = 0;

const settingsAt = ({ host, port }: { host: string; port: number }): OpcuaSettings => ({
  ...Value.Parse(opcuaSettings, Value.Default(opcuaSettings, { endpoint: `opc.tcp://${host}:${port}`, certificates })),
  connectTimeout: 3_000,
  requestTimeout: 5_000,
  sessionTimeout: 3_000,
  publishingInterval: 50,
  keepAlive: 1_000,
});

const tag = (name: string): DriverTag => ({
  name,
  address: `ns=1;s=${name}`,
  datatype: 'Int32',
  intervalMs: 20,
  deadband: 0,
});

beforeAll(async () => {
  server = await startServerProcess();
  const approving = createOpcuaDriver(
    settingsAt({ host: '127.0.0.1', port: server.port }),
    { readings() {}, alive() {}, overflow() {}, lost() {} },
    quiet,
  );
  await approving.connect(new AbortController().signal).catch(() => {});
  for (const file of await readdir(join(certificates, 'rejected'))) {
    await rename(join(certificates, 'rejected', file), join(certificates, 'trusted', file));
  }
});
afterAll(async () => {
  await server.stop();
  rmSync(certificates, { recursive: true, force: true });
});

driverConformance('OPC UA', {
  settingsAt,
  createDriver: createOpcuaDriver,
  startPeer: async () => {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port });
    return {
      settings: settingsAt(proxy),
      good: [tag('Filler.Count'), tag('Filler.State'), tag('Filler.Speed')],
      bad: tag('Filler.Missing'),
      change: async () => {
        count += 1;
        await server.set('Filler.Count', count);
      },
      vanish: () => proxy.vanish(),
      silence: () => proxy.silence(),
      resume: () => proxy.resume(),
      connections: () => proxy.connections(),
      stop: () => proxy.stop(),
    };
  },
});
