// PostgreSQL's binary COPY format for rows of telemetry.sample: the fastest way in from Node.
// https://www.postgresql.org/docs/17/sql-copy.html (Binary Format). Times are microseconds since 2000.

const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const rowBytes = 2 + 8 + 8 + 8 + 12 + 12 + 8;
const epochMs = Date.UTC(2000, 0, 1);

export interface SampleRow {
  readonly organizationId: number;
  readonly plantId: number;
  readonly tagId: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly value: number | null;
  readonly status: number | null;
}

/** Rows of (organization_id, plant_id, tag_id, time, value, status), header and trailer included. */
export function encodeCopy(count: number, row: (index: number) => SampleRow): Buffer {
  const bytes = Buffer.allocUnsafe(signature.length + count * rowBytes + 2);
  let at = signature.copy(bytes, 0);
  for (let index = 0; index < count; index++) {
    const { organizationId, plantId, tagId, time, value, status } = row(index);
    at = bytes.writeInt16BE(6, at);
    at = writeInt(bytes, organizationId, at);
    at = writeInt(bytes, plantId, at);
    at = writeInt(bytes, tagId, at);
    at = bytes.writeInt32BE(8, at);
    const micros = (time - epochMs) * 1000;
    const high = Math.floor(micros / 0x1_0000_0000);
    at = bytes.writeInt32BE(high, at);
    at = bytes.writeUInt32BE(micros - high * 0x1_0000_0000, at);
    if (value === null) at = bytes.writeInt32BE(-1, at);
    else {
      at = bytes.writeInt32BE(8, at);
      at = bytes.writeDoubleBE(value, at);
    }
    if (status === null) at = bytes.writeInt32BE(-1, at);
    else at = writeInt(bytes, status, at);
  }
  at = bytes.writeInt16BE(-1, at);
  return bytes.subarray(0, at);
}

function writeInt(bytes: Buffer, value: number, at: number): number {
  return bytes.writeInt32BE(value, bytes.writeInt32BE(4, at));
}
