// What waits for the database, and how it gets there: one transaction after the other, each acknowledged
// when it is committed.
//
//   open (being filled) ─full, or flushMs old─▶ ready ─▶ being written ─▶ committed
//                                                          │    ▲
//                                     database away: kept ─┘    └─ tried again, later and later
//
// While the database is away full batches queue up in `ready`; the ingestor's byte bound ends that, and
// what comes then is shed. So a transaction is never larger than flushRows and one message, and an outage
// of an hour is drained in the same steps as a second's.

import { setTimeout as sleep } from 'node:timers/promises';
import { Batch, type BatchMessage, messageOverhead } from './batch.ts';
import { isDataError, WriterConnection } from './database.ts';
import { type DecodeContext, decodeData } from './decode-data.ts';
import type { EdgeSession } from './edge-session.ts';
import type { DeadLetterReason, Outcomes } from './outcome.ts';
import { type WriteResult, writeBatch } from './write.ts';

export interface FlusherOptions {
  readonly databaseUrl: string;
  /** What pg_stat_activity shows. */
  readonly name: string;
  readonly outcomes: Outcomes;
  readonly log: {
    warn(data: object, message: string): void;
    error(data: object, message: string): void;
  };
  readonly context: () => DecodeContext;
  /** Its transaction is committed: acknowledge and show it. */
  readonly committed: (batch: Batch) => void;
}

/** Rows after which a batch does not wait any longer. */
const flushRows = 20_000;
/** Longest wait of a message for company, in ms. */
const flushMs = 25;
/** A transaction that takes longer than this has lost its server; 20,000 rows take a tenth of a second. */
const writeTimeoutMs = 40_000;
const mostBackoffMs = 1_000;

export class Flusher {
  readonly #options: FlusherOptions;
  readonly #writer: WriterConnection;
  readonly #abort = new AbortController();
  #open = new Batch();
  #ready: Batch[] = [];
  #readyBytes = 0;
  #writingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | null = null;
  #databaseUp = false;
  /** Whether the last batch with historical rows had none that was stored before. */
  #historicalIsNew = false;

  /** Opens nothing. */
  constructor(options: FlusherOptions) {
    this.#options = options;
    this.#writer = new WriterConnection(options.databaseUrl, options.name);
  }

  /** The batch to add to; call `added` afterwards. */
  get open(): Batch {
    return this.#open;
  }

  /** Bytes of messages that are not committed yet. */
  get heldBytes(): number {
    return this.#open.bytes + this.#readyBytes + this.#writingBytes;
  }

  get databaseUp(): boolean {
    return this.#databaseUp;
  }

  added(): void {
    if (this.#open.isEmpty) return;
    if (this.#open.rows >= flushRows) this.#close();
    if (this.#flushing) return;
    if (this.#ready.length > 0) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), flushMs);
  }

  addDeadLetter(letter: {
    session: EdgeSession | null;
    topic: string;
    payload: Buffer;
    reason: DeadLetterReason;
    detail: string;
  }): void {
    const { topic, reason, detail } = letter;
    this.#options.log.warn({ topic, reason, detail }, 'a message is kept as a dead letter');
    this.#open.deadLetters.push(letter);
    this.#open.bytes += letter.payload.length + messageOverhead;
    this.added();
  }

  /** Resolves when everything added so far is committed, or, after `stop`, could not be. */
  async flush(): Promise<void> {
    while (this.#flushing || this.#ready.length > 0 || !this.#open.isEmpty) {
      if (!this.#flushing) this.#begin();
      await this.#flushing;
      if (!this.#databaseUp && this.#abort.signal.aborted) return;
    }
  }

  /** Writes what is there, each batch tried once more where the database is away. Nothing may be added any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.flush();
    clearTimeout(this.#timer);
    await this.#writer.drop();
  }

  #close(): void {
    if (this.#open.isEmpty) return;
    this.#ready.push(this.#open);
    this.#readyBytes += this.#open.bytes;
    this.#open = new Batch();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing) return;
    if (this.#ready.length === 0) this.#close();
    const batch = this.#ready.shift();
    if (!batch) return;
    this.#readyBytes -= batch.bytes;
    this.#writingBytes = batch.bytes;
    this.#flushing = this.#writeUntilDone(batch)
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'a batch was left unacknowledged; it comes again'),
      )
      .finally(() => {
        this.#flushing = null;
        this.#writingBytes = 0;
        for (const { session, offset } of batch.messages) if (offset !== null) session.waiting.delete(offset);
        if (this.#ready.length > 0 && !this.#abort.signal.aborted) this.#begin();
        else this.added();
      });
  }

  /** Writes a batch; an outage is waited out, data that the database refuses is found and set aside. */
  async #writeUntilDone(batch: Batch): Promise<void> {
    const { signal } = this.#abort;
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await this.#writer.use(writeTimeoutMs, (client) =>
          writeBatch(client, batch, { historicalIsNew: this.#historicalIsNew }),
        );
        this.#databaseUp = true;
        if (batch.repeated.length > 0) this.#historicalIsNew = result.duplicates === 0 && result.conflicts === 0;
        this.#done(batch, result);
        return;
      } catch (error) {
        if (isDataError(error)) {
          await this.#split(batch, error);
          return;
        }
        this.#databaseUp = false;
        if (attempt === 0) this.#options.log.warn({ err: error }, 'the database is away; the batch waits');
        await this.#writer.drop();
        if (signal.aborted) throw error;
        await sleep(Math.min(mostBackoffMs, 100 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #done(batch: Batch, result: WriteResult): void {
    const { outcomes } = this.#options;
    this.#options.committed(batch);
    const refused = new Set(batch.deadLetters.map((letter) => letter.payload));
    for (const { reason, detail } of batch.deadLetters) outcomes.settle({ kind: 'dead_letter', reason, detail });
    // Live messages are nearly always new. Of resends and replays a batch tells only whether any row was.
    for (const { payload, isHistorical } of batch.messages) {
      if (!refused.has(payload)) outcomes.settle({ kind: result.stored > 0 || !isHistorical ? 'stored' : 'duplicate' });
    }
    outcomes.rows('stored', result.stored);
    outcomes.rows('duplicate', result.duplicates);
    outcomes.rows('conflict', result.conflicts);
  }

  /** Some row is refused for what it is: halves are tried until it stands alone, as a dead letter. */
  async #split(batch: Batch, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const letters = new Batch();
    letters.deadLetters.push(...batch.deadLetters);
    const [only] = batch.messages;
    if (only && batch.messages.length === 1) {
      const { session, topic, payload } = only;
      this.#options.log.error(
        { topic, reason: message },
        'the database refused a message; it is kept as a dead letter',
      );
      letters.deadLetters.push({ session, topic, payload, reason: 'refused_by_database', detail: message });
      // Acknowledged, since it is kept; but nothing it says counts, its watermark neither.
      letters.messages.push({ ...only, watermark: null });
      await this.#writeUntilDone(letters);
      return;
    }
    if (batch.messages.length === 0) throw new Error('the database refuses a dead letter', { cause: error });
    const half = batch.messages.length >> 1;
    for (const part of [batch.messages.slice(0, half), batch.messages.slice(half)])
      await this.#writeUntilDone(this.#rebuild(part));
    if (!letters.isEmpty) await this.#writeUntilDone(letters);
  }

  /** The same messages in a batch of their own, read as they were the first time. */
  #rebuild(messages: readonly BatchMessage[]): Batch {
    const batch = new Batch();
    for (const message of messages) {
      const outcome = decodeData(message, batch, this.#options.context());
      if (outcome) this.#options.outcomes.settle(outcome);
    }
    return batch;
  }
}
