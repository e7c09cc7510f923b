// The agent: clock, buffer, uplink and a collector per device, started and stopped together; a reload
// restarts only what changed.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { EdgeBuffer } from './buffer/buffer.ts';
import { type ClockStep, EdgeClock, stepMs } from './clock.ts';
import { Collector, type CollectorStatus } from './collector.ts';
import type { LoadedConfig, LoadedDevice } from './config.ts';
import { declarations } from './declarations.ts';
import { createDriver } from './drivers.ts';
import type { LastSample } from './normalize.ts';
import { Uplink } from './uplink/uplink.ts';
import type { UplinkLog, UplinkState } from './uplink/uplink-options.ts';

export interface AgentStatus {
  readonly agent: string;
  readonly uplink: { readonly state: UplinkState; readonly windowBytes: number; readonly roundTripMs: number };
  readonly buffer: Awaited<ReturnType<EdgeBuffer['stats']>> & { readonly waitingRows: number };
  readonly clock: { readonly wallOffsetMs: number; readonly isSuspect: boolean };
  readonly devices: Record<string, CollectorStatus>;
}

/** Values that may wait in memory for the disk: some 100 MB. */
const maxWaitingRows = 500_000;
const checkpointMs = 30_000;
/** What may still arrive late from a device that reports in intervals. */
const settleMs = 2_000;

export class Agent {
  readonly #log: UplinkLog;
  readonly #version: string;
  #config: LoadedConfig;
  #clock = new EdgeClock();
  #buffer: EdgeBuffer | null = null;
  #uplink: Uplink | null = null;
  #collectors = new Map<string, Collector>();
  #last = new Map<number, LastSample>();
  #restart: string | null = null;
  #checkpoint: NodeJS.Timeout | undefined;
  #changing: Promise<void> = Promise.resolve();
  #failed = Promise.withResolvers<Error>();

  /** Opens nothing. */
  constructor(config: LoadedConfig, options: { log: UplinkLog; version: string }) {
    this.#config = config;
    this.#log = options.log;
    this.#version = options.version;
  }

  /** Resolves with the reason when the agent cannot go on (its buffer died). */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  async start(): Promise<void> {
    const { config, dataDirectory, password, caFile } = this.#config;
    mkdirSync(dataDirectory, { recursive: true });
    const buffer = new EdgeBuffer(
      {
        file: join(dataDirectory, 'buffer.sqlite'),
        maxBytes: config.buffer.maxMegabytes * 1024 * 1024,
        maxAgeMs: config.buffer.maxAgeDays * 86_400_000,
        keepAcknowledgedMs: config.buffer.keepAcknowledgedHours * 3_600_000,
        commitIntervalMs: config.buffer.commitIntervalMs,
        maxWaitingRows,
      },
      { log: this.#log, now: () => this.#clock.now() },
    );
    await buffer.start();
    this.#buffer = buffer;
    buffer.on('failed', (error) => this.#failed.resolve(error));
    this.#last = new Map(buffer.last.entries());
    const largest = [...this.#last.values()].reduce((most, { time }) => Math.max(most, time), 0);
    this.#clock = new EdgeClock(undefined, largest);
    this.#clock.on('step', (step) => {
      this.#log.warn({ ...step }, stepMessage(step));
      for (const collector of this.#collectors.values()) collector.clockStepped(step.from, step.to);
    });
    this.#clock.start();
    this.#restart = (await buffer.meta('clean_stop')) === 1 ? 'edge_stopped' : 'edge_restart';
    await buffer.setMeta('clean_stop', 0);
    const { group, name } = config.agent;
    const { url, keepAlive, window, acknowledge } = config.uplink;
    const username = config.uplink.username ?? `${group}/${name}`;
    this.#uplink = new Uplink(
      { url, group, edge: name, username, password, caFile, keepAlive, window, acknowledge, version: this.#version },
      {
        buffer,
        log: this.#log,
        now: this.#clock.now,
        current: (tag) => this.#last.get(tag),
        isUp: (device) => this.#collectors.get(device)?.isUp ?? false,
        settled: () => this.#clock.now() - settleMs,
        cloudTime: (time) => this.#clock.reference(time),
      },
    );
    for (const device of this.#config.devices) await this.#startDevice(device);
    this.#uplink.start();
    this.#checkpoint = setInterval(() => {
      buffer
        .checkpoint()
        .catch((error: unknown) => this.#log.warn({ err: error }, 'the checkpoint failed; a restart will read more'));
    }, checkpointMs);
  }

  /** Writes what was read, says goodbye, closes. What is not acknowledged stays in the buffer. Safe twice. */
  async stop(): Promise<void> {
    clearInterval(this.#checkpoint);
    await this.#changing;
    await Promise.all([...this.#collectors.values()].map((collector) => collector.stop()));
    this.#collectors.clear();
    await this.#buffer?.commit();
    await this.#uplink?.stop();
    await this.#buffer?.setMeta('clean_stop', 1).catch(() => undefined);
    await this.#buffer?.stop();
    this.#clock.stop();
    this.#buffer = null;
    this.#uplink = null;
  }

  /** Takes a new configuration: devices that changed are restarted, all others go on. What cannot change at run time is said. */
  reload(next: LoadedConfig): Promise<void> {
    this.#changing = this.#changing.then(() => this.#apply(next));
    return this.#changing;
  }

  async status(): Promise<AgentStatus> {
    const buffer = this.#buffer;
    const uplink = this.#uplink;
    if (!buffer || !uplink) throw new Error('the agent is not running');
    const { group, name } = this.#config.config.agent;
    return {
      agent: `${group}/${name}`,
      uplink: {
        state: uplink.state,
        windowBytes: uplink.window.bytes,
        roundTripMs: Math.round(uplink.window.roundTrip),
      },
      buffer: { ...(await buffer.stats()), waitingRows: buffer.waitingRows },
      clock: { wallOffsetMs: Math.round(this.#clock.wallOffset), isSuspect: this.#clock.isSuspect },
      devices: Object.fromEntries([...this.#collectors].map(([device, collector]) => [device, collector.status])),
    };
  }

  async #apply(next: LoadedConfig): Promise<void> {
    const before = this.#config;
    for (const part of ['agent', 'uplink', 'buffer'] as const) {
      if (!isDeepStrictEqual(before.config[part], next.config[part])) {
        this.#log.warn({ part }, 'this part of the configuration takes effect at the next start');
      }
    }
    this.#config = next;
    this.#restart = 'reconfigured';
    for (const [name, collector] of this.#collectors) {
      const device = next.devices.find((one) => one.config.name === name);
      if (device && isDeepStrictEqual(device.config, collector.device.config)) continue;
      await collector.stop();
      this.#collectors.delete(name);
      if (!device) this.#log.info({ device: name }, 'device removed');
    }
    for (const device of next.devices) {
      if (this.#collectors.has(device.config.name)) continue;
      await this.#startDevice(device);
      this.#uplink?.deviceChanged(device.config.name);
    }
  }

  async #startDevice(device: LoadedDevice): Promise<void> {
    const buffer = this.#buffer;
    if (!buffer) return;
    const numbers = await buffer.register(device.config.name, declarations(device));
    const { dataDirectory } = this.#config;
    const collector = new Collector(device, numbers, {
      buffer,
      now: this.#clock.now,
      isSuspect: () => this.#clock.isSuspect,
      last: this.#last,
      restart: this.#restart,
      createDriver: (one, events, log) => createDriver({ device: one, events, log, dataDirectory }),
      log: this.#log,
      changed: (name) => this.#uplink?.deviceChanged(name),
    });
    this.#collectors.set(device.config.name, collector);
    collector.start();
  }
}

function stepMessage({ followed, wallOffset }: ClockStep): string {
  if (followed) return 'the clock was set: a gap is recorded';
  return Math.abs(wallOffset) > stepMs
    ? 'the clock was set and is not followed: times are flagged until it is right again'
    : 'the clock was set right again: times are not flagged any more';
}
