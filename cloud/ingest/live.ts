// What screens see: the committed changes of each machine, published to
// unison/live/<organization>/<machine>, those of tags without a machine to
// unison/live/<organization>/unmapped-<plant>, and mes.tag_last kept up to date. All are derived from
// samples and follow their commit; a birth repairs what a crash left out.
//
// A machine that was quiet is told of at once; one that keeps talking, conflated to the newest value per
// tag, at most 4 times a second. The same holds for the agents of an organisation.

import type pg from 'pg';
import type { Batch, SampleColumns } from './batch.ts';
import type { EdgeSession, TagRef } from './edge-session.ts';

/** Between two messages of one machine, at least. */
const liveIntervalMs = 250;
const lastIntervalMs = 1_000;
const notWritten = 'the last values could not be written; tried again in a second';

/** The group of a tag: its machine, or, below zero, its plant's tags without one, which only the page of tags shows. */
const groupOf = (tag: TagRef, { agent }: EdgeSession): number => tag.machineId ?? -agent.plantId;

type LiveValue = number | string | null;

interface Change {
  readonly session: EdgeSession;
  readonly tag: TagRef;
  time: number;
  value: LiveValue;
  status: number;
}

interface AgentNews {
  readonly session: EdgeSession;
  readonly online: boolean;
  readonly at: number;
  readonly watermark: number | null;
}

export interface LiveOptions {
  readonly publish: (topic: string, payload: string) => void;
  readonly pool: pg.Pool;
  readonly log: { warn(data: object, message: string): void };
}

export class LivePicture {
  readonly #options: LiveOptions;
  readonly #machines = new Paced<Change>((id, news) => this.#tellMachine(id, news));
  readonly #organizations = new Paced<AgentNews>((id, news) => this.#tellAgents(id, news));
  #unwritten = new Map<number, Change>();
  #writer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  start(): void {
    this.#writer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#writeLast());
    }, lastIntervalMs);
  }

  /** Tells and writes what is left. Safe twice. */
  async stop(): Promise<void> {
    clearInterval(this.#writer);
    this.#machines.stop();
    this.#organizations.stop();
    await this.#writing;
    await this.#writeLast();
  }

  /** Takes what a batch has committed. */
  committed(batch: Batch, now: number): void {
    this.#absorb(batch.fresh);
    this.#absorb(batch.repeated);
    this.#absorb(batch.text);
    for (const { session, watermark } of [...batch.messages, ...batch.idle]) {
      const { id, organizationId } = session.agent;
      const news = this.#organizations.newsOf(organizationId);
      news.set(id, { session, online: true, at: now, watermark: watermark || news.get(id)?.watermark || null });
    }
    this.#machines.tell();
    this.#organizations.tell();
  }

  /** The current values a birth carries: they repair tag_last where a crash lost its update. */
  born(session: EdgeSession, values: readonly { tag: TagRef; time: number; value: LiveValue; status: number }[]): void {
    for (const { tag, time, value, status } of values) {
      if (tag.id === 0) continue;
      this.#machines.newsOf(groupOf(tag, session)).set(tag.id, { session, tag, time, value, status });
    }
    this.#machines.tell();
  }

  link(session: EdgeSession, online: boolean, now: number): void {
    const { id, organizationId } = session.agent;
    this.#organizations.newsOf(organizationId).set(id, { session, online, at: now, watermark: null });
    this.#organizations.tell();
  }

  #absorb(samples: SampleColumns<number> | SampleColumns<string>): void {
    // Rows come machine by machine mostly, and a backlog has many of one tag.
    let group = 0;
    let news = new Map<number, Change>();
    for (let row = 0; row < samples.length; row++) {
      const tag = samples.tag[row] as TagRef;
      const time = samples.time[row] as number;
      if (tag.id === 0) continue;
      const session = samples.session[row] as EdgeSession;
      if (groupOf(tag, session) !== group) {
        group = groupOf(tag, session);
        news = this.#machines.newsOf(group);
      }
      const known = news.get(tag.id);
      if (known && known.time > time) continue;
      const value = samples.value[row] ?? null;
      const status = (samples.status[row] ?? 0) >>> 0;
      if (known) {
        known.time = time;
        known.value = value;
        known.status = status;
      } else news.set(tag.id, { session, tag, time, value, status });
    }
  }

  #tellMachine(group: number, news: ReadonlyMap<number, Change>): void {
    const tags: (readonly [number, number, LiveValue, number])[] = [];
    let organizationId = 0;
    for (const [id, change] of news) {
      const last = this.#unwritten.get(id);
      if (!last || last.time <= change.time) this.#unwritten.set(id, change);
      organizationId = change.session.agent.organizationId;
      tags.push([id, change.time, change.value, change.status]);
    }
    const subject = group > 0 ? group : `unmapped-${-group}`;
    this.#options.publish(`unison/live/${organizationId}/${subject}`, JSON.stringify({ at: Date.now(), tags }));
  }

  #tellAgents(organizationId: number, news: ReadonlyMap<number, AgentNews>): void {
    const agents = [...news].map(([id, { online, at, watermark }]) => [id, online, at, watermark]);
    this.#options.publish(`unison/live/${organizationId}/agents`, JSON.stringify({ at: Date.now(), agents }));
  }

  async #writeLast(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    let db: pg.PoolClient;
    try {
      // First of all: while the database is away nothing is made ready in vain.
      db = await this.#options.pool.connect();
    } catch (error) {
      this.#options.log.warn({ err: error }, notWritten);
      return;
    }
    const changes = [...this.#unwritten.values()].sort((a, b) => a.tag.id - b.tag.id);
    this.#unwritten = new Map();
    try {
      await db.query(
        `INSERT INTO mes.tag_last AS known (tag_id, organization_id, plant_id, time, value, text_value, status)
         SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[], $5::float8[], $6::text[], $7::int[])
         ON CONFLICT (tag_id) DO UPDATE
         SET time = excluded.time, value = excluded.value, text_value = excluded.text_value, status = excluded.status
         WHERE known.time <= excluded.time`,
        [
          changes.map(({ tag }) => tag.id),
          changes.map(({ session }) => session.agent.organizationId),
          changes.map(({ session }) => session.agent.plantId),
          changes.map(({ time }) => new Date(time)),
          changes.map(({ value }) => (typeof value === 'number' ? value : null)),
          changes.map(({ value }) => (typeof value === 'string' ? value : null)),
          changes.map(({ status }) => (status === 0 ? null : status | 0)),
        ],
      );
      db.release();
    } catch (error) {
      db.release(true);
      // Bounded by the number of tags; tried again with the next ones.
      for (const change of changes) if (!this.#unwritten.has(change.tag.id)) this.#unwritten.set(change.tag.id, change);
      this.#options.log.warn({ err: error }, notWritten);
    }
  }
}

/**
 * News by number, in groups (a machine, an organisation). Each group is told at once after a silence, and
 * then together, once in liveIntervalMs. Holds a value per tag or agent, however long nobody may tell.
 */
class Paced<T> {
  readonly #told: (group: number, news: ReadonlyMap<number, T>) => void;
  readonly #groups = new Map<number, { news: Map<number, T>; toldAt: number }>();
  /** Groups with something to tell. */
  readonly #waiting = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(told: (group: number, news: ReadonlyMap<number, T>) => void) {
    this.#told = told;
  }

  /** To add to; call `tell` afterwards. */
  newsOf(group: number): Map<number, T> {
    this.#waiting.add(group);
    let known = this.#groups.get(group);
    if (!known) {
      known = { news: new Map(), toldAt: Number.NEGATIVE_INFINITY };
      this.#groups.set(group, known);
    }
    return known.news;
  }

  /** Tells what may be told now; the rest follows by itself. */
  tell(): void {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const id of this.#waiting) {
      const group = this.#groups.get(id);
      if (!group) continue;
      const wait = this.#stopped ? 0 : group.toldAt + liveIntervalMs - now;
      if (wait > 0) {
        next = Math.min(next, wait);
        continue;
      }
      this.#waiting.delete(id);
      const { news } = group;
      group.news = new Map();
      group.toldAt = now;
      if (news.size > 0) this.#told(id, news);
    }
    if (next !== Number.POSITIVE_INFINITY) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.tell();
      }, Math.ceil(next));
    }
  }

  /** Tells everything; what comes later is told at once. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.tell();
  }
}
