// The edge's side of an outage: the agent's buffer and uplink, fed by a line whose tags all change once a
// second, and the time from each sample to its acknowledgement, which follows its commit.

import { subscribe } from 'node:diagnostics_channel';
import { EdgeBuffer } from '../../../edge/buffer/buffer.ts';
import { encodeMeaning } from '../../../edge/uplink/births.ts';
import { Uplink } from '../../../edge/uplink/uplink.ts';
import { datatypeCode } from '../../../protocols/sparkplug/datatypes.ts';
import { isCounter, tagName, valueOf } from '../ingest/rows.ts';
import { obey } from '../obey.ts';

export interface EdgeOrder {
  readonly url: string;
  readonly group: string;
  readonly edge: string;
  readonly password: string;
  readonly file: string;
  readonly tags: number;
  /** Machines the tags belong to, in turn. */
  readonly machines: readonly string[];
}

export interface EdgeReport {
  readonly pushed: number;
  readonly acknowledged: number;
  readonly pendingBatches: number;
  readonly windowBytes: number;
  readonly roundTripMs: number;
}

/** What one append to the buffer became: some messages, acknowledged together or one by one. */
export interface Appended {
  /** Time of its oldest sample in ms since 1970. */
  readonly made: number;
  readonly rows: number;
  /** When its last message was acknowledged; null while it is not. */
  acknowledgedAt: number | null;
}

const device = 'line';
/** Every tag changes once a second, a tenth of them at each tick. */
const tickMs = 100;
const ticksPerRound = 10;

interface Line {
  readonly buffer: EdgeBuffer;
  readonly uplink: Uplink;
  readonly numbers: readonly number[];
  readonly appends: Appended[];
  readonly openOffsets: Map<number, { append: Appended; left: { count: number } }>;
  waiting: { made: number; rows: number } | null;
  inFlight: { made: number; rows: number } | null;
  head: number;
  pushed: number;
  tick: number;
  timer: NodeJS.Timeout | null;
}

const state: { line: Line | null } = { line: null };

function line(): Line {
  if (!state.line) throw new Error('the edge was not started');
  return state.line;
}

const quiet = (): void => {};
const loud = (data: object, message: string): void => console.error('edge:', message, data);
const log = { debug: quiet, info: quiet, warn: quiet, error: loud };

async function start(order: EdgeOrder): Promise<void> {
  const { file, tags, machines, url, group, edge, password } = order;
  const buffer = new EdgeBuffer(
    {
      file,
      maxBytes: 1 << 30,
      maxAgeMs: 86_400_000,
      keepAcknowledgedMs: 86_400_000,
      commitIntervalMs: 20,
      maxWaitingRows: 500_000,
    },
    { log, now: Date.now },
  );
  await buffer.start();
  const declared = Array.from({ length: tags }, (_, index) => ({
    name: tagName(index),
    datatype: isCounter(index) ? datatypeCode.UInt32 : datatypeCode.Double,
    properties: encodeMeaning({
      machine: machines[index % machines.length],
      role: isCounter(index) ? 'good_count' : 'measurement',
    }),
  }));
  const known = await buffer.register(device, declared);
  const uplink = new Uplink(
    {
      url,
      group,
      edge,
      username: `${group}/${edge}`,
      password,
      keepAlive: 30,
      window: 1 << 20,
      acknowledge: 'database',
      version: 'bench',
    },
    {
      buffer,
      log,
      now: Date.now,
      current: () => undefined,
      isUp: () => true,
      settled: () => Date.now() - tickMs,
    },
  );
  const one: Line = {
    buffer,
    uplink,
    numbers: declared.map(({ name }) => known.get(name) ?? 0),
    appends: [],
    openOffsets: new Map(),
    waiting: null,
    inFlight: null,
    head: buffer.head,
    pushed: 0,
    tick: 0,
    timer: null,
  };
  state.line = one;
  // Said when what waits becomes an append: what is pushed from here on goes with the next.
  subscribe('unison.edge.step', (step) => {
    if (step !== 'notified') return;
    one.inFlight = one.waiting;
    one.waiting = null;
  });
  buffer.prependListener('durable', (head) => durable(one, head));
  uplink.on('committed', ({ ranges }) => acknowledged(one, ranges));
  uplink.start();
}

function durable(one: Line, head: number): void {
  if (one.inFlight) {
    const append: Appended = { ...one.inFlight, acknowledgedAt: null };
    const left = { count: head - one.head };
    one.appends.push(append);
    for (let offset = one.head + 1; offset <= head; offset++) one.openOffsets.set(offset, { append, left });
  }
  one.inFlight = null;
  one.head = head;
}

function acknowledged(one: Line, ranges: readonly (readonly [number, number])[]): void {
  const now = Date.now();
  for (const [first, last] of ranges) {
    for (let offset = first; offset <= last; offset++) {
      const known = one.openOffsets.get(offset);
      if (!known) continue;
      one.openOffsets.delete(offset);
      known.left.count--;
      if (known.left.count === 0) known.append.acknowledgedAt = now;
    }
  }
}

/** Pushes every tick that is due; where the process stood, it catches up with the times that were due. */
function feed(one: Line): void {
  const began = Date.now();
  let ticks = 0;
  const push = (): void => {
    for (; began + ticks * tickMs <= Date.now(); ticks++) {
      const time = began + ticks * tickMs;
      let rows = 0;
      for (let index = one.tick % ticksPerRound; index < one.numbers.length; index += ticksPerRound) {
        const lane = isCounter(index) ? 'events' : 'measurement';
        const step = Math.floor(one.tick / ticksPerRound);
        one.buffer.push(device, lane, one.numbers[index] as number, time, valueOf(index, step), 0);
        rows++;
      }
      one.tick++;
      one.pushed += rows;
      one.waiting = { made: one.waiting?.made ?? time, rows: (one.waiting?.rows ?? 0) + rows };
    }
  };
  one.timer = setInterval(push, tickMs / 4);
}

obey({
  start,
  begin(): void {
    feed(line());
  },
  async halt(): Promise<void> {
    const { timer, buffer } = line();
    if (timer) clearInterval(timer);
    await buffer.commit();
  },
  async report(): Promise<EdgeReport> {
    const { buffer, uplink, pushed, appends } = line();
    const { pendingBatches } = await buffer.stats();
    const acknowledgedRows = appends.reduce((sum, { rows, acknowledgedAt }) => sum + (acknowledgedAt ? rows : 0), 0);
    return {
      pushed,
      acknowledged: acknowledgedRows,
      pendingBatches,
      windowBytes: uplink.window.bytes,
      roundTripMs: uplink.window.roundTrip,
    };
  },
  appends(): readonly Appended[] {
    return line().appends;
  },
  async stop(): Promise<void> {
    if (!state.line) return;
    const { timer, uplink, buffer } = state.line;
    if (timer) clearInterval(timer);
    await uplink.stop();
    await buffer.stop();
  },
});
