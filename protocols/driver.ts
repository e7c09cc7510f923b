// What every protocol driver offers to the edge agent, and what it must not do.
//
// A driver knows sockets and bytes. It knows nothing of scheduling, retry, buffering or MQTT:
// reconnecting with backoff, polling cadence, watchdogs and the meaning of values live once, in
// edge/collector. A driver object is good for one connection; after `lost` or `close` it is thrown
// away and a new one is made.
//
// The run of one driver:
//
//   created ──connect()──▶ connected ──subscribe()/read()…──▶ connected
//      │                       │
//      │ close()               │ peer vanishes, protocol error: events.lost(reason), once
//      ▼                       ▼
//    closed ◀────close()──── lost
//
// - `createDriver(…)` opens nothing and starts no timer.
// - `connect(signal)` resolves when data can flow, or rejects with a DriverError that says what to do.
//   It leaves nothing behind when it rejects or when the signal fires: no socket, no timer, no session.
// - `close()` is safe at any moment (also during connect, also twice) and resolves when every socket
//   and timer of the driver is gone. It waits a bounded time for the peer's goodbye.
// - After `close()` or `lost` no further event is sent.
// - A capability (`subscribe`, `read`, `browse`, `write`) is there or it is not; there are no flags.
// - A tag the device does not know, or refuses, never disturbs its neighbours: it is delivered as a
//   reading with a Bad status.

/** A value as the device holds it. 64-bit integers that do not fit a double come as bigint, never rounded. */
export type Value = number | bigint | boolean | string | null;

/** The datatypes a tag can have, by their Sparkplug B names. */
export type Datatype =
  | 'Int8'
  | 'Int16'
  | 'Int32'
  | 'Int64'
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Float'
  | 'Double'
  | 'Boolean'
  | 'String';

/** One tag as a driver sees it: where it is and how often it is wanted. */
export interface DriverTag {
  /** The tag's name, for messages only. */
  readonly name: string;
  /** The protocol's own address, already checked by the driver's `parseAddress`: `ns=1;s=Filler.State`, `unit 3 holding 100 uint32`. */
  readonly address: string;
  readonly datatype: Datatype;
  /** Wanted sampling interval in milliseconds. */
  readonly intervalMs: number;
  /** Report only changes larger than this (absolute, in the tag's unit). 0 reports every change. */
  readonly deadband: number;
}

/**
 * Readings in columns, one row per value, in the order the device gave them.
 * `tag` is the index into the tags given to `subscribe` or `read`; `time` the source time in whole
 * milliseconds since 1970 (null where the protocol has none); `status` an OPC UA status code
 * (0 Good, the two highest bits 01 Uncertain, 10 Bad). `value` is null when the status is Bad.
 */
export interface Readings {
  readonly tag: number[];
  readonly time: (number | null)[];
  readonly value: Value[];
  readonly status: number[];
}

export interface DriverEvents {
  /**
   * Data from a subscription. `initial` marks values delivered because the subscription began, which
   * may be much older than now; all others are changes.
   */
  readings(readings: Readings, initial: boolean): void;
  /** The peer is alive though nothing changed (an OPC UA keep-alive). */
  alive(): void;
  /** The device dropped changes of these tags (indexes) before we could fetch them: the Overflow bit. */
  overflow(tags: number[]): void;
  /** The connection is gone. Called at most once, never after `close()` was called. */
  lost(reason: Error): void;
}

export interface BrowseItem {
  readonly name: string;
  /** An address this driver accepts for a tag; null for a folder or object. */
  readonly address: string | null;
  readonly datatype: Datatype | null;
  /** Give this to `browse` to see what is below; null for a leaf. */
  readonly children: string | null;
  /** The value when looked at, where the protocol gives it for free. */
  readonly value: Value;
}

export interface Driver {
  connect(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  /** Have changes of these tags delivered through `events.readings` until the connection ends. */
  subscribe?(tags: readonly DriverTag[], signal: AbortSignal): Promise<void>;
  /** Read these tags once, now. Rejects only when the connection is lost; a failing tag gets a Bad status. */
  read?(tags: readonly DriverTag[], signal: AbortSignal): Promise<Readings>;
  browse?(below: string | null, signal: AbortSignal): Promise<BrowseItem[]>;
  write?(tag: DriverTag, value: Value, signal: AbortSignal): Promise<void>;
  /**
   * The device's clock minus ours in milliseconds, measured now with half the round trip taken off,
   * where the protocol has a clock.
   */
  clockOffset?(signal: AbortSignal): Promise<number>;
}

/** The slice of pino that drivers use. */
export interface DriverLog {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/**
 * Why a connection could not be made or went away. `code` is a stable snake_case word that becomes a
 * metric label; `message` tells a plant engineer what to do.
 */
export class DriverError extends Error {
  readonly code: DriverErrorCode;

  constructor(code: DriverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DriverError';
    this.code = code;
  }
}

export type DriverErrorCode =
  | 'unreachable'
  | 'refused'
  | 'timeout'
  | 'certificate_untrusted'
  | 'certificate_refused'
  | 'credentials_refused'
  | 'too_many_sessions'
  | 'protocol'
  | 'lost'
  | 'aborted';

/** OPC UA status codes used by drivers of every protocol, so that the rest of the road knows one set. */
export const status = {
  good: 0x0000_0000,
  uncertain: 0x4000_0000,
  bad: 0x8000_0000,
  badCommunicationError: 0x8005_0000,
  badTimeout: 0x800a_0000,
  badNotConnected: 0x808a_0000,
  badNodeIdUnknown: 0x8034_0000,
  badOutOfRange: 0x803c_0000,
  badDecodingError: 0x8007_0000,
  badWaitingForInitialData: 0x8032_0000,
} as const;

/** True for a Bad status: the two highest bits are 10. */
export function isBad(code: number): boolean {
  return (code & 0xc000_0000) >>> 0 === 0x8000_0000;
}
