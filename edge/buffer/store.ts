// The buffer file: SQLite in WAL mode with synchronous FULL, used by the worker thread only. What is
// committed here is a promise to the plant; it goes when the database has it, or with a gap row.
//
// A batch is in one of three states:
//   pending      in `batch` and in `pending`: the cloud has not said that it is committed
//   acknowledged in `batch` only: kept for a replay as long as space and age allow
//   gone         deleted: acknowledged ones silently, pending ones with a gap row per tag
// An acknowledgement need not be durable: forgetting it means sending twice, which the key absorbs. It
// is written with the next append or flush.

import { channel } from 'node:diagnostics_channel';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Value } from '../../protocols/driver.ts';
import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import { type GapRow, names, type OffsetRange } from '../../protocols/sparkplug/unison.ts';
import { type Columns, decodeBatch, emptyColumns, encodeBatch, type Lane, lanes, openBatch } from './batch.ts';
import { LastValues } from './last-values.ts';
import { openFile } from './store-file.ts';

export interface StoreSettings {
  readonly file: string;
  /** Bound of the file in bytes. */
  readonly maxBytes: number;
  /** Pending batches older than this go, with a gap row. */
  readonly maxAgeMs: number;
  /** Acknowledged batches are kept this long for a replay, where space allows. */
  readonly keepAcknowledgedMs: number;
}

/** A tag as the dictionary knows it. Its number is its Sparkplug alias and is never used again. */
export interface DictionaryTag {
  readonly no: number;
  readonly device: string;
  readonly name: string;
  /** Sparkplug datatype code. A changed datatype is another tag. */
  readonly datatype: number;
  /** Birth properties as JSON, as they were when the tag was last configured. */
  readonly properties: string;
}

export interface AppendBatch {
  readonly device: string;
  readonly lane: Lane;
  readonly body: Uint8Array;
}

export interface PendingBatch {
  readonly offset: number;
  readonly device: string;
  readonly lane: Lane;
  /** Edge time at which it was appended. */
  readonly appendedAt: number;
  readonly body: Uint8Array;
}

export interface ReadRequest {
  readonly lane: Lane;
  /** Offsets in (after, upTo]. */
  readonly after: number;
  readonly upTo: number;
  readonly maxBytes: number;
}

export interface ReadResult {
  readonly batches: PendingBatch[];
  /** The two earliest pending batches of the events lane, for the watermark. */
  readonly earliestEvents: { offset: number; firstTime: number }[];
}

export interface StoreStats {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly pendingBatches: number;
  /** About: their share of all bytes. */
  readonly pendingBytes: number;
  readonly oldestPendingAt: number | null;
  readonly head: number;
  /** Values dropped since the process began, each in a gap row. */
  readonly dropped: number;
}

const steps = channel('unison.edge.step');

export class BufferStore {
  readonly settings: StoreSettings;
  /** Where an unreadable file was moved to, if there was one. */
  readonly movedAside: string | null;
  readonly last: LastValues;
  #db: DatabaseSync;
  #statements = new Map<string, StatementSync>();
  #acknowledged: OffsetRange[] = [];
  #dropped = 0;

  constructor(settings: StoreSettings) {
    this.settings = settings;
    const opened = openFile(settings.file);
    this.#db = opened.db;
    this.movedAside = opened.movedAside;
    this.last = new LastValues(this.meta('last_values'));
    const after = Number(this.meta('last_values_at') ?? 0);
    for (const row of this.#prepare('SELECT body FROM batch WHERE number > ? ORDER BY number').iterate(after)) {
      this.last.absorb(openBatch(row['body'] as Uint8Array));
    }
  }

  /** UUID made with the file. */
  get id(): string {
    return this.meta('id') as string;
  }

  get head(): number {
    const row = this.#prepare("SELECT seq FROM sqlite_sequence WHERE name = 'batch'").get();
    return Number(row?.['seq'] ?? 0);
  }

  meta(key: string): unknown {
    return this.#prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'];
  }

  /** Durable when it returns. */
  setMeta(key: string, value: string | number): void {
    this.#prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(key, value);
  }

  tags(): DictionaryTag[] {
    return this.#prepare(
      'SELECT no, device, name, datatype, properties FROM tag ORDER BY no',
    ).all() as unknown as DictionaryTag[];
  }

  /** Enters tags in the dictionary, or renews their properties, and answers the whole dictionary. */
  register(tags: readonly Omit<DictionaryTag, 'no'>[]): DictionaryTag[] {
    this.#transaction(() => {
      const insert = this.#prepare(
        'INSERT INTO tag (device, name, datatype, properties) VALUES (?, ?, ?, ?) ' +
          'ON CONFLICT (device, name, datatype) DO UPDATE SET properties = excluded.properties',
      );
      for (const tag of tags) insert.run(tag.device, tag.name, tag.datatype, tag.properties);
    });
    return this.tags();
  }

  /** Appends batches and answers the new head. Durable when it returns. */
  append(batches: readonly AppendBatch[], now: number): number {
    this.#transaction(() => {
      this.#applyAcknowledgements();
      for (const batch of batches) this.#insert(batch, now);
      this.#enforceBounds(now);
      this.#writeGaps(now);
      steps.publish('appended');
    });
    steps.publish('committed');
    this.#compact();
    return this.head;
  }

  read({ lane, after, upTo, maxBytes }: ReadRequest): ReadResult {
    const batches: PendingBatch[] = [];
    let bytes = 0;
    const rows = this.#prepare(
      'SELECT batch.number, batch.device, batch.appended_at, batch.body FROM pending JOIN batch ON batch.number = pending.number ' +
        'WHERE pending.lane = ? AND pending.number > ? AND pending.number <= ? ORDER BY pending.number',
    ).iterate(lanes.indexOf(lane), after, upTo);
    for (const row of rows) {
      const offset = Number(row['number']);
      if (this.#isAcknowledged(offset)) continue;
      const body = row['body'] as Uint8Array;
      batches.push({ offset, device: row['device'] as string, lane, appendedAt: Number(row['appended_at']), body });
      bytes += body.length;
      if (bytes >= maxBytes) break;
    }
    return { batches, earliestEvents: this.#earliestEvents() };
  }

  /** One batch that is still pending, for a second sending; undefined when it is acknowledged or gone. */
  readOne(offset: number): PendingBatch | undefined {
    const row = this.#prepare(
      'SELECT batch.lane, batch.device, batch.appended_at, batch.body FROM pending JOIN batch ON batch.number = pending.number ' +
        'WHERE pending.number = ? AND pending.lane IN (0, 1)',
    ).get(offset);
    if (!row || this.#isAcknowledged(offset)) return undefined;
    const lane = lanes[Number(row['lane'])] as Lane;
    return {
      offset,
      device: row['device'] as string,
      lane,
      appendedAt: Number(row['appended_at']),
      body: row['body'] as Uint8Array,
    };
  }

  /** Remembers what the database has committed; written with the next append or flush. */
  acknowledge(ranges: readonly OffsetRange[]): void {
    this.#acknowledged.push(...ranges);
    steps.publish('acknowledged');
    if (this.#acknowledged.length >= maxWaitingAcknowledgements) this.flush();
  }

  flush(): void {
    if (this.#acknowledged.length === 0) return;
    this.#transaction(() => this.#applyAcknowledgements());
  }

  /** Makes everything kept from this time on pending again. Answers how many batches. */
  replay(from: number): number {
    this.flush();
    const result = this.#prepare(
      'INSERT OR IGNORE INTO pending (lane, number, first_time) SELECT lane, number, first_time FROM batch WHERE last_time >= ?',
    ).run(from);
    return Number(result.changes);
  }

  stats(): StoreStats {
    this.flush();
    const row = this.#prepare('SELECT count(*) AS n, min(number) AS first FROM pending').get();
    const first = row?.['first'];
    const pending = Number(row?.['n'] ?? 0);
    const oldest =
      first === null ? undefined : this.#prepare('SELECT appended_at FROM batch WHERE number = ?').get(Number(first));
    return {
      bytes: this.#usedBytes(),
      maxBytes: this.settings.maxBytes,
      pendingBatches: pending,
      pendingBytes: Math.ceil((this.#usedBytes() * pending) / Math.max(1, pending, this.#storedBatches())),
      oldestPendingAt: oldest === undefined ? null : Number(oldest['appended_at']),
      head: this.head,
      dropped: this.#dropped,
    };
  }

  /** From the first to the last number: those between that are gone already count, too. */
  #storedBatches(): number {
    const { first, last } = this.#prepare('SELECT min(number) AS first, max(number) AS last FROM batch').get() ?? {};
    return typeof first === 'number' ? Number(last) - first + 1 : 0;
  }

  /** Writes the last value of each tag, so that the next start need not read all batches. */
  checkpoint(): void {
    this.#transaction(() => {
      this.setMeta('last_values', this.last.serialize());
      this.setMeta('last_values_at', this.head);
    });
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.flush();
    this.checkpoint();
    this.#db.close();
  }

  #insert(batch: AppendBatch, now: number): void {
    const view = openBatch(batch.body);
    if (view.count === 0) return;
    const first = view.time[0] as number;
    const lane = lanes.indexOf(batch.lane);
    const { lastInsertRowid } = this.#prepare(
      'INSERT INTO batch (lane, device, appended_at, first_time, last_time, body) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(lane, batch.device, now, first, view.time[view.count - 1] as number, batch.body);
    this.#prepare('INSERT INTO pending (lane, number, first_time) VALUES (?, ?, ?)').run(lane, lastInsertRowid, first);
    this.last.absorb(view);
  }

  #applyAcknowledgements(): void {
    const remove = this.#prepare('DELETE FROM pending WHERE lane IN (0, 1) AND number BETWEEN ? AND ?');
    for (const [first, last] of this.#acknowledged) remove.run(first, last);
    this.#acknowledged = [];
  }

  #isAcknowledged(offset: number): boolean {
    return this.#acknowledged.some(([first, last]) => offset >= first && offset <= last);
  }

  #earliestEvents(): { offset: number; firstTime: number }[] {
    const rows = this.#prepare(
      'SELECT number, first_time FROM pending WHERE lane = 0 ORDER BY first_time LIMIT 64',
    ).all();
    const found: { offset: number; firstTime: number }[] = [];
    for (const row of rows) {
      const offset = Number(row['number']);
      if (!this.#isAcknowledged(offset)) found.push({ offset, firstTime: Number(row['first_time']) });
      if (found.length === 2) break;
    }
    return found;
  }

  // Bounds. First what is acknowledged goes, oldest first; then pending measurements; events last.
  // Each step frees a twentieth of the file, so that a full buffer is not trimmed at every append.

  #enforceBounds(now: number): void {
    const { keepAcknowledgedMs, maxAgeMs, maxBytes } = this.settings;
    const oldest = this.#prepare('SELECT number, appended_at FROM batch ORDER BY number LIMIT 1').get();
    if (!oldest) return;
    if (Number(oldest['appended_at']) < now - keepAcknowledgedMs)
      this.#dropAcknowledged('appended_at < ?', now - keepAcknowledgedMs);
    if (Number(oldest['appended_at']) < now - maxAgeMs)
      this.#dropPending('buffer_age', now, 'batch.appended_at < ?', now - maxAgeMs);
    if (this.#usedBytes() <= maxBytes) return;
    const goal = maxBytes * 0.95;
    for (let round = 0; round < dropRounds && this.#usedBytes() > goal && this.#dropAcknowledged('true'); round++)
      continue;
    for (const lane of ['measurement', 'events'] as const) {
      for (let round = 0; round < dropRounds && this.#usedBytes() > goal; round++) {
        if (!this.#dropPending('buffer_full', now, 'pending.lane = ?', lanes.indexOf(lane))) break;
      }
    }
  }

  #dropAcknowledged(where: string, ...values: number[]): boolean {
    const { changes } = this.#prepare(
      `DELETE FROM batch WHERE number IN (SELECT number FROM batch WHERE ${where} AND NOT EXISTS ` +
        '(SELECT 1 FROM pending WHERE pending.number = batch.number AND pending.lane = batch.lane) ORDER BY number LIMIT 64)',
    ).run(...values);
    return Number(changes) > 0;
  }

  /** Drops up to 64 of the oldest pending batches and remembers per tag what was in them. */
  #dropPending(cause: string, now: number, where: string, ...values: number[]): boolean {
    const rows = this.#prepare(
      `SELECT batch.number, batch.device, batch.body FROM pending JOIN batch ON batch.number = pending.number WHERE ${where} ` +
        'ORDER BY pending.number LIMIT 64',
    ).all(...values);
    const gapTags = new Set(
      this.tags()
        .filter((tag) => tag.name === names.gap)
        .map((tag) => tag.no),
    );
    const remember = this.#prepare(
      'INSERT INTO lost VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT (tag, cause) DO UPDATE SET first = min(first, excluded.first), ' +
        'last = max(last, excluded.last), count = count + 1, touched_at = excluded.touched_at',
    );
    for (const row of rows) {
      const device = row['device'] as string;
      const { tag, time, value, status } = decodeBatch(row['body'] as Uint8Array);
      const gaps = emptyColumns();
      for (let index = 0; index < tag.length; index++) {
        const no = tag[index] as number;
        if (gapTags.has(no)) {
          // A gap row is itself never lost: it moves to the end of its lane, with its own time.
          gaps.tag.push(no);
          gaps.time.push(time[index] as number);
          gaps.value.push(value[index] as Value);
          gaps.status.push(status[index] as number);
          continue;
        }
        this.#dropped++;
        remember.run(no, cause, device, time[index] as number, time[index] as number, now);
      }
      this.#prepare('DELETE FROM pending WHERE lane IN (0, 1) AND number = ?').run(Number(row['number']));
      this.#prepare('DELETE FROM batch WHERE number = ?').run(Number(row['number']));
      if (gaps.tag.length > 0) this.#insert({ device, lane: 'events', body: encodeBatch(gaps) }, now);
    }
    return rows.length > 0;
  }

  /**
   * Writes what was dropped as gap rows, once dropping has paused for gapPauseMs: while a buffer is full
   * one row per tag grows, instead of a new one per tag at every append.
   */
  #writeGaps(now: number): void {
    const rows = this.#prepare(
      'SELECT lost.tag, lost.cause, lost.device, lost.first, lost.last, lost.count, tag.name FROM lost JOIN tag ON tag.no = lost.tag ' +
        'WHERE lost.touched_at <= ? LIMIT 500',
    ).all(now - gapPauseMs);
    if (rows.length === 0) return;
    const gapTags = new Map(
      this.tags()
        .filter((tag) => tag.name === names.gap)
        .map((tag) => [tag.device, tag.no]),
    );
    const byDevice = new Map<string, Columns>();
    for (const row of rows) {
      const device = row['device'] as string;
      const gapTag = gapTags.get(device);
      if (gapTag === undefined) throw new Error(`device ${device} has no gap tag in the buffer's dictionary`);
      const columns = byDevice.get(device) ?? emptyColumns();
      byDevice.set(device, columns);
      const [first, last, count] = [Number(row['first']), Number(row['last']), Number(row['count'])];
      const gap: GapRow = {
        tag: row['name'] as string,
        from: first,
        to: last + 1,
        cause: row['cause'] as string,
        count,
      };
      columns.tag.push(gapTag);
      columns.time.push(Math.max(now, (this.last.timeOf(gapTag) ?? 0) + 1) + columns.time.length);
      columns.value.push(JSON.stringify(gap));
      columns.status.push(0);
      this.#prepare('DELETE FROM lost WHERE tag = ? AND cause = ?').run(Number(row['tag']), row['cause'] as string);
    }
    for (const [device, columns] of byDevice) this.#insert({ device, lane: 'events', body: encodeBatch(columns) }, now);
  }

  #usedBytes(): number {
    const pages = Number(this.#prepare('PRAGMA page_count').get()?.['page_count'] ?? 0);
    const free = Number(this.#prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0);
    return (pages - free) * 4096;
  }

  #compact(): void {
    const free = Number(this.#prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0);
    if (free > 2048) this.#db.exec('PRAGMA incremental_vacuum(512)');
  }

  #transaction(work: () => void): void {
    if (this.#db.isTransaction) {
      work();
      return;
    }
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #prepare(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** Acknowledged ranges held in memory before they are written without waiting for an append. */
const maxWaitingAcknowledgements = 64;
/** Most rounds of 64 batches that one append drops, per kind; the next append goes on. */
const dropRounds = 32;
/** A full buffer's gap rows are written when nothing was dropped for this long. */
const gapPauseMs = 5_000;
/** Datatype code of the tags the agent itself writes. */
export const ownTags = [
  { name: names.coverage, datatype: datatypeCode.String },
  { name: names.gap, datatype: datatypeCode.String },
  { name: names.clockOffset, datatype: datatypeCode.Int64 },
] as const;
