// The buffer as the agent sees it: values go in with `push`, come out as pending batches, and go when
// they are acknowledged. Behind it a worker thread owns the file.
//
// Adaptive group commit: one append is in flight; what comes meanwhile waits in columns per device and
// lane and goes with the next. So a slow disk makes larger commits, not a longer queue. Appends are at
// least commitIntervalMs apart, which costs that much latency and saves a commit per value.

import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Value } from '../../protocols/driver.ts';
import { type GapRow, names, type OffsetRange } from '../../protocols/sparkplug/unison.ts';
import { type Columns, emptyColumns, encodeBatch, type Lane, lanes } from './batch.ts';
import { LastValues } from './last-values.ts';
import { type AppendBatch, type DictionaryTag, ownTags, type ReadRequest, type StoreSettings } from './store.ts';
import type { BufferCalls, BufferRequest, BufferResponse } from './worker.ts';

export interface BufferSettings extends StoreSettings {
  /** Least time between two commits, in milliseconds. */
  readonly commitIntervalMs: number;
  /** Most values that wait in memory for the disk; beyond it they are dropped, with a gap row. */
  readonly maxWaitingRows: number;
}

export interface BufferLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Most rows of one batch, and so of one message: some 40 KB on the wire. */
export const maxBatchRows = 1_000;

type Result<K extends keyof BufferCalls> = ReturnType<BufferCalls[K]>;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface BufferEvents {
  /** A commit is durable up to this offset. */
  durable: [head: number];
  /** The buffer thread died; the agent cannot go on. */
  failed: [error: Error];
}

const steps = channel('unison.edge.step');

export class EdgeBuffer extends EventEmitter<BufferEvents> {
  readonly settings: BufferSettings;
  readonly #log: BufferLog;
  readonly #now: () => number;
  #worker: Worker | undefined;
  #calls = new Map<number, Waiting>();
  #nextCall = 1;
  #open: OpenColumns = new Map();
  #waitingRows = 0;
  #overrun = new Map<string, { from: number; to: number; count: number }>();
  #committing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastCommit = 0;
  #dictionary: DictionaryTag[] = [];
  #id = '';
  #head = 0;
  #failures = 0;
  /** The last stored value of each tag, as of start. */
  last = new LastValues();

  /** `now` is edge time in ms; it stamps appends. Opens nothing. */
  constructor(settings: BufferSettings, options: { log: BufferLog; now: () => number }) {
    super();
    this.settings = settings;
    this.#log = options.log;
    this.#now = options.now;
  }

  /** UUID made with the file. */
  get id(): string {
    return this.#id;
  }

  /** The highest durable offset. */
  get head(): number {
    return this.#head;
  }

  get waitingRows(): number {
    return this.#waitingRows;
  }

  get dictionary(): readonly DictionaryTag[] {
    return this.#dictionary;
  }

  async start(): Promise<void> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.settings, name: 'buffer' });
    this.#worker = worker;
    worker.on('message', (response: BufferResponse) => this.#settle(response));
    worker.on('error', (error: Error) => this.#abandon(error));
    worker.on('exit', () => this.#abandon(new Error('the buffer thread has ended')));
    try {
      const opened = await this.#call('open');
      this.#id = opened.id;
      this.#head = opened.head;
      this.last = new LastValues(opened.last);
      if (opened.movedAside) {
        this.#log.error(
          { movedAside: opened.movedAside },
          'the buffer file was unreadable: it was moved aside and a new one begins',
        );
      }
      this.#dictionary = await this.#call('register', []);
    } catch (error) {
      this.#worker = undefined;
      await worker.terminate();
      throw error;
    }
  }

  /** Commits what waits, writes a checkpoint and closes the file. Safe twice. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    clearTimeout(this.#timer);
    await this.commit();
    this.#worker = undefined;
    await this.#callOn(worker, 'close').catch((error: unknown) =>
      this.#log.error({ err: error }, 'the buffer did not close cleanly'),
    );
    await worker.terminate();
  }

  /** Enters the tags of a device; the agent's own tags come with them. Answers their numbers by name. */
  async register(
    device: string,
    tags: readonly { name: string; datatype: number; properties: string }[],
  ): Promise<Map<string, number>> {
    const all = [...tags, ...ownTags.map((tag) => ({ ...tag, properties: '{}' }))].map((tag) => ({ device, ...tag }));
    this.#dictionary = await this.#call('register', all);
    const wanted = new Map(all.map((tag) => [tag.name, tag.datatype]));
    return new Map(
      this.#dictionary
        .filter((tag) => tag.device === device && wanted.get(tag.name) === tag.datatype)
        .map((tag) => [tag.name, tag.no]),
    );
  }

  /** Takes one value. It is durable when `durable` is emitted after the next commit. */
  push(device: string, lane: Lane, tag: number, time: number, value: Value, status: number): void {
    if (this.#waitingRows >= this.settings.maxWaitingRows) {
      this.#overflow(device, time);
      return;
    }
    const columns = this.#columnsOf(device, lane);
    columns.tag.push(tag);
    columns.time.push(time);
    columns.value.push(value);
    columns.status.push(status);
    this.#waitingRows++;
    this.#schedule();
  }

  /** Writes a row of the gap ledger. */
  pushGap(device: string, gapTag: number, time: number, gap: GapRow): void {
    this.#log.warn({ device, ...gap }, 'gap recorded');
    const columns = this.#columnsOf(device, 'events');
    columns.tag.push(gapTag);
    columns.time.push(time);
    columns.value.push(JSON.stringify(gap));
    columns.status.push(0);
    this.#waitingRows++;
    this.#schedule();
  }

  /** Resolves when everything pushed before is durable. */
  async commit(): Promise<void> {
    while (this.#committing || this.#open.size > 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (!this.#committing) this.#begin();
      await this.#committing;
      if (this.#failures > 0) return;
    }
  }

  read(request: ReadRequest): Promise<Result<'read'>> {
    return this.#call('read', request);
  }

  readOne(offset: number): Promise<Result<'readOne'>> {
    return this.#call('readOne', offset);
  }

  acknowledge(ranges: OffsetRange[]): Promise<void> {
    return this.#call('acknowledge', ranges);
  }

  replay(from: number): Promise<number> {
    return this.#call('replay', from);
  }

  stats(): Promise<Result<'stats'>> {
    return this.#call('stats');
  }

  /** Writes acknowledgements and last values, so that a restart sends and reads little. */
  async checkpoint(): Promise<void> {
    await this.#call('flush');
    await this.#call('checkpoint');
  }

  meta(key: string): Promise<unknown> {
    return this.#call('meta', key);
  }

  /** Durable when it resolves. */
  setMeta(key: string, value: string | number): Promise<void> {
    return this.#call('setMeta', key, value);
  }

  #columnsOf(device: string, lane: Lane): Columns {
    let ofDevice = this.#open.get(device);
    if (!ofDevice) {
      ofDevice = { events: emptyColumns(), measurement: emptyColumns() };
      this.#open.set(device, ofDevice);
    }
    return ofDevice[lane];
  }

  #schedule(): void {
    if (this.#committing || this.#timer || !this.#worker) return;
    const wait = Math.max(0, this.#lastCommit + this.settings.commitIntervalMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#committing) this.#begin();
    }, wait);
  }

  #begin(): void {
    this.#committing = this.#commitOnce().finally(() => {
      this.#committing = undefined;
      if (this.#open.size > 0) this.#schedule();
    });
  }

  async #commitOnce(): Promise<void> {
    this.#writeOverflow();
    const open = this.#open;
    const rows = this.#waitingRows;
    if (open.size === 0) return;
    this.#open = new Map();
    this.#lastCommit = performance.now();
    steps.publish('notified');
    const batches = batchesOf(open);
    try {
      this.#head = await this.#call('append', batches, this.#now());
      this.#waitingRows -= rows;
      this.#failures = 0;
      this.emit('durable', this.#head);
    } catch (error) {
      await this.#keep(open, error);
    }
  }

  /** The disk refused (full, gone): what was to be written waits, bounded by maxWaitingRows, and is tried again. */
  async #keep(open: OpenColumns, error: unknown): Promise<void> {
    this.#failures++;
    if (this.#failures === 1)
      this.#log.error(
        { err: error },
        'the buffer cannot write; values wait in memory. Free disk space or check the disk',
      );
    for (const [device, later] of this.#open) {
      const earlier = open.get(device);
      if (!earlier) open.set(device, later);
      else for (const lane of lanes) appendColumns(earlier[lane], later[lane]);
    }
    this.#open = open;
    await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 100 * 2 ** this.#failures)));
  }

  #overflow(device: string, time: number): void {
    const known = this.#overrun.get(device);
    if (!known) {
      this.#log.error(
        { device },
        'values come faster than the disk can write them: they are dropped and a gap is recorded',
      );
      this.#overrun.set(device, { from: time, to: time + 1, count: 1 });
      return;
    }
    known.from = Math.min(known.from, time);
    known.to = Math.max(known.to, time + 1);
    known.count++;
  }

  #writeOverflow(): void {
    if (this.#waitingRows >= this.settings.maxWaitingRows) return;
    for (const [device, { from, to, count }] of this.#overrun) {
      const gapTag = this.#dictionary.find((tag) => tag.device === device && tag.name === names.gap);
      if (gapTag) this.pushGap(device, gapTag.no, this.#now(), { tag: null, from, to, cause: 'disk_slow', count });
    }
    this.#overrun.clear();
  }

  #call<K extends keyof BufferCalls>(call: K, ...args: Parameters<BufferCalls[K]>): Promise<Result<K>> {
    if (!this.#worker) return Promise.reject(new Error('the buffer is stopped'));
    return this.#callOn(this.#worker, call, ...args);
  }

  #callOn<K extends keyof BufferCalls>(
    worker: Worker,
    call: K,
    ...args: Parameters<BufferCalls[K]>
  ): Promise<Result<K>> {
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      const transfer =
        call === 'append' ? (args[0] as AppendBatch[]).map((batch) => batch.body.buffer as ArrayBuffer) : [];
      worker.postMessage({ id, call, args } satisfies BufferRequest, transfer);
    });
  }

  #settle(response: BufferResponse): void {
    const waiting = this.#calls.get(response.id);
    this.#calls.delete(response.id);
    if ('error' in response) waiting?.reject(response.error);
    else waiting?.resolve(response.result as never);
  }

  /** The thread is gone. Without it nothing can be promised, so the agent must stop and be started again. */
  #abandon(error: Error): void {
    if (this.#worker) {
      this.#worker = undefined;
      this.emit('failed', error);
    }
    for (const waiting of this.#calls.values()) waiting.reject(error);
    this.#calls.clear();
  }
}

/** What waits for the next commit, by device. */
type OpenColumns = Map<string, Record<Lane, Columns>>;

function batchesOf(open: OpenColumns): AppendBatch[] {
  const batches: AppendBatch[] = [];
  // Events first: where a commit is split by a crash, what matters more is older.
  for (const lane of lanes) {
    for (const [device, { [lane]: columns }] of open) {
      for (let from = 0; from < columns.tag.length; from += maxBatchRows) {
        const body = encodeBatch(columns, from, Math.min(columns.tag.length, from + maxBatchRows));
        batches.push({ device, lane, body });
      }
    }
  }
  return batches;
}

function appendColumns(to: Columns, from: Columns): void {
  for (let row = 0; row < from.tag.length; row++) {
    to.tag.push(from.tag[row] as number);
    to.time.push(from.time[row] as number);
    to.value.push(from.value[row] as Value);
    to.status.push(from.status[row] as number);
  }
}
