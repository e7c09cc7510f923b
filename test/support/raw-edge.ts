// An edge made by hand: births and data as our agents write them, published in whatever order and number
// a test wants, over a plain MQTT connection.

import { randomUUID } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { emptyColumns, encodeBatch } from '../../edge/buffer/batch.ts';
import type { DictionaryTag } from '../../edge/buffer/store.ts';
import { encodeDeviceBirth, encodeNodeBirth } from '../../edge/uplink/births.ts';
import { DataEncoder } from '../../edge/uplink/data.ts';
import type { Value } from '../../protocols/driver.ts';
import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import { decodePayload } from '../../protocols/sparkplug/payload.ts';
import { type MessageType, topicOf } from '../../protocols/sparkplug/topics.ts';
import { decodeAcknowledgement, names } from '../../protocols/sparkplug/unison.ts';
import type { TestAgent } from './registry.ts';

export interface RawData {
  readonly offset: number;
  readonly rows: readonly {
    readonly tag: number;
    readonly time: number;
    readonly value: Value;
    readonly status?: number;
  }[];
  readonly watermark?: number;
  readonly isHistorical?: boolean;
}

export const rawTags: readonly DictionaryTag[] = [
  { no: 1, device: 'filling', name: 'count', datatype: datatypeCode.UInt32, properties: '{"role":"good_count"}' },
  { no: 2, device: 'filling', name: 'state', datatype: datatypeCode.String, properties: '{"role":"state"}' },
];

export class RawEdge {
  readonly session = randomUUID();
  readonly buffer = randomUUID();
  /** Offsets acknowledged for this session. */
  readonly acknowledged = new Set<number>();
  rebirths = 0;
  readonly #client: MqttClient;
  readonly #agent: TestAgent;
  readonly #encoder = new DataEncoder();
  #seq = 0;
  #tags: readonly DictionaryTag[] = rawTags;

  private constructor(client: MqttClient, agent: TestAgent) {
    this.#client = client;
    this.#agent = agent;
  }

  static async start(client: MqttClient, agent: TestAgent): Promise<RawEdge> {
    const edge = new RawEdge(client, agent);
    client.on('message', (_topic, payload) => edge.#command(payload));
    await client.subscribeAsync(edge.topic('NCMD'), { qos: 1 });
    return edge;
  }

  topic(type: MessageType): string {
    const { group, edge } = this.#agent;
    return topicOf({ group, type, edge, device: type.startsWith('D') ? 'filling' : null });
  }

  /** NBIRTH and DBIRTH. */
  async born(tags: readonly DictionaryTag[] = rawTags): Promise<void> {
    const now = Date.now();
    const { buffer, session } = this;
    this.#seq = 0;
    this.#tags = tags;
    await this.publish('NBIRTH', encodeNodeBirth({ bdSeq: 0, buffer, session, version: 'raw' }, now));
    await this.publish('DBIRTH', encodeDeviceBirth({ tags, current: () => undefined, seq: this.nextSeq(), now }));
  }

  data({ offset, rows, watermark = 0, isHistorical = false }: RawData): Buffer {
    const columns = emptyColumns();
    for (const { tag, time, value, status = 0 } of rows) {
      columns.tag.push(tag);
      columns.time.push(time);
      columns.value.push(value);
      columns.status.push(status);
    }
    return this.#encoder.encode({
      body: encodeBatch(columns),
      offset,
      watermark,
      seq: this.nextSeq(),
      now: Date.now(),
      isHistorical,
      codeOf: (tag) => this.#tags.find(({ no }) => no === tag)?.datatype ?? datatypeCode.UInt32,
    });
  }

  async publish(type: MessageType, payload: Buffer): Promise<void> {
    await this.#client.publishAsync(this.topic(type), payload, { qos: 0 });
  }

  nextSeq(): number {
    this.#seq = (this.#seq + 1) % 256;
    return this.#seq;
  }

  #command(payload: Buffer): void {
    for (const metric of decodePayload(payload).metrics) {
      if (metric.name === names.rebirth) this.rebirths++;
      if (metric.name !== names.committed || !(metric.value instanceof Uint8Array)) continue;
      const { session, ranges } = decodeAcknowledgement(metric.value);
      if (session !== this.session) continue;
      for (const [first, last] of ranges)
        for (let offset = first; offset <= last; offset++) this.acknowledged.add(offset);
    }
  }
}
