// The time before which everything of the events lane is committed or in the payload that says so. A
// figure is final up to it, so it may be too early, but never too late:
//
// - What is pushed and not yet durable is not seen by a read of the buffer. So `settled` counts only from
//   when all that was pushed before it was asked is durable.
// - It is taken before the read whose batches it goes with: what becomes durable during the read is not
//   in its answer.

import type { OffsetRange } from '../../protocols/sparkplug/unison.ts';
import type { EdgeBuffer } from '../buffer/buffer.ts';

/** What a read says of the earliest events that are pending, and what was settled before it. */
export interface Earliest {
  readonly settled: number;
  /** At most two, by their first time; fewer where no more are pending, or the buffer looked no further. */
  readonly events: readonly { readonly offset: number; readonly firstTime: number }[];
}

/** The payload says nothing of what is committed. */
export const unknownWatermark = 0;

/**
 * The buffer looks at its 64 earliest pending batches and leaves out those whose acknowledgement it has
 * not written yet. With fewer of these the two it looks for are among them, or there are none.
 */
const mostUnwritten = 60;

export class Watermark {
  readonly #buffer: EdgeBuffer;
  readonly #settled: () => number;
  #value = unknownWatermark;
  /** What was settled at the last commit; the next commit makes everything pushed before that durable. */
  #candidate = unknownWatermark;
  /** Acknowledged batches that the next commit, or already the running one, writes down. */
  #unwritten = 0;
  #sinceCommit = 0;

  constructor(buffer: EdgeBuffer, settled: () => number) {
    this.#buffer = buffer;
    this.#settled = settled;
  }

  /** Before this time no event is anywhere but in the buffer file. Ask before reading it. */
  get settled(): number {
    if (this.#buffer.waitingRows === 0) this.#value = Math.max(this.#value, this.#settled());
    return this.#value;
  }

  /** A commit is through. Commits follow each other, so it held everything pushed before the last one ended. */
  durable(): void {
    this.#value = Math.max(this.#value, this.#candidate);
    this.#candidate = this.#settled();
    this.#unwritten = this.#sinceCommit;
    this.#sinceCommit = 0;
  }

  acknowledged(ranges: readonly OffsetRange[]): void {
    for (const [first, last] of ranges) this.#sinceCommit += last - first + 1;
  }

  /** The watermark of a payload with this batch, from the read that gave the batch. */
  of(offset: number, { settled, events }: Earliest): number {
    const open = events.find((event) => event.offset !== offset);
    if (open) return Math.min(settled, open.firstTime);
    return this.#unwritten + this.#sinceCommit > mostUnwritten ? unknownWatermark : settled;
  }
}
