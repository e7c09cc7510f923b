// Writing one tag: the request for a value, and what a failed write means to the one who asked for it.
import { DriverError, type DriverTag, type Value } from '../driver.ts';
import { type ModbusAddress, parseAddress } from './address.ts';
import { encode } from './codec.ts';
import type { Outcome } from './link.ts';
import { exceptionText, maskWriteRequest, protocolLimits, writeCoilRequest, writeRegistersRequest } from './pdu.ts';
import { type ModbusSettings, unitSettings } from './settings.ts';

/** The request that writes `value` to `tag`; throws a DriverError for what cannot be written. */
export function writeRequest(
  tag: DriverTag,
  value: Value,
  settings: ModbusSettings,
): { unit: number; request: Buffer } {
  try {
    const address = parseAddress(tag.address);
    refuseUnwritable(address, settings);
    return { unit: address.unit, request: requestFor(address, value) };
  } catch (error) {
    throw new DriverError('protocol', `${tag.name} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Returns when the write was confirmed, throws a DriverError when it was not. */
export function confirmWrite(tag: DriverTag, outcome: Outcome): void {
  const what = `${tag.name} (${tag.address})`;
  switch (outcome.kind) {
    case 'data':
      return;
    case 'exception':
      throw new DriverError('protocol', `the device refuses to write ${what}: ${exceptionText(outcome.code)}`);
    case 'malformed':
      throw new DriverError('protocol', `the device confirmed the write of ${what} wrongly: ${outcome.why}`);
    case 'silent':
      throw new DriverError('timeout', `no answer to the write of ${what}; it may or may not have been done`);
    case 'not asked':
      throw new DriverError('timeout', `the unit does not answer; ${what} was not written`);
  }
}

function requestFor(address: ModbusAddress, value: Value): Buffer {
  const bytes = encode(address, value);
  switch (address.encoding.kind) {
    case 'boolean':
      return writeCoilRequest(address.start, bytes[0] === 1);
    case 'bit':
      return maskWriteRequest(address.start, address.encoding.bit, bytes[0] === 1);
    case 'number':
    case 'string':
      return writeRegistersRequest(address.start, bytes);
  }
}

function refuseUnwritable({ unit, table, start, length }: ModbusAddress, settings: ModbusSettings): void {
  if (table === 'input' || table === 'discrete') throw new Error(`the ${table} table can only be read`);
  if (length > protocolLimits.writeRegisters) {
    throw new Error(`one request writes at most ${protocolLimits.writeRegisters} registers`);
  }
  const range = unitSettings(settings, unit).forbidden.find(
    (one) => one.table === table && one.from < start + length && start <= one.to,
  );
  if (range !== undefined) throw new Error(`${table} ${range.from} to ${range.to} is forbidden by the settings`);
}
