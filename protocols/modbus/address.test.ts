// Address texts as engineers write them, and what they are told when one is wrong.
import { describe, expect, it } from 'vitest';
import { defaultDatatype, parseAddress } from './address.ts';

describe('an address as an engineer writes it', () => {
  it('says unit, table, zero-based address and how to read it', () => {
    expect(parseAddress('unit 1 holding 100 uint16')).toEqual({
      unit: 1,
      table: 'holding',
      start: 100,
      length: 1,
      encoding: { kind: 'number', type: 'uint16', order: 'ab', scaling: null },
    });
    expect(parseAddress('unit 2 holding 10 uint32 cdab')).toMatchObject({
      length: 2,
      encoding: { type: 'uint32', order: 'cdab' },
    });
    expect(parseAddress('unit 3 input 0 float32 abcd')).toMatchObject({ table: 'input', start: 0, length: 2 });
    expect(parseAddress('unit 1 holding 40 string 15')).toMatchObject({
      length: 8,
      encoding: { kind: 'string', characters: 15, order: 'ab' },
    });
    expect(parseAddress('unit 1 holding 5 bit 3')).toMatchObject({ length: 1, encoding: { kind: 'bit', bit: 3 } });
    expect(parseAddress('unit 1 coil 7')).toMatchObject({ table: 'coil', start: 7, length: 1 });
    expect(parseAddress('unit 255 discrete 65535')).toMatchObject({ unit: 255, table: 'discrete', start: 65_535 });
  });

  it('may be written in capitals and with any spaces', () => {
    expect(parseAddress('  Unit 1  HOLDING 100\tUINT16 ')).toEqual(parseAddress('unit 1 holding 100 uint16'));
  });

  it('takes scale and offset in any order, with or without a byte order', () => {
    const scaled = { kind: 'number', scaling: { scale: 0.1, offset: -40 } };
    expect(parseAddress('unit 1 holding 1 int16 scale 0.1 offset -40').encoding).toMatchObject(scaled);
    expect(parseAddress('unit 1 holding 1 int32 dcba offset -40 scale 0.1').encoding).toMatchObject(scaled);
    expect(parseAddress('unit 1 holding 1 int16 offset 5').encoding).toMatchObject({
      scaling: { scale: 1, offset: 5 },
    });
  });

  it('understands the four-letter orders for 64 bits too', () => {
    const orderOf = (order: string) => parseAddress(`unit 1 holding 0 uint64 ${order}`).encoding;
    expect(orderOf('abcd')).toMatchObject({ order: 'abcdefgh' });
    expect(orderOf('cdab')).toMatchObject({ order: 'ghefcdab' });
    expect(orderOf('badc')).toMatchObject({ order: 'badcfehg' });
    expect(orderOf('dcba')).toMatchObject({ order: 'hgfedcba' });
    expect(orderOf('cdabghef')).toMatchObject({ order: 'cdabghef' });
  });

  it('gives each tag the datatype of its registers, and Double once it is scaled', () => {
    const of = (rest: string) => defaultDatatype(parseAddress(`unit 1 ${rest}`));
    expect(of('holding 0 int16')).toBe('Int16');
    expect(of('holding 0 uint16')).toBe('UInt16');
    expect(of('holding 0 int32')).toBe('Int32');
    expect(of('holding 0 uint32')).toBe('UInt32');
    expect(of('holding 0 int64')).toBe('Int64');
    expect(of('holding 0 uint64')).toBe('UInt64');
    expect(of('holding 0 float32')).toBe('Float');
    expect(of('holding 0 float64')).toBe('Double');
    expect(of('holding 0 uint16 scale 0.1')).toBe('Double');
    expect(of('holding 0 string 4')).toBe('String');
    expect(of('holding 0 bit 0')).toBe('Boolean');
    expect(of('coil 0')).toBe('Boolean');
  });
});

describe('a mistake in an address', () => {
  const message = (text: string) => {
    try {
      parseAddress(text);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error(`"${text}" was accepted`);
  };

  it.each([
    ['', 'it begins with the unit'],
    ['holding 100 uint16', 'it begins with the unit'],
    ['unit 256 holding 1 uint16', 'the unit is a whole number from 0 to 255, not "256"'],
    ['unit 1 register 1 uint16', 'one of holding, input, coil, discrete, not "register"'],
    ['unit 1', 'one of holding, input, coil, discrete, not the end'],
    ['unit 1 holding -1 uint16', 'a whole number from 0 to 65535, not "-1"'],
    ['unit 1 holding 1.5 uint16', 'a whole number from 0 to 65535, not "1.5"'],
    ['unit 1 holding 0x10 uint16', 'a whole number from 0 to 65535, not "0x10"'],
    ['unit 1 holding 1', 'the type is one of int16, uint16'],
    ['unit 1 holding 1 word', 'bit <0-15>, not "word"'],
    ['unit 1 holding 1 uint16 cdab', 'the byte order (ab, ba), "scale" or "offset", not "cdab"'],
    ['unit 1 holding 1 uint32 acbd', 'the byte order (abcd, cdab, badc, dcba)'],
    ['unit 1 holding 1 bit 16', 'the bit is a whole number from 0 to 15'],
    ['unit 1 holding 1 bit', 'the bit is a whole number from 0 to 15, not the end'],
    ['unit 1 holding 1 string 251', 'the number of characters is a whole number from 1 to 250'],
    ['unit 1 holding 1 uint16 scale x', 'scale needs a number'],
    ['unit 1 holding 1 uint16 scale 0', 'scale 0 would make every value the same'],
    ['unit 1 holding 1 uint16 scale 2 scale 3', '"scale" is there twice'],
    ['unit 1 holding 1 uint16 scale 2 please', '"please" is too much at the end'],
    ['unit 1 holding 1 string 4 scale 2', '"scale" is too much at the end'],
    ['unit 1 coil 7 uint16', 'a coil or discrete input has no type; remove "uint16"'],
    ['unit 1 holding 65535 uint32', 'it needs 2 registers from 65535 on, but addresses end at 65535'],
  ])('%j is refused: %s', (text, problem) => {
    expect(message(text)).toContain(problem);
    expect(message(text)).toContain(`"${text}"`);
  });

  it('translates the traditional numbers of the manuals', () => {
    expect(message('unit 1 40101 uint16')).toContain('40101 is holding 100 here');
    expect(message('unit 1 30001 uint16')).toContain('30001 is input 0 here');
    expect(message('unit 1 10008')).toContain('10008 is discrete 7 here');
    expect(message('unit 1 00001')).toContain('00001 is coil 0 here');
    expect(message('unit 1 holding 400101 uint16')).toContain('400101 is holding 100 here');
    expect(message('40101')).toContain('40101 is holding 100 here');
    expect(message('unit 1 40000')).not.toContain('here:');
  });
});
