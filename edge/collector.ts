// One device: connect, subscribe or poll, watch, reconnect. What every driver leaves to it: cadence,
// backoff, the watchdog, coverage and the gaps.
//
//   stopped ─start()─▶ connecting ─connected─▶ up ─lost / deaf / stop─▶ waiting ─backoff─▶ connecting
//
// Coverage. `up` is written with the first value after a connection, `down` when it is lost, a heartbeat
// `up` every heartbeatMs. After a restart `unknown` is written from the last durable value on. When the
// first value is there again, a gap row covers the time from the last good moment, with its cause.
//
// A subscription that reports no changes although there are (hearing.ts) makes a new connection.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Driver,
  DriverError,
  type DriverEvents,
  type DriverLog,
  type DriverTag,
  isBad,
  type Readings,
} from '../protocols/driver.ts';
import { names } from '../protocols/sparkplug/unison.ts';
import type { Lane } from './buffer/batch.ts';
import type { EdgeBuffer } from './buffer/buffer.ts';
import type { LoadedDevice, LoadedTag } from './config.ts';
import { Hearing } from './hearing.ts';
import { type LastSample, Normalizer } from './normalize.ts';

export interface CollectorOptions {
  readonly buffer: EdgeBuffer;
  /** Edge time in ms. */
  readonly now: () => number;
  readonly isSuspect: () => boolean;
  /** The last sample of every tag by number, shared with the agent. */
  readonly last: Map<number, LastSample>;
  /** The cause of the gap since the last run, where this device has values from before: `edge_restart` or `edge_stopped`. */
  readonly restart: string | null;
  readonly createDriver: (device: LoadedDevice, events: DriverEvents, log: DriverLog) => Promise<Driver>;
  readonly log: DriverLog;
  /** How often a subscription is verified, and how late its reports may be; the product's own where it is left out. */
  readonly pace?: { readonly verifyMs: number; readonly patienceMs: number };
  /** The device came up or went down. */
  readonly changed: (device: string) => void;
}

export interface CollectorStatus {
  readonly state: 'stopped' | 'connecting' | 'up' | 'waiting';
  /** Why it is not up, in words for people. */
  readonly reason: string | null;
  readonly values: number;
  readonly lastValueAt: number | null;
  readonly clockOffset: number | null;
}

const heartbeatMs = 60_000;
const leastBackoffMs = 1_000;
const mostBackoffMs = 60_000;
const verifyMs = 30_000;
/** A report may take so long on a busy server, beside what the tag's own sampling takes. */
const patienceMs = 10_000;
const verifiedTags = 10;
/** After a step back, so many are read again in each round. */
const readAgainTags = 1_000;
const clockCheckMs = 60_000;
/** Offsets are reported when they changed by more than this. */
const offsetStepMs = 100;

export class Collector {
  readonly device: LoadedDevice;
  readonly #options: CollectorOptions;
  readonly #numbers: number[];
  readonly #own: { coverage: number; gap: number; clockOffset: number };
  readonly #lanes: Lane[];
  readonly #normalizer: Normalizer;
  readonly #hearing: Hearing;
  readonly #before: (number | null)[];
  #abort = new AbortController();
  #running: Promise<void> | null = null;
  #state: CollectorStatus['state'] = 'stopped';
  #reason: string | null = null;
  #isUp = false;
  #values = 0;
  #lastValueAt: number | null = null;
  #lastGood: number | null;
  /** Tags, by index, whose last value a step back made us forget. */
  #forgotten = new Set<number>();
  #gapCause: string | null;
  #reportedOffset: number | null = null;

  /** `numbers`: the buffer's number of each tag of the device, its own tags included. */
  constructor(device: LoadedDevice, numbers: ReadonlyMap<string, number>, options: CollectorOptions) {
    this.device = device;
    this.#options = options;
    const numberOf = (name: string): number => {
      const number = numbers.get(name);
      if (number === undefined)
        throw new Error(`tag ${name} of ${device.config.name} is not in the buffer's dictionary`);
      return number;
    };
    this.#numbers = device.tags.map((tag) => numberOf(tag.config.name));
    this.#own = {
      coverage: numberOf(names.coverage),
      gap: numberOf(names.gap),
      clockOffset: numberOf(names.clockOffset),
    };
    this.#lanes = device.tags.map(laneOf);
    this.#before = device.tags.map(() => null);
    const { now, isSuspect, last } = options;
    this.#normalizer = new Normalizer({ now, isSuspect, toleranceMs: device.config.clock.toleranceMs }, last);
    this.#hearing = new Hearing({
      tags: device.tags,
      lastOf: (index) => last.get(this.#numbers[index] as number),
      patienceMs: options.pace?.patienceMs ?? patienceMs,
    });
    const times = [...this.#numbers, this.#own.coverage].flatMap((number) => last.get(number)?.time ?? []);
    this.#lastGood = times.length === 0 ? null : times.reduce((most, time) => Math.max(most, time));
    this.#gapCause = this.#lastGood === null ? null : options.restart;
  }

  get name(): string {
    return this.device.config.name;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get status(): CollectorStatus {
    return {
      state: this.#state,
      reason: this.#reason,
      values: this.#values,
      lastValueAt: this.#lastValueAt,
      clockOffset: this.#reportedOffset,
    };
  }

  start(): void {
    if (this.#running) return;
    this.#abort = new AbortController();
    if (this.#lastGood !== null && this.#options.last.get(this.#own.coverage)?.value === 'up')
      this.#cover('unknown', this.#lastGood + 1);
    this.#running = this.#run(this.#abort.signal);
  }

  /** Closes the connection and writes `down`. Safe twice. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.#running = null;
    this.#down('edge_stopped');
    this.#state = 'stopped';
  }

  async #run(signal: AbortSignal): Promise<void> {
    let backoff = leastBackoffMs;
    while (!signal.aborted) {
      this.#state = 'connecting';
      const lost = Promise.withResolvers<Error>();
      const driver = await this.#options.createDriver(this.device, this.#events(lost.resolve), this.#options.log);
      const started = performance.now();
      try {
        await driver.connect(signal);
        await this.#collect(driver, signal, lost.promise);
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      } finally {
        await driver.close();
      }
      if (signal.aborted) return;
      // A connection that held for a while earns a quick retry; one that dies at once does not.
      if (performance.now() - started > mostBackoffMs) backoff = leastBackoffMs;
      this.#state = 'waiting';
      await sleep(backoff * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      backoff = Math.min(mostBackoffMs, backoff * 2);
    }
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof DriverError ? error.code : 'lost';
    if (this.#reason !== reason)
      this.#options.log.warn({ device: this.name, code, reason }, 'device not connected; trying again');
    this.#reason = reason;
    this.#down(`device_${code}`);
  }

  /** Until the connection is lost (throws) or the signal fires. */
  async #collect(driver: Driver, signal: AbortSignal, lost: Promise<Error>): Promise<void> {
    const inner = new AbortController();
    const stop = (): void => inner.abort();
    signal.addEventListener('abort', stop, { once: true });
    const fail = Promise.withResolvers<never>();
    void lost.then(fail.reject);
    const stopped = new Promise<void>((resolve) =>
      inner.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    const tasks: Promise<void>[] = [];
    const task = (work: Promise<void>): void => {
      tasks.push(work.catch((error: unknown) => (inner.signal.aborted ? undefined : fail.reject(error))));
    };
    try {
      await this.#measureClock(driver, inner.signal);
      if (driver.subscribe) {
        task(
          driver.subscribe(
            this.device.tags.map((tag) => tag.driver),
            inner.signal,
          ),
        );
        task(this.#verify(driver, inner.signal));
      } else this.#poll(driver, inner.signal).forEach(task);
      task(this.#keepTime(driver, inner.signal));
      await Promise.race([fail.promise, stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
      inner.abort();
      fail.promise.catch(() => undefined);
      await driver.close();
      await Promise.all(tasks);
    }
  }

  // Polling: one loop per interval; the driver serialises what shares a link.

  #poll(driver: Driver, signal: AbortSignal): Promise<void>[] {
    const groups = new Map<number, number[]>();
    for (const [index, tag] of this.device.tags.entries()) {
      const interval = Math.max(leastPollMs, tag.driver.intervalMs);
      groups.set(interval, [...(groups.get(interval) ?? []), index]);
    }
    return [...groups].map(([interval, indexes]) => this.#pollGroup({ driver, interval, indexes, signal }));
  }

  async #pollGroup(group: { driver: Driver; interval: number; indexes: number[]; signal: AbortSignal }): Promise<void> {
    const { driver, interval, indexes, signal } = group;
    const tags: DriverTag[] = indexes.map((index) => (this.device.tags[index] as LoadedTag).driver);
    if (!driver.read) throw new DriverError('protocol', 'this driver can neither subscribe nor read');
    let due = performance.now();
    while (!signal.aborted) {
      const readings = await driver.read(tags, signal);
      if (signal.aborted) return;
      this.#take({ ...readings, tag: readings.tag.map((tag) => indexes[tag] as number) }, true);
      // A slow bus stretches the cycle; what was missed is not caught up.
      due = Math.max(due + interval, performance.now());
      await sleep(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  }

  // Values

  #events(lost: (reason: Error) => void): DriverEvents {
    return {
      readings: (readings, initial) => {
        this.#take(readings, initial);
        this.#hearing.report(readings);
      },
      alive: () => {
        this.#heartbeat();
        this.#hearing.keepAlive();
      },
      overflow: (tags) => this.#overflowed(tags),
      lost,
    };
  }

  #take(readings: Readings, initial: boolean): void {
    const { buffer } = this.#options;
    const device = this.name;
    let good = false;
    for (let row = 0; row < readings.tag.length; row++) {
      const index = readings.tag[row] as number;
      const tag = this.#numbers[index] as number;
      const status = readings.status[row] as number;
      const value = readings.value[row] ?? null;
      good ||= !isBad(status);
      this.#before[index] = this.#options.last.get(tag)?.time ?? null;
      const placed = this.#normalizer.place({ tag, time: readings.time[row] ?? null, value, status, initial });
      if (placed === null) continue;
      buffer.push(device, this.#lanes[index] as Lane, tag, placed.time, value, placed.status);
      this.#values++;
    }
    this.#lastValueAt = this.#options.now();
    if (good) this.#up();
    this.#heartbeat();
  }

  /** The device dropped changes: between the value before and the last one, nobody knows what there was. */
  #overflowed(tags: readonly number[]): void {
    for (const index of tags) {
      const number = this.#numbers[index] as number;
      const to = this.#options.last.get(number)?.time ?? this.#options.now();
      this.#gap(this.device.tags[index]?.config.name ?? null, this.#before[index] ?? to, to, 'queue_overflow');
    }
  }

  // Coverage and gaps

  #up(): void {
    const now = this.#options.now();
    if (!this.#isUp) {
      this.#isUp = true;
      this.#state = 'up';
      this.#reason = null;
      this.#cover('up', now);
      if (this.#gapCause !== null && this.#lastGood !== null) this.#gap(null, this.#lastGood, now, this.#gapCause);
      this.#gapCause = null;
      this.#options.log.info({ device: this.name }, 'device up');
      this.#options.changed(this.name);
    }
    this.#lastGood = now;
  }

  #down(cause: string): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#gapCause = cause;
    this.#cover('down', this.#options.now());
    this.#options.changed(this.name);
  }

  #heartbeat(): void {
    const now = this.#options.now();
    if (!this.#isUp) return;
    this.#lastGood = now;
    if (now - (this.#options.last.get(this.#own.coverage)?.time ?? 0) >= heartbeatMs) this.#cover('up', now);
  }

  #cover(state: 'up' | 'down' | 'unknown', time: number): void {
    const { buffer, last } = this.#options;
    const at = Math.max(time, (last.get(this.#own.coverage)?.time ?? 0) + 1);
    last.set(this.#own.coverage, { time: at, value: state, status: 0 });
    buffer.push(this.name, 'events', this.#own.coverage, at, state, 0);
  }

  #gap(tag: string | null, from: number, to: number, cause: string): void {
    if (to <= from) return;
    const { buffer, now } = this.#options;
    buffer.pushGap(this.name, this.#own.gap, now(), { tag, from, to, cause, count: null });
  }

  /** A step of edge time: what lies between has no honest time. */
  clockStepped(from: number, to: number): void {
    const least = Math.min(from, to);
    this.#gap(null, least, Math.max(from, to, least + 1), 'clock_step');
    if (to < from) {
      for (const number of [...this.#numbers, this.#own.coverage]) this.#options.last.delete(number);
      this.#forgotten = new Set(this.#numbers.keys());
    }
    // Never later than it was: what was lost before the step is still missing from then on.
    if (this.#lastGood !== null) this.#lastGood = Math.min(this.#lastGood, to);
  }

  // Watching

  async #verify(driver: Driver, signal: AbortSignal): Promise<void> {
    if (!driver.read) return;
    const { tags } = this.device;
    const readTags = driver.read.bind(driver);
    const read = (indexes: readonly number[]): Promise<Readings> =>
      readTags(
        indexes.map((index) => (tags[index] as LoadedTag).driver),
        signal,
      );
    for (let next = 0; ; next += verifiedTags) {
      await sleep(this.#options.pace?.verifyMs ?? verifyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const indexes =
        this.#forgotten.size > 0
          ? [...this.#forgotten].slice(0, readAgainTags)
          : Array.from({ length: Math.min(verifiedTags, tags.length) }, (_, step) => (next + step) % tags.length);
      const readings = await read(indexes);
      if (signal.aborted) return;
      this.#takeForgotten(readings, indexes);
      const suspects = this.#hearing.suspects(indexes, readings);
      if (suspects.length === 0) continue;
      await sleep(this.#hearing.patience(suspects), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const again = await read(suspects.map(({ index }) => index));
      if (signal.aborted) return;
      const [deaf] = this.#hearing.deaf(suspects, again);
      if (deaf === undefined) continue;
      throw new DriverError(
        'lost',
        `the subscription is deaf: ${tags[deaf]?.config.name} changed and was not reported`,
      );
    }
  }

  /** What a step back made us forget: a subscription does not tell again what has not changed since. */
  #takeForgotten({ time, value, status }: Readings, indexes: readonly number[]): void {
    const rows = indexes.flatMap((index, row) => {
      const isUnknown = this.#forgotten.delete(index) && !this.#options.last.has(this.#numbers[index] as number);
      return isUnknown ? [row] : [];
    });
    if (rows.length === 0) return;
    this.#take(
      {
        tag: rows.map((row) => indexes[row] as number),
        time: rows.map((row) => time[row] ?? null),
        value: rows.map((row) => value[row] ?? null),
        status: rows.map((row) => status[row] as number),
      },
      true,
    );
  }

  async #keepTime(driver: Driver, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(clockCheckMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#measureClock(driver, signal);
    }
  }

  async #measureClock(driver: Driver, signal: AbortSignal): Promise<void> {
    if (!driver.clockOffset) return;
    const { buffer, now } = this.#options;
    const offset = Math.round((await driver.clockOffset(signal)) + Date.now() - now());
    this.#normalizer.clockOffset = offset;
    if (this.#reportedOffset !== null && Math.abs(this.#reportedOffset - offset) <= offsetStepMs) return;
    this.#reportedOffset = offset;
    if (Math.abs(offset) > this.device.config.clock.toleranceMs) {
      this.#options.log.warn(
        { device: this.name, offsetMs: offset },
        'the clock of the device is wrong: its times are corrected by the offset and flagged',
      );
    }
    buffer.push(this.name, 'events', this.#own.clockOffset, now(), offset, 0);
  }
}

const leastPollMs = 10;

/** Events are what figures are made of: never thinned out while measurements are there to go. */
function laneOf(tag: LoadedTag): Lane {
  const { role } = tag.config;
  if (role === undefined) return tag.driver.datatype === 'String' ? 'events' : 'measurement';
  return role === 'measurement' ? 'measurement' : 'events';
}
