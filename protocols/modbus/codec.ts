// Registers and coils to values and back. Pure: bytes in the order of the wire on one side, the
// values of protocols/driver.ts on the other.
import { status, type Value } from '../driver.ts';
import type { Encoding, ModbusAddress, NumberType, Scaling } from './address.ts';

/** Bytes of a reply and the register (or coil) they begin at. Coils are packed, lowest bit first. */
export interface Block {
  readonly start: number;
  readonly bytes: Buffer;
}

export interface Decoded {
  /** Null when the status is Bad. */
  readonly value: Value;
  readonly status: number;
}

/** A value that does not fit the address it is to be written to; the message says what would. */
class EncodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EncodeError';
  }
}

/** The value of `address` within a block; Bad (decoding error) where the block does not hold it. */
export function decode(address: ModbusAddress, block: Block): Decoded {
  const from = address.start - block.start;
  const { encoding } = address;
  if (encoding.kind === 'boolean') {
    const byte = from < 0 ? undefined : block.bytes[from >> 3];
    return byte === undefined ? undecodable : good(((byte >> (from & 7)) & 1) === 1);
  }
  if (from < 0 || (from + address.length) * 2 > block.bytes.length) return undecodable;
  const bytes = block.bytes.subarray(from * 2, (from + address.length) * 2);
  switch (encoding.kind) {
    case 'bit':
      return good(((bytes.readUInt16BE(0) >> encoding.bit) & 1) === 1);
    case 'string':
      return good(decodeString(bytes, encoding));
    case 'number':
      return decodeNumber(bytes, encoding);
  }
}

/**
 * The bytes to write for `value`: big-endian registers, or one byte 0 or 1 for a coil. Not for a
 * `bit` of a register, which is written by a mask. Throws an EncodeError for what does not fit.
 */
export function encode(address: ModbusAddress, value: Value): Buffer {
  const { encoding } = address;
  switch (encoding.kind) {
    case 'boolean':
    case 'bit':
      return Buffer.from([encodeBoolean(value)]);
    case 'string':
      return encodeString(encoding, value);
    case 'number':
      return encodeNumber(encoding, value);
  }
}

const undecodable: Decoded = { value: null, status: status.badDecodingError };

function good(value: Value): Decoded {
  return { value, status: status.good };
}

/** A 64-bit integer as number where a double holds it exactly, else as bigint. */
function exact(value: bigint): number | bigint {
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}

function decodeNumber(wire: Buffer, encoding: Extract<Encoding, { kind: 'number' }>): Decoded {
  const raw = readers[encoding.type](fromWire(wire, encoding.order));
  // Devices send NaN for "not available"; nothing behind this may take it for a measurement.
  if (typeof raw === 'number' && !Number.isFinite(raw)) return { value: null, status: status.badOutOfRange };
  return good(encoding.scaling === null ? raw : scale(Number(raw), encoding.scaling));
}

const readers: Readonly<Record<NumberType, (bytes: Buffer) => number | bigint>> = {
  int16: (bytes) => bytes.readInt16BE(0),
  uint16: (bytes) => bytes.readUInt16BE(0),
  int32: (bytes) => bytes.readInt32BE(0),
  uint32: (bytes) => bytes.readUInt32BE(0),
  int64: (bytes) => exact(bytes.readBigInt64BE(0)),
  uint64: (bytes) => exact(bytes.readBigUInt64BE(0)),
  float32: (bytes) => bytes.readFloatBE(0),
  float64: (bytes) => bytes.readDoubleBE(0),
};

const integerBits: Readonly<Partial<Record<NumberType, { bits: number; signed: boolean }>>> = {
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
};

function encodeNumber(encoding: Extract<Encoding, { kind: 'number' }>, value: Value): Buffer {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new EncodeError(`a number is needed for ${encoding.type}, not ${describe(value)}`);
  }
  const layout = integerBits[encoding.type];
  if (layout === undefined) return toWire(encodeFloat(encoding, Number(value)), encoding.order);
  const raw = encoding.scaling === null ? value : Math.round(unscale(Number(value), encoding.scaling));
  if (typeof raw === 'number' && !Number.isInteger(raw)) {
    throw new EncodeError(`${encoding.type} holds whole numbers only, not ${raw}`);
  }
  const { bits, signed } = layout;
  const integer = BigInt(raw);
  const fitting = signed ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer);
  if (fitting !== integer) throw new EncodeError(`${integer} does not fit ${encoding.type}`);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, integer));
  return toWire(bytes.subarray(8 - bits / 8), encoding.order);
}

function encodeFloat({ type, scaling }: Extract<Encoding, { kind: 'number' }>, value: number): Buffer {
  const raw = scaling === null ? value : unscale(value, scaling);
  const fits = type === 'float32' ? Number.isFinite(Math.fround(raw)) : Number.isFinite(raw);
  if (!fits) throw new EncodeError(`${value} does not fit ${type}`);
  const bytes = Buffer.alloc(type === 'float32' ? 4 : 8);
  if (type === 'float32') bytes.writeFloatBE(raw);
  else bytes.writeDoubleBE(raw);
  return bytes;
}

/** For 0.1, 0.01 and the like dividing gives the nearest double (3 / 10 = 0.3), multiplying does not. */
function scale(raw: number, { scale: factor, offset }: Scaling): number {
  const divisor = Math.round(1 / factor);
  return (1 / divisor === factor ? raw / divisor : raw * factor) + offset;
}

function unscale(value: number, { scale: factor, offset }: Scaling): number {
  const divisor = Math.round(1 / factor);
  return 1 / divisor === factor ? (value - offset) * divisor : (value - offset) / factor;
}

/** PLC strings are single bytes (Latin-1), end at the first NUL and are padded with NUL or spaces. */
function decodeString(wire: Buffer, { characters, order }: Extract<Encoding, { kind: 'string' }>): string {
  const bytes = swapPairs(wire, order).subarray(0, characters);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? characters : end).trimEnd();
}

function encodeString({ characters, order }: Extract<Encoding, { kind: 'string' }>, value: Value): Buffer {
  if (typeof value !== 'string') throw new EncodeError(`a text is needed, not ${describe(value)}`);
  if (value.length > characters) throw new EncodeError(`the text is longer than ${characters} characters`);
  if (/[^\u0001-\u00ff]/.test(value)) throw new EncodeError('the text has characters outside Latin-1');
  const bytes = Buffer.alloc(Math.ceil(characters / 2) * 2);
  bytes.write(value, 'latin1');
  return swapPairs(bytes, order);
}

function encodeBoolean(value: Value): 0 | 1 {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  throw new EncodeError(`true or false is needed, not ${describe(value)}`);
}

function swapPairs(bytes: Buffer, order: string): Buffer {
  return order === 'ba' ? Buffer.from(bytes).swap16() : bytes;
}

/** Most significant byte first: wire byte i is byte `order[i]` of the value. */
function fromWire(wire: Buffer, order: string): Buffer {
  const bytes = Buffer.alloc(wire.length);
  for (let i = 0; i < wire.length; i += 1) bytes[letter(order, i)] = wire[i] ?? 0;
  return bytes;
}

function toWire(bytes: Buffer, order: string): Buffer {
  const wire = Buffer.alloc(bytes.length);
  for (let i = 0; i < wire.length; i += 1) wire[i] = bytes[letter(order, i)] ?? 0;
  return wire;
}

function letter(order: string, index: number): number {
  return order.charCodeAt(index) - 'a'.charCodeAt(0);
}

function describe(value: Value): string {
  return value === null ? 'nothing' : `${typeof value} ${String(value)}`;
}
