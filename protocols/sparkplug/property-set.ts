// The properties of a metric (PropertySet of sparkplug_b.proto): keys and values in two lists of one length.

import { datatypeCode, datatypeName, type SparkplugDatatype } from './datatypes.ts';
import { WireError, type WireReader, type WireWriter } from './protobuf.ts';

/** A property of a metric (engUnit, Quality, StatusCode, our Unison/…). */
export interface Property {
  readonly type: SparkplugDatatype;
  readonly value: number | bigint | boolean | string | null;
}

export type Properties = Readonly<Record<string, Property>>;

export function writePropertySet(writer: WireWriter, properties: Properties): void {
  const entries = Object.entries(properties);
  writer.byte(0x4a);
  const start = writer.open();
  for (const [key] of entries) {
    writer.byte(0x0a);
    writer.text(key);
  }
  for (const [, property] of entries) {
    writer.byte(0x12);
    const at = writer.open();
    const code = datatypeCode[property.type];
    writer.byte(0x08);
    writer.varint(code);
    if (property.value === null) writeNull(writer);
    else writePropertyValue(writer, code, property.value);
    writer.close(at);
  }
  writer.close(start);
}

function writeNull(writer: WireWriter): void {
  writer.byte(0x10);
  writer.byte(1);
}

function writePropertyValue(writer: WireWriter, code: number, value: number | bigint | boolean | string): void {
  if (typeof value === 'string') {
    writer.byte(0x42);
    writer.text(value);
  } else if (typeof value === 'boolean') {
    writer.byte(0x38);
    writer.byte(value ? 1 : 0);
  } else if (typeof value === 'bigint' || code === datatypeCode.Int64 || code === datatypeCode.UInt64) {
    writer.byte(0x20);
    writer.varint64(BigInt(value));
  } else if (code === datatypeCode.Double) {
    writer.byte(0x31);
    writer.double(value);
  } else if (code === datatypeCode.Float) {
    writer.byte(0x2d);
    writer.float(value);
  } else {
    writer.byte(0x18);
    writer.varint(value >>> 0);
  }
}

export function readPropertySet(reader: WireReader): Properties {
  const keys: string[] = [];
  const values: Property[] = [];
  while (reader.position < reader.end) {
    const key = reader.varint();
    if (key === 0x0a) keys.push(reader.text());
    else if (key === 0x12) {
      const outer = reader.end;
      reader.end = reader.blockEnd();
      values.push(readPropertyValue(reader));
      reader.end = outer;
    } else reader.skipField(key);
  }
  if (keys.length !== values.length) {
    throw new WireError(`a property set has ${keys.length} keys and ${values.length} values`);
  }
  return Object.fromEntries(keys.map((key, index) => [key, values[index] as Property]));
}

function readPropertyValue(reader: WireReader): Property {
  let code = 0;
  let raw: number | string | boolean | null = null;
  let wide: bigint | null = null;
  while (reader.position < reader.end) {
    const key = reader.varint();
    switch (key) {
      case 0x08:
        code = reader.varint();
        break;
      case 0x18:
        raw = reader.varint();
        break;
      case 0x20:
        raw = reader.varint();
        wide = reader.unsigned64();
        break;
      case 0x2d:
        raw = reader.float();
        break;
      case 0x31:
        raw = reader.double();
        break;
      case 0x38:
        raw = reader.varint() !== 0;
        break;
      case 0x42:
        raw = reader.text();
        break;
      default:
        reader.skipField(key);
    }
  }
  const type = datatypeName(code);
  if (typeof raw === 'number' && type === 'Int32') return { type, value: raw | 0 };
  if (wide !== null && type === 'Int64') {
    const value = BigInt.asIntN(64, wide);
    return {
      type,
      value:
        value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value,
    };
  }
  if (wide !== null && wide > BigInt(Number.MAX_SAFE_INTEGER)) return { type, value: wide };
  return { type, value: raw };
}
