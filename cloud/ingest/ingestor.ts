// From the broker to committed rows, and the acknowledgement back.
//
//   message → identify the edge → births are registered, data is decoded, resolved and checked
//           → batch → write (one transaction) → acknowledge
//
// The socket is always read: a stalled reader would freeze the broker for everyone. What is beyond the
// byte bound is shed, unacknowledged, and comes again. While the database is away the batch being
// written is kept and tried again; nothing is dead-lettered for that.

import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Gauge, type Registry } from 'prom-client';
import { decodePayload, encodePayload, type Payload } from '../../protocols/sparkplug/payload.ts';
import { WireError } from '../../protocols/sparkplug/protobuf.ts';
import { parseTopic, type Topic, topicOf } from '../../protocols/sparkplug/topics.ts';
import { names } from '../../protocols/sparkplug/unison.ts';
import { acknowledgements } from './acknowledge.ts';
import { Batch, type BatchMessage } from './batch.ts';
import { currentValues } from './births.ts';
import { type BrokerClient, connectBroker } from './broker-client.ts';
import { isDataError, refuseUnsafeDatabase, WriterConnection } from './database.ts';
import { decodeData } from './decode-data.ts';
import { type DeviceSession, type EdgeSession, newEdgeSession } from './edge-session.ts';
import { releaseLeases, renewMs, takeLeases } from './lease.ts';
import { LivePicture } from './live.ts';
import { type DeadLetterReason, type Outcome, Outcomes } from './outcome.ts';
import { BirthRefused, registerDevice, registerNode } from './register.ts';
import { writeBatch } from './write.ts';

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

/** Rows after which a batch does not wait any longer. */
const flushRows = 20_000;
/** Longest wait of a message for company, in ms. */
const flushMs = 25;
const rebirthIntervalMs = 5_000;

const steps = channel('unison.ingest.step');

export class Ingestor {
  readonly outcomes: Outcomes;
  readonly #options: IngestorOptions;
  readonly #pool: pg.Pool;
  readonly #live: LivePicture;
  readonly #writer: WriterConnection;
  #broker: BrokerClient | null = null;
  #edges = new Map<string, EdgeSession>();
  /** Raw messages of edges whose birth is being registered, in order. */
  #waiting = new Map<EdgeSession, { topic: Topic; name: string; payload: Buffer }[]>();
  #waitingBytes = 0;
  #batch = new Batch();
  #writingBytes = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;
  #abort = new AbortController();
  #databaseUp = false;

  /** Opens nothing. */
  constructor(options: IngestorOptions) {
    this.#options = options;
    this.outcomes = new Outcomes(options.registry);
    this.#pool = new pg.Pool({
      connectionString: options.databaseUrl,
      max: 2,
      application_name: `unison-${options.name}`,
    });
    this.#pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection was lost'));
    this.#writer = new WriterConnection(options.databaseUrl, `unison-${options.name}-writer`);
    this.#live = new LivePicture({
      publish: (topic, payload) => this.#broker?.publish(topic, payload),
      pool: this.#pool,
      log: options.log,
    });
    this.#gauge('unison_ingest_waiting_bytes', 'Bytes of messages not yet committed', () => this.#heldBytes());
    this.#gauge('unison_ingest_edges', 'Edges this ingestor holds', () => this.#edges.size);
  }

  async start(): Promise<void> {
    await refuseUnsafeDatabase(this.#pool);
    this.#broker = await connectBroker({
      ...this.#options.broker,
      clientId: `unison-ingest/${this.#options.name}`,
      log: this.#options.log,
      signal: this.#abort.signal,
      onMessage: (name, payload) => this.#receive(name, payload),
      onConnect: (broker) => this.#resubscribe(broker),
    });
    this.#live.start();
    this.#renewing = this.#renewForever(this.#abort.signal);
  }

  /** Writes what it holds, acknowledges it, gives its edges back. Safe twice. */
  async stop(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    await this.#renewing;
    await this.flush();
    clearTimeout(this.#flushTimer);
    await this.#live.stop();
    await releaseLeases(this.#pool, this.#options.name).catch(() => undefined);
    await this.#broker?.close();
    await this.#writer.drop();
    await this.#pool.end();
  }

  health(): IngestHealth {
    return {
      broker: this.#broker?.connected ?? false,
      database: this.#databaseUp,
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
  async flush(): Promise<void> {
    while (this.#flushing || !this.#batch.isEmpty) {
      if (!this.#flushing) this.#beginFlush();
      await this.#flushing;
      if (!this.#databaseUp && this.#abort.signal.aborted) return;
    }
  }

  // Receiving

  #receive(name: string, payload: Buffer): void {
    const topic = parseTopic(name);
    if (!topic) {
      this.outcomes.settle({ kind: 'dropped', reason: 'not_a_sparkplug_message' });
      return;
    }
    if (topic.type === 'NCMD' || topic.type === 'DCMD') return;
    const session = this.#edges.get(`${topic.group}/${topic.edge}`);
    if (!session) {
      if (topic.type === 'NBIRTH') this.#stranger(name, payload);
      else this.outcomes.settle({ kind: 'dropped', reason: 'not_leased' });
      return;
    }
    if (this.#heldBytes() + payload.length > this.#options.maxBytes) {
      this.outcomes.settle({ kind: 'shed', reason: 'over_byte_bound' });
      return;
    }
    if (topic.type === 'NBIRTH') {
      // The discovery subscription brings it a second time.
      if (session.lastBirth?.equals(payload)) return;
      session.lastBirth = payload;
    }
    if (session.registering) {
      this.#waitingBytes += payload.length;
      this.#waiting.get(session)?.push({ topic, name, payload });
      return;
    }
    this.#handle(session, topic, name, payload);
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
        this.outcomes.settle({ kind: 'applied' });
        return;
      case 'DDATA':
        this.#data(session, topic, name, payload);
        return;
      case 'NCMD':
      case 'DCMD':
        return;
    }
  }

  #data(session: EdgeSession, topic: Topic, name: string, payload: Buffer): void {
    const device = session.devices.get(topic.device ?? '');
    const context = { outcomes: this.outcomes, now: Date.now(), retentionMs: this.#options.retentionDays * 86_400_000 };
    const outcome: Outcome | null = device
      ? decodeData({ session, device, topic: name, payload }, this.#batch, context)
      : { kind: 'shed', reason: 'awaiting_birth' };
    if (outcome) {
      if (outcome.kind === 'shed') this.#askRebirth(session);
      if (outcome.kind === 'dead_letter') this.#deadLetter(session, name, payload, outcome.reason, outcome.detail);
      else this.outcomes.settle(outcome);
    }
    this.#scheduleFlush();
  }

  /** Births and deaths touch the database; messages of that edge wait meanwhile, in order. */
  #register(session: EdgeSession, topic: Topic, name: string, payload: Buffer): void {
    this.#waiting.set(session, []);
    session.registering = this.#registerNow(session, topic, name, payload).finally(() => {
      session.registering = null;
      const queue = this.#waiting.get(session) ?? [];
      this.#waiting.delete(session);
      for (const [index, message] of queue.entries()) {
        this.#waitingBytes -= message.payload.length;
        this.#handle(session, message.topic, message.name, message.payload);
        if (!session.registering) continue;
        // Another birth: the rest waits for it.
        this.#waiting.set(session, queue.slice(index + 1));
        return;
      }
    });
  }

  async #registerNow(session: EdgeSession, topic: Topic, name: string, bytes: Buffer): Promise<void> {
    let payload: Payload;
    try {
      payload = decodePayload(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#deadLetter(session, name, bytes, 'unreadable_payload', error.message);
      return;
    }
    try {
      this.outcomes.settle(await this.#applyBirth(session, topic, payload));
    } catch (error) {
      if (error instanceof BirthRefused) this.#deadLetter(session, name, bytes, 'birth_refused', error.message);
      else {
        this.#options.log.warn(
          { edge: session.agent.edge, err: error },
          'a birth could not be registered; it is asked for again',
        );
        this.outcomes.settle({ kind: 'shed', reason: 'awaiting_birth' });
        await sleep(500);
        this.#askRebirth(session);
      }
    }
  }

  async #applyBirth(session: EdgeSession, topic: Topic, payload: Payload): Promise<Outcome> {
    const device = topic.device ?? '';
    switch (topic.type) {
      case 'NBIRTH':
        await this.#onPool((db) => registerNode(db, session, payload));
        session.devices.clear();
        this.#live.link(session, true, Date.now());
        this.#options.log.info(
          { edge: session.agent.edge, buffer: session.buffer, session: session.session },
          'edge born',
        );
        return { kind: 'applied' };
      case 'DBIRTH': {
        const known: DeviceSession = await this.#onPool((db) => registerDevice(db, session, device, payload));
        session.devices.set(device, known);
        this.#live.born(session, currentValues(known, payload));
        return { kind: 'applied' };
      }
      case 'NDEATH': {
        const bdSeq = payload.metrics.find((metric) => metric.name === names.bdSeq)?.value;
        // The Will of an earlier connection may arrive after the next birth [tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline].
        if (bdSeq !== session.bdSeq) return { kind: 'dropped', reason: 'stale_death' };
        await this.#onPool((db) =>
          db.query(
            'UPDATE mes.edge_states SET online = false, online_changed_at = now() WHERE edge_states.edge_agent_id = $1',
            [session.agent.id],
          ),
        );
        this.#live.link(session, false, Date.now());
        this.#options.log.warn({ edge: session.agent.edge }, 'edge offline');
        return { kind: 'applied' };
      }
      default:
        return { kind: 'applied' };
    }
  }

  async #onPool<T>(work: (db: pg.PoolClient) => Promise<T>): Promise<T> {
    const db = await this.#pool.connect();
    try {
      return await work(db);
    } finally {
      db.release();
    }
  }

  // Writing

  #scheduleFlush(): void {
    if (this.#flushing || this.#batch.isEmpty) return;
    if (this.#batch.rows >= flushRows) this.#beginFlush();
    else this.#flushTimer ??= setTimeout(() => this.#beginFlush(), flushMs);
  }

  #beginFlush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#flushing || this.#batch.isEmpty) return;
    const batch = this.#batch;
    this.#batch = new Batch();
    this.#writingBytes = batch.bytes;
    this.#flushing = this.#writeUntilDone(batch)
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'a batch was left unacknowledged; it comes again'),
      )
      .finally(() => {
        this.#flushing = null;
        this.#writingBytes = 0;
        this.#scheduleFlush();
      });
  }

  /** Writes a batch; an outage is waited out, data that the database refuses is found and set aside. */
  async #writeUntilDone(batch: Batch): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await writeBatch(await this.#writer.get(), batch);
        this.#databaseUp = true;
        this.#acknowledge(batch.messages);
        this.#settle(batch, result.stored);
        this.outcomes.rows('stored', result.stored);
        this.outcomes.rows('duplicate', result.duplicates);
        this.outcomes.rows('conflict', result.conflicts);
        this.#live.committed(batch, Date.now());
        return;
      } catch (error) {
        if (isDataError(error)) {
          await this.#splitAndWrite(batch, error);
          return;
        }
        this.#databaseUp = false;
        if (attempt === 0) this.#options.log.warn({ err: error }, 'the database is away; the batch waits');
        await this.#writer.drop();
        if (this.#abort.signal.aborted) throw error;
        await sleep(Math.min(2_000, 100 * 2 ** attempt));
      }
    }
  }

  /** Some row is refused for what it is: halves are tried until it stands alone, as a dead letter. */
  async #splitAndWrite(batch: Batch, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    if (batch.messages.length <= 1) {
      const letters = new Batch();
      letters.deadLetters.push(...batch.deadLetters);
      for (const one of batch.messages) {
        this.#options.log.error(
          { topic: one.topic, reason: message },
          'the database refused a message; it is kept as a dead letter',
        );
        letters.deadLetters.push({
          session: one.session,
          topic: one.topic,
          payload: one.payload,
          reason: 'refused_by_database',
          detail: message,
        });
        letters.messages.push(one);
      }
      await this.#writeUntilDone(letters);
      return;
    }
    const half = batch.messages.length >> 1;
    for (const part of [batch.messages.slice(0, half), batch.messages.slice(half)])
      await this.#writeUntilDone(this.#rebuild(part));
    if (batch.deadLetters.length > 0) {
      const letters = new Batch();
      letters.deadLetters.push(...batch.deadLetters);
      await this.#writeUntilDone(letters);
    }
  }

  #rebuild(messages: readonly BatchMessage[]): Batch {
    const batch = new Batch();
    const context = { outcomes: this.outcomes, now: Date.now(), retentionMs: this.#options.retentionDays * 86_400_000 };
    for (const { session, topic, payload } of messages) {
      const device = session.devices.get(parseTopic(topic)?.device ?? '');
      const outcome: Outcome | null = device
        ? decodeData({ session, device, topic, payload }, batch, context)
        : { kind: 'shed', reason: 'awaiting_birth' };
      if (outcome) this.outcomes.settle(outcome);
    }
    return batch;
  }

  #settle(batch: Batch, stored: number): void {
    for (const letter of batch.deadLetters)
      this.outcomes.settle({ kind: 'dead_letter', reason: letter.reason, detail: letter.detail });
    const refused = new Set(batch.deadLetters.map((letter) => letter.payload));
    for (const message of batch.messages) {
      if (!refused.has(message.payload))
        this.outcomes.settle({ kind: stored > 0 || !message.isHistorical ? 'stored' : 'duplicate' });
    }
  }

  #acknowledge(messages: readonly BatchMessage[]): void {
    for (const { session, value } of acknowledgements(messages))
      this.#command(session, { name: names.committed, datatype: 'Bytes', value });
    steps.publish('acknowledged');
  }

  #deadLetter(
    session: EdgeSession | null,
    topic: string,
    payload: Buffer,
    reason: DeadLetterReason,
    detail: string,
  ): void {
    this.#options.log.warn({ topic, reason, detail }, 'a message is kept as a dead letter');
    this.#batch.deadLetters.push({ session, topic, payload, reason, detail });
    this.#batch.bytes += payload.length;
    this.#scheduleFlush();
  }

  /** A birth from an edge nobody registered: kept for the screen that offers to enrol it, at most one at a time in memory. */
  #stranger(topic: string, payload: Buffer): void {
    if (this.#batch.deadLetters.some((letter) => letter.topic === topic)) return;
    this.#deadLetter(null, topic, payload, 'unknown_edge', 'no edge agent is registered under this group and name');
  }

  // Edges

  async #renewForever(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const leases = await takeLeases(this.#pool, this.#options.name);
        this.#databaseUp = true;
        this.#adopt(leases);
      } catch (error) {
        this.#databaseUp = false;
        if (!signal.aborted) this.#options.log.warn({ err: error }, 'the leases could not be renewed');
      }
      await sleep(renewMs, undefined, { signal }).catch(() => undefined);
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
        ?.subscribe(topicsOf(session))
        .then(() => this.#askRebirth(session))
        .catch((error: unknown) =>
          this.#options.log.warn({ edge: key, err: error }, 'subscribing failed; tried again when the broker is back'),
        );
    }
    for (const [key, session] of this.#edges) {
      if (held.has(key)) continue;
      this.#options.log.warn({ edge: key }, 'lease lost');
      this.#edges.delete(key);
      this.#broker?.unsubscribe(topicsOf(session)).catch(() => undefined);
    }
  }

  /** A new connection to the broker: it has forgotten us, and we may have missed births. */
  async #resubscribe(broker: BrokerClient): Promise<void> {
    this.#broker = broker;
    for (const session of this.#edges.values()) {
      await broker.subscribe(topicsOf(session));
      session.rebirthAskedAt = Number.NEGATIVE_INFINITY;
      this.#askRebirth(session);
    }
    await broker.subscribe([topicOf({ group: '+', type: 'NBIRTH', edge: '+', device: null })]);
  }

  #askRebirth(session: EdgeSession): void {
    const now = performance.now();
    if (now - session.rebirthAskedAt < rebirthIntervalMs) return;
    session.rebirthAskedAt = now;
    this.#command(session, { name: names.rebirth, datatype: 'Boolean', value: true });
  }

  #command(
    session: EdgeSession,
    metric: { name: string; datatype: 'Bytes' | 'Boolean' | 'DateTime'; value: Buffer | boolean | number },
  ): void {
    const { group, edge } = session.agent;
    const now = Date.now();
    const payload = encodePayload({ timestamp: now, metrics: [{ ...metric, timestamp: now }] });
    this.#broker?.publish(topicOf({ group, type: 'NCMD', edge, device: null }), payload);
  }

  #heldBytes(): number {
    return this.#batch.bytes + this.#writingBytes + this.#waitingBytes;
  }

  #gauge(name: string, help: string, read: () => number): void {
    const { registry } = this.#options;
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: (): void => gauge.set(read()) });
  }
}

function topicsOf({ agent }: EdgeSession): string[] {
  return [`spBv1.0/${agent.group}/+/${agent.edge}/#`];
}
