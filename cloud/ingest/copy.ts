// PostgreSQL's binary COPY format for rows of telemetry.sample: the fastest way in from Node.
// https://www.postgresql.org/docs/17/sql-copy.html (Binary Format). Times are microseconds since 2000.

import type { SampleColumns } from './batch.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const trailerBytes = 2;
/** With nothing null: count of columns, three int4, time, value, status, each with its length. */
const rowBytes = 2 + 8 + 8 + 8 + 12 + 12 + 8;
/** Rows encoded at a time: the database works on one piece while the next is encoded. */
const pieceRows = 8_192;
const epochMs = Date.UTC(2000, 0, 1);
const two32 = 0x1_0000_0000;

/** Rows of (organization_id, plant_id, tag_id, time, value, status) in this order, header and trailer included. */
export function* encodeCopy(samples: SampleColumns<number>, order: Uint32Array): Generator<Buffer> {
  for (let from = 0; from < order.length || from === 0; from += pieceRows) {
    const to = Math.min(from + pieceRows, order.length);
    const bytes = Buffer.allocUnsafe(signature.length + (to - from) * rowBytes + trailerBytes);
    let at = from === 0 ? signature.copy(bytes, 0) : 0;
    at = writeRows(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at, samples, order.subarray(from, to));
    if (to === order.length) at = bytes.writeInt16BE(-1, at);
    yield bytes.subarray(0, at);
  }
}

/** Answers where the next byte goes. DataView, since Buffer's writers check each of the twelve numbers of a row. */
function writeRows(bytes: DataView, start: number, samples: SampleColumns<number>, order: Uint32Array): number {
  let at = start;
  for (const row of order) {
    const agent = samples.session[row]?.agent;
    bytes.setInt16(at, 6);
    bytes.setInt32(at + 2, 4);
    bytes.setInt32(at + 6, agent?.organizationId ?? 0);
    bytes.setInt32(at + 10, 4);
    bytes.setInt32(at + 14, agent?.plantId ?? 0);
    bytes.setInt32(at + 18, 4);
    bytes.setInt32(at + 22, samples.tag[row]?.id ?? 0);
    const micros = ((samples.time[row] as number) - epochMs) * 1_000;
    const high = Math.floor(micros / two32);
    bytes.setInt32(at + 26, 8);
    bytes.setInt32(at + 30, high);
    bytes.setUint32(at + 34, micros - high * two32);
    at += 38;
    const value = samples.value[row] ?? null;
    if (value === null) {
      bytes.setInt32(at, -1);
      at += 4;
    } else {
      bytes.setInt32(at, 8);
      bytes.setFloat64(at + 4, value);
      at += 12;
    }
    const status = samples.status[row] ?? null;
    if (status === null) {
      bytes.setInt32(at, -1);
      at += 4;
    } else {
      bytes.setInt32(at, 4);
      bytes.setInt32(at + 4, status);
      at += 8;
    }
  }
  return at;
}
