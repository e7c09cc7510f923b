// The circuit breaker of one unit, so that a dead unit costs its neighbours on the link nothing. Pure:
// the caller brings the time (milliseconds, monotonic) and chance.
//
//   closed ──2 failures in a row──▶ open ──interval over──▶ probing ──success──▶ closed
//                                    ▲                        │
//                                    └──failure: interval × 2─┘
//
// Open: nothing is asked. Probing: one request is let through; until it is decided no other is. The
// interval grows from 1 s to 60 s, with jitter so that units which died together are not probed together.

const failuresToOpen = 2;
const firstIntervalMs = 1_000;
const longestIntervalMs = 60_000;
const jitter = 0.2;

export interface Breaker {
  readonly state: 'closed' | 'open' | 'probing';
  /** Whether a request may go out now. After `true` one of `success`, `failure` or `undecided` must follow. */
  admit(now: number): boolean;
  success(): void;
  failure(now: number, random: number): void;
  /** The request was given up by us; it says nothing about the unit. */
  undecided(): void;
}

export function createBreaker(): Breaker {
  let failures = 0;
  let intervalMs = 0;
  let openUntil = 0;
  let state: Breaker['state'] = 'closed';
  return {
    get state() {
      return state;
    },
    admit(now) {
      if (state === 'closed') return true;
      if (state === 'probing' || now < openUntil) return false;
      state = 'probing';
      return true;
    },
    success() {
      failures = 0;
      intervalMs = 0;
      state = 'closed';
    },
    failure(now, random) {
      failures += 1;
      if (failures < failuresToOpen) return;
      // A request that was already on its way when the breaker opened does not make it wait longer.
      if (state === 'open') return;
      intervalMs = intervalMs === 0 ? firstIntervalMs : Math.min(intervalMs * 2, longestIntervalMs);
      openUntil = now + Math.round(intervalMs * (1 - jitter + 2 * jitter * random));
      state = 'open';
    },
    undecided() {
      if (state === 'probing') state = 'open';
    },
  };
}
