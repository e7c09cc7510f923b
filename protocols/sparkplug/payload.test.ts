// The codec against an independent judge: protobufjs with the .proto of Sparkplug B 3.0.

import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload, type Metric, type Payload, readPayload } from './payload.ts';
import { WireError, WireWriter } from './protobuf.ts';
import { parseTopic, topicOf } from './topics.ts';
import { decodeAcknowledgement, encodeAcknowledgement, writeDataMetric } from './unison.ts';

// Field names and numbers of sparkplug_b.proto, the part that is used.
const judge = protobuf.parse(`syntax = "proto2"; package p;
  message Payload {
    message PropertyValue { optional uint32 type = 1; optional bool is_null = 2; optional uint32 int_value = 3;
      optional uint64 long_value = 4; optional float float_value = 5; optional double double_value = 6;
      optional bool boolean_value = 7; optional string string_value = 8; }
    message PropertySet { repeated string keys = 1; repeated PropertyValue values = 2; }
    message Metric { optional string name = 1; optional uint64 alias = 2; optional uint64 timestamp = 3;
      optional uint32 datatype = 4; optional bool is_historical = 5; optional bool is_transient = 6;
      optional bool is_null = 7; optional PropertySet properties = 9; optional uint32 int_value = 10;
      optional uint64 long_value = 11; optional float float_value = 12; optional double double_value = 13;
      optional bool boolean_value = 14; optional string string_value = 15; optional bytes bytes_value = 16; }
    optional uint64 timestamp = 1; repeated Metric metrics = 2; optional uint64 seq = 3; }`).root;
const JudgePayload = judge.lookupType('p.Payload');

const judged = (bytes: Uint8Array) =>
  JudgePayload.toObject(JudgePayload.decode(bytes), { longs: String, bytes: Buffer, arrays: true }) as {
    timestamp?: string;
    seq?: string;
    metrics: Record<string, unknown>[];
  };

const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const valueOf: fc.Arbitrary<Pick<Metric, 'datatype' | 'value'>> = fc.oneof(
  fc.integer({ min: -128, max: 127 }).map((value) => ({ datatype: 'Int8' as const, value })),
  fc.integer({ min: -32768, max: 32767 }).map((value) => ({ datatype: 'Int16' as const, value })),
  fc.integer().map((value) => ({ datatype: 'Int32' as const, value })),
  fc.maxSafeInteger().map((value) => ({ datatype: 'Int64' as const, value })),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map((value) => ({ datatype: 'Int64' as const, value })),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }).map((value) => ({ datatype: 'UInt64' as const, value })),
  fc.nat({ max: 4_294_967_295 }).map((value) => ({ datatype: 'UInt32' as const, value })),
  fc.double().map((value) => ({ datatype: 'Double' as const, value })),
  fc.float().map((value) => ({ datatype: 'Float' as const, value })),
  fc.boolean().map((value) => ({ datatype: 'Boolean' as const, value })),
  fc.string({ unit: 'grapheme', maxLength: 300 }).map((value) => ({ datatype: 'String' as const, value })),
  fc.uint8Array({ maxLength: 300 }).map((value) => ({ datatype: 'Bytes' as const, value: Buffer.from(value) })),
  time.map((value) => ({ datatype: 'DateTime' as const, value })),
  fc.constant({ datatype: 'Double' as const, value: null }),
);
const metric: fc.Arbitrary<Metric> = fc
  .record({
    of: valueOf,
    name: fc.option(fc.string(), { nil: undefined }),
    alias: fc.option(fc.nat(), { nil: undefined }),
    timestamp: time,
    isHistorical: fc.boolean(),
    isTransient: fc.boolean(),
    unit: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ of, unit, ...rest }) => ({
    ...rest,
    ...of,
    properties:
      unit === undefined
        ? undefined
        : { engUnit: { type: 'String' as const, value: unit }, low: { type: 'Int32' as const, value: -12 } },
  }));
const payload: fc.Arbitrary<Payload> = fc.record({
  timestamp: time,
  seq: fc.nat({ max: 255 }),
  metrics: fc.array(metric, { maxLength: 12 }),
});

describe('a Sparkplug payload', () => {
  it('comes back as it was sent, whatever the datatype', () => {
    fc.assert(
      fc.property(payload, (sent) => {
        expect(decodePayload(encodePayload(sent))).toEqual(sent);
      }),
    );
  });

  it('is read the same by an independent decoder', () => {
    fc.assert(
      fc.property(payload, (sent) => {
        const seen = judged(encodePayload(sent));
        expect(Number(seen.timestamp)).toBe(sent.timestamp);
        expect(Number(seen.seq)).toBe(sent.seq);
        expect(
          seen.metrics.map((one) => [one['name'], one['alias'] === undefined ? undefined : Number(one['alias'])]),
        ).toEqual(sent.metrics.map((one) => [one.name, one.alias]));
        const back = decodePayload(JudgePayload.encode(JudgePayload.decode(encodePayload(sent))).finish());
        expect(back).toEqual(sent);
      }),
    );
  });

  it('cut at every byte is refused or shows only whole metrics, and never crashes', () => {
    const bytes = encodePayload({
      timestamp: 1_750_000_000_000,
      seq: 3,
      metrics: [
        {
          name: 'a',
          alias: 1,
          timestamp: 1_750_000_000_000,
          datatype: 'Int32',
          value: -12,
          properties: { engUnit: { type: 'String', value: 'g' } },
        },
        { name: 'b', datatype: 'String', value: 'Größe' },
      ],
    });
    const outcomes = new Set<string>();
    for (let end = 0; end < bytes.length; end++) {
      let metrics = 0;
      try {
        readPayload(bytes.subarray(0, end), () => metrics++);
        outcomes.add(`whole ${metrics}`);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        outcomes.add('refused');
      }
    }
    expect([...outcomes].sort()).toEqual(['refused', 'whole 0', 'whole 1', 'whole 2']);
  });

  it('made of random bytes is refused with a WireError or read, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodePayload(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it('keeps an Int32 of -12 at -12', () => {
    const bytes = encodePayload({ metrics: [{ name: 'a', datatype: 'Int32', value: -12 }] });
    expect(judged(bytes).metrics[0]?.['intValue']).toBe(4_294_967_284);
    expect(decodePayload(bytes).metrics[0]?.value).toBe(-12);
  });
});

describe('data as the edge writes it', () => {
  it('carries alias, time, value, and quality only where it is not good', () => {
    const writer = new WireWriter();
    writeDataMetric(writer, {
      alias: 300,
      time: 1_750_000_000_123,
      code: 10,
      value: 501.25,
      status: 0,
      isHistorical: false,
    });
    writeDataMetric(writer, {
      alias: 2,
      time: 1_750_000_000_124,
      code: 7,
      value: null,
      status: 0x800a_0000,
      isHistorical: true,
    });
    expect(judged(writer.finish()).metrics).toEqual([
      { alias: '300', timestamp: '1750000000123', doubleValue: 501.25 },
      {
        alias: '2',
        timestamp: '1750000000124',
        isHistorical: true,
        isNull: true,
        properties: {
          keys: ['Quality', 'StatusCode'],
          values: [
            { type: 3, intValue: 0 },
            { type: 7, intValue: 0x800a_0000 },
          ],
        },
      },
    ]);
  });
});

describe('an acknowledgement', () => {
  it('names a session and ranges of offsets', () => {
    const session = '0f8e2a54-93d1-4c0e-a7b1-0123456789ab';
    const ranges = [
      [1, 1],
      [5, 900],
      [1_000_000_000_000, 1_000_000_000_002],
    ] as const;
    expect(decodeAcknowledgement(encodeAcknowledgement({ session, ranges }))).toEqual({ session, ranges });
    expect(() => decodeAcknowledgement(Buffer.alloc(15))).toThrow(WireError);
  });
});

describe('a topic', () => {
  it('is taken apart and put together', () => {
    const topic = { group: 'riverside', type: 'DDATA', edge: 'edge-1', device: 'filling' } as const;
    expect(parseTopic(topicOf(topic))).toEqual(topic);
    expect(parseTopic('spBv1.0/g/NBIRTH/e')).toEqual({ group: 'g', type: 'NBIRTH', edge: 'e', device: null });
    for (const wrong of [
      'spBv1.0/g/NBIRTH/e/d',
      'spBv1.0/g/DDATA/e',
      'spBv1.0/STATE/h',
      'x/g/DDATA/e/d',
      'spBv1.0/g/DDATA/e/d/f',
      'spBv1.0/g/DDATA/e/',
      '',
    ]) {
      expect(parseTopic(wrong)).toBeNull();
    }
  });
});
