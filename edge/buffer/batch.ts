// A batch: samples of one device and one lane in columns, and its bytes in the buffer file.
//
// Bytes, little-endian: count u32, text length u32, time f64[], value f64[], tag u32[], status u32[],
// kind u8[], text. A text is a string, or a whole number beyond 2^53 in digits; its value column holds
// where it ends in the text, in bytes. Nothing of a session is in here: a batch can be sent any number
// of times, by any later process.

import type { Value } from '../../protocols/driver.ts';

/** Which promise a batch lives under: events are never thinned out while measurements are there to go. */
export const lanes = ['events', 'measurement'] as const;
export type Lane = (typeof lanes)[number];

/** One device's samples of one lane, one row per value, not yet in order of time. */
export interface Columns {
  /** Tag numbers of the buffer's dictionary. */
  readonly tag: number[];
  /** Whole milliseconds since 1970. */
  readonly time: number[];
  readonly value: Value[];
  /** OPC UA status codes. */
  readonly status: number[];
}

export function emptyColumns(): Columns {
  return { tag: [], time: [], value: [], status: [] };
}

const kindNumber = 0;
const kindNull = 1;
const kindText = 2;
const kindBig = 3;
const kindBoolean = 4;

const head = 8;
const rowBytes = 25;

/** The rows from `from` to `to` (exclusive) as bytes, in order of time. */
export function encodeBatch(columns: Columns, from = 0, to = columns.tag.length): Uint8Array<ArrayBuffer> {
  const count = to - from;
  const order = orderByTime(columns.time, from, to);
  const texts: string[] = [];
  let textBytes = 0;
  for (let row = from; row < to; row++) {
    const value = columns.value[row];
    if (typeof value === 'string') textBytes += Buffer.byteLength(value);
    else if (typeof value === 'bigint') textBytes += value.toString().length;
  }
  const bytes = new Uint8Array(head + count * rowBytes + textBytes);
  const view = viewBatch(bytes, count);
  view.header[0] = count;
  view.header[1] = textBytes;
  let end = 0;
  for (let index = 0; index < count; index++) {
    const row = order === null ? from + index : (order[index] as number);
    const value = columns.value[row] as Value;
    view.time[index] = columns.time[row] as number;
    view.tag[index] = columns.tag[row] as number;
    view.status[index] = columns.status[row] as number;
    switch (typeof value) {
      case 'number':
        view.value[index] = value;
        view.kind[index] = kindNumber;
        break;
      case 'boolean':
        view.value[index] = value ? 1 : 0;
        view.kind[index] = kindBoolean;
        break;
      case 'object':
        view.kind[index] = kindNull;
        break;
      default: {
        const text = value.toString();
        end += Buffer.byteLength(text);
        texts.push(text);
        view.value[index] = end;
        view.kind[index] = typeof value === 'string' ? kindText : kindBig;
      }
    }
  }
  if (textBytes > 0) Buffer.from(bytes.buffer).write(texts.join(''), head + count * rowBytes);
  return bytes;
}

export interface BatchView {
  readonly count: number;
  readonly header: Uint32Array;
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly tag: Uint32Array;
  readonly status: Uint32Array;
  readonly kind: Uint8Array;
  readonly text: Buffer;
}

/** Opens a batch's bytes. Throws RangeError when they are not a batch. */
export function openBatch(stored: Uint8Array): BatchView {
  // Typed arrays want their offset aligned; SQLite's blobs come in a buffer of their own.
  const bytes = stored.byteOffset % 8 === 0 ? stored : Uint8Array.from(stored);
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const view = viewBatch(bytes, count);
  if (bytes.length !== head + count * rowBytes + (view.header[1] as number))
    throw new RangeError('a batch of wrong length');
  return view;
}

/** The value in a row. `textFrom` is where this row's text begins; `textEnd` gives the next one's. */
export function valueAt(view: BatchView, row: number, textFrom: number): Value {
  const value = view.value[row] as number;
  switch (view.kind[row]) {
    case kindNull:
      return null;
    case kindText:
      return view.text.toString('utf8', textFrom, value);
    case kindBig:
      return BigInt(view.text.toString('latin1', textFrom, value));
    case kindBoolean:
      return value !== 0;
    default:
      return value;
  }
}

/** Where the text of the rows up to and with this one ends. */
export function textEnd(view: BatchView, row: number, textFrom: number): number {
  const kind = view.kind[row];
  return kind === kindText || kind === kindBig ? (view.value[row] as number) : textFrom;
}

/** All rows of a batch as columns again. */
export function decodeBatch(stored: Uint8Array): Columns {
  const view = openBatch(stored);
  const columns = emptyColumns();
  let text = 0;
  for (let row = 0; row < view.count; row++) {
    columns.tag.push(view.tag[row] as number);
    columns.time.push(view.time[row] as number);
    columns.value.push(valueAt(view, row, text));
    columns.status.push(view.status[row] as number);
    text = textEnd(view, row, text);
  }
  return columns;
}

function viewBatch(bytes: Uint8Array, count: number): BatchView {
  const { buffer, byteOffset } = bytes;
  const wide = byteOffset + head;
  const narrow = wide + count * 16;
  return {
    count,
    header: new Uint32Array(buffer, byteOffset, 2),
    time: new Float64Array(buffer, wide, count),
    value: new Float64Array(buffer, wide + count * 8, count),
    tag: new Uint32Array(buffer, narrow, count),
    status: new Uint32Array(buffer, narrow + count * 4, count),
    kind: new Uint8Array(buffer, narrow + count * 8, count),
    text: Buffer.from(buffer, byteOffset + head + count * rowBytes, bytes.length - head - count * rowBytes),
  };
}

/**
 * Row numbers in order of time, or null where they are in order already. Time and row go into one double,
 * which sorts without calling back: a device reports item by item, so most of its batches need it.
 */
function orderByTime(time: readonly number[], from: number, to: number): number[] | null {
  let sorted = true;
  let least = time[from] as number;
  for (let row = from + 1; row < to; row++) {
    const at = time[row] as number;
    if (at < (time[row - 1] as number)) sorted = false;
    if (at < least) least = at;
  }
  if (sorted) return null;
  const count = to - from;
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index++) keys[index] = ((time[from + index] as number) - least) * count + index;
  keys.sort();
  return Array.from(keys, (key) => from + (key % count));
}
