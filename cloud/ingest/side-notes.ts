// What is noted beside the road, after the commit of what it is derived from, once a second: the values that
// state tags say (mes.state_values, from which the task "map this value" is made), and how full the agents'
// buffers are. A note that a crash took comes again with the next birth or the next such value; noting
// twice changes nothing.

import type pg from 'pg';
import type { Batch, SampleColumns } from './batch.ts';
import type { EdgeSession, TagRef } from './edge-session.ts';

const intervalMs = 1_000;
/** A value that goes on being said is noted again after so long. */
const againMs = 60_000;
/** Values of one tag that are looked at; mes.note_state_values keeps no more. */
const maxValues = 200;
const maxLength = 200;

interface Note {
  first: number;
  last: number;
  /** When it was written last, in ms of the monotonic clock. */
  writtenAt: number;
  isNew: boolean;
}

export interface BufferFill {
  readonly bytes: number;
  /** Ms; null where nothing waits. */
  readonly oldest: number | null;
}

export interface SideNotesOptions {
  readonly pool: pg.Pool;
  readonly log: { warn(data: object, message: string): void };
}

export class SideNotes {
  readonly #options: SideNotesOptions;
  readonly #values = new Map<number, Map<string, Note>>();
  #fills = new Map<number, BufferFill>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SideNotesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#write());
    }, intervalMs);
  }

  /** Writes what is left. Safe twice. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write();
  }

  /** Takes what a batch has committed. */
  committed(batch: Batch): void {
    this.#absorb(batch.fresh);
    this.#absorb(batch.repeated);
    this.#absorb(batch.text);
  }

  /** The current values a birth carries. */
  born(values: readonly { tag: TagRef; time: number; value: number | string | null; status: number }[]): void {
    for (const { tag, time, value, status } of values) this.#note(tag, { time, value, status });
  }

  buffer({ agent }: EdgeSession, fill: BufferFill): void {
    this.#fills.set(agent.id, fill);
  }

  #absorb(samples: SampleColumns<number> | SampleColumns<string>): void {
    for (let row = 0; row < samples.length; row++) {
      const tag = samples.tag[row] as TagRef;
      if (!tag.isState) continue;
      this.#note(tag, {
        time: samples.time[row] as number,
        value: samples.value[row] ?? null,
        status: samples.status[row] ?? 0,
      });
    }
  }

  #note(tag: TagRef, { time, value, status }: { time: number; value: number | string | null; status: number }): void {
    // Bad by OPC UA: the two highest bits are 10.
    if (!tag.isState || tag.id === 0 || value === null || status >>> 30 === 2) return;
    const text = String(value).trim();
    if (text === '' || text.length > maxLength) return;
    let ofTag = this.#values.get(tag.id);
    if (!ofTag) {
      ofTag = new Map<string, Note>();
      this.#values.set(tag.id, ofTag);
    }
    const known = ofTag.get(text);
    if (known) {
      known.first = Math.min(known.first, time);
      known.last = Math.max(known.last, time);
      known.isNew = true;
    } else if (ofTag.size < maxValues) {
      ofTag.set(text, { first: time, last: time, writtenAt: Number.NEGATIVE_INFINITY, isNew: true });
    }
  }

  async #write(): Promise<void> {
    const now = performance.now();
    const due = [...this.#values].flatMap(([tagId, ofTag]) =>
      [...ofTag].flatMap(([value, note]) =>
        note.isNew && now - note.writtenAt >= againMs ? [{ tagId, value, note }] : [],
      ),
    );
    const fills = [...this.#fills].sort(([a], [b]) => a - b);
    if (due.length === 0 && fills.length === 0) return;
    this.#fills = new Map();
    for (const { note } of due) note.isNew = false;
    try {
      if (due.length > 0) await this.#writeValues(due);
      if (fills.length > 0) await this.#writeFills(fills);
      for (const { note } of due) note.writtenAt = now;
    } catch (error) {
      // Bounded by tags and agents; tried again with the next ones.
      for (const { note } of due) note.isNew = true;
      for (const [id, fill] of fills) if (!this.#fills.has(id)) this.#fills.set(id, fill);
      this.#options.log.warn(
        { err: error },
        'state values and buffer fills could not be noted; tried again in a second',
      );
    }
  }

  async #writeValues(due: readonly { tagId: number; value: string; note: Note }[]): Promise<void> {
    await this.#options.pool.query('SELECT mes.note_state_values($1, $2, $3, $4)', [
      due.map(({ tagId }) => tagId),
      due.map(({ value }) => value),
      due.map(({ note }) => new Date(note.first)),
      due.map(({ note }) => new Date(note.last)),
    ]);
  }

  async #writeFills(fills: readonly (readonly [number, BufferFill])[]): Promise<void> {
    await this.#options.pool.query(
      `UPDATE mes.edge_states SET buffer_bytes = given.bytes, buffer_oldest = given.oldest
       FROM unnest($1::int[], $2::bigint[], $3::timestamptz[]) AS given (id, bytes, oldest)
       WHERE edge_states.edge_agent_id = given.id`,
      [
        fills.map(([id]) => id),
        fills.map(([, { bytes }]) => bytes),
        fills.map(([, { oldest }]) => (oldest === null ? null : new Date(oldest))),
      ],
    );
  }
}
