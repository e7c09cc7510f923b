// How far each lane of the buffer has been sent: two cursors per lane.
//
// Live: everything appended since the link began flowing, at once. Backlog: everything pending before that,
// oldest first. When live data falls behind (the database is away), it becomes backlog and live starts
// freshMs before the head, so that a screen never shows the past while the past is being sent.

import { type Lane, lanes } from '../buffer/batch.ts';

/** Offsets in (after, upTo] are still to be sent. Replaced, never changed: whoever holds one sees that it is no longer the one. */
interface Backlog {
  readonly after: number;
  readonly upTo: number;
}

/** What is younger than this stays live when live data fell behind: it need not wait for the backlog, too. */
const freshMs = 1_000;

export class Cursors {
  /** The last offset that was sent, or left to the backlog. */
  readonly live: Record<Lane, number> = { events: 0, measurement: 0 };
  readonly backlog: Record<Lane, Backlog> = { events: { after: 0, upTo: 0 }, measurement: { after: 0, upTo: 0 } };
  /** The head after each commit of the last freshMs, and after one before them, by the monotonic clock. */
  readonly #heads: { at: number; head: number }[] = [];

  durable(head: number, at: number): void {
    this.#heads.push({ at, head });
    while ((this.#heads[1]?.at ?? at) < at - freshMs) this.#heads.shift();
  }

  /** Everything up to the head is backlog. */
  born(head: number): void {
    for (const lane of lanes) {
      this.live[lane] = head;
      this.backlog[lane] = { after: 0, upTo: head };
    }
  }

  /** `oldest` is the offset that is too old to be live, `newest` the buffer's head. */
  fallBehind(lane: Lane, oldest: number, newest: number): void {
    const fresh = this.#heads[0]?.head ?? 0;
    // A line that stood for a while has only old heads.
    const head = fresh >= oldest ? fresh : newest;
    const known = this.backlog[lane];
    const after = known.after < known.upTo ? known.after : this.live[lane];
    this.backlog[lane] = { after, upTo: head };
    this.live[lane] = head;
  }

  /** Everything before the live cursor is looked through anew for what is pending. */
  replay(): void {
    for (const lane of lanes) this.backlog[lane] = { after: 0, upTo: this.live[lane] };
  }
}
