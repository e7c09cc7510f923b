// How many messages that cannot become samples are kept: enough to see what is wrong, never so many that
// garbage fills the disk. An unreadable message cannot be acknowledged, so it comes again and again.

import type { Topic } from '../../protocols/sparkplug/topics.ts';
import type { EdgeSession } from './edge-session.ts';
import type { DeadLetterReason, DropReason, Outcomes } from './outcome.ts';

export interface DeadLetterOptions {
  readonly outcomes: Outcomes;
  /** Whether an edge is registered nowhere, and it is for this ingestor to say so. */
  readonly isOursToReport: (topic: Topic) => Promise<boolean>;
  readonly keep: (letter: {
    session: EdgeSession | null;
    topic: string;
    payload: Buffer;
    reason: DeadLetterReason;
    detail: string;
  }) => void;
}

/** Kept of one edge, and of one unknown topic a single one, in windowMs; more are counted and dropped. */
const maxPerEdge = 100;
const windowMs = 10 * 60_000;
const maxStrangers = 1_000;
const detail = 'no edge agent is registered under this group and name';

export class DeadLetters {
  readonly #options: DeadLetterOptions;
  /** Kept so far by edge agent or unknown topic, since the monotonic time `since`. */
  readonly #kept = new Map<number | string, { count: number; since: number }>();

  constructor(options: DeadLetterOptions) {
    this.#options = options;
  }

  /** Keeps a message of a registered edge. */
  add(letter: {
    session: EdgeSession;
    topic: string;
    payload: Buffer;
    reason: DeadLetterReason;
    detail: string;
  }): void {
    if (this.#count(letter.session.agent.id, maxPerEdge)) this.#options.keep(letter);
  }

  /** A birth from an edge we do not hold. Keeps it for the screen that offers to enrol it, where nobody knows that edge. */
  stranger(topic: Topic, name: string, payload: Buffer): void {
    if (!this.#kept.has(name) && this.#strangers() >= maxStrangers) this.#drop('too_many_dead_letters');
    else if (this.#count(name, 1)) {
      // One that cannot be looked up now is born again.
      this.#options.isOursToReport(topic).then(
        (ours) => {
          if (ours) this.#options.keep({ session: null, topic: name, payload, reason: 'unknown_edge', detail });
          else this.#forget(name);
        },
        () => this.#forget(name),
      );
    }
  }

  #forget(name: string): void {
    this.#kept.delete(name);
    this.#drop('not_leased');
  }

  #count(key: number | string, most: number): boolean {
    const now = performance.now();
    const known = this.#kept.get(key);
    if (!known || now - known.since > windowMs) {
      this.#kept.set(key, { count: 1, since: now });
      return true;
    }
    known.count++;
    if (known.count <= most) return true;
    this.#drop('too_many_dead_letters');
    return false;
  }

  /** How many unknown topics are remembered; those out of their window are forgotten. */
  #strangers(): number {
    const now = performance.now();
    let count = 0;
    for (const [key, { since }] of this.#kept) {
      if (now - since > windowMs) this.#kept.delete(key);
      else if (typeof key === 'string') count++;
    }
    return count;
  }

  #drop(reason: DropReason): void {
    this.#options.outcomes.settle({ kind: 'dropped', reason });
  }
}
