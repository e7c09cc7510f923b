// From the bytes of a DDATA or NDATA to rows of the batch: decode, resolve the alias, check the value.
// One walk over the bytes; nothing is added to the batch until the whole message was readable.

import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import {
  type MetricCursor,
  type MetricValue,
  type PayloadHead,
  readPayload,
} from '../../protocols/sparkplug/payload.ts';
import { WireError } from '../../protocols/sparkplug/protobuf.ts';
import { names, properties, qualityOf } from '../../protocols/sparkplug/unison.ts';
import { type Batch, messageOverhead, type SampleColumns } from './batch.ts';
import type { DeviceSession, EdgeSession, TagRef } from './edge-session.ts';
import type { Outcome, Outcomes, RefusedValue } from './outcome.ts';
import { parseGap } from './reports.ts';
import type { BufferFill } from './side-notes.ts';

export interface DecodeContext {
  readonly outcomes: Outcomes;
  /** Server time in ms. */
  readonly now: number;
  readonly retentionMs: number;
  /** Told the message's sequence number at its arrival, not when it is decoded again. -1 for none. */
  readonly sequence?: (session: EdgeSession, seq: number) => void;
}

/** How far ahead of our clock a sample may be. */
export const futureToleranceMs = 5 * 60_000;

/** Beyond any buffer, and within the times that a Date holds. */
const MOST_FILL = 8e15;

interface Row {
  tag: TagRef;
  time: number;
  value: MetricValue;
  status: number;
}

/** OPC UA BadOutOfRange: the status of NaN and the infinities, which are kept as a value that is not there. */
const badOutOfRange = 0x803c_0000;

export interface DataMessage {
  readonly session: EdgeSession;
  readonly device: DeviceSession;
  /** The edge's Unison/Session it belongs to. */
  readonly edgeSession: string | null;
  readonly topic: string;
  readonly payload: Buffer;
}

/**
 * Adds a data message to the batch, or answers why it cannot be: unreadable bytes are a dead letter, an
 * unknown alias asks for a birth and leaves the message unacknowledged; so does a copy of one that waits
 * already, which will be acknowledged for both. Null: it is in the batch.
 */
export function decodeData(message: DataMessage, batch: Batch, context: DecodeContext): Outcome | null {
  const { session, device, topic, payload } = message;
  const rows: Row[] = [];
  const own: { offset: number | null; watermark: number | null } = { offset: null, watermark: null };
  let isHistorical = false;
  let unresolved = false;
  let withoutTime = false;
  let head: PayloadHead;
  try {
    head = readPayload(payload, (metric) => {
      if (metric.isHistorical) isHistorical = true;
      const tag = metric.alias >= 0 ? device.byAlias.get(metric.alias) : device.byName.get(metric.name ?? '');
      if (tag) {
        if (metric.timestamp < 0) withoutTime = true;
        rows.push({ tag, time: metric.timestamp, value: metric.value(tag.code), status: statusOf(metric) });
      } else if (metric.name === names.offset) own.offset = offsetOf(metric);
      else if (metric.name === names.watermark) own.watermark = watermarkOf(metric, context.now);
      else unresolved = true;
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: 'dead_letter', reason: 'unreadable_payload', detail: error.message };
  }
  context.sequence?.(session, head.seq);
  if (context.sequence && own.offset !== null && session.waiting.has(own.offset))
    return { kind: 'shed', reason: 'already_waiting' };
  if (unresolved) return { kind: 'shed', reason: 'awaiting_birth' };
  if (withoutTime)
    for (const row of rows) if (row.time < 0) row.time = head.timestamp < 0 ? context.now : head.timestamp;
  const numbers = isHistorical ? batch.repeated : batch.fresh;
  const refusals: RowContext['refusals'] = new Map();
  for (const row of rows) addRow({ session, device, row, numbers, batch, context, refusals });
  batch.messages.push({
    session,
    device,
    topic,
    payload,
    offset: own.offset,
    edgeSession: message.edgeSession,
    watermark: own.watermark,
    isHistorical,
  });
  batch.bytes += payload.length + messageOverhead;
  if (own.offset !== null) session.waiting.add(own.offset);
  return null;
}

/**
 * What an NDATA says: the watermark, by which an agent that has nothing to send says that it lives, and how
 * full its buffer is; null where it carries none.
 */
export function decodeIdle(
  payload: Buffer,
  now: number,
): { watermark: number | null; fill: BufferFill | null; seq: number } {
  const said: { watermark: number | null; bytes: number | null; oldest: number | null } = {
    watermark: null,
    bytes: null,
    oldest: null,
  };
  const { seq } = readPayload(payload, (metric) => {
    if (metric.name === names.watermark) said.watermark = watermarkOf(metric, now);
    else if (metric.name === names.bufferBytes) said.bytes = fillOf(metric.value(datatypeCode.Int64));
    else if (metric.name === names.bufferOldest) said.oldest = fillOf(metric.value(datatypeCode.DateTime));
  });
  const { watermark, bytes, oldest } = said;
  return { watermark, fill: bytes === null ? null : { bytes, oldest: oldest || null }, seq };
}

/** Screens only: what cannot be is left out. */
function fillOf(value: MetricValue): number | null {
  return typeof value === 'number' && value >= 0 && value <= MOST_FILL ? value : null;
}

/** An offset is a whole number from 0 to 2^53; what cannot be one cannot be acknowledged. */
function offsetOf(metric: MetricCursor): number {
  const value = metric.value(datatypeCode.Int64);
  if (typeof value !== 'number' || value < 0) throw new WireError(`${names.offset} is ${String(value)}, no offset`);
  return value;
}

/** A watermark ahead of our clock would make figures final that are not; 0 says that the edge does not know. */
function watermarkOf(metric: MetricCursor, now: number): number | null {
  const value = metric.value(datatypeCode.DateTime);
  return typeof value === 'number' && value > 0 && value <= now + futureToleranceMs ? value : null;
}

interface RowContext {
  readonly session: EdgeSession;
  readonly device: DeviceSession;
  readonly row: Row;
  readonly numbers: SampleColumns<number>;
  readonly batch: Batch;
  readonly context: DecodeContext;
  readonly refusals: Map<string, { from: number; to: number; count: number }>;
}

function addRow(add: RowContext): void {
  const { session, row, numbers, batch, context } = add;
  const { tag, time, value, status } = row;
  if (time < context.now - context.retentionMs || time > context.now + futureToleranceMs) {
    refuse(add, 'time_out_of_range', `time ${new Date(clampDate(time)).toISOString()}, value ${String(value)}`);
    return;
  }
  if (tag.kind !== 'sample') {
    addReport(add);
    return;
  }
  switch (tag.family) {
    case 'number':
      if (typeof value === 'bigint') refuse(add, 'integer_too_large', value.toString());
      else if (typeof value === 'number' && !Number.isFinite(value)) {
        numbers.push(session, tag, time, null, qualityOf(status) === 0 ? status : badOutOfRange);
      } else if (typeof value === 'number' || value === null) numbers.push(session, tag, time, value, status);
      else refuse(add, 'wrong_datatype', typeof value);
      return;
    case 'boolean':
      if (typeof value === 'boolean') numbers.push(session, tag, time, value ? 1 : 0, status);
      else if (value === null) numbers.push(session, tag, time, value, status);
      else refuse(add, 'wrong_datatype', typeof value);
      return;
    case 'text':
      if (typeof value === 'string' && value.includes('\0')) refuse(add, 'text_with_nul', JSON.stringify(value));
      else if (typeof value === 'string' || value === null) batch.text.push(session, tag, time, value, status);
      else refuse(add, 'wrong_datatype', typeof value);
      return;
    case 'bytes':
    case 'unsupported':
      refuse(add, 'unsupported_datatype', `datatype ${tag.code}`);
  }
}

function addReport(add: RowContext): void {
  const { session, device, row, batch } = add;
  const { tag, time, value } = row;
  if (tag.kind === 'coverage' && (value === 'up' || value === 'down' || value === 'unknown')) {
    batch.coverage.push({ session, deviceId: tag.deviceId, time, state: value });
  } else if (tag.kind === 'gap' && typeof value === 'string') {
    const gap = parseGap(value);
    if (!gap) refuse(add, 'wrong_datatype', value.slice(0, 200));
    else {
      const lost = gap.tag === null ? undefined : device.byName.get(gap.tag);
      const detail = gap.tag !== null && !lost ? plain(`tag ${gap.tag}`) : null;
      batch.gaps.push({
        session,
        deviceId: tag.deviceId,
        tagId: lost?.id || null,
        from: gap.from,
        to: gap.to,
        cause: gap.cause,
        count: gap.count,
        detail,
      });
    }
  } else if (tag.kind === 'clock_offset' && (typeof value === 'number' || value === null)) {
    add.numbers.push(session, tag, time, value, row.status);
  } else refuse(add, 'wrong_datatype', typeof value);
}

/** A value that cannot be a sample is in a row of the gap ledger, one per message, tag and reason, with what it was. */
function refuse(add: RowContext, reason: RefusedValue, detail: string): void {
  const { session, row, batch, context, refusals } = add;
  const at = reason === 'time_out_of_range' ? context.now : row.time;
  context.outcomes.refused(reason);
  const key = `${row.tag.id} ${reason}`;
  const known = refusals.get(key);
  if (known) {
    known.from = Math.min(known.from, at);
    known.to = Math.max(known.to, at + 1);
    known.count++;
    return;
  }
  const gap = {
    session,
    deviceId: row.tag.deviceId,
    // The agent's own reports are no tags.
    tagId: row.tag.id || null,
    from: at,
    to: at + 1,
    cause: reason,
    count: 1,
    detail: plain(detail),
  };
  refusals.set(key, gap);
  batch.gaps.push(gap);
}

function statusOf(metric: MetricCursor): number {
  if (metric.propertiesAt < 0) return 0;
  const set = metric.properties();
  const code = set?.[properties.statusCode]?.value;
  if (typeof code === 'number') return code;
  const quality = set?.[properties.quality]?.value;
  // Other edges say only good (192), bad (0) or stale (500) [tck-id-payloads-propertyset-quality-value-value].
  return quality === 0 ? 0x8000_0000 : quality === 500 ? 0x8095_0000 : 0;
}

/** Text a person reads: bounded, and without what PostgreSQL's text cannot hold. */
function plain(text: string): string {
  return text.slice(0, 200).replaceAll('\0', '\\0');
}

function clampDate(time: number): number {
  return Math.min(8.64e15, Math.max(-8.64e15, time));
}
