// The time a value gets, and whether it is new at all: the clock discipline of one device.
//
// Source time is kept when it can be believed; otherwise the sample gets edge time and a flag in its
// status. Per tag, times strictly rise:
//   - the same source time and value again is a redelivery and dropped;
//   - another value in the same millisecond moves by 1 ms, never by more than maxBumpMs;
//   - an older time with another value gets edge time, flagged;
//   - a time outside clock tolerance gets edge time, flagged, except for the first values of a
//     subscription and what a server queued while we were away: they may be old, and say so truly, when
//     the device's own clock is right;
//   - a device clock that is off by more than the tolerance is corrected by the measured offset, flagged.
// Values without source time (Modbus) get edge time, and are dropped while nothing changed.

import type { Value } from '../protocols/driver.ts';
import { clockFlag } from '../protocols/sparkplug/unison.ts';

export interface LastSample {
  time: number;
  value: Value;
  status: number;
}

export interface NormalizerOptions {
  /** Edge time in ms. */
  readonly now: () => number;
  /** Whether edge time itself is in doubt. */
  readonly isSuspect: () => boolean;
  readonly toleranceMs: number;
}

export interface Reading {
  /** Number of the tag in the buffer's dictionary. */
  readonly tag: number;
  readonly time: number | null;
  readonly value: Value;
  readonly status: number;
  /** First value of a subscription. */
  readonly initial: boolean;
}

/** Two values in one millisecond move apart by at most this. */
const maxBumpMs = 1_000;

export class Normalizer {
  readonly #options: NormalizerOptions;
  readonly #last: Map<number, LastSample>;
  #offset = 0;

  /** `last` is shared with the agent: the last sample of each tag by its number. */
  constructor(options: NormalizerOptions, last: Map<number, LastSample>) {
    this.#options = options;
    this.#last = last;
  }

  /** The device's clock minus edge time, as measured. */
  set clockOffset(offset: number) {
    this.#offset = offset;
  }

  get clockOffset(): number {
    return this.#offset;
  }

  /** The time and status to store, or null when this is nothing new. */
  place(reading: Reading): { time: number; status: number } | null {
    const last = this.#last.get(reading.tag);
    const now = this.#options.now();
    const placed =
      reading.time === null ? this.#polled(reading, last, now) : this.#sourced(reading, reading.time, last, now);
    if (placed === null) return null;
    const status = placed.flagged || this.#options.isSuspect() ? (reading.status | clockFlag) >>> 0 : reading.status;
    if (last) {
      last.time = placed.time;
      last.value = reading.value;
      last.status = reading.status;
    } else this.#last.set(reading.tag, { time: placed.time, value: reading.value, status: reading.status });
    return { time: placed.time, status };
  }

  #polled(reading: Reading, last: LastSample | undefined, now: number): { time: number; flagged: boolean } | null {
    if (last && sameValue(last, reading)) return null;
    return { time: last ? Math.max(now, last.time + 1) : now, flagged: false };
  }

  #sourced(
    reading: Reading,
    source: number,
    last: LastSample | undefined,
    now: number,
  ): { time: number; flagged: boolean } | null {
    const { toleranceMs } = this.#options;
    const clockIsWrong = Math.abs(this.#offset) > toleranceMs;
    const time = Math.round(clockIsWrong ? source - this.#offset : source);
    if (last && sameValue(last, reading) && time <= last.time) return null;
    const atEdge = { time: last ? Math.max(now, last.time + 1) : now, flagged: true };
    if (time > now + toleranceMs) return atEdge;
    if (time < now - toleranceMs && !reading.initial) return atEdge;
    if (!last || time > last.time) return { time, flagged: clockIsWrong };
    const moved = last.time + 1;
    return moved - time <= maxBumpMs && time >= now - toleranceMs ? { time: moved, flagged: clockIsWrong } : atEdge;
  }
}

function sameValue(last: LastSample, reading: Reading): boolean {
  return last.status === reading.status && Object.is(last.value, reading.value);
}
