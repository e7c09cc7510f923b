// The driver contract, kept by the Modbus driver against the server of modbus-serial (Modbus TCP) and
// against RTU frames through a converter.
import { once } from 'node:events';
import type net from 'node:net';
import { ServerTCP } from 'modbus-serial';
import Value from 'typebox/value';
import { type DriverHarness, driverConformance, type Peer } from '../../test/conformance/driver-conformance.ts';
import { startTcpProxy } from '../../test/support/tcp-proxy.ts';
import type { DriverTag } from '../driver.ts';
import { createModbusDriver } from './driver.ts';
import { ModbusSettings } from './settings.ts';
import { startTestDevice, type TestFraming } from './test-device.ts';

const settingsFor = (framing: TestFraming, { host, port }: { host: string; port: number }) =>
  Value.Decode(
    ModbusSettings,
    Value.Default(ModbusSettings, { framing, host, port, timeoutMs: 150, connectTimeoutMs: 300 }),
  );

const tag = (address: string): DriverTag => ({
  name: address,
  address,
  datatype: 'UInt16',
  intervalMs: 100,
  deadband: 0,
});
const good = [tag('unit 1 holding 10 uint16'), tag('unit 1 holding 13 uint16'), tag('unit 1 input 3 uint16')] as const;
/** Between the good ones and within the allowed gap, so that it is first read with them. */
const bad = tag('unit 1 holding 12 uint16');

/** A Modbus TCP device that is not ours. Register 12 does not exist. */
async function startForeignServer() {
  const registers = new Map([10, 11, 13].map((address) => [address, address]));
  const register = (address: number) => {
    const value = registers.get(address);
    if (value === undefined) throw Object.assign(new Error('no such register'), { modbusErrorCode: 2 });
    return value;
  };
  // The port goes as text because the library takes the number 0 for "none given".
  const server = new ServerTCP(
    { getHoldingRegister: register, getInputRegister: (address: number) => address },
    { host: '127.0.0.1', port: '0' as unknown as number },
  );
  await once(server, 'initialized');
  const { port } = (server as unknown as { _server: net.Server })._server.address() as net.AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    change: () => void registers.set(10, (registers.get(10) ?? 0) + 1),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function startRtuDevice() {
  const device = await startTestDevice('rtu_over_tcp');
  device.registers.get(1)?.delete(12);
  const change = () => void device.registers.get(1)?.set(10, 4711);
  return { host: device.host, port: device.port, change, stop: () => device.stop() };
}

function harness(framing: TestFraming, startDevice: typeof startForeignServer): DriverHarness<ModbusSettings> {
  return {
    createDriver: createModbusDriver,
    settingsAt: (address) => settingsFor(framing, address),
    async startPeer(): Promise<Peer<ModbusSettings>> {
      const device = await startDevice();
      const proxy = await startTcpProxy(device);
      return {
        ...proxy,
        settings: settingsFor(framing, proxy),
        good,
        bad,
        change: device.change,
        async stop() {
          await proxy.stop();
          await device.stop();
        },
      };
    },
  };
}

driverConformance('Modbus TCP', harness('tcp', startForeignServer));
driverConformance('Modbus RTU over TCP', harness('rtu_over_tcp', startRtuDevice));
