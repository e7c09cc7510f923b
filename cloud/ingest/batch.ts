// What waits for the next flush: samples in columns, the agents' reports, and the messages they came
// in, so that each message can be acknowledged, or tried alone.

import type { DeviceSession, EdgeSession, TagRef } from './edge-session.ts';
import type { DeadLetterReason } from './outcome.ts';

/** Samples in columns. value is null for a value that is not there; status null is Good. */
export class SampleColumns<V> {
  readonly tag: TagRef[] = [];
  readonly session: EdgeSession[] = [];
  /** Whole milliseconds since 1970. */
  readonly time: number[] = [];
  readonly value: (V | null)[] = [];
  /** OPC UA status code as int4. */
  readonly status: (number | null)[] = [];

  get length(): number {
    return this.time.length;
  }

  push(session: EdgeSession, tag: TagRef, time: number, value: V | null, status: number): void {
    this.session.push(session);
    this.tag.push(tag);
    this.time.push(time);
    this.value.push(value);
    this.status.push(status === 0 ? null : status | 0);
  }
}

export interface GapEntry {
  readonly session: EdgeSession;
  readonly deviceId: number | null;
  readonly tagId: number | null;
  readonly from: number;
  readonly to: number;
  readonly cause: string;
  readonly count: number | null;
  readonly detail: string | null;
}

export interface CoverageEntry {
  readonly session: EdgeSession;
  readonly deviceId: number;
  readonly time: number;
  readonly state: 'up' | 'down' | 'unknown';
}

export interface DeadLetter {
  readonly session: EdgeSession | null;
  readonly topic: string;
  readonly payload: Buffer;
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

/** One message in a batch: what it brought and how to acknowledge it. */
export interface BatchMessage {
  readonly session: EdgeSession;
  /** What the aliases meant when it came; a birth may have come since. */
  readonly device: DeviceSession;
  readonly topic: string;
  readonly payload: Buffer;
  /** Null for edges that are not ours. */
  readonly offset: number | null;
  /** The edge's Unison/Session when it was sent. */
  readonly edgeSession: string | null;
  readonly watermark: number | null;
  readonly isHistorical: boolean;
}

/** What a message weighs besides its payload, so that empty ones are bounded, too. */
export const messageOverhead = 256;

/** Everything one transaction writes. */
export class Batch {
  readonly messages: BatchMessage[] = [];
  /** Live samples: never stored before, but for rare cases; COPY. */
  readonly fresh = new SampleColumns<number>();
  /** Resends and replays: probably stored already; insert what is missing. */
  readonly repeated = new SampleColumns<number>();
  readonly text = new SampleColumns<string>();
  readonly gaps: GapEntry[] = [];
  readonly coverage: CoverageEntry[] = [];
  readonly deadLetters: DeadLetter[] = [];
  /** Agents with nothing to send, and their watermarks. */
  readonly idle: { readonly session: EdgeSession; readonly watermark: number | null }[] = [];
  /** Of messages held in here, each with messageOverhead. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.messages.length === 0 && this.deadLetters.length === 0 && this.idle.length === 0;
  }

  get rows(): number {
    return this.fresh.length + this.repeated.length + this.text.length + this.gaps.length + this.coverage.length;
  }
}
