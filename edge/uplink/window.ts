// What is sent and not yet acknowledged: the flow control of the uplink. The acknowledgement is the
// only thing that makes room; a message that waits too long is sent again.

import type { OffsetRange } from '../../protocols/sparkplug/unison.ts';

interface Sent {
  bytes: number;
  sentAt: number;
  /** False once the link it was sent over is gone: it no longer takes room, but its acknowledgement still counts. */
  inFlight: boolean;
  repeated: boolean;
}

const leastTimeoutMs = 2_000;
const mostTimeoutMs = 30_000;
/** Messages remembered over lost links, whose acknowledgement may still come. */
const mostRemembered = 20_000;

export class Window {
  readonly limit: number;
  readonly #sent = new Map<number, Sent>();
  #bytes = 0;
  #roundTrip = 500;
  #backoff = 1;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Smoothed time from sending to acknowledgement, in ms. */
  get roundTrip(): number {
    return this.#roundTrip;
  }

  isInFlight(offset: number): boolean {
    return this.#sent.get(offset)?.inFlight === true;
  }

  /** Notes a sending. Answers whether this offset was sent before in this session. */
  sent(offset: number, bytes: number, now: number): void {
    const known = this.#sent.get(offset);
    if (known?.inFlight) this.#bytes -= known.bytes;
    this.#sent.delete(offset);
    this.#sent.set(offset, { bytes, sentAt: now, inFlight: true, repeated: known !== undefined });
    this.#bytes += bytes;
  }

  wasSent(offset: number): boolean {
    return this.#sent.has(offset);
  }

  /** Takes an acknowledgement. Answers the part of it that we sent in this session; the rest is nobody's business here. */
  acknowledge(ranges: readonly OffsetRange[], now: number): OffsetRange[] {
    const accepted: OffsetRange[] = [];
    for (const [offset, sent] of this.#sent) {
      if (!ranges.some(([first, last]) => offset >= first && offset <= last)) continue;
      this.#sent.delete(offset);
      if (sent.inFlight) this.#bytes -= sent.bytes;
      if (!sent.repeated) this.#roundTrip += (now - sent.sentAt - this.#roundTrip) / 8;
      const before = accepted.at(-1);
      if (before && before[1] === offset - 1) accepted[accepted.length - 1] = [before[0], offset];
      else accepted.push([offset, offset]);
    }
    if (accepted.length > 0) this.#backoff = 1;
    return accepted;
  }

  /** Offsets that waited longer than max(2 s, 4 × round trip), doubled at each round without any acknowledgement up to 30 s. */
  overdue(now: number): number[] {
    const timeout = Math.min(mostTimeoutMs, Math.max(leastTimeoutMs, 4 * this.#roundTrip) * this.#backoff);
    const late: number[] = [];
    for (const [offset, sent] of this.#sent) if (sent.inFlight && now - sent.sentAt > timeout) late.push(offset);
    if (late.length > 0) this.#backoff = Math.min(16, this.#backoff * 2);
    return late;
  }

  /**
   * Offsets sent longer ago than this over the link that is still there, for `acknowledge: none`. What went
   * over a lost link may have been lost with it.
   */
  olderThan(age: number, now: number): OffsetRange[] {
    const ranges: OffsetRange[] = [];
    for (const [offset, sent] of this.#sent)
      if (sent.inFlight && now - sent.sentAt > age) ranges.push([offset, offset]);
    return ranges;
  }

  /** The link is gone, or the other side forgot: nothing is in flight any more. */
  release(): void {
    for (const [offset, sent] of this.#sent) {
      // Forgetting that it was sent only makes its late acknowledgement unknown; it is sent again.
      if (this.#sent.size > mostRemembered) this.#sent.delete(offset);
      else sent.inFlight = false;
    }
    this.#bytes = 0;
    this.#backoff = 1;
  }

  forget(offset: number): void {
    const known = this.#sent.get(offset);
    if (known?.inFlight) this.#bytes -= known.bytes;
    this.#sent.delete(offset);
  }
}
