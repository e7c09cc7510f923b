// What the driver's tests share: a device, a connected driver and what it said.
import Schema from 'typebox/value';
import { onTestFinished } from 'vitest';
import type { Driver, DriverError, DriverTag, Readings, Value } from '../driver.ts';
import { defaultDatatype, parseAddress } from './address.ts';
import { createModbusDriver } from './driver.ts';
import { ModbusSettings } from './settings.ts';
import { startTestDevice, type TestDevice, type TestFraming } from './test-device.ts';

export const never = new AbortController().signal;

/** Settings with every default, checked against the schema. */
export function modbusSettings(partial: object): ModbusSettings {
  return Schema.Decode(ModbusSettings, Schema.Default(ModbusSettings, structuredClone(partial)));
}

export function tagsAt(...addresses: string[]): DriverTag[] {
  return addresses.map((address) => {
    let datatype: DriverTag['datatype'] = 'UInt16';
    try {
      datatype = defaultDatatype(parseAddress(address));
    } catch {
      // A wrong address is what some tests are about.
    }
    return { name: address, address, datatype, intervalMs: 100, deadband: 0 };
  });
}

export interface TestLink {
  readonly device: TestDevice;
  readonly driver: Driver;
  readonly losses: Error[];
  readonly warnings: string[];
  readonly read: (tags: readonly DriverTag[]) => Promise<Readings>;
  readonly write: (address: string, value: Value) => Promise<void>;
  /** Values in the order of the tags. */
  readonly values: (tags: readonly DriverTag[]) => Promise<unknown[]>;
  /** Statuses in the order of the tags. */
  readonly statuses: (tags: readonly DriverTag[]) => Promise<number[]>;
}

/** A device and a driver connected to it; both end with the test. */
export async function startTestLink(partial: object = {}): Promise<TestLink> {
  const framing = ((partial as { framing?: TestFraming }).framing ?? 'tcp') satisfies TestFraming;
  const device = await startTestDevice(framing);
  const losses: Error[] = [];
  const warnings: string[] = [];
  const quiet = () => {};
  const driver = createModbusDriver(
    modbusSettings({ host: device.host, port: device.port, timeoutMs: 100, ...partial }),
    { readings: quiet, alive: quiet, overflow: quiet, lost: (reason) => losses.push(reason) },
    { debug: quiet, info: quiet, error: quiet, warn: (_data, message) => warnings.push(message) },
  );
  onTestFinished(async () => {
    await driver.close();
    await device.stop();
  });
  await driver.connect(never);
  const read = async (tags: readonly DriverTag[]) => {
    const readings = await driver.read?.(tags, never);
    if (readings === undefined) throw new Error('no read');
    return readings;
  };
  const inOrder = <T>(readings: Readings, column: readonly T[]) =>
    readings.tag.map((_, tag) => column[readings.tag.indexOf(tag)] as T);
  return {
    device,
    driver,
    losses,
    warnings,
    read,
    write: async (address, value) => {
      const [tag] = tagsAt(address);
      if (tag !== undefined) await driver.write?.(tag, value, never);
    },
    values: async (tags) => {
      const readings = await read(tags);
      return inOrder(readings, readings.value);
    },
    statuses: async (tags) => {
      const readings = await read(tags);
      return inOrder(readings, readings.status);
    },
  };
}

export async function failure(promise: Promise<unknown>): Promise<DriverError> {
  return promise.then(
    () => {
      throw new Error('expected a rejection, but it resolved');
    },
    (reason: unknown) => reason as DriverError,
  );
}
