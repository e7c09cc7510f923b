// Turns what node-opcua decodes into the plain values, times and status codes the edge knows, and back
// again for writing. Works per value without allocating, since every sample passes here.

import { DataType, type DataValue, LocalizedText, type QualifiedName, Variant, VariantArrayType } from 'node-opcua';
import { type Datatype, isBad, type Readings, status, type Value } from '../driver.ts';

/** OPC 10000-4, 7.39.1: InfoType DataValue (bits 10–11 = 01) with the Overflow bit (7). */
const INFO_MASK = 0x0c00;
const INFO_DATA_VALUE = 0x0400;
const OVERFLOW_BIT = 0x0080;
/** Bad_NoData: a Good status with no value says nothing, and a silent null would look like a measurement. */
const BAD_NO_DATA = 0x809b_0000;

const TWO_32 = 0x1_0000_0000;
/** The high word up to which hi × 2³² + lo is exact in a double. */
const SAFE_HIGH = 0x1f_ffff;

/** Where the rows of one notification or read go. Rows are appended in order; `overflow` collects tag indexes. */
export interface Columns extends Readings {
  readonly overflow: number[];
}

export function newColumns(): Columns {
  return { tag: [], time: [], value: [], status: [], overflow: [] };
}

/** The rows alone, as events carry them. */
export function readingsOf({ tag, time, value, status: codes }: Columns): Readings {
  return { tag, time, value, status: codes };
}

/** Appends one value. Returns the status it was delivered with, `badDecodingError` for types no tag can hold. */
export function appendDataValue(columns: Columns, tag: number, dataValue: DataValue): number {
  let code = dataValue.statusCode.value;
  if ((code & INFO_MASK) === INFO_DATA_VALUE && (code & OVERFLOW_BIT) !== 0) {
    columns.overflow.push(tag);
    code = withoutOverflow(code);
  }
  let value: Value = null;
  if (!isBad(code)) {
    const converted = toValue(dataValue.value);
    if (converted === undefined) code = status.badDecodingError;
    else if (converted === null) code = BAD_NO_DATA;
    else value = converted;
  }
  columns.tag.push(tag);
  columns.time.push((dataValue.sourceTimestamp ?? dataValue.serverTimestamp)?.getTime() ?? null);
  columns.value.push(value);
  columns.status.push(code);
  return code;
}

/** Appends a row that has a status and no value. */
export function appendStatus(columns: Columns, tag: number, code: number): void {
  columns.tag.push(tag);
  columns.time.push(null);
  columns.value.push(null);
  columns.status.push(code);
}

/** The Overflow bit is reported beside the value; what other info bits say (limits) stays with it. */
function withoutOverflow(code: number): number {
  const rest = (code & ~OVERFLOW_BIT) >>> 0;
  return (rest & 0xffff) === INFO_DATA_VALUE ? (rest & 0xffff_0000) >>> 0 : rest;
}

/** Undefined for what no tag can hold: arrays, structures, byte strings, node ids. */
function toValue(variant: Variant | null | undefined): Value | undefined {
  if (!variant) return null;
  if (variant.arrayType !== VariantArrayType.Scalar) return undefined;
  const raw: unknown = variant.value;
  if (raw === null || raw === undefined) return null;
  switch (variant.dataType) {
    case DataType.Int64:
      return signed64(raw as [number, number]);
    case DataType.UInt64:
      return unsigned64(raw as [number, number]);
    case DataType.DateTime:
      return (raw as Date).getTime();
    case DataType.LocalizedText:
      return (raw as LocalizedText).text ?? null;
    case DataType.QualifiedName:
      return (raw as QualifiedName).name ?? null;
    case DataType.StatusCode:
      return (raw as { value: number }).value;
    default:
      return typeof raw === 'number' || typeof raw === 'boolean' || typeof raw === 'string' ? raw : undefined;
  }
}

/** node-opcua holds 64-bit integers as two unsigned words, high first. */
function unsigned64([high, low]: [number, number]): number | bigint {
  return high <= SAFE_HIGH ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low);
}

function signed64([high, low]: [number, number]): number | bigint {
  const signedHigh = high | 0;
  return signedHigh <= SAFE_HIGH && signedHigh > -SAFE_HIGH
    ? signedHigh * TWO_32 + low
    : BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low));
}

/** The tag datatype a node of this built-in type gets unless the user says otherwise; null for what no tag can hold. */
export function defaultDatatype(type: DataType): Datatype | null {
  switch (type) {
    case DataType.Boolean:
      return 'Boolean';
    case DataType.SByte:
      return 'Int8';
    case DataType.Byte:
      return 'UInt8';
    case DataType.Int16:
      return 'Int16';
    case DataType.UInt16:
      return 'UInt16';
    case DataType.Int32:
      return 'Int32';
    case DataType.UInt32:
    case DataType.StatusCode:
      return 'UInt32';
    case DataType.Int64:
    case DataType.DateTime:
      return 'Int64';
    case DataType.UInt64:
      return 'UInt64';
    case DataType.Float:
      return 'Float';
    case DataType.Double:
      return 'Double';
    case DataType.String:
    case DataType.Guid:
    case DataType.LocalizedText:
    case DataType.QualifiedName:
    case DataType.XmlElement:
      return 'String';
    default:
      return null;
  }
}

/** Smallest and largest value of each integer type. */
const integerRange = new Map<DataType, readonly [bigint, bigint]>([
  [DataType.SByte, [-128n, 127n]],
  [DataType.Byte, [0n, 255n]],
  [DataType.Int16, [-32_768n, 32_767n]],
  [DataType.UInt16, [0n, 65_535n]],
  [DataType.Int32, [-(2n ** 31n), 2n ** 31n - 1n]],
  [DataType.UInt32, [0n, 2n ** 32n - 1n]],
  [DataType.Int64, [-(2n ** 63n), 2n ** 63n - 1n]],
  [DataType.UInt64, [0n, 2n ** 64n - 1n]],
]);

/** A value as a variant of the node's own type, or a sentence that says why it does not fit. */
export function toVariant(value: Value, type: DataType): Variant | string {
  const range = integerRange.get(type);
  if (range) return integerVariant(value, type, range);
  switch (type) {
    case DataType.Boolean:
      return typeof value === 'boolean' ? new Variant({ dataType: type, value }) : 'the node holds true or false';
    case DataType.Float:
    case DataType.Double:
      return typeof value === 'number' || typeof value === 'bigint'
        ? new Variant({ dataType: type, value: Number(value) })
        : 'the node holds a number';
    case DataType.String:
      return typeof value === 'string' ? new Variant({ dataType: type, value }) : 'the node holds text';
    case DataType.LocalizedText:
      return typeof value === 'string'
        ? new Variant({ dataType: type, value: new LocalizedText({ text: value }) })
        : 'the node holds text';
    case DataType.DateTime:
      return typeof value === 'number'
        ? new Variant({ dataType: type, value: new Date(value) })
        : 'the node holds a time, in milliseconds since 1970';
    default:
      return `nodes of type ${DataType[type]} cannot be written`;
  }
}

function integerVariant(value: Value, type: DataType, [lowest, highest]: readonly [bigint, bigint]): Variant | string {
  const whole = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : null;
  if (whole === null || whole < lowest || whole > highest)
    return `the node holds a whole number from ${lowest} to ${highest}`;
  if (type !== DataType.Int64 && type !== DataType.UInt64) return new Variant({ dataType: type, value: Number(whole) });
  const bits = BigInt.asUintN(64, whole);
  return new Variant({
    dataType: type,
    arrayType: VariantArrayType.Scalar,
    value: [Number(bits >> 32n), Number(bits & 0xffff_ffffn)],
  });
}
