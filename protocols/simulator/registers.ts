// Modbus requests answered from the plant's values: which registers hold what, what is written where,
// and the protocol's exceptions. Knows the protocol data unit (function code and data), not how it is
// framed on TCP or RTU. [MODBUS Application Protocol V1.1b3, chapter 6]

import type { Value } from '../driver.ts';
import { type ModbusPlace, readableAreas, scratch, span, type WordOrder } from './modbus-place.ts';
import type { PlantTag } from './plant-tag.ts';
import { plantTags } from './tags.ts';

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;

/** The function codes that read, with the area they read and the most they may ask for. */
const reads: Readonly<Record<number, { area: ModbusPlace['area']; max: number; bits: boolean }>> = {
  1: { area: 'coil', max: 2000, bits: true },
  2: { area: 'discrete', max: 2000, bits: true },
  3: { area: 'holding', max: 125, bits: false },
  4: { area: 'input', max: 125, bits: false },
};

interface Placed {
  readonly index: number;
  readonly tag: PlantTag;
  readonly place: ModbusPlace;
}

export interface Registers {
  hasUnit(unit: number): boolean;
  /** The answer to a request of this unit. `served` is told each tag wholly inside the answer. */
  answer(unit: number, request: Buffer, served: (tag: PlantTag, value: Value) => void): Buffer;
}

export function createRegisters(values: () => readonly Value[]): Registers {
  const tags: Placed[] = plantTags.flatMap((tag, index) =>
    tag.modbus === null ? [] : [{ index, tag, place: tag.modbus }],
  );
  const written = new Map<string, number>();

  function read(unit: number, request: Buffer, served: (tag: PlantTag, value: Value) => void): Buffer | number {
    const code = request[0] as number;
    const kind = reads[code];
    if (kind === undefined || request.length !== 5) return illegalValue;
    const first = request.readUInt16BE(1);
    const count = request.readUInt16BE(3);
    if (count < 1 || count > kind.max) return illegalValue;
    if (!readable(unit, kind.area, first, count)) return illegalAddress;
    const image = new Uint16Array(count);
    for (let i = 0; i < count; i++) image[i] = written.get(`${unit} ${kind.area} ${first + i}`) ?? 0;
    for (const { index, tag, place } of tags) {
      if (place.unit !== unit || place.area !== kind.area) continue;
      if (place.address + span(place) <= first || place.address >= first + count) continue;
      const { words, value } = encode(place, values()[index] ?? null);
      words.forEach((word, i) => {
        const at = place.address + i - first;
        // Bits of one register belong to several tags.
        if (at >= 0 && at < count) image[at] = place.type === 'bit' ? (image[at] as number) | word : word;
      });
      if (place.address >= first && place.address + span(place) <= first + count) served(tag, value);
    }
    return kind.bits ? packBits(code, image) : packWords(code, image);
  }

  function write(unit: number, request: Buffer): Buffer | number {
    const parsed = parseWrite(request);
    if (typeof parsed === 'number') return parsed;
    const { area, first, cells } = parsed;
    const [from, to] = scratch[area];
    if (unit === 3 || first < from || first + cells.length - 1 > to) return illegalAddress;
    cells.forEach((cell, i) => {
      written.set(`${unit} ${area} ${first + i}`, cell);
    });
    return request.subarray(0, 5);
  }

  return {
    hasUnit: (unit) => unit in readableAreas,
    answer(unit, request, served) {
      const code = request[0] as number;
      let result: Buffer | number = illegalFunction;
      if (code in reads) result = read(unit, request, served);
      else if ([5, 6, 15, 16].includes(code)) result = write(unit, request);
      return typeof result === 'number' ? Buffer.from([code | 0x80, result]) : result;
    },
  };
}

function readable(unit: number, area: ModbusPlace['area'], first: number, count: number): boolean {
  return readableAreas[unit]?.[area].some(([from, to]) => first >= from && first + count - 1 <= to) ?? false;
}

interface Write {
  readonly area: 'coil' | 'holding';
  readonly first: number;
  readonly cells: number[];
}

function parseWrite(request: Buffer): Write | number {
  const code = request[0];
  if (request.length < 5) return illegalValue;
  const first = request.readUInt16BE(1);
  const argument = request.readUInt16BE(3);
  if (code === 6) return { area: 'holding', first, cells: [argument] };
  if (code === 5) {
    if (argument !== 0 && argument !== 0xff00) return illegalValue;
    return { area: 'coil', first, cells: [argument === 0 ? 0 : 1] };
  }
  const bits = code === 15;
  const bytes = bits ? Math.ceil(argument / 8) : argument * 2;
  if (argument < 1 || argument > (bits ? 1968 : 123)) return illegalValue;
  if (request.length !== 6 + bytes || request[5] !== bytes) return illegalValue;
  const cells = Array.from({ length: argument }, (_, i) =>
    bits ? ((request[6 + (i >> 3)] as number) >> (i & 7)) & 1 : request.readUInt16BE(6 + 2 * i),
  );
  return { area: bits ? 'coil' : 'holding', first, cells };
}

/** The registers of a value, and the value as a reader of these registers gets it back. */
function encode(place: ModbusPlace, held: Value): { words: number[]; value: Value } {
  switch (place.type) {
    case 'bit':
      return { words: [held === true ? 1 << place.size : 0], value: held === true };
    case 'string': {
      const bytes = Buffer.alloc(span(place) * 2);
      bytes.write(String(held ?? ''), 'latin1');
      return { words: wordsOf(bytes), value: bytes.toString('latin1', 0, place.size).replace(/\0+$/, '') };
    }
    case 'float32': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatBE(Number(held));
      return { words: wordsOf(reorder(bytes, place.order)), value: bytes.readFloatBE() };
    }
    case 'uint16':
    case 'int16':
    case 'uint32':
    case 'int32': {
      const raw = Math.round(Number(held) / place.scale);
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(raw | 0);
      const value = scaled(numberOf(place.type, bytes), place.scale);
      const long = place.type === 'uint32' || place.type === 'int32';
      return { words: wordsOf(long ? reorder(bytes, place.order) : bytes.subarray(2)), value };
    }
  }
}

function numberOf(type: 'uint16' | 'int16' | 'uint32' | 'int32', bytes: Buffer): number {
  switch (type) {
    case 'uint16':
      return bytes.readUInt16BE(2);
    case 'int16':
      return bytes.readInt16BE(2);
    case 'uint32':
      return bytes.readUInt32BE();
    case 'int32':
      return bytes.readInt32BE();
  }
}

/** Dividing by 10 or 100 gives the nearest double (3 / 10 = 0.3), multiplying by 0.1 does not. */
function scaled(raw: number, scale: number): number {
  const divisor = Math.round(1 / scale);
  return 1 / divisor === scale ? raw / divisor : raw * scale;
}

function reorder(bytes: Buffer, order: WordOrder): Buffer {
  return Buffer.from(Array.from(order, (letter) => bytes[letter.charCodeAt(0) - 97] as number));
}

function wordsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i));
}

function packWords(code: number, image: Uint16Array): Buffer {
  const answer = Buffer.alloc(2 + 2 * image.length);
  answer[0] = code;
  answer[1] = 2 * image.length;
  image.forEach((word, i) => {
    answer.writeUInt16BE(word, 2 + 2 * i);
  });
  return answer;
}

function packBits(code: number, image: Uint16Array): Buffer {
  const answer = Buffer.alloc(2 + Math.ceil(image.length / 8));
  answer[0] = code;
  answer[1] = answer.length - 2;
  image.forEach((bit, i) => {
    if (bit !== 0) answer[2 + (i >> 3)] = (answer[2 + (i >> 3)] as number) | (1 << (i & 7));
  });
  return answer;
}
