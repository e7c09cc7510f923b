// From the buffer to the broker, and the acknowledgement back: one Sparkplug B edge node session.
//
//   stopped ─start()─▶ connecting ─CONNECT, subscribed─▶ born ─▶ flowing
//                          ▲                                        │ lost
//                          └───────── waiting (backoff) ◀───────────┘
//
// - Each attempt has a new client and a new Will; bdSeq is durable before CONNECT.
// - `born`: NBIRTH, then a DBIRTH for each device, then data. A rebirth command does the same in place
//   with the same bdSeq; what was in flight counts as unsent, since the other side may have forgotten.
// - A device that lost its PLC is dead on the wire (DDEATH), but what is buffered for it still has to
//   go: it is born while there is something to send for it and then dies again.
// - Two cursors per lane, live and backlog (cursors.ts); backlog gets what room live data leaves.
// - Memory: the window, one read of at most readBytes, nothing else; the buffer is the queue.

import { randomUUID } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { encodePayload } from '../../protocols/sparkplug/payload.ts';
import { WireError } from '../../protocols/sparkplug/protobuf.ts';
import { type MessageType, topicOf } from '../../protocols/sparkplug/topics.ts';
import type { Acknowledgement } from '../../protocols/sparkplug/unison.ts';
import { type Lane, lanes } from '../buffer/batch.ts';
import type { PendingBatch } from '../buffer/store.ts';
import {
  type BufferFill,
  encodeDeviceBirth,
  encodeFill,
  encodeIdle,
  encodeNodeBirth,
  encodeNodeDeath,
} from './births.ts';
import { decodeCommand } from './commands.ts';
import { Cursors } from './cursors.ts';
import { DataEncoder } from './data.ts';
import { Link } from './link.ts';
import type { UplinkOptions, UplinkSettings, UplinkState } from './uplink-options.ts';
import { type Earliest, unknownWatermark, Watermark } from './watermark.ts';
import { Window } from './window.ts';

interface UplinkEvents {
  state: [state: UplinkState];
  committed: [acknowledgement: Acknowledgement];
}

interface Found {
  readonly batches: PendingBatch[];
  readonly earliest: Earliest;
}

const readBytes = 128 * 1024;
const liveAgeMs = 2_000;
/** Share of the window that backlog may fill; the rest is kept for live data. */
const backlogShare = 0.75;
const leastBackoffMs = 500;
const mostBackoffMs = 15_000;
/** A connection that held for this long was a good one. */
const steadyMs = 10_000;
const tickMs = 500;
/** Screens grey what is silent for 10 s. */
const idleMs = 4_000;
/** How full the buffer is, is said at most so often, and only when it changed; what waits for less is under way. */
const fillMs = 10_000;
/** No batch has it: offsets begin at 1. */
const noOffset = 0;

const steps = channel('unison.edge.step');

export class Uplink extends EventEmitter<UplinkEvents> {
  /** Random at each process start, unchanged by rebirth. */
  readonly session = randomUUID();
  readonly settings: UplinkSettings;
  readonly window: Window;
  readonly #options: UplinkOptions;
  readonly #encoder = new DataEncoder();
  readonly #codes: number[] = [];
  #abort = new AbortController();
  #running: Promise<void> | undefined;
  #link: Link | undefined;
  #state: UplinkState = 'stopped';
  #bdSeq = 0;
  #seq = 0;
  #lastSent = Number.NEGATIVE_INFINITY;
  readonly #watermark: Watermark;
  /** Null: nothing was said since the birth. */
  #saidFill: BufferFill | null = null;
  #fillAt = Number.NEGATIVE_INFINITY;
  #alive = new Set<string>();
  readonly #cursors = new Cursors();
  #pumping = false;
  #again = false;
  #sendingAgain = false;
  #ignored = 0;

  constructor(settings: UplinkSettings, options: UplinkOptions) {
    super();
    this.settings = settings;
    this.#options = options;
    this.window = new Window(settings.window);
    this.#watermark = new Watermark(options.buffer, options.settled);
  }

  get state(): UplinkState {
    return this.#state;
  }

  /** Acknowledgements, or parts of them, that were not ours to take. */
  get ignoredAcknowledgements(): number {
    return this.#ignored;
  }

  start(): void {
    if (this.#running) return;
    this.#abort = new AbortController();
    this.#options.buffer.on('durable', this.#onDurable);
    this.#running = this.#run(this.#abort.signal);
  }

  /** Says NDEATH, disconnects. Safe twice. What is not acknowledged stays in the buffer. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#options.buffer.off('durable', this.#onDurable);
    await this.#running;
    this.#running = undefined;
    this.#setState('stopped');
  }

  /** A device got or lost its PLC, or its tags changed: say so on the wire. */
  deviceChanged(device: string): void {
    if (this.#state !== 'flowing') return;
    if (this.#options.isUp(device)) this.#publishDeviceBirth(device);
    this.#pump();
  }

  readonly #onDurable = (head: number): void => {
    this.#cursors.durable(head, performance.now());
    this.#watermark.durable();
    this.#pump();
  };

  async #run(signal: AbortSignal): Promise<void> {
    let backoff = leastBackoffMs;
    while (!signal.aborted) {
      this.#setState('connecting');
      const lost = Promise.withResolvers<Error>();
      let connectedAt = Number.POSITIVE_INFINITY;
      try {
        this.#link = await this.#connect(signal, lost.resolve);
        connectedAt = performance.now();
        this.#born();
        await this.#flow(signal, lost.promise);
      } catch (error) {
        const held = performance.now() - connectedAt;
        // What is thrown out at once must not come back at once: two agents of one name would fight for ever.
        if (held > steadyMs) backoff = leastBackoffMs;
        const hint = held >= 0 && held < steadyMs ? 'Does another agent run under the same group and name?' : undefined;
        if (!signal.aborted)
          this.#options.log.warn({ reason: messageOf(error), hint }, 'the uplink is down; values wait in the buffer');
      }
      this.#link = undefined;
      this.window.release();
      if (signal.aborted) break;
      this.#setState('waiting');
      await sleep(backoff * (0.5 + Math.random() / 2), signal);
      backoff = Math.min(mostBackoffMs, backoff * 2);
    }
  }

  async #connect(signal: AbortSignal, lost: (reason: Error) => void): Promise<Link> {
    const { settings } = this;
    const { buffer, now } = this.#options;
    const before = await buffer.meta('bdSeq');
    this.#bdSeq = typeof before === 'number' ? (before + 1) % 256 : 0;
    await buffer.setMeta('bdSeq', this.#bdSeq);
    return Link.open({
      settings: {
        ...settings,
        clientId: `${settings.group}/${settings.edge}`,
        will: { topic: this.#topic('NDEATH'), payload: encodeNodeDeath(this.#bdSeq, now()) },
      },
      topics: [this.#topic('NCMD'), topicOf({ group: settings.group, type: 'DCMD', edge: settings.edge, device: '+' })],
      events: { message: (topic, payload) => this.#onCommand(topic, payload), lost },
      signal,
    });
  }

  /** Flows until the link is lost (throws the reason) or the signal fires (says goodbye). */
  async #flow(signal: AbortSignal, lost: Promise<Error>): Promise<void> {
    const tick = setInterval(() => this.#tick(), tickMs);
    const stopped = Promise.withResolvers<null>();
    const onAbort = (): void => stopped.resolve(null);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const reason = await Promise.race([lost, stopped.promise]);
      if (reason) throw reason;
      await this.#link?.close({
        topic: this.#topic('NDEATH'),
        payload: encodeNodeDeath(this.#bdSeq, this.#options.now()),
      });
    } finally {
      clearInterval(tick);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #born(): void {
    const { buffer, now } = this.#options;
    this.window.release();
    this.#alive.clear();
    this.#seq = 0;
    this.#saidFill = null;
    this.#fillAt = performance.now();
    const birth = { bdSeq: this.#bdSeq, buffer: buffer.id, session: this.session, version: this.settings.version };
    this.#link?.publish(this.#topic('NBIRTH'), encodeNodeBirth(birth, now()));
    for (const device of new Set(buffer.dictionary.map((tag) => tag.device))) this.#publishDeviceBirth(device);
    this.#cursors.born(buffer.head);
    this.#setState('flowing');
    this.#pump();
  }

  #publishDeviceBirth(device: string): void {
    const { buffer, current, now } = this.#options;
    const tags = buffer.dictionary.filter((tag) => tag.device === device);
    for (const tag of tags) this.#codes[tag.no] = tag.datatype;
    this.#link?.publish(
      this.#topic('DBIRTH', device),
      encodeDeviceBirth({ tags, current, seq: this.#nextSeq(), now: now() }),
    );
    this.#alive.add(device);
  }

  #publishDeviceDeath(device: string): void {
    const now = this.#options.now();
    this.#link?.publish(
      this.#topic('DDEATH', device),
      encodePayload({ timestamp: now, seq: this.#nextSeq(), metrics: [] }),
    );
    this.#alive.delete(device);
  }

  /** Sends what may be sent. One at a time; a call meanwhile makes it run once more. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    const run = async (): Promise<void> => {
      while (this.#again) {
        this.#again = false;
        while (this.#state === 'flowing' && (await this.#sendSome())) continue;
      }
    };
    run()
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#options.log.error({ err: error }, 'sending failed; it is tried again');
      })
      .finally(() => {
        this.#pumping = false;
      });
  }

  /** One read and its messages. Answers false when there is nothing to send or no room. */
  async #sendSome(): Promise<boolean> {
    const { buffer } = this.#options;
    if (this.window.bytes >= this.window.limit) return false;
    for (const lane of lanes) {
      const after = this.#cursors.live[lane];
      // What is appended during the read is above it, and must be read next.
      const upTo = buffer.head;
      if (after >= upTo) continue;
      const found = await this.#read({ lane, after, upTo });
      if (this.#state !== 'flowing' || this.#cursors.live[lane] !== after) return true;
      const [first] = found.batches;
      if (!first) {
        this.#cursors.live[lane] = upTo;
        continue;
      }
      if (first.appendedAt < this.#options.now() - liveAgeMs) {
        this.#cursors.fallBehind(lane, first.offset, buffer.head);
        continue;
      }
      this.#cursors.live[lane] = this.#send(found, false, this.window.limit);
      return true;
    }
    for (const lane of lanes) if (await this.#sendBacklog(lane)) return true;
    this.#buryDevices();
    return false;
  }

  async #sendBacklog(lane: Lane): Promise<boolean> {
    const limit = this.window.limit * backlogShare;
    const { backlog } = this.#cursors;
    const cursor = backlog[lane];
    const { after, upTo } = cursor;
    if (after >= upTo || this.window.bytes >= limit) return false;
    const found = await this.#read({ lane, after, upTo });
    // A birth or a replay meanwhile has set another cursor, perhaps from the same beginning: that one counts.
    if (this.#state !== 'flowing' || backlog[lane] !== cursor) return true;
    if (found.batches.length === 0) {
      backlog[lane] = { after: upTo, upTo };
      return false;
    }
    backlog[lane] = { after: this.#send(found, true, limit), upTo };
    return true;
  }

  async #read(wanted: { lane: Lane; after: number; upTo: number }): Promise<Found> {
    const settled = this.#watermark.settled;
    const { batches, earliestEvents } = await this.#options.buffer.read({ ...wanted, maxBytes: readBytes });
    return { batches, earliest: { settled, events: earliestEvents } };
  }

  /** Publishes batches while there is room. Answers the last offset that needs no other read. */
  #send({ batches, earliest }: Found, isHistorical: boolean, limit: number): number {
    let last = (batches[0] as PendingBatch).offset - 1;
    for (const batch of batches) {
      if (this.window.bytes >= limit) break;
      if (!this.window.isInFlight(batch.offset))
        this.#publishBatch(batch, this.#watermark.of(batch.offset, earliest), isHistorical);
      last = batch.offset;
    }
    return last;
  }

  #publishBatch(batch: PendingBatch, watermark: number, isHistorical: boolean): void {
    const { now } = this.#options;
    const known = this.#options.buffer.dictionary;
    if (!this.#alive.has(batch.device) && known.some((tag) => tag.device === batch.device))
      this.#publishDeviceBirth(batch.device);
    const payload = this.#encoder.encode({
      body: batch.body,
      offset: batch.offset,
      watermark,
      seq: this.#nextSeq(),
      now: now(),
      isHistorical: isHistorical || this.window.wasSent(batch.offset),
      codeOf: (tag) => this.#codes[tag] ?? 0,
    });
    this.window.sent(batch.offset, payload.length, performance.now());
    this.#link?.publish(this.#topic('DDATA', batch.device), payload);
    this.#lastSent = performance.now();
    steps.publish('published');
  }

  /** Nothing to say for a while: says that, so that a line that stands is not taken for a line unseen. */
  async #sayIdle(): Promise<void> {
    const { head } = this.#options.buffer;
    const { earliest } = await this.#read({ lane: 'events', after: head, upTo: head });
    if (this.#state !== 'flowing' || performance.now() - this.#lastSent < idleMs) return;
    this.#lastSent = performance.now();
    const idle = { watermark: this.#watermark.of(noOffset, earliest), seq: this.#nextSeq(), now: this.#options.now() };
    this.#link?.publish(this.#topic('NDATA'), encodeIdle(idle));
  }

  async #sayFill(): Promise<void> {
    const now = this.#options.now();
    const { pendingBytes, oldestPendingAt: oldest } = await this.#options.buffer.stats();
    const waits = oldest !== null && now - oldest >= fillMs;
    const fill = waits ? { bytes: pendingBytes, oldest } : { bytes: 0, oldest: 0 };
    const said = this.#saidFill;
    if (this.#state !== 'flowing' || (said?.bytes === fill.bytes && said.oldest === fill.oldest)) return;
    this.#saidFill = fill;
    this.#link?.publish(this.#topic('NDATA'), encodeFill({ ...fill, seq: this.#nextSeq(), now }));
  }

  /** Devices without their PLC, for which nothing is left to send, die on the wire. */
  #buryDevices(): void {
    for (const device of this.#alive) {
      if (!this.#options.isUp(device) && this.window.bytes === 0) this.#publishDeviceDeath(device);
    }
  }

  #tick(): void {
    if (this.#state !== 'flowing') return;
    if (performance.now() - this.#fillAt >= fillMs) {
      this.#fillAt = performance.now();
      this.#sayFill().catch((error: unknown) => this.#options.log.warn({ err: error }, 'the buffer did not answer'));
    }
    if (this.settings.acknowledge === 'none') {
      this.#take({
        session: this.session,
        ranges: this.window.olderThan(this.settings.keepAlive * 2_000, performance.now()),
      });
      return;
    }
    if (performance.now() - this.#lastSent >= idleMs) {
      this.#sayIdle().catch((error: unknown) => this.#options.log.warn({ err: error }, 'the buffer did not answer'));
    }
    const late = this.#sendingAgain ? [] : this.window.overdue(performance.now());
    if (late.length > 0) {
      this.#sendingAgain = true;
      this.#sendAgain(late)
        .catch((error: unknown) => this.#options.log.error({ err: error }, 'sending again failed'))
        .finally(() => {
          this.#sendingAgain = false;
        });
    }
    this.#pump();
  }

  async #sendAgain(offsets: number[]): Promise<void> {
    this.#options.log.debug({ messages: offsets.length }, 'not acknowledged in time, sent again');
    for (const offset of offsets) {
      const batch = await this.#options.buffer.readOne(offset);
      if (this.#state !== 'flowing') return;
      // Gone meanwhile: acknowledged, or dropped by a full buffer with its gap row.
      if (!batch) this.window.forget(offset);
      else if (this.window.isInFlight(offset)) this.#publishBatch(batch, unknownWatermark, true);
    }
  }

  #onCommand(topic: string, bytes: Buffer): void {
    try {
      if (topic !== this.#topic('NCMD')) return;
      const { time, rebirth, acknowledgements, replays } = decodeCommand(bytes);
      if (time !== null) this.#options.cloudTime?.(time);
      if (rebirth) {
        this.#options.log.info({}, 'rebirth asked for');
        if (this.#state === 'flowing') this.#born();
      }
      for (const acknowledgement of acknowledgements) this.#take(acknowledgement);
      for (const from of replays) this.#replay(from);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.log.warn({ topic, reason: error.message }, 'a command could not be read');
    }
  }

  #take(acknowledgement: Acknowledgement): void {
    if (acknowledgement.session !== this.session) {
      this.#ignored++;
      this.#options.log.info(
        { session: acknowledgement.session },
        'an acknowledgement for another session was ignored',
      );
      return;
    }
    const accepted = this.window.acknowledge(acknowledgement.ranges, performance.now());
    if (accepted.length === 0) return;
    this.#watermark.acknowledged(accepted);
    this.#options.buffer
      .acknowledge(accepted)
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'an acknowledgement could not be noted; the batch is sent again later'),
      );
    this.emit('committed', { session: this.session, ranges: accepted });
    this.#pump();
  }

  #replay(from: number): void {
    this.#options.buffer
      .replay(from)
      .then((count) => {
        this.#options.log.info({ from: new Date(from).toISOString(), batches: count }, 'replay asked for');
        this.#cursors.replay();
        this.#pump();
      })
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'the replay failed'));
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) % 256;
    return this.#seq;
  }

  #topic(type: MessageType, device: string | null = null): string {
    return topicOf({ group: this.settings.group, type, edge: this.settings.edge, device });
  }

  #setState(state: UplinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.log.info({ url: this.settings.url }, `uplink ${state}`);
    this.emit('state', state);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
