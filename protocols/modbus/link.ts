// One connection to a Modbus device or gateway: opens it, passes one request at a time, and says once
// when it is lost. It knows requests and replies, not tags.
//
//   new ──open()──▶ open ──socket closed, stream out of step, giveUp()──▶ gone (onLost, once)
//    └──────────────┴────────────close()──────────────────────────────▶ gone (silently)
//
// Why not `modbus-serial`, whose server the tests talk to. Seen in 8.0.25:
//  - after a socket error its ports emit no `close` (the error handler clears `openFlag`, and the close
//    handler looks at that flag first), so a reset connection is never reported;
//  - `connect` cannot be aborted, and `close()` only half-closes: with a silent peer it never ends;
//  - its TcpRTUBufferedPort speaks Modbus TCP; real RTU over TCP is its TelnetPort, which after a
//    time-out takes the late reply for the answer to the next request of the same kind;
//  - transaction numbers come round after 256 (64) requests, and a header whose length field is wrong
//    stops the stream for ever.
// With a socket of our own beneath it only the PDUs would remain, and they are a hundred lines (pdu.ts).
//
// Serial RTU needs another way to get a stream than `connectTcp`, and nothing else here.
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../driver.ts';
import { aborted, connectTcp } from './connect.ts';
import { createRtuFramer, createTcpFramer, type Framer } from './framing.ts';
import { judgeReply, type Verdict } from './pdu.ts';
import type { ModbusSettings } from './settings.ts';

export type Outcome =
  | Verdict
  /** No complete answer in time; `garbled` when bytes came that made no frame. */
  | { readonly kind: 'silent'; readonly garbled: boolean }
  /** `admit` said no. */
  | { readonly kind: 'not asked' };

export interface Ask {
  readonly unit: number;
  readonly request: Buffer;
  readonly timeoutMs: number;
  /** Goes before everything that waits: a write before the reads of a poll. */
  readonly urgent: boolean;
  /** Asked when its turn has come: whether to send it at all. */
  admit(): boolean;
}

type LinkSettings = Pick<ModbusSettings, 'framing' | 'host' | 'port' | 'connectTimeoutMs' | 'delayMs'>;

interface Waiter {
  readonly urgent: boolean;
  readonly grant: () => void;
  readonly refuse: (error: Error) => void;
}

/** Callers wait with one request each, so this many calls may be under way at a time. */
const maxWaiting = 1_000;

export class Link {
  readonly #settings: LinkSettings;
  readonly #onLost: (reason: DriverError) => void;
  readonly #framer: Framer;
  /** Fires when the link is gone, with the DriverError to reject with. */
  readonly #gone = new AbortController();
  readonly #waiting: Waiter[] = [];
  #stream: Duplex | null = null;
  #streamClosed: Promise<void> | null = null;
  #opening: Promise<Duplex> | null = null;
  #busy = false;
  #onReply: ((outcome: Outcome) => void) | null = null;
  #request: Buffer = Buffer.alloc(0);
  #quietUntil = 0;

  constructor(settings: LinkSettings, onLost: (reason: DriverError) => void) {
    this.#settings = settings;
    this.#onLost = onLost;
    this.#framer = settings.framing === 'tcp' ? createTcpFramer() : createRtuFramer();
  }

  async open(signal: AbortSignal): Promise<void> {
    this.#gone.signal.throwIfAborted();
    if (this.#opening !== null) throw new DriverError('protocol', 'a driver object connects once; make a new one');
    this.#opening = connectTcp(this.#settings, AbortSignal.any([signal, this.#gone.signal]));
    const stream = await this.#opening;
    this.#stream = stream;
    let failure: Error | undefined;
    this.#streamClosed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#lose(new DriverError('lost', `the connection to ${this.#peer()} broke`, { cause: failure }));
        resolve();
      });
    });
    stream.on('error', (error: Error) => {
      failure = error;
    });
    stream.on('end', () => this.#lose(new DriverError('lost', `${this.#peer()} closed the connection`)));
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    // Stopped between the connection being made and now.
    if (signal.aborted) this.#end(aborted());
    if (!this.#gone.signal.aborted) return;
    stream.destroy();
    await this.#streamClosed;
    this.#gone.signal.throwIfAborted();
  }

  /** Throws the DriverError why nothing can be asked: never connected, lost or closed. */
  assertOpen(): void {
    this.#gone.signal.throwIfAborted();
    if (this.#stream === null) throw new DriverError('lost', 'not connected');
  }

  /**
   * Send one request and wait for its answer. Rejects with a DriverError when the connection is lost or
   * closed, or when the signal fires; everything else is an outcome.
   */
  async exchange(ask: Ask, signal: AbortSignal): Promise<Outcome> {
    await this.#turn(ask.urgent, signal);
    try {
      if (!ask.admit()) return { kind: 'not asked' };
      const fence = this.#framer.fence(ask.unit, ask.request);
      if (fence !== null) {
        const answer = await this.#once({ ...ask, request: fence }, signal);
        if (answer.kind === 'silent') return answer;
      }
      return await this.#once(ask, signal);
    } finally {
      this.#busy = false;
      this.#waiting.shift()?.grant();
    }
  }

  /** The peer is judged dead from above: drop the connection and report it lost. */
  giveUp(reason: string): void {
    this.#lose(new DriverError('timeout', reason));
  }

  /** Safe at any moment and twice; resolves when the socket is gone. */
  async close(): Promise<void> {
    this.#end(new DriverError('aborted', 'the connection was closed'));
    await this.#opening?.catch(() => undefined);
    await this.#streamClosed;
  }

  #peer(): string {
    return `${this.#settings.host}:${this.#settings.port}`;
  }

  #lose(reason: DriverError): void {
    if (this.#gone.signal.aborted) return;
    this.#end(reason);
    this.#onLost(reason);
  }

  #end(reason: DriverError): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(reason);
    for (const { refuse } of this.#waiting.splice(0)) refuse(reason);
    this.#stream?.destroy();
  }

  /** Wait until the link is ours. */
  async #turn(urgent: boolean, signal: AbortSignal): Promise<void> {
    this.assertOpen();
    if (signal.aborted) throw aborted();
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    if (this.#waiting.length >= maxWaiting) throw new DriverError('protocol', 'too many requests wait for this link');
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        urgent,
        grant: () => {
          signal.removeEventListener('abort', cancel);
          this.#busy = true;
          resolve();
        },
        refuse: (error) => {
          signal.removeEventListener('abort', cancel);
          reject(error);
        },
      };
      const cancel = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(aborted());
      };
      signal.addEventListener('abort', cancel, { once: true });
      const firstPatient = this.#waiting.findIndex((other) => !other.urgent);
      if (urgent && firstPatient >= 0) this.#waiting.splice(firstPatient, 0, waiter);
      else this.#waiting.push(waiter);
    });
  }

  async #once({ unit, request, timeoutMs }: Ask, signal: AbortSignal): Promise<Outcome> {
    const pause = this.#quietUntil - performance.now();
    if (pause > 0) {
      const stop = AbortSignal.any([signal, this.#gone.signal]);
      await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
    }
    this.#gone.signal.throwIfAborted();
    if (signal.aborted) throw aborted();
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        this.#gone.signal.removeEventListener('abort', lost);
        this.#onReply = null;
        this.#quietUntil = performance.now() + this.#settings.delayMs;
      };
      const cancel = () => {
        this.#framer.giveUp();
        finish();
        reject(aborted());
      };
      const lost = () => {
        finish();
        reject(this.#gone.signal.reason);
      };
      const timer = setTimeout(() => {
        const garbled = this.#framer.giveUp() === 'part of a reply';
        if (garbled && !this.#framer.survivesPartialReply) {
          this.#lose(new DriverError('protocol', `${this.#peer()} stopped in the middle of a reply`));
          return;
        }
        finish();
        resolve({ kind: 'silent', garbled });
      }, timeoutMs);
      this.#onReply = (outcome) => {
        finish();
        resolve(outcome);
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.#gone.signal.addEventListener('abort', lost, { once: true });
      this.#request = request;
      this.#stream?.write(this.#framer.begin(unit, request));
    });
  }

  #receive(chunk: Buffer): void {
    try {
      const reply = this.#framer.receive(chunk);
      if (reply !== null) this.#onReply?.(reply.kind === 'reply' ? judgeReply(this.#request, reply.pdu) : reply);
    } catch (error) {
      this.#lose(new DriverError('protocol', `${this.#peer()}: ${(error as Error).message}`, { cause: error }));
    }
  }
}
