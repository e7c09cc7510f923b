// The plant's clock: simulated time = start + factor × monotonic time since, in whole milliseconds, with
// the faults a PLC's clock can have. The wall clock is never read, so it may step as it likes.

export interface Clock {
  /** Simulated time: how far the plant has come. */
  now(): number;
  /** What the PLC's own clock shows at this simulated time: with its error, or standing still. */
  shown(time: number): number;
  /** Real milliseconds until this simulated time; 0 when it has come, Infinity while paused. */
  until(time: number): number;
  /** Stops simulated time, and the plant with it. */
  pause(): void;
  resume(): void;
  /** The PLC's clock is wrong by this much from now on. */
  setError(ms: number): void;
  /** The PLC's clock stands still while the plant runs on. */
  freeze(): void;
  thaw(): void;
}

export interface ClockOptions {
  readonly start: number;
  readonly factor: number;
  /** Monotonic real time in milliseconds. */
  readonly monotonic?: () => number;
}

export function createClock({ start, factor, monotonic = () => performance.now() }: ClockOptions): Clock {
  let anchor = { real: monotonic(), simulated: start };
  let paused = false;
  let error = 0;
  let frozenAt: number | null = null;

  const exact = (): number => anchor.simulated + (paused ? 0 : factor * (monotonic() - anchor.real));
  const now = (): number => Math.floor(exact());
  function anchorHere(): void {
    anchor = { real: monotonic(), simulated: exact() };
  }
  return {
    now,
    shown: (time) => frozenAt ?? time + error,
    until: (time) => (paused ? Number.POSITIVE_INFINITY : Math.max(0, (time - exact()) / factor)),
    pause() {
      anchorHere();
      paused = true;
    },
    resume() {
      if (!paused) return;
      anchor = { real: monotonic(), simulated: anchor.simulated };
      paused = false;
    },
    setError(ms) {
      error = Math.round(ms);
    },
    freeze() {
      frozenAt = now() + error;
    },
    thaw() {
      frozenAt = null;
    },
  };
}
