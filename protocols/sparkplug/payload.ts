// The Sparkplug B payload: metrics to bytes and back (Sparkplug 3.0 chapter 6, sparkplug_b.proto).
//
// Two ways to read: `decodePayload` makes objects, for births and commands; `readPayload` shows one
// reused cursor per metric, for data. Two ways to write: `encodePayload` from objects, and the data
// writer in data.ts. Whole numbers beyond 2^53 stay bigint; nothing is rounded.

import { datatypeCode, datatypeFamily, datatypeName, type SparkplugDatatype } from './datatypes.ts';
import { type Properties, readPropertySet, writePropertySet } from './property-set.ts';
import { WireReader, WireWriter } from './protobuf.ts';

export type { Properties, Property } from './property-set.ts';

export type MetricValue = number | bigint | boolean | string | Uint8Array | null;

export interface Metric {
  readonly name?: string | undefined;
  readonly alias?: number | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp?: number | undefined;
  readonly datatype?: SparkplugDatatype | undefined;
  readonly value: MetricValue;
  readonly isHistorical?: boolean | undefined;
  readonly isTransient?: boolean | undefined;
  readonly properties?: Properties | undefined;
}

export interface Payload {
  readonly timestamp?: number | undefined;
  readonly seq?: number | undefined;
  readonly metrics: readonly Metric[];
}

/** A metric as it stands on the wire, before its datatype is known. One object, reused for each metric. */
export class MetricCursor {
  name: string | null = null;
  alias = -1;
  timestamp = -1;
  /** Datatype code of this message; 0 in DATA, where the birth's counts. */
  datatype = 0;
  isHistorical = false;
  isTransient = false;
  isNull = false;
  /** Which value field was there: its number in the .proto, or 0. */
  field = 0;
  number = 0;
  low = 0;
  high = 0;
  text = '';
  blob: Buffer = Buffer.alloc(0);
  /** Where the property set lies, -1 for none. */
  propertiesAt = -1;
  propertiesEnd = -1;
  readonly reader: WireReader;

  constructor(reader: WireReader) {
    this.reader = reader;
  }

  reset(): void {
    this.name = null;
    this.alias = -1;
    this.timestamp = -1;
    this.datatype = 0;
    this.isHistorical = false;
    this.isTransient = false;
    this.isNull = false;
    this.field = 0;
    this.propertiesAt = -1;
  }

  /** The value as its datatype means it. `code` is this metric's datatype, from here or from the birth. */
  value(code: number): MetricValue {
    if (this.isNull || this.field === 0) return null;
    switch (datatypeFamily(code)) {
      case 'number':
        return this.#number(code);
      case 'boolean':
        return this.field === 14 || this.field === 10 ? this.number !== 0 : null;
      case 'text':
        return this.field === 15 ? this.text : null;
      case 'bytes':
        return this.field === 16 ? this.blob : null;
      case 'unsupported':
        return null;
    }
  }

  properties(): Properties | undefined {
    if (this.propertiesAt < 0) return undefined;
    const { position, end } = this.reader;
    this.reader.position = this.propertiesAt;
    this.reader.end = this.propertiesEnd;
    const result = readPropertySet(this.reader);
    this.reader.position = position;
    this.reader.end = end;
    return result;
  }

  #number(code: number): number | bigint | null {
    if (this.field === 12 || this.field === 13) return this.number;
    if (this.field === 14) return this.number;
    if (this.field !== 10 && this.field !== 11) return null;
    switch (code) {
      case datatypeCode.Int8:
        return (this.low << 24) >> 24;
      case datatypeCode.Int16:
        return (this.low << 16) >> 16;
      case datatypeCode.Int32:
        return this.low | 0;
      case datatypeCode.Int64: {
        if (this.high < 0x8000_0000) return this.#unsigned();
        const value = BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low));
        return value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;
      }
      default:
        return this.#unsigned();
    }
  }

  #unsigned(): number | bigint {
    return this.number <= Number.MAX_SAFE_INTEGER ? this.number : (BigInt(this.high) << 32n) | BigInt(this.low);
  }
}

export interface PayloadHead {
  /** Milliseconds since 1970, or -1. */
  timestamp: number;
  seq: number;
}

/**
 * Walks through a payload. `onMetric` gets the same cursor each time and must copy what it keeps.
 * Throws WireError for bytes that are not a payload; metrics before the fault were shown already.
 */
export function readPayload(bytes: Uint8Array, onMetric: (metric: MetricCursor) => void): PayloadHead {
  const reader = new WireReader(bytes);
  const cursor = new MetricCursor(reader);
  const head: PayloadHead = { timestamp: -1, seq: -1 };
  while (reader.position < reader.end) {
    const key = reader.varint();
    switch (key) {
      case 0x08:
        head.timestamp = reader.varint();
        break;
      case 0x12: {
        const outer = reader.end;
        reader.end = reader.blockEnd();
        cursor.reset();
        readMetric(reader, cursor);
        onMetric(cursor);
        reader.end = outer;
        break;
      }
      case 0x18:
        head.seq = reader.varint();
        break;
      default:
        reader.skipField(key);
    }
  }
  return head;
}

export function decodePayload(bytes: Uint8Array): Payload {
  const metrics: Metric[] = [];
  const head = readPayload(bytes, (cursor) => {
    metrics.push({
      name: cursor.name ?? undefined,
      alias: cursor.alias < 0 ? undefined : cursor.alias,
      timestamp: cursor.timestamp < 0 ? undefined : cursor.timestamp,
      datatype: cursor.datatype === 0 ? undefined : datatypeName(cursor.datatype),
      value: copyOf(cursor.value(cursor.datatype === 0 ? inferred(cursor) : cursor.datatype)),
      isHistorical: cursor.isHistorical,
      isTransient: cursor.isTransient,
      properties: cursor.properties(),
    });
  });
  return {
    timestamp: head.timestamp < 0 ? undefined : head.timestamp,
    seq: head.seq < 0 ? undefined : head.seq,
    metrics,
  };
}

export function encodePayload(payload: Payload): Buffer {
  const writer = new WireWriter();
  if (payload.timestamp !== undefined) {
    writer.byte(0x08);
    writer.varint(payload.timestamp);
  }
  for (const metric of payload.metrics) writeMetric(writer, metric);
  if (payload.seq !== undefined) {
    writer.byte(0x18);
    writer.varint(payload.seq);
  }
  return writer.finish();
}

export function writeMetric(writer: WireWriter, metric: Metric): void {
  writer.byte(0x12);
  const start = writer.open();
  if (metric.name !== undefined) {
    writer.byte(0x0a);
    writer.text(metric.name);
  }
  if (metric.alias !== undefined) {
    writer.byte(0x10);
    writer.varint(metric.alias);
  }
  if (metric.timestamp !== undefined) {
    writer.byte(0x18);
    writer.varint(metric.timestamp);
  }
  const code = datatypeCode[metric.datatype ?? inferredName(metric.value)];
  if (metric.datatype !== undefined) {
    writer.byte(0x20);
    writer.varint(code);
  }
  if (metric.isHistorical) writeFlag(writer, 0x28);
  if (metric.isTransient) writeFlag(writer, 0x30);
  if (metric.value === null) writeFlag(writer, 0x38);
  if (metric.properties) writePropertySet(writer, metric.properties);
  if (metric.value !== null) writeValue(writer, code, metric.value);
  writer.close(start);
}

/** The value fields of a metric (numbers 10 to 16 of the .proto). */
export function writeValue(writer: WireWriter, code: number, value: Exclude<MetricValue, null>): void {
  switch (typeof value) {
    case 'boolean':
      writer.byte(0x70);
      writer.byte(value ? 1 : 0);
      return;
    case 'string':
      writer.byte(0x7a);
      writer.text(value);
      return;
    case 'bigint':
      writer.byte(0x58);
      writer.varint64(value);
      return;
    case 'object':
      writer.varint(0x82);
      writer.block(value);
      return;
    default:
      writeNumber(writer, code, value);
  }
}

function writeNumber(writer: WireWriter, code: number, value: number): void {
  switch (code) {
    case datatypeCode.Float:
      writer.byte(0x65);
      writer.float(value);
      return;
    case datatypeCode.Int8:
    case datatypeCode.Int16:
    case datatypeCode.Int32:
    case datatypeCode.UInt8:
    case datatypeCode.UInt16:
    case datatypeCode.UInt32:
      writer.byte(0x50);
      writer.varint(value >>> 0);
      return;
    case datatypeCode.Int64:
    case datatypeCode.UInt64:
    case datatypeCode.DateTime:
      writer.byte(0x58);
      if (value >= 0) writer.varint(value);
      else writer.varint64(BigInt(value));
      return;
    case datatypeCode.Boolean:
      writer.byte(0x70);
      writer.byte(value === 0 ? 0 : 1);
      return;
    default:
      writer.byte(0x69);
      writer.double(value);
  }
}

function writeFlag(writer: WireWriter, key: number): void {
  writer.byte(key);
  writer.byte(1);
}

function readMetric(reader: WireReader, cursor: MetricCursor): void {
  while (reader.position < reader.end) {
    const key = reader.varint();
    switch (key) {
      case 0x0a:
        cursor.name = reader.text();
        break;
      case 0x10:
        cursor.alias = reader.varint();
        break;
      case 0x18:
        cursor.timestamp = reader.varint();
        break;
      case 0x20:
        cursor.datatype = reader.varint();
        break;
      case 0x28:
        cursor.isHistorical = reader.varint() !== 0;
        break;
      case 0x30:
        cursor.isTransient = reader.varint() !== 0;
        break;
      case 0x38:
        cursor.isNull = reader.varint() !== 0;
        break;
      case 0x4a:
        cursor.propertiesEnd = reader.blockEnd();
        cursor.propertiesAt = reader.position;
        reader.position = cursor.propertiesEnd;
        break;
      case 0x50:
      case 0x58:
      case 0x70:
        cursor.number = reader.varint();
        cursor.low = reader.low;
        cursor.high = reader.high;
        cursor.field = key >>> 3;
        break;
      case 0x65:
        cursor.number = reader.float();
        cursor.field = 12;
        break;
      case 0x69:
        cursor.number = reader.double();
        cursor.field = 13;
        break;
      case 0x7a:
        cursor.text = reader.text();
        cursor.field = 15;
        break;
      case 0x82:
        cursor.blob = reader.block();
        cursor.field = 16;
        break;
      default:
        reader.skipField(key);
    }
  }
}

/** The datatype a value shows by itself, for DATA read without its birth. */
function inferred(cursor: MetricCursor): number {
  switch (cursor.field) {
    case 10:
      return datatypeCode.UInt32;
    case 11:
      return datatypeCode.UInt64;
    case 12:
      return datatypeCode.Float;
    case 13:
      return datatypeCode.Double;
    case 14:
      return datatypeCode.Boolean;
    case 15:
      return datatypeCode.String;
    case 16:
      return datatypeCode.Bytes;
    default:
      return datatypeCode.Unknown;
  }
}

function inferredName(value: MetricValue): SparkplugDatatype {
  switch (typeof value) {
    case 'boolean':
      return 'Boolean';
    case 'string':
      return 'String';
    case 'bigint':
      return 'Int64';
    case 'number':
      return 'Double';
    case 'object':
      return 'Bytes';
    default:
      return 'Unknown';
  }
}

function copyOf(value: MetricValue): MetricValue {
  return typeof value === 'object' && value !== null ? Buffer.from(value) : value;
}
