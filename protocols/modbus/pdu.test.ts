// Which answers of a device are believed.
import { describe, expect, it } from 'vitest';
import { judgeReply, readRequest, writeCoilRequest, writeRegistersRequest } from './pdu.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const twoRegisters = readRequest('holding', 0, 2);

describe('an answer is believed only when it is exactly right', () => {
  it('takes the data of a read and the confirmation of a write', () => {
    expect(judgeReply(twoRegisters, hex('0304000a0102'))).toEqual({ kind: 'data', bytes: hex('000a0102') });
    expect(judgeReply(readRequest('coil', 0, 9), hex('0102cd01'))).toEqual({ kind: 'data', bytes: hex('cd01') });
    expect(judgeReply(writeRegistersRequest(1, hex('0003')), hex('0600010003'))).toMatchObject({ kind: 'data' });
    expect(judgeReply(writeRegistersRequest(1, hex('000a0102')), hex('1000010002'))).toMatchObject({ kind: 'data' });
    expect(judgeReply(writeCoilRequest(1, true), hex('050001ff00'))).toMatchObject({ kind: 'data' });
  });

  it('takes an exception with its code', () => {
    expect(judgeReply(twoRegisters, hex('8302'))).toEqual({ kind: 'exception', code: 2 });
  });

  it.each([
    ['nothing', ''],
    ['only the function', '03'],
    ['a byte count without data', '0304'],
    ['fewer bytes than counted', '0304000a01'],
    ['more bytes than counted', '0304000a010203'],
    ['a byte count that does not fit its data', '0302000a0102'],
    ['one register instead of two', '0302000a'],
    ['another function', '0404000a0102'],
    ['the exception of another function', '8402'],
    ['an exception without a code', '83'],
    ['an exception with more than a code', '830200'],
  ])('calls %s malformed', (_name, reply) => {
    expect(judgeReply(twoRegisters, hex(reply)).kind).toBe('malformed');
  });

  it('does not take the confirmation of another write', () => {
    expect(judgeReply(writeRegistersRequest(1, hex('0003')), hex('0600020003')).kind).toBe('malformed');
    expect(judgeReply(writeRegistersRequest(1, hex('0003')), hex('0600010004')).kind).toBe('malformed');
    expect(judgeReply(writeRegistersRequest(1, hex('000a0102')), hex('1000010001')).kind).toBe('malformed');
    expect(judgeReply(writeCoilRequest(1, true), hex('0500010000')).kind).toBe('malformed');
  });
});
