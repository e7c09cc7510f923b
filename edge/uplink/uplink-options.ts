// What an uplink needs: its settings, and what it asks of the agent around it.

import type { EdgeBuffer } from '../buffer/buffer.ts';
import type { CurrentValue } from './births.ts';

export interface UplinkSettings {
  readonly url: string;
  readonly group: string;
  readonly edge: string;
  readonly username: string;
  readonly password: string;
  readonly caFile?: string | undefined;
  /** Seconds. */
  readonly keepAlive: number;
  /** Bytes sent and not acknowledged, at most. */
  readonly window: number;
  /** `database`: a batch is forgotten when our cloud has committed it. `none`: for hosts that cannot say so. */
  readonly acknowledge: 'database' | 'none';
  readonly version: string;
}

export interface UplinkLog {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

export interface UplinkOptions {
  readonly buffer: EdgeBuffer;
  readonly log: UplinkLog;
  /** Edge time in ms. */
  readonly now: () => number;
  /** The last value of a tag, for births. */
  readonly current: (tag: number) => CurrentValue | undefined;
  /** Whether a device has its PLC; only configured devices are asked for. */
  readonly isUp: (device: string) => boolean;
  /**
   * Before this edge time (ms) no event will be pushed to the buffer any more: the watermark while nothing
   * is pending. What is pushed and not yet durable need not be considered.
   */
  readonly settled: () => number;
  /** The cloud said what time it has (ms). */
  readonly cloudTime?: (time: number) => void;
}

export type UplinkState = 'stopped' | 'connecting' | 'waiting' | 'flowing';
