// Reads the same registers in both ways: through the driver, and in a bare loop of modbus-serial.

import modbusSerial from 'modbus-serial';
import { Value } from 'typebox/value';
import type { DriverTag } from '../../../protocols/driver.ts';
import { createModbusDriver } from '../../../protocols/modbus/driver.ts';
import { ModbusSettings } from '../../../protocols/modbus/settings.ts';
import { obey } from '../obey.ts';

export interface Reading {
  readonly port: number;
  readonly registers: number;
  readonly seconds: number;
}

const block = 125;
const log = { debug() {}, info() {}, warn: console.error, error: console.error };
const never = new AbortController().signal;

obey({
  /** Registers per second. */
  async driver({ port, registers, seconds }: Reading): Promise<number> {
    const settings = Value.Parse(ModbusSettings, Value.Default(ModbusSettings, { host: '127.0.0.1', port }));
    const lost = (reason: Error): void => {
      throw reason;
    };
    const driver = createModbusDriver(settings, { readings() {}, alive() {}, overflow() {}, lost }, log);
    await driver.connect(never);
    const tags = Array.from(
      { length: registers },
      (_, address): DriverTag => ({
        name: `r${address}`,
        address: `unit 1 holding ${address} uint16`,
        datatype: 'UInt16',
        intervalMs: 0,
        deadband: 0,
      }),
    );
    const read = async (): Promise<void> => {
      const readings = await driver.read?.(tags, never);
      const last = (readings?.tag.length ?? 0) - 1;
      if (last !== registers - 1 || readings?.value[last] !== readings?.tag[last]) throw new Error('a wrong reading');
    };
    const rate = await repeat(read, { registers, seconds });
    await driver.close();
    return rate;
  },
  /** Registers per second. */
  async bare({ port, registers, seconds }: Reading): Promise<number> {
    const client = new modbusSerial.default();
    await client.connectTCP('127.0.0.1', { port });
    client.setID(1);
    client.setTimeout(1_000);
    const read = async (): Promise<void> => {
      for (let start = 0; start < registers; start += block) {
        const { data } = await client.readHoldingRegisters(start, Math.min(block, registers - start));
        if (data[0] !== start) throw new Error('a wrong reading');
      }
    };
    const rate = await repeat(read, { registers, seconds });
    await new Promise<void>((resolve) => client.close(() => resolve()));
    return rate;
  },
});

/** After a warm-up of a tenth. */
async function repeat(read: () => Promise<void>, { registers, seconds }: Omit<Reading, 'port'>): Promise<number> {
  const warm = performance.now() + seconds * 100;
  while (performance.now() < warm) await read();
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < seconds * 1_000) {
    await read();
    rounds++;
  }
  return (rounds * registers * 1_000) / (performance.now() - start);
}
