// Registers and coils to values and back: every datatype in every order, and the values nobody may get wrong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { status } from '../driver.ts';
import { parseAddress } from './address.ts';
import { decode, encode } from './codec.ts';

const bytesOf = (hex: string) => Buffer.from(hex, 'hex');
const read = (rest: string, hex: string) =>
  decode(parseAddress(`unit 1 holding 0 ${rest}`), { start: 0, bytes: bytesOf(hex) });
const write = (rest: string, value: Parameters<typeof encode>[1]) =>
  encode(parseAddress(`unit 1 holding 0 ${rest}`), value).toString('hex');

const wide = ['abcdefgh', 'ghefcdab', 'badcfehg', 'hgfedcba', 'cdabghef', 'efghabcd', 'dcbahgfe', 'fehgbadc'];
const orders: Readonly<Record<string, readonly string[]>> = {
  int16: ['ab', 'ba'],
  uint16: ['ab', 'ba'],
  int32: ['abcd', 'cdab', 'badc', 'dcba'],
  uint32: ['abcd', 'cdab', 'badc', 'dcba'],
  float32: ['abcd', 'cdab', 'badc', 'dcba'],
  int64: wide,
  uint64: wide,
  float64: wide,
};

describe('every datatype in every order', () => {
  /** A value and its bytes, most significant first. */
  const samples: Readonly<Record<string, readonly [number | bigint, string]>> = {
    int16: [-12, 'fff4'],
    uint16: [0x0102, '0102'],
    int32: [-12, 'fffffff4'],
    uint32: [0x01020304, '01020304'],
    int64: [-(2n ** 62n) - 7n, 'bffffffffffffff9'],
    uint64: [0x0102030405060708n, '0102030405060708'],
    float32: [-12.5, 'c1480000'],
    float64: [Math.PI, '400921fb54442d18'],
  };

  for (const [type, list] of Object.entries(orders)) {
    for (const order of list) {
      it(`${type} ${order}`, () => {
        const [value, bigEndian] = samples[type] ?? [0, ''];
        // The letters say which byte stands where: "cdab" sends the third byte first.
        const wire = Array.from(order)
          .map((letter) => bigEndian.slice((letter.charCodeAt(0) - 97) * 2, (letter.charCodeAt(0) - 96) * 2))
          .join('');
        expect(read(`${type} ${order}`, wire)).toEqual({ value, status: status.good });
        expect(write(`${type} ${order}`, value)).toBe(wire);
      });
    }
  }

  it('reads 123456.0 as PLCs send it, low word first', () => {
    expect(read('float32 cdab', '200047f1').value).toBe(123_456);
  });

  it('writes what it reads back, for every integer that fits', () => {
    const property = (type: string, bits: number, signed: boolean) =>
      fc.assert(
        fc.property(
          signed
            ? fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n })
            : fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }),
          fc.constantFrom(...(orders[type] ?? [])),
          (value, order) => {
            expect(BigInt(read(`${type} ${order}`, write(`${type} ${order}`, value)).value as number | bigint)).toBe(
              value,
            );
          },
        ),
        { numRuns: 200 },
      );
    property('int16', 16, true);
    property('uint32', 32, false);
    property('int64', 64, true);
    property('uint64', 64, false);
  });
});

describe('values nobody may get wrong', () => {
  it('never rounds a 64-bit counter: a number while a double holds it, then a bigint', () => {
    expect(read('uint64', '001fffffffffffff').value).toBe(Number.MAX_SAFE_INTEGER);
    expect(read('uint64', '0020000000000001').value).toBe(2n ** 53n + 1n);
    expect(read('uint64', 'ffffffffffffffff').value).toBe(2n ** 64n - 1n);
    expect(read('int64', '8000000000000000').value).toBe(-(2n ** 63n));
  });

  it('gives no value for NaN and infinity, which devices send for "not available"', () => {
    for (const hex of ['7fc00000', '7f800000', 'ff800000']) {
      expect(read('float32', hex)).toEqual({ value: null, status: status.badOutOfRange });
    }
  });

  it('scales without inventing digits', () => {
    expect(read('uint16 scale 0.1', '0003').value).toBe(0.3);
    expect(read('int16 scale 0.1 offset -40', '0190').value).toBe(0);
    expect(read('int16 scale 2.5', 'fffe').value).toBe(-5);
    expect(write('uint16 scale 0.1', 0.3)).toBe('0003');
    expect(write('int16 scale 0.1 offset -40', 0)).toBe('0190');
    expect(write('float32 scale 0.5', 6.25)).toBe('41480000');
  });

  it('reads single bits of a register, 0 being the lowest', () => {
    expect(read('bit 0', '0001').value).toBe(true);
    expect(read('bit 15', '8000').value).toBe(true);
    expect(read('bit 8', '0001').value).toBe(false);
  });

  it('reads coils as they are packed, also from the middle of a block', () => {
    const coil = (address: number) =>
      decode(parseAddress(`unit 1 coil ${address}`), { start: 100, bytes: bytesOf('0580') });
    expect([100, 101, 102, 115].map((address) => coil(address).value)).toEqual([true, false, true, true]);
    expect(coil(116)).toEqual({ value: null, status: status.badDecodingError });
    expect(coil(99)).toEqual({ value: null, status: status.badDecodingError });
  });

  it('reads texts up to their end, keeps leading zeros, and swaps pairs where the device does', () => {
    expect(read('string 6', '303037410000').value).toBe('007A');
    expect(read('string 6', '303037412020').value).toBe('007A');
    expect(read('string 4 ba', '30304137').value).toBe('007A');
    expect(read('string 3', '41424344').value).toBe('ABC');
    expect(read('string 2', 'c4d6').value).toBe('ÄÖ');
    expect(write('string 6', '007A')).toBe('303037410000');
    expect(write('string 3 ba', 'ABC')).toBe('42410043');
  });

  it('says Bad for a block that is too short or elsewhere, at every length', () => {
    const address = parseAddress('unit 1 holding 10 uint64');
    for (let length = 0; length < 8; length += 1) {
      expect(decode(address, { start: 10, bytes: Buffer.alloc(length) })).toEqual({
        value: null,
        status: status.badDecodingError,
      });
    }
    expect(decode(address, { start: 11, bytes: Buffer.alloc(8) }).status).toBe(status.badDecodingError);
    expect(decode(address, { start: 10, bytes: Buffer.alloc(8) }).status).toBe(status.good);
  });
});

describe('a value that does not fit is refused before it is sent', () => {
  it.each([
    ['int16', 32_768, '32768 does not fit int16'],
    ['uint16', -1, '-1 does not fit uint16'],
    ['uint32', 2 ** 32, 'does not fit uint32'],
    ['uint64', 2n ** 64n, 'does not fit uint64'],
    ['uint16', 1.5, 'whole numbers only'],
    ['uint16', Number.NaN, 'whole numbers only'],
    ['uint16', '7', 'a number is needed for uint16, not string 7'],
    ['uint16', null, 'a number is needed for uint16, not nothing'],
    ['float32', 1e39, 'does not fit float32'],
    ['float64', Number.POSITIVE_INFINITY, 'does not fit float64'],
    ['string 3', 'ABCD', 'longer than 3 characters'],
    ['string 3', '€', 'outside Latin-1'],
    ['string 3', 5, 'a text is needed'],
    ['bit 3', 2, 'true or false is needed'],
  ] as const)('%s ← %s', (rest, value, problem) => {
    expect(() => write(rest, value)).toThrow(problem);
  });
});
