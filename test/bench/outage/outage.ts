// The database goes away for a while under full load and comes back. outage.rss: what ingestor and broker
// grow by meanwhile. outage.drain: how fast what the edge kept is stored afterwards, against the live rate.
// outage.live_delay: how old new samples are when they are acknowledged while the backlog drains.

import { cpus } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type BenchContext, percentile, type Result, shown } from '../bench.ts';
import { Child, cpuSecondsOf, memoryOf } from '../child.ts';
import type { IngestorStats } from '../ingest/ingestor-process.ts';
import { type CloudStage, openCloud } from '../stage.ts';
import type { Appended, EdgeOrder, EdgeReport } from './edge-process.ts';
import { type Gate, startGate } from './gate.ts';

const tags = 5_000;
const machines = ['filler', 'capper', 'labeller'];
const steadyMs = 15_000;
/** Growth is measured from here on: the first seconds fill the uplink's window. */
const settleMs = 10_000;
const drainTimeoutMs = 600_000;

interface Memory {
  /** Seconds since the outage began. */
  readonly at: number;
  readonly ingestor: number;
  /** Of the ingestor's memory: what is in use on JavaScript's heap and in buffers, garbage included. */
  readonly heap: number;
  /** MB of messages that wait in the ingestor. */
  readonly waiting: number;
  readonly broker: number;
}

interface Course {
  readonly steady: { readonly delays: readonly number[]; readonly rate: number };
  readonly memory: readonly Memory[];
  /** Memory before the outage and at the end, after the drain. */
  readonly before: Memory;
  readonly after: Memory;
  readonly backAt: number;
  readonly appends: readonly Appended[];
  readonly pushed: number;
  /** CPU seconds from the moment the database could be reached until the backlog was stored. */
  readonly cpu: Readonly<Record<'edge' | 'broker' | 'ingestor', number>>;
}

export const outageBench: Bench = {
  names: ['outage.drain', 'outage.live_delay', 'outage.rss'],
  async run(context) {
    let gate: Gate | undefined;
    const cloud = await openCloud(context, {
      machines,
      edges: ['edge-1'],
      databaseVia: async (url) => {
        gate = await startGate(url);
        return gate;
      },
    });
    try {
      if (!gate) throw new Error('the stage opened without its gate');
      const edge = await startEdge(context, cloud);
      const course = await suffer({ context, cloud, edge, gate });
      await mustBeWhole(cloud, course.pushed);
      return [drain(context, course), liveDelay(context, course), memory(context, course)];
    } finally {
      await cloud.close();
    }
  },
};

async function startEdge(context: BenchContext, cloud: CloudStage): Promise<Child> {
  const [agent] = cloud.organization.agents;
  if (!agent) throw new Error('the stage has no agent');
  const edge = Child.start(new URL('./edge-process.ts', import.meta.url), { profile: context.profile, name: 'edge' });
  cloud.closing.push(() => edge.stop());
  const { group, edge: name, secret: password } = agent;
  const file = path.join(cloud.folder, 'buffer.sqlite');
  await edge.ask('start', {
    url: cloud.brokerUrl,
    group,
    edge: name,
    password,
    file,
    tags,
    machines,
  } satisfies EdgeOrder);
  return edge;
}

async function suffer(given: { context: BenchContext; cloud: CloudStage; edge: Child; gate: Gate }): Promise<Course> {
  const { context, cloud, edge, gate } = given;
  const { outageSeconds: seconds, tell } = context;
  await edge.ask('begin');
  await sleep(steadyMs);
  const steady = await steadyOf(edge);
  const downAt = Date.now();
  const look = async (): Promise<Memory> => {
    const { heap, waitingBytes } = await cloud.ingestor.ask<IngestorStats>('stats');
    return {
      at: (Date.now() - downAt) / 1_000,
      ingestor: (await memoryOf(cloud.ingestor.pid)).now,
      heap,
      waiting: waitingBytes / 1e6,
      broker: (await memoryOf(cloud.brokerPid)).now,
    };
  };
  const before = await look();
  await gate.shut();
  const list: Memory[] = [];
  while (Date.now() < downAt + seconds * 1_000) {
    await sleep(1_000);
    list.push(await look());
  }
  const cpuNow = async (): Promise<Course['cpu']> => ({
    edge: await cpuSecondsOf(edge.pid),
    broker: await cpuSecondsOf(cloud.brokerPid),
    ingestor: await cpuSecondsOf(cloud.ingestor.pid),
  });
  const cpuBefore = await cpuNow();
  await gate.open();
  const backAt = Date.now();
  tell(`  the database was away for ${seconds} s`);
  const start = performance.now();
  for (;;) {
    await sleep(500);
    const appends = await edge.ask<readonly Appended[]>('appends');
    if (appends.every(({ made, acknowledgedAt }) => made > backAt || acknowledgedAt !== null)) break;
    if (performance.now() - start > drainTimeoutMs) throw new Error('the backlog was not drained');
  }
  const cpuAfter = await cpuNow();
  const cpu = {
    edge: cpuAfter.edge - cpuBefore.edge,
    broker: cpuAfter.broker - cpuBefore.broker,
    ingestor: cpuAfter.ingestor - cpuBefore.ingestor,
  };
  // Until live samples flow as before, and all of it is there.
  await sleep(3_000);
  await edge.ask('halt');
  const { pushed } = await drained(edge);
  return { steady, memory: list, before, after: await look(), backAt, appends: await edge.ask('appends'), pushed, cpu };
}

/** The rate is only worth something where it is sustained: nothing waits. */
async function steadyOf(edge: Child): Promise<Course['steady']> {
  const appends = await edge.ask<readonly Appended[]>('appends');
  const since = Date.now() - steadyMs + 5_000;
  const late = appends.filter(({ made, acknowledgedAt }) => acknowledgedAt === null && made < Date.now() - 2_000);
  if (late.length > 0) throw new Error(`this machine does not sustain ${tags} samples/s even with its database there`);
  const measured = appends.filter(({ made, acknowledgedAt }) => made >= since && acknowledgedAt !== null);
  const rows = measured.reduce((sum, append) => sum + append.rows, 0);
  const span = (measured.at(-1)?.made ?? 0) - (measured[0]?.made ?? 0);
  return { delays: delaysOf(measured), rate: (rows * 1_000) / span };
}

async function drained(edge: Child): Promise<EdgeReport> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const report = await edge.ask<EdgeReport>('report');
    if (report.pendingBatches === 0) return report;
    if (performance.now() > deadline)
      throw new Error(`what the edge holds was not acknowledged: ${JSON.stringify(report)}`);
    await sleep(200);
  }
}

async function mustBeWhole({ owner }: CloudStage, pushed: number): Promise<void> {
  const { rows } = await owner.query<{ count: string }>('SELECT count(*) AS count FROM telemetry.sample');
  if (Number(rows[0]?.count) !== pushed) throw new Error(`${rows[0]?.count} rows are stored, ${pushed} were made`);
}

function delaysOf(appends: readonly Appended[]): number[] {
  return appends.map(({ made, acknowledgedAt }) => (acknowledgedAt ?? Number.POSITIVE_INFINITY) - made);
}

/** When the last sample made before the database came back was acknowledged, and how many rows those were. */
function backlogOf({ appends, backAt }: Course): { rows: number; firstAt: number; lastAt: number } {
  const backlog = appends.filter((append) => append.made < backAt && (append.acknowledgedAt ?? 0) >= backAt);
  const times = backlog.map((append) => append.acknowledgedAt ?? Number.NaN);
  return {
    rows: backlog.reduce((sum, append) => sum + append.rows, 0),
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
  };
}

function conditionsOf({ outageSeconds }: BenchContext, { steady, pushed }: Course): string {
  return [
    `database unreachable (connections reset, port refuses) for ${outageSeconds} s`,
    `${tags.toLocaleString('en-US')} tags that each change once a second: ${shown(steady.rate)} samples/s, half counters, half measurements`,
    `before: samples acknowledged after p50 ${shown(percentile(steady.delays, 0.5))}, p95 ${shown(percentile(steady.delays, 0.95))} ms`,
    `all ${pushed.toLocaleString('en-US')} rows stored once`,
    'edge buffer (fsync) and uplink, window 1 MiB; Mosquitto, ingestor, TimescaleDB with fsync, all on the same cores',
  ].join('; ');
}

function drain(context: BenchContext, course: Course): Result {
  const { rows, firstAt, lastAt } = backlogOf(course);
  const { backAt, steady, cpu } = course;
  const value = (rows * 1_000) / (lastAt - backAt);
  return {
    name: 'outage.drain',
    value,
    unit: 'rows/s of backlog',
    reference: { name: 'the live rate, which goes on meanwhile', value: steady.rate },
    aims: [{ of: 'ratio', is: 'at least', bound: 10 }],
    runs: { subject: [value], reference: [] },
    conditions: `${rows.toLocaleString('en-US')} rows of backlog in ${shown((lastAt - backAt) / 1_000)} s from the moment the database could be reached, the first ${shown((firstAt - backAt) / 1_000)} s of it until the first acknowledgement (${shown((rows * 1_000) / (lastAt - firstAt))} rows/s from there); CPU meanwhile: edge ${shown(cpu.edge)} s, broker ${shown(cpu.broker)} s, ingestor ${shown(cpu.ingestor)} s, the rest of ${cpus().length} cores is the database's and the machine's; ${conditionsOf(context, course)}`,
  };
}

function liveDelay(context: BenchContext, course: Course): Result {
  const { firstAt, lastAt } = backlogOf(course);
  const live = course.appends.filter(({ made }) => made >= course.backAt && made <= lastAt);
  const delays = delaysOf(live);
  const after = delaysOf(live.filter(({ made }) => made >= firstAt));
  const value = percentile(delays, 0.95) / 1_000;
  return {
    name: 'outage.live_delay',
    value,
    unit: 's (p95)',
    reference: null,
    aims: [{ of: 'value', is: 'at most', bound: 2 }],
    runs: { subject: [value], reference: [] },
    conditions: `${live.length} appends of samples made after the database could be reached and before the backlog was stored, from the oldest sample to its acknowledgement at the edge (commit and way back included); p50 ${shown(percentile(delays, 0.5) / 1_000)} s, max ${shown(percentile(delays, 1) / 1_000)} s; of those made after the first acknowledgement p95 ${shown(percentile(after, 0.95) / 1_000)} s; ${conditionsOf(context, course)}`,
  };
}

function memory(context: BenchContext, course: Course): Result {
  const measured = course.memory.filter(({ at }) => at * 1_000 >= settleMs);
  const of = (part: 'ingestor' | 'broker') => {
    const slope = slopeOf(measured.map((one) => [one.at / 60, one[part]]));
    const last = course.memory.at(-1)?.[part];
    return {
      slope,
      text: `${part} ${slope.toFixed(1)} MB/min (${shown(course.before[part])} MB before, ${shown(last)} MB at the end of the outage, ${shown(course.after[part])} MB after the drain)`,
    };
  };
  const [first] = measured;
  const last = measured.at(-1);
  const parts = [of('ingestor'), of('broker')];
  const value = Math.max(...parts.map(({ slope }) => slope));
  return {
    name: 'outage.rss',
    value,
    unit: 'MB/min',
    reference: null,
    aims: [{ of: 'value', is: 'at most', bound: 5 }],
    runs: { subject: [value], reference: [] },
    conditions: `resident memory each second of the outage but its first ${settleMs / 1_000}, slope of the line through them, the larger of the two: ${parts.map(({ text }) => text).join(', ')}; messages that wait in the ingestor ${shown(first?.waiting)} MB after ${settleMs / 1_000} s, ${shown(last?.waiting)} MB at the end; ${conditionsOf(context, course)}`,
  };
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const x = mean(points.map(([at]) => at));
  const y = mean(points.map(([, value]) => value));
  const covariance = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return covariance / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
