// Frames against bytes from the specifications and against what lines really carry.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16, createRtuFramer, createTcpFramer, type Framer, StreamError } from './framing.ts';
import { echoRequest, readRequest, writeCoilRequest, writeRegistersRequest } from './pdu.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const begin = (framer: Framer, unit: number, request: Buffer) => framer.begin(unit, request).toString('hex');
/** An RTU frame with its checksum. */
const rtu = (text: string) => {
  const body = hex(text);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
};

describe('frames as the specifications print them', () => {
  it('RTU: read ten holding registers of unit 1', () => {
    expect(begin(createRtuFramer(), 1, readRequest('holding', 0, 10))).toBe('01030000000ac5cd');
  });

  it('RTU: the checksum of the worked example in "MODBUS over Serial Line" 6.2.2', () => {
    expect(crc16(hex('02 07'))).toBe(0x1241);
  });

  it('requests of every function, from "MODBUS Application Protocol" 6.1 to 6.12', () => {
    expect(readRequest('coil', 0x13, 0x13).toString('hex')).toBe('0100130013');
    expect(readRequest('discrete', 0xc4, 0x16).toString('hex')).toBe('0200c40016');
    expect(readRequest('holding', 0x6b, 3).toString('hex')).toBe('03006b0003');
    expect(readRequest('input', 8, 1).toString('hex')).toBe('0400080001');
    expect(writeCoilRequest(0xac, true).toString('hex')).toBe('0500acff00');
    expect(writeRegistersRequest(1, hex('0003')).toString('hex')).toBe('0600010003');
    expect(writeRegistersRequest(1, hex('000a0102')).toString('hex')).toBe('100001000204000a0102');
    expect(echoRequest(0xa537).toString('hex')).toBe('080000a537');
  });

  it('TCP: a header with transaction, length and unit, and a number that uses all 16 bits', () => {
    const framer = createTcpFramer();
    expect(begin(framer, 0xff, readRequest('input', 0, 1))).toBe('000100000006ff0400000001');
    const numbers = new Set<string>();
    for (let request = 0; request < 65_535; request += 1) {
      numbers.add(framer.begin(1, readRequest('input', 0, 1)).toString('hex', 0, 2));
    }
    expect(numbers.size).toBe(65_535);
  });
});

describe('the TCP framer', () => {
  it('takes several answers from one piece and passes over those nobody waits for', () => {
    const framer = createTcpFramer();
    framer.begin(1, readRequest('holding', 0, 1));
    framer.giveUp();
    framer.begin(1, readRequest('holding', 1, 1));
    const both = hex('0001 0000 0005 01 03 02 aaaa 0002 0000 0005 01 03 02 bbbb');
    expect(framer.receive(both)).toEqual({ kind: 'reply', pdu: hex('0302bbbb') });
  });

  it.each([
    ['another protocol', '0001 0001 0005 01 03 02 aaaa'],
    ['a length of nothing', '0001 0000 0001 01'],
    ['a length no frame can have', '0001 0000 0100 01'],
  ])('finds out that the stream is out of step: %s', (_name, bytes) => {
    const framer = createTcpFramer();
    framer.begin(1, readRequest('holding', 0, 1));
    expect(() => framer.receive(hex(`${bytes} 00`))).toThrow(StreamError);
  });
});

describe('the RTU framer', () => {
  it('asks a unit that owes an answer for an echo first, and no other unit', () => {
    const framer = createRtuFramer();
    const next = readRequest('holding', 0, 1);
    expect(framer.fence(1, next)).toBeNull();
    framer.begin(1, next);
    framer.giveUp();
    expect(framer.fence(2, next)).toBeNull();
    const fence = framer.fence(1, next);
    expect(fence?.[0]).toBe(8);
    framer.begin(1, fence ?? next);
    // The late answer and the echo of another number prove nothing, the echo of this one does.
    expect(framer.receive(rtu('01 03 02 aaaa'))).toBeNull();
    expect(framer.receive(rtu('01 08 0000 7777'))).toBeNull();
    expect(framer.receive(rtu(`01 ${fence?.toString('hex')}`))).toMatchObject({ kind: 'reply' });
    expect(framer.fence(1, next)).toBeNull();
  });

  it('takes the refusal of the echo for an answer to it: devices without diagnostics are common', () => {
    const framer = createRtuFramer();
    const next = readRequest('holding', 0, 1);
    framer.begin(1, next);
    framer.giveUp();
    framer.begin(1, framer.fence(1, next) ?? next);
    expect(framer.receive(rtu('01 83 02'))).toBeNull();
    expect(framer.receive(rtu('01 88 01'))).toMatchObject({ kind: 'reply' });
    expect(framer.fence(1, next)).toBeNull();
  });

  it('tries a read of another length where the echo was ignored, and believes no exception there', () => {
    const framer = createRtuFramer();
    const next = readRequest('holding', 7, 3);
    framer.begin(1, next);
    framer.giveUp();
    framer.begin(1, framer.fence(1, next) ?? next);
    framer.giveUp();
    const fence = framer.fence(1, next) ?? next;
    expect(fence).toEqual(readRequest('holding', 7, 2));
    framer.begin(1, fence);
    expect(framer.receive(rtu('01 03 06 000100020003'))).toBeNull();
    expect(framer.receive(rtu('01 83 02'))).toBeNull();
    expect(framer.receive(rtu('01 03 04 00010002'))).toMatchObject({ kind: 'reply' });
    expect(framer.fence(1, next)).toBeNull();
  });

  it('finds the answer in any noise that does not hold it, however it is cut', () => {
    const reply = rtu('05 04 04 deadbeef');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (noise, cut) => {
        const framer = createRtuFramer();
        framer.begin(5, readRequest('input', 0, 2));
        const line = Buffer.concat([noise, reply]);
        const first = framer.receive(line.subarray(0, cut));
        const found = first ?? framer.receive(line.subarray(cut));
        expect(found).toEqual({ kind: 'reply', pdu: hex('0404deadbeef') });
      }),
      { numRuns: 500 },
    );
  });

  it('keeps no more than a few frames of a line that never stops talking', () => {
    const framer = createRtuFramer();
    framer.begin(5, readRequest('input', 0, 2));
    for (let round = 0; round < 1_000; round += 1) framer.receive(Buffer.alloc(1_000, 0x55));
    expect(framer.receive(rtu('05 04 04 deadbeef'))).toMatchObject({ kind: 'reply' });
  });
});
