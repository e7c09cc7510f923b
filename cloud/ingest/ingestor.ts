// From the broker to committed rows, and the acknowledgement back.
//
//   message → identify the edge → births are registered, data is decoded, resolved and checked
//           → batch → write (one transaction) → acknowledge
//
// The socket is always read: a stalled reader would freeze the broker for everyone. What is beyond the
// byte bound is shed, unacknowledged, and comes again. While the database is away the batches are kept
// and tried again (flusher.ts); nothing is dead-lettered for that.
//
// An edge's session here is in one of three states:
//   unborn       its lease is ours; data is left unacknowledged until its NBIRTH is registered. Also after
//                the broker forgot us or a birth had to be shed: another session's acknowledgement would
//                be ignored by the edge, and another buffer's aliases would mean other tags
//   registering  a birth or death is being written; what comes meanwhile waits, in order
//   born         data flows

import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Gauge, type Registry } from 'prom-client';
import { decodePayload, type Payload } from '../../protocols/sparkplug/payload.ts';
import { WireError } from '../../protocols/sparkplug/protobuf.ts';
import { parseTopic, type Topic } from '../../protocols/sparkplug/topics.ts';
import { names } from '../../protocols/sparkplug/unison.ts';
import { acknowledgements } from './acknowledge.ts';
import { applyBirth, type BirthKeeping } from './apply-birth.ts';
import { type Batch, messageOverhead } from './batch.ts';
import { type BrokerClient, connectBroker } from './broker-client.ts';
import { allBirths, type CommandMetric, commandTo, topicsOf } from './commands.ts';
import { impatientPool, isDataError, refuseUnsafeDatabase } from './database.ts';
import { DeadLetters } from './dead-letters.ts';
import { type DecodeContext, decodeData, decodeIdle } from './decode-data.ts';
import { type EdgeSession, forgetBirth, isAfterHole, newEdgeSession } from './edge-session.ts';
import { Flusher } from './flusher.ts';
import { isOursToReport, LeaseLost, releaseLeases, renewMs, takeLeases } from './lease.ts';
import { LivePicture } from './live.ts';
import { followMappings } from './mappings.ts';
import { type DeadLetterReason, type Outcome, Outcomes } from './outcome.ts';
import { BirthRefused } from './register.ts';
import { SideNotes } from './side-notes.ts';

export interface IngestorOptions {
  /** Unique among ingestors. */
  readonly name: string;
  /** As mes_ingest. */
  readonly databaseUrl: string;
  readonly broker: { readonly url: string; readonly username: string; readonly password: string };
  /** Bytes of messages held and not yet committed, at most. */
  readonly maxBytes: number;
  readonly retentionDays: number;
  readonly registry: Registry;
  readonly log: IngestLog;
}

export interface IngestLog {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

export interface IngestHealth {
  readonly broker: boolean;
  readonly database: boolean;
  readonly edges: number;
  readonly waitingBytes: number;
}

const rebirthIntervalMs = 5_000;
/** After a hole in the sequence numbers a rebirth is asked for at most this often: it sends the window again. */
const gapRebirthIntervalMs = 30_000;
/** Births and last values are small; a query that takes longer has lost its server. */
const queryTimeoutMs = 10_000;
/** A lease not renewed for longer than this is another's soon: better to fail and try again. */
const leaseTimeoutMs = 3_000;

const steps = channel('unison.ingest.step');

export class Ingestor {
  readonly outcomes: Outcomes;
  readonly #options: IngestorOptions;
  readonly #pool: pg.Pool;
  /** Apart from the births, so that a thousand of them at once cannot cost the leases. */
  readonly #leasePool: pg.Pool;
  readonly #live: LivePicture;
  readonly #notes: SideNotes;
  readonly #birthKeeping: BirthKeeping;
  readonly #flusher: Flusher;
  readonly #deadLetters: DeadLetters;
  #broker: BrokerClient | null = null;
  #edges = new Map<string, EdgeSession>();
  /** Raw messages of edges whose birth is being registered, in order. */
  #waiting = new Map<EdgeSession, { topic: Topic; name: string; payload: Buffer }[]>();
  #waitingBytes = 0;
  #renewing: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #abort = new AbortController();
  #leasesUp = false;
  #mappedSince: number | null = null;
  readonly #unmarked = new Set<number>();
  /** Beside the leases, which must not wait for it. */
  #following: Promise<void> | null = null;

  /** Opens nothing. */
  constructor(options: IngestorOptions) {
    const { databaseUrl: url, log, registry } = options;
    const name = `unison-${options.name}`;
    this.#options = options;
    this.outcomes = new Outcomes(registry);
    this.#pool = impatientPool({ url, name, max: 2, queryTimeoutMs });
    this.#leasePool = impatientPool({ url, name: `${name}-leases`, max: 1, queryTimeoutMs: leaseTimeoutMs });
    for (const pool of [this.#pool, this.#leasePool])
      pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
    this.#live = new LivePicture({
      publish: (topic, payload) => this.#broker?.publish(topic, payload),
      pool: this.#pool,
      log,
    });
    this.#notes = new SideNotes({ pool: this.#pool, log });
    this.#birthKeeping = { pool: this.#pool, holder: options.name, live: this.#live, notes: this.#notes, log };
    this.#flusher = new Flusher({
      databaseUrl: url,
      name: `${name}-writer`,
      outcomes: this.outcomes,
      log,
      context: () => this.#context(),
      committed: (batch) => this.#committed(batch),
    });
    this.#deadLetters = new DeadLetters({
      outcomes: this.outcomes,
      isOursToReport: ({ group, edge }) => isOursToReport(this.#pool, { group, edge, ingestor: options.name }),
      keep: (letter) => this.#flusher.addDeadLetter(letter),
    });
    this.#gauge('unison_ingest_waiting_bytes', 'Bytes of messages not yet committed', () => this.#heldBytes());
    this.#gauge('unison_ingest_edges', 'Edges this ingestor holds', () => this.#edges.size);
  }

  async start(): Promise<void> {
    const { signal } = this.#abort;
    await refuseUnsafeDatabase(this.#leasePool);
    signal.throwIfAborted();
    this.#broker = await connectBroker({
      ...this.#options.broker,
      clientId: `unison-ingest/${this.#options.name}`,
      log: this.#options.log,
      signal,
      onMessage: (name, payload) => this.#receive(name, payload),
      onConnect: (broker) => this.#resubscribe(broker),
    });
    if (signal.aborted) {
      await this.#broker.close();
      signal.throwIfAborted();
    }
    this.#live.start();
    this.#notes.start();
    this.#renewing = this.#renewForever(signal);
  }

  /** Takes nothing more, writes what it holds, acknowledges it, gives its edges back. Safe twice and during `start`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#abort.abort();
    await this.#renewing;
    for (const { registering } of this.#edges.values()) await registering;
    await this.#flusher.stop();
    await this.#following;
    await this.#live.stop();
    await this.#notes.stop();
    await releaseLeases(this.#leasePool, this.#options.name).catch(() => undefined);
    await this.#broker?.close();
    await this.#pool.end();
    await this.#leasePool.end();
  }

  health(): IngestHealth {
    return {
      broker: this.#broker?.connected ?? false,
      database: this.#leasesUp,
      edges: this.#edges.size,
      waitingBytes: this.#heldBytes(),
    };
  }

  /** Asks an edge to send again everything it keeps from this time (ms) on: after a failover or a restored database. */
  requestReplay(agentId: number, from: number): boolean {
    const session = [...this.#edges.values()].find((one) => one.agent.id === agentId);
    if (!session) return false;
    this.#command(session, { name: names.replay, datatype: 'DateTime', value: from });
    return true;
  }

  /** Resolves when everything received so far is committed, or could not be. */
  flush(): Promise<void> {
    return this.#flusher.flush();
  }

  // Receiving

  #receive(name: string, payload: Buffer): void {
    const topic = parseTopic(name);
    if (!topic || topic.type === 'NCMD' || topic.type === 'DCMD') {
      this.outcomes.settle({ kind: 'dropped', reason: 'not_a_sparkplug_message' });
      return;
    }
    if (this.#abort.signal.aborted) {
      this.outcomes.settle({ kind: 'shed', reason: 'stopping' });
      return;
    }
    const session = this.#edges.get(`${topic.group}/${topic.edge}`);
    if (this.#heldBytes() + payload.length + messageOverhead > this.#options.maxBytes) {
      this.#shed(session, topic);
      return;
    }
    if (!session) {
      if (topic.type === 'NBIRTH') this.#deadLetters.stranger(topic, name, payload);
      else this.outcomes.settle({ kind: 'dropped', reason: 'not_leased' });
      return;
    }
    if (topic.type === 'NBIRTH') {
      // The discovery subscription brings it a second time.
      if (session.lastBirth?.equals(payload)) {
        this.outcomes.settle({ kind: 'dropped', reason: 'repeated_birth' });
        return;
      }
      session.lastBirth = payload;
    }
    if (session.registering) {
      this.#waitingBytes += payload.length + messageOverhead;
      this.#waiting.get(session)?.push({ topic, name, payload });
      return;
    }
    this.#handle(session, topic, name, payload);
  }

  /** Beyond the byte bound. Data comes again by itself; after a birth that could not be taken it waits for the next. */
  #shed(session: EdgeSession | undefined, topic: Topic): void {
    if (session) session.seq = null;
    if (session && topic.type === 'NBIRTH') forgetBirth(session);
    if (session && topic.type === 'DBIRTH') session.devices.delete(topic.device ?? '');
    this.outcomes.settle({ kind: 'shed', reason: 'over_byte_bound' });
  }

  #handle(session: EdgeSession, topic: Topic, name: string, payload: Buffer): void {
    switch (topic.type) {
      case 'NBIRTH':
      case 'DBIRTH':
      case 'NDEATH':
      case 'DDEATH':
        this.#register(session, topic, name, payload);
        return;
      case 'NDATA':
        this.#idle(session, name, payload);
        return;
      case 'DDATA':
        this.#data(session, topic, name, payload);
        return;
      case 'NCMD':
      case 'DCMD':
        return;
    }
  }

  #idle(session: EdgeSession, topic: string, payload: Buffer): void {
    try {
      const { watermark, fill, seq } = decodeIdle(payload, Date.now());
      this.#noteSequence(session, seq);
      if (fill) this.#notes.buffer(session, fill);
      if (session.born) this.#flusher.open.idle.push({ session, watermark });
      else this.#askRebirth(session);
      this.outcomes.settle({ kind: 'applied' });
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#deadLetters.add({ session, topic, payload, reason: 'unreadable_payload', detail: error.message });
    }
    this.#flusher.added();
  }

  #data(session: EdgeSession, topic: Topic, name: string, payload: Buffer): void {
    const device = session.born ? session.devices.get(topic.device ?? '') : undefined;
    const message = device && { session, device, edgeSession: session.session, topic: name, payload };
    if (!message) session.seq = null;
    const sequence = (edge: EdgeSession, seq: number): void => this.#noteSequence(edge, seq);
    const outcome: Outcome | null = message
      ? decodeData(message, this.#flusher.open, { ...this.#context(), sequence })
      : { kind: 'shed', reason: 'awaiting_birth' };
    if (outcome) {
      if (outcome.kind === 'shed' && outcome.reason === 'awaiting_birth') this.#askRebirth(session);
      if (outcome.kind === 'dead_letter')
        this.#deadLetters.add({ session, topic: name, payload, reason: outcome.reason, detail: outcome.detail });
      else this.outcomes.settle(outcome);
    }
    this.#flusher.added();
  }

  /** The broker dropped something. Data comes again by itself; for the case that it was a birth, another is asked for. */
  #noteSequence(session: EdgeSession, seq: number): void {
    if (isAfterHole(session, seq)) this.#askRebirth(session, gapRebirthIntervalMs);
  }

  /** Births and deaths touch the database; messages of that edge wait meanwhile, in order. */
  #register(session: EdgeSession, topic: Topic, name: string, payload: Buffer): void {
    this.#waiting.set(session, []);
    session.registering = this.#registerNow(session, topic, name, payload)
      .catch((error: unknown) => {
        this.#options.log.error({ topic: name, err: error }, 'a birth could not be handled');
        forgetBirth(session);
      })
      .then(() => this.#resume(session));
  }

  /** Takes up what waited for a birth, up to the next one. */
  #resume(session: EdgeSession): void {
    session.registering = null;
    const queue = this.#waiting.get(session) ?? [];
    this.#waiting.delete(session);
    for (const [index, message] of queue.entries()) {
      this.#waitingBytes -= message.payload.length + messageOverhead;
      this.#handle(session, message.topic, message.name, message.payload);
      if (!session.registering) continue;
      this.#waiting.set(session, queue.slice(index + 1));
      return;
    }
  }

  async #registerNow(session: EdgeSession, topic: Topic, name: string, bytes: Buffer): Promise<void> {
    const deadLetter = (reason: DeadLetterReason, error: Error): void => {
      if (topic.type === 'NBIRTH') forgetBirth(session);
      this.#deadLetters.add({ session, topic: name, payload: bytes, reason, detail: error.message });
    };
    let payload: Payload;
    try {
      payload = decodePayload(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      deadLetter('unreadable_payload', error);
      return;
    }
    if (topic.type === 'NBIRTH') session.seq = payload.seq ?? null;
    else this.#noteSequence(session, payload.seq ?? -1);
    try {
      this.outcomes.settle(await applyBirth(this.#birthKeeping, { session, topic, payload }));
    } catch (error) {
      if (error instanceof BirthRefused || (isDataError(error) && error instanceof Error)) {
        deadLetter('birth_refused', error);
        return;
      }
      // What the edge says next cannot be resolved; its data waits in its buffer until it was born anew.
      forgetBirth(session);
      this.outcomes.settle({ kind: 'shed', reason: error instanceof LeaseLost ? 'lease_lost' : 'awaiting_birth' });
      if (error instanceof LeaseLost) return;
      this.#options.log.warn(
        { edge: session.agent.edge, err: error },
        'a birth could not be registered; it is asked for again',
      );
      await sleep(500, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      this.#askRebirth(session);
    }
  }

  // Writing

  #committed(batch: Batch): void {
    for (const { session, value } of acknowledgements(batch.messages))
      this.#command(session, { name: names.committed, datatype: 'Bytes', value });
    steps.publish('acknowledged');
    this.#live.committed(batch, Date.now());
    this.#notes.committed(batch);
  }

  #context(): DecodeContext {
    return { outcomes: this.outcomes, now: Date.now(), retentionMs: this.#options.retentionDays * 86_400_000 };
  }

  // Edges

  async #renewForever(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const leases = await takeLeases(this.#leasePool, this.#options.name);
        this.#leasesUp = true;
        if (!signal.aborted) this.#adopt(leases);
        this.#following ??= this.#followMappings().finally(() => {
          this.#following = null;
        });
      } catch (error) {
        this.#leasesUp = false;
        if (!signal.aborted) this.#options.log.warn({ err: error }, 'the leases could not be renewed');
      }
      await sleep(renewMs, undefined, { signal }).catch(() => undefined);
      for (const session of this.#edges.values())
        if (session.wantsRebirth && !signal.aborted) this.#askRebirth(session);
    }
  }

  async #followMappings(): Promise<void> {
    try {
      this.#mappedSince = await followMappings({
        db: this.#pool,
        sessions: this.#edges.values(),
        since: this.#mappedSince,
        unmarked: this.#unmarked,
        flush: () => this.flush(),
      });
    } catch (error) {
      this.#options.log.warn({ err: error }, 'new mappings could not be read; tried again');
    }
  }

  #adopt(leases: Awaited<ReturnType<typeof takeLeases>>): void {
    const held = new Set<string>();
    for (const { agent, generation } of leases) {
      const key = `${agent.group}/${agent.edge}`;
      held.add(key);
      if (this.#edges.get(key)?.generation === generation) continue;
      this.#options.log.info({ edge: key, generation }, 'lease taken');
      const session = newEdgeSession(agent, generation);
      this.#edges.set(key, session);
      this.#broker
        ?.subscribe(topicsOf(session.agent))
        .then(() => this.#askRebirth(session))
        .catch((error: unknown) => {
          this.#options.log.warn({ edge: key, err: error }, 'subscribing failed; tried again with the next renewal');
          if (this.#edges.get(key) === session) this.#edges.delete(key);
        });
    }
    for (const [key, session] of this.#edges) {
      if (held.has(key)) continue;
      this.#options.log.warn({ edge: key }, 'lease lost');
      this.#edges.delete(key);
      this.#broker?.unsubscribe(topicsOf(session.agent)).catch(() => undefined);
    }
  }

  /** A new connection to the broker: it has forgotten us, and we may have missed births. */
  async #resubscribe(broker: BrokerClient): Promise<void> {
    this.#broker = broker;
    for (const session of this.#edges.values()) forgetBirth(session);
    await broker.subscribe([allBirths]);
    for (const session of this.#edges.values()) {
      await broker.subscribe(topicsOf(session.agent));
      session.rebirthAskedAt = Number.NEGATIVE_INFINITY;
      this.#askRebirth(session);
    }
  }

  #askRebirth(session: EdgeSession, intervalMs = rebirthIntervalMs): void {
    const now = performance.now();
    session.wantsRebirth = now - session.rebirthAskedAt < intervalMs;
    if (session.wantsRebirth) return;
    session.rebirthAskedAt = now;
    this.#command(session, { name: names.rebirth, datatype: 'Boolean', value: true });
  }

  #command(session: EdgeSession, metric: CommandMetric): void {
    const { topic, payload } = commandTo(session.agent, metric);
    this.#broker?.publish(topic, payload);
  }

  #heldBytes(): number {
    return this.#flusher.heldBytes + this.#waitingBytes;
  }

  #gauge(name: string, help: string, read: () => number): void {
    const { registry } = this.#options;
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: (): void => gauge.set(read()) });
  }
}
