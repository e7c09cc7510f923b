// Edge time: whole milliseconds that only go forward, anchored to the wall clock.
//
// The monotonic clock carries it; the wall clock is followed by slewing, at most slewRate. A wall clock
// that jumps by more than stepMs (a dead RTC, a first NTP answer, an operator) is a step:
// - forward: followed, unless the cloud's clock says that we were right;
// - backward: not followed, since time already given out would be given out again and rows would be
//   reordered, unless the cloud's clock says that the wall is right now. Then what was stamped ahead was
//   refused by the cloud as out of range, and going back overwrites nothing.
// While edge time and wall disagree by more than stepMs, `isSuspect` flags the samples. A wall that comes
// back to the edge time it had left is a step, too.

import { EventEmitter } from 'node:events';

export interface ClockStep {
  /** Edge time before and after, in ms; equal where the step was not followed. */
  readonly from: number;
  readonly to: number;
  /** Wall clock minus edge time when it was noticed. */
  readonly wallOffset: number;
  readonly followed: boolean;
}

export interface ClockSources {
  /** Wall clock in ms. */
  readonly wall: () => number;
  /** Monotonic clock in ms. */
  readonly monotonic: () => number;
}

export const stepMs = 60_000;
/** How much faster or slower than real edge time may run, to catch up with the wall. */
const slewRate = 0.05;
const checkMs = 1_000;
/** How long the cloud's word about the time is believed. */
const referenceMs = 10 * 60_000;

export class EdgeClock extends EventEmitter<{ step: [ClockStep] }> {
  readonly #sources: ClockSources;
  #anchor: number;
  #anchoredAt: number;
  #slew = 0;
  #last = 0;
  #ignoredOffset: number | null = null;
  #cloud: { offset: number; at: number } | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** Starts at the wall's time, or at `notBefore` (the largest time ever stored) when the wall is only a little behind it. */
  constructor(sources: ClockSources = { wall: Date.now, monotonic: () => performance.now() }, notBefore = 0) {
    super();
    this.#sources = sources;
    const wall = sources.wall();
    this.#anchor = notBefore > wall && notBefore - wall <= stepMs ? notBefore : wall;
    this.#anchoredAt = sources.monotonic();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.check(), checkMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Edge time in whole ms. */
  readonly now = (): number => {
    const value = Math.floor(this.#raw());
    if (value > this.#last) this.#last = value;
    return this.#last;
  };

  /** Edge time and the wall disagree by more than a step. */
  get isSuspect(): boolean {
    return this.#ignoredOffset !== null;
  }

  /** Wall minus edge time in ms. */
  get wallOffset(): number {
    return this.#sources.wall() - this.#raw();
  }

  /** The cloud said what time it has, in ms. */
  reference(cloudTime: number): void {
    this.#cloud = { offset: cloudTime - this.#raw(), at: this.#sources.monotonic() };
  }

  /** Compares with the wall; called each second. */
  check(): void {
    const offset = this.wallOffset;
    if (Math.abs(offset) <= stepMs) {
      if (this.#ignoredOffset !== null) this.#notFollowed(offset);
      this.#ignoredOffset = null;
      this.#reanchor();
      this.#slew = Math.max(-slewRate, Math.min(slewRate, offset / 10_000));
      return;
    }
    const follow = this.#wallIsRight(offset);
    if (follow) this.#follow(offset);
    else if (this.#ignoredOffset === null || Math.abs(this.#ignoredOffset - offset) > stepMs) {
      this.#reanchor();
      this.#slew = 0;
      this.#ignoredOffset = offset;
      this.#notFollowed(offset);
    }
  }

  #notFollowed(wallOffset: number): void {
    const at = this.now();
    this.emit('step', { from: at, to: at, wallOffset, followed: false });
  }

  #follow(offset: number): void {
    const from = this.now();
    this.#anchor = this.#sources.wall();
    this.#anchoredAt = this.#sources.monotonic();
    this.#slew = 0;
    this.#last = 0;
    this.#ignoredOffset = null;
    this.emit('step', { from, to: this.now(), wallOffset: offset, followed: true });
  }

  #wallIsRight(offset: number): boolean {
    const cloud = this.#cloud;
    if (cloud && this.#sources.monotonic() - cloud.at < referenceMs)
      return Math.abs(cloud.offset - offset) < Math.abs(cloud.offset);
    return offset > 0;
  }

  #reanchor(): void {
    const value = this.#raw();
    this.#anchoredAt = this.#sources.monotonic();
    this.#anchor = value;
  }

  #raw(): number {
    return this.#anchor + (this.#sources.monotonic() - this.#anchoredAt) * (1 + this.#slew);
  }
}
