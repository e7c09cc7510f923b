// What Unison adds to Sparkplug B, within the standard: metric names, the data writer, and the
// acknowledgement. docs/wire.md is the same in prose, with golden bytes.

import { writeValue } from './payload.ts';
import { WireError, WireReader, WireWriter } from './protobuf.ts';

export const names = {
  /** NBIRTH, String: UUID made with the buffer file. */
  buffer: 'Unison/Buffer',
  /** NBIRTH, String: UUID of this process start; unchanged by rebirth. */
  session: 'Unison/Session',
  /** NBIRTH, String: version of the agent. */
  version: 'Unison/Version',
  /** NBIRTH and NCMD, Bytes: the acknowledgement. */
  committed: 'Unison/Committed',
  /** NBIRTH and NCMD, DateTime: send again all that is kept from this time on. */
  replay: 'Unison/Replay',
  /** DBIRTH and DDATA, Int64, transient: number of this message. */
  offset: 'Unison/Offset',
  /** DBIRTH and DDATA, DateTime, transient: everything of the events lane before this is committed or in here. */
  watermark: 'Unison/Watermark',
  /** NBIRTH and NDATA, Int64: bytes in the buffer that are not committed yet. */
  bufferBytes: 'Unison/BufferBytes',
  /** NBIRTH and NDATA, DateTime: since when the oldest of them waits; 0 for none. */
  bufferOldest: 'Unison/BufferOldest',
  /** DBIRTH and DDATA, String: up, down or unknown. */
  coverage: 'Unison/Coverage',
  /** DBIRTH and DDATA, String: one gap row as JSON. */
  gap: 'Unison/Gap',
  /** DBIRTH and DDATA, Int64: device clock minus edge clock in ms. */
  clockOffset: 'Unison/ClockOffset',
  rebirth: 'Node Control/Rebirth',
  bdSeq: 'bdSeq',
} as const;

/** Properties of a tag in its DBIRTH. engUnit is common usage; the others are ours. */
export const properties = {
  unit: 'engUnit',
  machine: 'Unison/Machine',
  role: 'Unison/Role',
  reason: 'Unison/Reason',
  counter: 'Unison/Counter',
  modulus: 'Unison/Modulus',
  pollMs: 'Unison/PollMs',
  quality: 'Quality',
  statusCode: 'StatusCode',
} as const;

/** What a tag may mean for its machine: the values of Unison/Role. */
export const tagRoles = [
  'total_count',
  'good_count',
  'reject_count',
  'infeed_count',
  'state',
  'alarm',
  'measurement',
  'order',
  'material',
] as const;

/** How a counter counts: the values of Unison/Counter. */
export const counterKinds = ['cumulative', 'delta', 'pulse'] as const;

/**
 * Set in a StatusCode where the sample's time is the edge's because the source's could not be
 * believed: InfoType DataValue plus a bit OPC UA leaves free.
 */
export const clockFlag = 0x0000_0420;

/** Sparkplug's Quality of an OPC UA status: 0 bad, 192 good or uncertain [tck-id-payloads-propertyset-quality-value-value]. */
export function qualityOf(status: number): 0 | 192 {
  return (status & 0xc000_0000) >>> 0 === 0x8000_0000 ? 0 : 192;
}

export interface DataMetric {
  alias: number;
  /** Whole milliseconds since 1970. */
  time: number;
  /** Datatype code given in the birth. */
  code: number;
  value: number | bigint | boolean | string | null;
  /** OPC UA status code, 0 = Good. */
  status: number;
  isHistorical: boolean;
}

/** Appends one metric of a DDATA. The hot path of the edge: no object but the caller's reused one. */
export function writeDataMetric(writer: WireWriter, metric: DataMetric): void {
  writer.byte(0x12);
  const start = writer.open();
  writer.byte(0x10);
  writer.varint(metric.alias);
  writer.byte(0x18);
  writer.varint(metric.time);
  if (metric.isHistorical) {
    writer.byte(0x28);
    writer.byte(1);
  }
  if (metric.value === null) {
    writer.byte(0x38);
    writer.byte(1);
  }
  if (metric.status !== 0) writeStatus(writer, metric.status);
  if (metric.value !== null) writeValue(writer, metric.code, metric.value);
  writer.close(start);
}

const qualityKey = Buffer.from('\x0a\x07Quality\x0a\x0aStatusCode', 'latin1');

function writeStatus(writer: WireWriter, status: number): void {
  writer.byte(0x4a);
  const start = writer.open();
  writer.raw(qualityKey);
  // Quality is Int32 [tck-id-payloads-propertyset-quality-value-type], StatusCode UInt32.
  writer.byte(0x12);
  const quality = writer.open();
  writer.byte(0x08);
  writer.byte(3);
  writer.byte(0x18);
  writer.varint(qualityOf(status));
  writer.close(quality);
  writer.byte(0x12);
  const code = writer.open();
  writer.byte(0x08);
  writer.byte(7);
  writer.byte(0x18);
  writer.varint(status >>> 0);
  writer.close(code);
  writer.close(start);
}

/** Inclusive ranges of offsets. */
export type OffsetRange = readonly [first: number, last: number];

export interface Acknowledgement {
  /** The session the ingestor saw these offsets in, a UUID. */
  readonly session: string;
  readonly ranges: readonly OffsetRange[];
}

/** The value of Unison/Committed: 16 bytes of session, then per range two varints: first - end of the range before, length - 1. */
export function encodeAcknowledgement({ session, ranges }: Acknowledgement): Buffer {
  const writer = new WireWriter(16 + ranges.length * 6);
  writer.raw(Buffer.from(session.replaceAll('-', ''), 'hex'));
  let end = 0;
  for (const [first, last] of ranges) {
    writer.varint(first - end);
    writer.varint(last - first);
    end = last;
  }
  return writer.finish();
}

export function decodeAcknowledgement(bytes: Uint8Array): Acknowledgement {
  if (bytes.length < 16) throw new WireError('an acknowledgement has at least 16 bytes');
  const reader = new WireReader(bytes);
  const hex = reader.bytes.toString('hex', 0, 16);
  reader.position = 16;
  const ranges: OffsetRange[] = [];
  let end = 0;
  while (reader.position < reader.end) {
    const first = end + reader.varint();
    end = first + reader.varint();
    if (end > Number.MAX_SAFE_INTEGER) throw new WireError('an acknowledged offset is beyond 2^53');
    ranges.push([first, end]);
  }
  const session = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { session, ranges };
}

/** A gap row as it travels: times in ms, half-open [from, to); tag null = every tag of the device. */
export interface GapRow {
  readonly tag: string | null;
  readonly from: number;
  readonly to: number;
  readonly cause: string;
  /** How many values are known to be lost; null where nobody can know. */
  readonly count: number | null;
}
