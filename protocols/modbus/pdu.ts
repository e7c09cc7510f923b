// Modbus requests and replies as protocol data units: function code and data, without unit, transaction
// or checksum. Pure. Clause numbers are those of "MODBUS Application Protocol Specification V1.1b3".
import type { Table } from './address.ts';

export const functions = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeSingleCoil: 5,
  writeSingleRegister: 6,
  diagnostics: 8,
  writeMultipleRegisters: 16,
  maskWriteRegister: 22,
} as const;

/** What a device may answer besides data (clause 7). */
export const exceptions = {
  illegalFunction: 1,
  illegalDataAddress: 2,
  illegalDataValue: 3,
  gatewayPathUnavailable: 10,
  gatewayTargetFailedToRespond: 11,
} as const;

/** The most one request may read or write (clauses 6.1 to 6.4 and 6.12). */
export const protocolLimits = { registers: 125, bits: 2000, writeRegisters: 123 } as const;

export type Verdict =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'malformed'; readonly why: string };

const readFunctions: Readonly<Record<Table, number>> = {
  coil: functions.readCoils,
  discrete: functions.readDiscreteInputs,
  holding: functions.readHoldingRegisters,
  input: functions.readInputRegisters,
};

const exceptionFlag = 0x80;
const coilOn = 0xff00;

export function readRequest(table: Table, start: number, count: number): Buffer {
  return words(readFunctions[table], start, count);
}

export function writeCoilRequest(start: number, on: boolean): Buffer {
  return words(functions.writeSingleCoil, start, on ? coilOn : 0);
}

/** One register by function 6, several by function 16; `registers` in wire order. */
export function writeRegistersRequest(start: number, registers: Buffer): Buffer {
  if (registers.length === 2) return words(functions.writeSingleRegister, start, registers.readUInt16BE(0));
  const head = words(functions.writeMultipleRegisters, start, registers.length / 2);
  return Buffer.concat([head, Buffer.from([registers.length]), registers]);
}

/** Set one bit of a register in the device itself (clause 6.16), so that no other bit can be overwritten. */
export function maskWriteRequest(start: number, bit: number, on: boolean): Buffer {
  const mask = 1 << bit;
  return words(functions.maskWriteRegister, start, 0xffff & ~mask, on ? mask : 0);
}

/** Diagnostics, sub-function 0 (clause 6.8): the device sends `nonce` back and does nothing else. */
export function echoRequest(nonce: number): Buffer {
  return words(functions.diagnostics, 0, nonce);
}

/** What a reply says to this request. Anything that is not exactly right is malformed. */
export function judgeReply(request: Buffer, reply: Buffer): Verdict {
  const asked = request[0] ?? 0;
  const answered = reply[0];
  if (answered === (asked | exceptionFlag)) {
    const code = reply[1];
    return reply.length === exceptionLength && code !== undefined
      ? { kind: 'exception', code }
      : { kind: 'malformed', why: `an exception of ${reply.length} bytes` };
  }
  if (answered !== asked) return { kind: 'malformed', why: `function ${answered} answers function ${asked}` };
  const expected = replyLength(request);
  if (reply.length !== expected) return { kind: 'malformed', why: `${reply.length} bytes where ${expected} belong` };
  if (isRead(asked)) {
    return reply[1] === expected - 2
      ? { kind: 'data', bytes: reply.subarray(2) }
      : { kind: 'malformed', why: `a byte count of ${reply[1]} where ${expected - 2} belong` };
  }
  return reply.equals(request.subarray(0, expected))
    ? { kind: 'data', bytes: reply }
    : { kind: 'malformed', why: 'the confirmation names another address or value' };
}

/** Length of an exception reply: function and code. */
export const exceptionLength = 2;

/** Length of the reply to `request` when all is well. */
export function replyLength(request: Buffer): number {
  const count = request.readUInt16BE(3);
  switch (request[0]) {
    case functions.readCoils:
    case functions.readDiscreteInputs:
      return 2 + Math.ceil(count / 8);
    case functions.readHoldingRegisters:
    case functions.readInputRegisters:
      return 2 + count * 2;
    case functions.maskWriteRegister:
      return 7;
    default:
      return 5;
  }
}

/** True for the functions whose reply carries its own length. */
export function isRead(code: number): boolean {
  return code >= functions.readCoils && code <= functions.readInputRegisters;
}

/** An exception code in words a plant engineer can look up. */
export function exceptionText(code: number): string {
  return `${exceptionNames[code] ?? 'unknown exception'} (exception ${code})`;
}

const exceptionNames: Readonly<Record<number, string>> = {
  1: 'illegal function: the device does not offer this table or command',
  2: 'illegal data address: the device does not have this address',
  3: 'illegal data value: the device refuses this value or this many registers',
  4: 'device failure',
  5: 'accepted, but not finished yet',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable: the gateway does not know this unit',
  11: 'gateway target failed to respond: the unit behind the gateway is off or disconnected',
};

function words(code: number, ...values: number[]): Buffer {
  const pdu = Buffer.alloc(1 + values.length * 2);
  pdu[0] = code;
  for (const [index, value] of values.entries()) pdu.writeUInt16BE(value, 1 + index * 2);
  return pdu;
}
