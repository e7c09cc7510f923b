// An edge without devices and buffer: it speaks the wire of a real one (births, offsets, acknowledgement
// window, resends), from messages encoded beforehand, so that the edge's own work is not measured.

import { randomUUID } from 'node:crypto';
import { type Columns, encodeBatch } from '../../../edge/buffer/batch.ts';
import type { DictionaryTag } from '../../../edge/buffer/store.ts';
import { encodeDeviceBirth, encodeMeaning, encodeNodeBirth, encodeNodeDeath } from '../../../edge/uplink/births.ts';
import { DataEncoder } from '../../../edge/uplink/data.ts';
import { Link } from '../../../edge/uplink/link.ts';
import { Window } from '../../../edge/uplink/window.ts';
import { datatypeCode } from '../../../protocols/sparkplug/datatypes.ts';
import { decodePayload } from '../../../protocols/sparkplug/payload.ts';
import { topicOf } from '../../../protocols/sparkplug/topics.ts';
import { decodeAcknowledgement, names } from '../../../protocols/sparkplug/unison.ts';
import { isCounter, type Load, tagName, timeOf, valueOf } from './rows.ts';

export interface LoadEdgeSettings {
  readonly url: string;
  readonly group: string;
  readonly edge: string;
  readonly password: string;
  /** Machines the tags belong to, in turn. */
  readonly machines: readonly string[];
}

const device = 'line';
const windowBytes = 1 << 20;
const resendCheckMs = 500;

export class LoadEdge {
  resent = 0;
  readonly #settings: LoadEdgeSettings;
  readonly #load: Load;
  readonly #session = randomUUID();
  readonly #buffer = randomUUID();
  readonly #window = new Window(windowBytes);
  readonly #tags: DictionaryTag[];
  readonly #abort = new AbortController();
  #link: Link | null = null;
  #messages: Buffer[] = [];
  #next = 0;
  /** Offset of the first message of this round. */
  #first = 1;
  #open = 0;
  #done: (() => void) | null = null;

  constructor(settings: LoadEdgeSettings, load: Load) {
    this.#settings = settings;
    this.#load = load;
    this.#tags = Array.from({ length: load.tags }, (_, no) => ({
      no: no + 1,
      device,
      name: tagName(no),
      datatype: isCounter(no) ? datatypeCode.UInt32 : datatypeCode.Double,
      properties: encodeMeaning({
        machine: settings.machines[no % settings.machines.length],
        role: isCounter(no) ? 'good_count' : 'measurement',
      }),
    }));
  }

  async connect(): Promise<void> {
    const { url, group, edge, password } = this.#settings;
    this.#link = await Link.open({
      settings: {
        url,
        clientId: `${group}/${edge}`,
        username: `${group}/${edge}`,
        password,
        keepAlive: 60,
        will: { topic: this.#topic('NDEATH'), payload: encodeNodeDeath(0, Date.now()) },
      },
      topics: [this.#topic('NCMD')],
      events: {
        message: (_, payload) => this.#command(payload),
        lost: (reason) => {
          console.error(`edge ${edge} lost its broker: ${reason.message}`);
          process.exit(1);
        },
      },
      signal: this.#abort.signal,
    });
    this.#born();
  }

  /** Encodes a round of messages with fresh offsets. Not measured. */
  encode(isHistorical: boolean): void {
    this.#first += this.#messages.length;
    const encoder = new DataEncoder();
    const { tags, steps } = this.#load;
    this.#messages = Array.from({ length: steps }, (_, step) => {
      const columns: Columns = { tag: [], time: [], value: [], status: [] };
      for (let tag = 0; tag < tags; tag++) {
        columns.tag.push(tag + 1);
        columns.time.push(timeOf(this.#load, step));
        columns.value.push(valueOf(tag, step));
        columns.status.push(0);
      }
      return encoder.encode({
        body: encodeBatch(columns),
        offset: this.#first + step,
        watermark: timeOf(this.#load, step),
        seq: (step + 2) % 256,
        now: Date.now(),
        isHistorical,
        codeOf: (no) => this.#tags[no - 1]?.datatype ?? 0,
      });
    });
  }

  /** Publishes the round as fast as the window allows; resolves with the last acknowledgement. */
  async send(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#done = resolve;
    this.#open = this.#messages.length;
    this.#next = 0;
    this.#pump();
    const timer = setInterval(() => this.#sendOverdue(), resendCheckMs);
    await promise;
    clearInterval(timer);
  }

  get bytes(): number {
    return this.#messages.reduce((sum, message) => sum + message.length, 0);
  }

  async close(): Promise<void> {
    await this.#link?.close({ topic: this.#topic('NDEATH'), payload: encodeNodeDeath(0, Date.now()) });
  }

  #pump(): void {
    while (this.#next < this.#messages.length && this.#window.bytes < this.#window.limit) this.#publish(this.#next++);
  }

  #publish(index: number): void {
    const payload = this.#messages[index] as Buffer;
    this.#window.sent(this.#first + index, payload.length, performance.now());
    this.#link?.publish(this.#topic('DDATA'), payload);
  }

  #sendOverdue(): void {
    for (const offset of this.#window.overdue(performance.now())) {
      this.resent++;
      this.#publish(offset - this.#first);
    }
  }

  #command(bytes: Buffer): void {
    for (const metric of decodePayload(bytes).metrics) {
      if (metric.name === names.rebirth) this.#born();
      else if (metric.name === names.committed && metric.value instanceof Uint8Array) this.#acknowledged(metric.value);
    }
  }

  #acknowledged(value: Uint8Array): void {
    const { session, ranges } = decodeAcknowledgement(value);
    if (session !== this.#session) return;
    for (const [first, last] of this.#window.acknowledge(ranges, performance.now())) this.#open -= last - first + 1;
    this.#pump();
    if (this.#open === 0) this.#done?.();
  }

  #born(): void {
    const now = Date.now();
    const birth = { bdSeq: 0, buffer: this.#buffer, session: this.#session, version: 'bench' };
    this.#link?.publish(this.#topic('NBIRTH'), encodeNodeBirth(birth, now));
    const tags = this.#tags;
    this.#link?.publish(this.#topic('DBIRTH'), encodeDeviceBirth({ tags, current: () => undefined, seq: 1, now }));
  }

  #topic(type: 'NBIRTH' | 'NDEATH' | 'DBIRTH' | 'DDATA' | 'NCMD'): string {
    const { group, edge } = this.#settings;
    return topicOf({ group, type, edge, device: type.startsWith('D') ? device : null });
  }
}
