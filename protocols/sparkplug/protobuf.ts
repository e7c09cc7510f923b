// Reading and writing the Protocol Buffers wire format, as little of it as Sparkplug needs, without
// an object per field. Why not a library: at 100,000 metrics a second the objects a generated decoder
// makes are most of the work (docs/adr/0003). protobufjs is the independent judge in the tests.

/** Bytes that are not a Sparkplug payload. */
export class WireError extends Error {
  override name = 'WireError';
}

const two32 = 0x1_0000_0000;

/** A growing output. Every method appends. */
export class WireWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** A whole number from 0 to 2^53 as varint. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= two32) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    let low = rest >>> 0;
    while (low > 0x7f) {
      this.#bytes[this.#length++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    this.#bytes[this.#length++] = low;
  }

  /** A 64-bit number, negative ones as two's complement. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  float(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeFloatLE(value, this.#length);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Length-delimited UTF-8 text. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.#reserve(size);
    this.#bytes.write(value, this.#length);
    this.#length += size;
  }

  /** Length-delimited bytes. */
  block(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /**
   * Leaves one byte for the length of what follows and returns where; `close` fills it in and, where a
   * length needs more bytes, moves what follows. Nearly every metric is shorter than 128 bytes.
   */
  open(): number {
    this.#reserve(1);
    this.#length += 1;
    return this.#length;
  }

  close(start: number): void {
    const size = this.#length - start;
    if (size < 0x80) {
      this.#bytes[start - 1] = size;
      return;
    }
    const extra = size < 0x4000 ? 1 : size < 0x20_0000 ? 2 : 3;
    if (size >= 0x1000_0000) throw new WireError('a nested message is larger than 256 MiB');
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#length);
    const end = this.#length + extra;
    this.#length = start - 1;
    this.varint(size);
    this.#length = end;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Walks over bytes. Every read checks the end and throws WireError. */
export class WireReader {
  readonly bytes: Buffer;
  position: number;
  end: number;
  /** After varint(): the bits above 2^32 of the value read, as an unsigned number. */
  high = 0;
  /** After varint(): the low 32 bits, unsigned. */
  low = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = 0;
    this.end = this.bytes.length;
  }

  /** A varint. The return value is exact below 2^53; `high` and `low` hold all 64 bits. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw new WireError('the payload ends inside a number');
      const byte = this.bytes[this.position++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 0x0f) * 0x1000_0000;
        high = bits >>> 4;
      } else if (shift < 63) high += bits * 2 ** (shift - 32);
      else high += (bits & 1) * 0x8000_0000;
      if (byte < 0x80) {
        this.low = low;
        this.high = high % two32;
        return this.high * two32 + low;
      }
    }
    throw new WireError('a number is longer than ten bytes');
  }

  /** The 64 bits of the last varint. */
  unsigned64(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  float(): number {
    this.#need(4);
    const value = this.bytes.readFloatLE(this.position);
    this.position += 4;
    return value;
  }

  double(): number {
    this.#need(8);
    const value = this.bytes.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }

  /** The end position of the length-delimited field that begins here. */
  blockEnd(): number {
    const size = this.varint();
    if (size > this.end - this.position) throw new WireError('the payload ends inside a field');
    return this.position + size;
  }

  text(): string {
    const end = this.blockEnd();
    const value = this.bytes.toString('utf8', this.position, end);
    this.position = end;
    return value;
  }

  /** A view on the bytes, not a copy. */
  block(): Buffer {
    const end = this.blockEnd();
    const value = this.bytes.subarray(this.position, end);
    this.position = end;
    return value;
  }

  /** Skips the field whose key was just read. */
  skipField(key: number): void {
    if (key < 8) throw new WireError('field number 0 does not exist');
    this.skip(key & 7);
  }

  /** Skips a field of this wire type. */
  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#need(8);
        this.position += 8;
        return;
      case 2:
        this.position = this.blockEnd();
        return;
      case 5:
        this.#need(4);
        this.position += 4;
        return;
      default:
        throw new WireError(`wire type ${wireType} does not exist in Sparkplug payloads`);
    }
  }

  #need(size: number): void {
    if (this.position + size > this.end) throw new WireError('the payload ends inside a field');
  }
}
