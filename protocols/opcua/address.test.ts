// A plant engineer types node addresses; what is wrong with one is said so that it can be put right.

import { describe, expect, it } from 'vitest';
import { formatOpcuaAddress, parseOpcuaAddress } from './address.ts';

describe('an OPC UA address', () => {
  it.each([
    ['ns=1;s=Filler.State', { namespace: 1, kind: 's', identifier: 'Filler.State' }],
    ['ns=2;i=1001', { namespace: 2, kind: 'i', identifier: '1001' }],
    ['i=2258', { namespace: 0, kind: 'i', identifier: '2258' }],
    ['nsu=http://vendor/plc;s=Speed', { namespace: 'http://vendor/plc', kind: 's', identifier: 'Speed' }],
    ['ns=3;s="DB 1"."a;b=c"', { namespace: 3, kind: 's', identifier: '"DB 1"."a;b=c"' }],
    [
      'ns=4;g=72962b91-fa75-4ae6-8d28-b404dc7daf63',
      { namespace: 4, kind: 'g', identifier: '72962b91-fa75-4ae6-8d28-b404dc7daf63' },
    ],
    ['ns=4;b=YWJj', { namespace: 4, kind: 'b', identifier: 'YWJj' }],
    ['nsu=urn:a%3Bb%25;i=1', { namespace: 'urn:a;b%', kind: 'i', identifier: '1' }],
  ])('%s is understood and written back the same', (text, parsed) => {
    expect(parseOpcuaAddress(text)).toEqual(parsed);
    expect(formatOpcuaAddress(parseOpcuaAddress(text))).toBe(text);
  });

  it.each([
    ['', /empty/],
    ['Filler.State', /write it like ns=1;s=/],
    ['ns=1', /number and a semicolon/],
    ['ns=x;s=a', /number and a semicolon/],
    ['ns=70000;s=a', /greater than 65535/],
    ['ns=1;i=Speed', /s=Speed/],
    ['ns=1;i=4294967296', /0 to 4294967295/],
    ['ns=1;s=', /empty/],
    ['ns=1;x=1', /no kind of identifier/],
    ['ns=1;g=123', /GUID/],
    ['ns=1;b=*', /base64/],
    ['nsu=http://vendor', /semicolon/],
    ['svr=1;ns=1;s=a', /another server/],
  ])('"%s" is refused with a reason', (text, reason) => {
    expect(() => parseOpcuaAddress(text)).toThrow(reason);
    expect(() => parseOpcuaAddress(text)).toThrow(`"${text}"`);
  });
});
