// What screens see: the committed changes of each machine, conflated to at most 4 messages a second,
// published to unison/live/<organization>/<machine>, and mes.tag_last kept up to date. Both are derived
// from samples and follow their commit; a birth repairs what a crash left out.

import type pg from 'pg';
import type { Batch, SampleColumns } from './batch.ts';
import type { EdgeSession, TagRef } from './edge-session.ts';

export const liveIntervalMs = 250;
const lastIntervalMs = 1_000;
const notWritten = 'the last values could not be written; tried again in a second';

type LiveValue = number | string | null;

interface Change {
  readonly session: EdgeSession;
  readonly tag: TagRef;
  time: number;
  value: LiveValue;
  status: number;
}

export interface LiveOptions {
  readonly publish: (topic: string, payload: string) => void;
  readonly pool: pg.Pool;
  readonly log: { warn(data: object, message: string): void };
}

export class LivePicture {
  readonly #options: LiveOptions;
  #changes = new Map<number, Change>();
  #unwritten = new Map<number, Change>();
  #agents = new Map<number, { session: EdgeSession; online: boolean; at: number; watermark: number | null }>();
  #timers: NodeJS.Timeout[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timers = [
      setInterval(() => this.#publish(), liveIntervalMs),
      setInterval(() => {
        this.#writing = this.#writing.then(() => this.#writeLast());
      }, lastIntervalMs),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    await this.#writing;
    await this.#writeLast();
  }

  /** Takes what a batch has committed. */
  committed(batch: Batch, now: number): void {
    this.#absorb(batch.fresh);
    this.#absorb(batch.repeated);
    this.#absorb(batch.text);
    for (const { session, watermark } of [...batch.messages, ...batch.idle]) {
      const known = this.#agents.get(session.agent.id);
      this.#agents.set(session.agent.id, {
        session,
        online: true,
        at: now,
        watermark: watermark || known?.watermark || null,
      });
    }
  }

  /** The current values a birth carries: they repair tag_last where a crash lost its update. */
  born(session: EdgeSession, values: readonly { tag: TagRef; time: number; value: LiveValue; status: number }[]): void {
    for (const { tag, time, value, status } of values) this.#note({ session, tag, time, value, status });
  }

  link(session: EdgeSession, online: boolean, now: number): void {
    this.#agents.set(session.agent.id, { session, online, at: now, watermark: null });
  }

  #absorb(samples: SampleColumns<number> | SampleColumns<string>): void {
    for (let row = 0; row < samples.length; row++) {
      const tag = samples.tag[row] as TagRef;
      const time = samples.time[row] as number;
      const known = this.#changes.get(tag.id);
      if (known && known.time > time) continue;
      const value = samples.value[row] ?? null;
      const status = (samples.status[row] ?? 0) >>> 0;
      if (known) {
        known.time = time;
        known.value = value;
        known.status = status;
      } else this.#note({ session: samples.session[row] as EdgeSession, tag, time, value, status });
    }
  }

  #note(change: Change): void {
    if (change.tag.id === 0) return;
    this.#changes.set(change.tag.id, change);
  }

  #publish(): void {
    const machines = new Map<string, Change[]>();
    for (const [id, change] of this.#changes) {
      const last = this.#unwritten.get(id);
      if (!last || last.time <= change.time) this.#unwritten.set(id, change);
      if (change.tag.machineId === null) continue;
      const topic = `unison/live/${change.session.agent.organizationId}/${change.tag.machineId}`;
      const list = machines.get(topic);
      if (list) list.push(change);
      else machines.set(topic, [change]);
    }
    this.#changes = new Map();
    const at = Date.now();
    for (const [topic, changes] of machines) {
      this.#options.publish(
        topic,
        JSON.stringify({ at, tags: changes.map(({ tag, time, value, status }) => [tag.id, time, value, status]) }),
      );
    }
    const agents = new Map<number, [number, boolean, number, number | null][]>();
    for (const [id, { session, online, at: heard, watermark }] of this.#agents) {
      const { organizationId } = session.agent;
      agents.set(organizationId, [...(agents.get(organizationId) ?? []), [id, online, heard, watermark]]);
    }
    this.#agents = new Map();
    for (const [organization, list] of agents)
      this.#options.publish(`unison/live/${organization}/agents`, JSON.stringify({ at, agents: list }));
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
