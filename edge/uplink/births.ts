// What an edge says of itself and its devices when it is born: NBIRTH, DBIRTH and the Will.

import { isBad, type Value } from '../../protocols/driver.ts';
import { datatypeName } from '../../protocols/sparkplug/datatypes.ts';
import { encodePayload, type Metric, type Properties, type Property } from '../../protocols/sparkplug/payload.ts';
import { names, properties, qualityOf } from '../../protocols/sparkplug/unison.ts';
import type { DictionaryTag } from '../buffer/store.ts';

/** The last known value of a tag, for the births. */
export interface CurrentValue {
  readonly time: number;
  readonly value: Value;
  readonly status: number;
}

export interface NodeBirth {
  readonly bdSeq: number;
  readonly buffer: string;
  readonly session: string;
  readonly version: string;
}

/** What a tag means, as its birth properties carry it. Units: pollMs in milliseconds. */
export interface TagMeaning {
  readonly unit?: string | undefined;
  readonly machine?: string | undefined;
  readonly role?: string | undefined;
  readonly reason?: string | undefined;
  readonly counter?: string | undefined;
  readonly modulus?: number | undefined;
  readonly pollMs?: number | undefined;
}

/** The Will and the goodbye: only bdSeq, no seq [tck-id-payloads-ndeath-seq]. */
export function encodeNodeDeath(bdSeq: number, now: number): Buffer {
  return encodePayload({
    timestamp: now,
    metrics: [{ name: names.bdSeq, timestamp: now, datatype: 'Int64', value: bdSeq }],
  });
}

export function encodeNodeBirth(node: NodeBirth, now: number): Buffer {
  const metric = (name: string, datatype: Metric['datatype'], value: Metric['value']): Metric => ({
    name,
    timestamp: now,
    datatype,
    value,
  });
  return encodePayload({
    timestamp: now,
    seq: 0,
    metrics: [
      metric(names.bdSeq, 'Int64', node.bdSeq),
      metric(names.rebirth, 'Boolean', false),
      metric(names.buffer, 'String', node.buffer),
      metric(names.session, 'String', node.session),
      metric(names.version, 'String', node.version),
      metric(names.committed, 'Bytes', null),
      metric(names.replay, 'DateTime', null),
      metric(names.bufferBytes, 'Int64', null),
      metric(names.bufferOldest, 'DateTime', null),
      { ...metric(names.watermark, 'DateTime', null), isTransient: true },
    ],
  });
}

/** An NDATA of an agent that has nothing to send: it lives, and everything before `watermark` (ms) is committed. */
export function encodeIdle(idle: { watermark: number; seq: number; now: number }): Buffer {
  const { watermark, seq, now } = idle;
  return encodePayload({
    timestamp: now,
    seq,
    metrics: [{ name: names.watermark, timestamp: now, datatype: 'DateTime', value: watermark }],
  });
}

/** What waits in the buffer: about so many bytes, the oldest since `oldest` (ms); 0 and 0 for nothing. */
export interface BufferFill {
  readonly bytes: number;
  readonly oldest: number;
}

/** An NDATA that says how full the buffer is. */
export function encodeFill(fill: BufferFill & { seq: number; now: number }): Buffer {
  const { bytes, oldest, seq, now } = fill;
  return encodePayload({
    timestamp: now,
    seq,
    metrics: [
      { name: names.bufferBytes, timestamp: now, datatype: 'Int64', value: bytes },
      { name: names.bufferOldest, timestamp: now, datatype: 'DateTime', value: oldest },
    ],
  });
}

/** A DBIRTH with every tag the buffer still knows of this device, so that no buffered value lacks its alias. */
export function encodeDeviceBirth(birth: {
  tags: readonly DictionaryTag[];
  current: (tag: number) => CurrentValue | undefined;
  seq: number;
  now: number;
}): Buffer {
  const { tags, current, seq, now } = birth;
  const metrics: Metric[] = [
    { name: names.offset, timestamp: now, datatype: 'Int64', value: null, isTransient: true },
    { name: names.watermark, timestamp: now, datatype: 'DateTime', value: null, isTransient: true },
  ];
  for (const tag of tags) {
    const last = current(tag.no);
    metrics.push({
      name: tag.name,
      alias: tag.no,
      timestamp: last?.time ?? now,
      datatype: datatypeName(tag.datatype),
      value: last === undefined || isBad(last.status) ? null : last.value,
      properties: propertiesOf(tag, last?.status ?? 0),
    });
  }
  return encodePayload({ timestamp: now, seq, metrics });
}

/** The properties column of the dictionary. */
export function encodeMeaning(meaning: TagMeaning): string {
  return JSON.stringify(meaning);
}

function propertiesOf(tag: DictionaryTag, status: number): Properties {
  const meaning = JSON.parse(tag.properties) as TagMeaning;
  const text = (value: string): Property => ({ type: 'String', value });
  return {
    ...(meaning.unit !== undefined && { [properties.unit]: text(meaning.unit) }),
    ...(meaning.machine !== undefined && { [properties.machine]: text(meaning.machine) }),
    ...(meaning.role !== undefined && { [properties.role]: text(meaning.role) }),
    ...(meaning.reason !== undefined && { [properties.reason]: text(meaning.reason) }),
    ...(meaning.counter !== undefined && { [properties.counter]: text(meaning.counter) }),
    ...(meaning.modulus !== undefined && { [properties.modulus]: { type: 'Int64' as const, value: meaning.modulus } }),
    ...(meaning.pollMs !== undefined && { [properties.pollMs]: { type: 'Int64' as const, value: meaning.pollMs } }),
    ...(status !== 0 && {
      [properties.quality]: { type: 'Int32' as const, value: qualityOf(status) },
      [properties.statusCode]: { type: 'UInt32' as const, value: status },
    }),
  };
}
