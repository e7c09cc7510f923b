// The text of a Modbus address, as it stands in the edge's configuration, parsed into what the driver
// needs: `unit 1 holding 100 uint16`, `unit 2 holding 10 uint32 cdab scale 0.1`, `unit 1 coil 7`.
//
// Addresses are those of the protocol: zero-based, and the same number on the wire. The traditional
// numbers of many manuals (40101) are one-based with the table as first digit; they are not accepted,
// because 40101 is also a real protocol address (SunSpec devices begin at holding 40000), but the
// error message translates them.
import type { Datatype } from '../driver.ts';

export type Table = 'holding' | 'input' | 'coil' | 'discrete';
export type NumberType = 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32' | 'float64';

/** How the registers of one tag are to be understood. */
export type Encoding =
  | { readonly kind: 'number'; readonly type: NumberType; readonly order: string; readonly scaling: Scaling | null }
  | { readonly kind: 'string'; readonly characters: number; readonly order: string }
  /** One bit of a register, 0 being the least significant. */
  | { readonly kind: 'bit'; readonly bit: number }
  /** A coil or discrete input. */
  | { readonly kind: 'boolean' };

/** value = raw × scale + offset. */
export interface Scaling {
  readonly scale: number;
  readonly offset: number;
}

export interface ModbusAddress {
  readonly unit: number;
  readonly table: Table;
  /** First register (or coil), zero-based. */
  readonly start: number;
  /** Registers (or coils) it occupies. */
  readonly length: number;
  readonly encoding: Encoding;
}

/** An address text that is not understood; the message says where and what would be accepted. */
class AddressError extends Error {
  constructor(text: string, problem: string) {
    super(`Modbus address "${text}": ${problem}`);
    this.name = 'AddressError';
  }
}

const ADDRESS_SPACE = 65_536;
const MAX_UNIT = 255;
/** 125 registers of two characters, the most one request can read. */
const MAX_CHARACTERS = 250;

const registersOf: Readonly<Record<NumberType, number>> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
};

const datatypeOf: Readonly<Record<NumberType, Datatype>> = {
  int16: 'Int16',
  uint16: 'UInt16',
  int32: 'Int32',
  uint32: 'UInt32',
  int64: 'Int64',
  uint64: 'UInt64',
  float32: 'Float',
  float64: 'Double',
};

/**
 * Byte orders by the number of bytes. The letters say which byte of the value each byte on the wire
 * is, `a` being the most significant. For 64 bits these are all that swap bytes, words and double words.
 */
const ordersOf: Readonly<Record<number, readonly string[]>> = {
  2: ['ab', 'ba'],
  4: ['abcd', 'cdab', 'badc', 'dcba'],
  8: ['abcdefgh', 'ghefcdab', 'badcfehg', 'hgfedcba', 'cdabghef', 'efghabcd', 'dcbahgfe', 'fehgbadc'],
};

/** For 64 bits the four-letter names mean the same kind of swap. */
const longOrder: Readonly<Record<string, string>> = {
  abcd: 'abcdefgh',
  cdab: 'ghefcdab',
  badc: 'badcfehg',
  dcba: 'hgfedcba',
};

const tables: readonly Table[] = ['holding', 'input', 'coil', 'discrete'];
const typeNames = [...Object.keys(registersOf), 'string <characters>', 'bit <0-15>'].join(', ');
const examples = '"unit 1 holding 100 uint16", "unit 2 holding 10 uint32 cdab scale 0.1", "unit 1 coil 7"';

/** Parse an address text; throws an AddressError that says what is wrong and what is accepted. */
export function parseAddress(text: string): ModbusAddress {
  const words = new Words(text);
  if (words.take() !== 'unit') words.fail(`it begins with the unit, as in ${examples}${hint(words.first())}`);
  const unit = words.integer('the unit', 0, MAX_UNIT);
  const tableWord = words.take();
  const table = tables.find((name) => name === tableWord);
  if (table === undefined) {
    return words.fail(
      `after the unit comes one of ${tables.join(', ')}, not ${quote(tableWord)}${hint(tableWord)}, as in ${examples}`,
    );
  }
  const start = words.integer(`the ${table} address`, 0, ADDRESS_SPACE - 1);
  const { length, encoding } =
    table === 'coil' || table === 'discrete' ? { length: 1, encoding: bool(words) } : registers(words);
  words.end();
  if (start + length > ADDRESS_SPACE) {
    words.fail(`it needs ${length} registers from ${start} on, but addresses end at ${ADDRESS_SPACE - 1}`);
  }
  return { unit, table, start, length, encoding };
}

/** The datatype a tag at this address has when the configuration names none. */
export function defaultDatatype({ encoding }: ModbusAddress): Datatype {
  switch (encoding.kind) {
    case 'number':
      return encoding.scaling === null ? datatypeOf[encoding.type] : 'Double';
    case 'string':
      return 'String';
    case 'bit':
    case 'boolean':
      return 'Boolean';
  }
}

function bool(words: Words): Encoding {
  if (words.peek() !== undefined) words.fail(`a coil or discrete input has no type; remove ${quote(words.peek())}`);
  return { kind: 'boolean' };
}

function registers(words: Words): { length: number; encoding: Encoding } {
  const type = words.take();
  if (type === 'bit') {
    return { length: 1, encoding: { kind: 'bit', bit: words.integer('the bit', 0, 15) } };
  }
  if (type === 'string') {
    const characters = words.integer('the number of characters', 1, MAX_CHARACTERS);
    return {
      length: Math.ceil(characters / 2),
      encoding: { kind: 'string', characters, order: order(words, 2) },
    };
  }
  if (!isNumberType(type)) return words.fail(`the type is one of ${typeNames}, not ${quote(type)}`);
  const length = registersOf[type];
  return {
    length,
    encoding: { kind: 'number', type, order: order(words, length * 2), scaling: scaling(words) },
  };
}

function isNumberType(word: string | undefined): word is NumberType {
  return word !== undefined && Object.hasOwn(registersOf, word);
}

function order(words: Words, bytes: number): string {
  const accepted = ordersOf[bytes] ?? [];
  const word = words.peek();
  if (word === undefined || word === 'scale' || word === 'offset') return accepted[0] ?? '';
  words.take();
  const name = bytes === 8 ? (longOrder[word] ?? word) : word;
  if (accepted.includes(name)) return name;
  return words.fail(
    `after the type comes the byte order (${accepted.join(', ')}), "scale" or "offset", not ${quote(word)}`,
  );
}

function scaling(words: Words): Scaling | null {
  let scale: number | undefined;
  let offset: number | undefined;
  for (let word = words.peek(); word === 'scale' || word === 'offset'; word = words.peek()) {
    words.take();
    if (word === 'scale') {
      if (scale !== undefined) words.fail('"scale" is there twice');
      scale = words.number('scale');
      if (scale === 0) words.fail('scale 0 would make every value the same');
    } else {
      if (offset !== undefined) words.fail('"offset" is there twice');
      offset = words.number('offset');
    }
  }
  return scale === undefined && offset === undefined ? null : { scale: scale ?? 1, offset: offset ?? 0 };
}

/** Translates 40101 or 400101 into the address used here; empty for anything else. */
function hint(word: string | undefined): string {
  const match = /^([0134])(\d{4}|\d{5})$/.exec(word ?? '');
  if (match === null) return '';
  const table = { 0: 'coil', 1: 'discrete', 3: 'input', 4: 'holding' }[match[1] ?? ''];
  const start = Number(match[2]) - 1;
  return start < 0 || start >= ADDRESS_SPACE ? '' : ` (${word} is ${table} ${start} here: zero-based, with the table)`;
}

function quote(word: string | undefined): string {
  return word === undefined ? 'the end' : `"${word}"`;
}

/** The words of an address, taken from left to right. */
class Words {
  readonly #text: string;
  readonly #words: string[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  }

  first(): string | undefined {
    return this.#words[0];
  }

  peek(): string | undefined {
    return this.#words[this.#next];
  }

  take(): string | undefined {
    const word = this.#words[this.#next];
    this.#next += 1;
    return word;
  }

  integer(what: string, from: number, to: number): number {
    const word = this.take();
    const value = Number(word);
    if (word !== undefined && /^\d+$/.test(word) && value >= from && value <= to) return value;
    return this.fail(`${what} is a whole number from ${from} to ${to}, not ${quote(word)}${hint(word)}`);
  }

  number(what: string): number {
    const word = this.take();
    const value = Number(word);
    if (word !== undefined && Number.isFinite(value)) return value;
    return this.fail(`${what} needs a number, as in "${what} 0.1", not ${quote(word)}`);
  }

  end(): void {
    if (this.peek() !== undefined) this.fail(`${quote(this.peek())} is too much at the end`);
  }

  fail(problem: string): never {
    throw new AddressError(this.#text, problem);
  }
}
