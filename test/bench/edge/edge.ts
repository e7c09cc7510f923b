// edge.samples: changed samples per CPU-second through one edge process, from the subscription to the
// acknowledgement, against a bare node-opcua subscription whose handler only counts. edge.rss: the
// memory of that process under this load. Only runs in which nothing is missing count.

import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerProcess, startServerProcess } from '../../../protocols/opcua/test-server-process.ts';
import { type Bench, type BenchContext, inTurn, median } from '../bench.ts';
import { Child, cpuSecondsOf, memoryOf } from '../child.ts';
import { type CloudStage, openCloud } from '../stage.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import type { BareSubscription } from './opcua-client-process.ts';

const tags = 10_000;
const tickMs = 200;
/** Queues of 10 s: where the machine is shared, the server may stall for longer than its usual two reports. */
const subscription = { tags, publishingInterval: 500, queueSize: 50 };
const bulkTags = Array.from({ length: tags }, (_, index) => ({
  name: `tag-${index}`,
  address: `ns=1;s=Bulk.${index}`,
  datatype: 'Double',
  intervalMs: 0,
  role: 'measurement',
}));
const warmMs = 3_000;
const measureMs = 15_000;

interface Stage {
  readonly context: BenchContext;
  readonly cloud: CloudStage;
  readonly server: ServerProcess;
  readonly rates: number[];
  readonly memory: { now: number; peak: number }[];
}

export const edgeBench: Bench = {
  names: ['edge.samples', 'edge.rss'],
  async run(context) {
    const cloud = await openCloud(context, { machines: ['filler'], edges: ['edge-1'] });
    try {
      const server = await startServerProcess({ bulk: tags });
      cloud.closing.push(() => server.stop());
      const stage: Stage = { context, cloud, server, rates: [], memory: [] };
      let run = 0;
      const runs = await inTurn(context, {
        reference: () => measureBare(stage),
        subject: () => measureAgent(stage, `run-${++run}`),
      });
      const value = median(runs.subject);
      const wanted = (tags * 1_000) / tickMs;
      const rate = `${tags.toLocaleString('en-US')} tags; ${wanted.toLocaleString('en-US')} changes/s asked of the server, ${Math.round(median(stage.rates)).toLocaleString('en-US')}/s made on this machine and all stored`;
      const now = stage.memory.map((one) => one.now);
      return [
        {
          name: 'edge.samples',
          value,
          unit: 'samples per CPU-second',
          reference: { name: 'a bare node-opcua subscription with an empty handler', value: median(runs.reference) },
          aims: [
            { of: 'ratio', is: 'at least', bound: 0.4 },
            { of: 'value', is: 'at least', bound: 100_000 },
          ],
          runs,
          conditions: `${rate}; publishing interval ${subscription.publishingInterval} ms, queues of ${subscription.queueSize}, security None on both sides; CPU of the whole process, threads and garbage collection included, from the first change to the last acknowledgement; fsync on at the edge and in the database; ${measureMs / 1_000} s a run; server, broker, ingestor and database on the same cores`,
        },
        {
          name: 'edge.rss',
          value: median(now),
          unit: 'MB',
          reference: null,
          aims: [{ of: 'value', is: 'at most', bound: 256 }],
          runs: { subject: now, reference: [] },
          conditions: `${rate}; resident memory at the end of the run; the peak was ${Math.round(median(stage.memory.map((one) => one.peak)))} MB`,
        },
      ];
    } finally {
      await cloud.close();
    }
  },
};

/** Samples per CPU-second of the bare client. */
async function measureBare({ server }: Stage): Promise<number> {
  const client = Child.start(new URL('./opcua-client-process.ts', import.meta.url));
  try {
    const endpoint = `opc.tcp://127.0.0.1:${server.port}`;
    await client.ask('start', { endpoint, ...subscription } satisfies BareSubscription);
    await server.tick(tickMs);
    await sleep(warmMs);
    const before = { changes: await client.ask<number>('changes'), cpu: await cpuSecondsOf(client.pid) };
    await sleep(measureMs);
    const changes = (await client.ask<number>('changes')) - before.changes;
    return changes / ((await cpuSecondsOf(client.pid)) - before.cpu);
  } finally {
    await server.tick(0);
    await client.stop();
  }
}

/** Samples per CPU-second of the agent; all of them committed and acknowledged. */
async function measureAgent(stage: Stage, run: string): Promise<number> {
  const { context, cloud, server } = stage;
  await cloud.owner.query('TRUNCATE telemetry.sample');
  const { publishingInterval, queueSize } = subscription;
  const agent = await startAgent({
    cloud,
    run,
    settings: { endpoint: `opc.tcp://127.0.0.1:${server.port}`, publishingInterval, queueSize },
    tags: bulkTags,
    machine: 'filler',
    profile: context.profile,
  });
  try {
    await agent.drained();
    await sleep(warmMs);
    const before = { values: await valuesOf(agent), cpu: await cpuSecondsOf(agent.pid) };
    const start = performance.now();
    const since = new Date();
    await server.tick(tickMs);
    await sleep(measureMs);
    await server.tick(0);
    const seconds = (performance.now() - start) / 1_000;
    await settled(agent);
    await agent.drained();
    const cpu = (await cpuSecondsOf(agent.pid)) - before.cpu;
    const values = (await valuesOf(agent)) - before.values;
    stage.memory.push(await memoryOf(agent.pid));
    stage.rates.push(values / seconds);
    await mustBeWhole(cloud, { values, since });
    return values / cpu;
  } finally {
    await agent.stop();
  }
}

async function valuesOf(agent: AgentProcess): Promise<number> {
  return (await agent.status()).devices['line']?.values ?? 0;
}

/** Until nothing more comes: a busy server reports its last changes late. */
async function settled(agent: AgentProcess): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (let before = -1, now = await valuesOf(agent); now !== before && performance.now() < deadline; ) {
    await sleep(4 * subscription.publishingInterval);
    before = now;
    now = await valuesOf(agent);
  }
}

/**
 * The server counts its rounds of changes, 1.5, 2.5 and so on, in every tag: what is missing between the
 * first and the last round shows. `since` leaves out the values that the subscription began with.
 */
async function mustBeWhole(
  { owner }: CloudStage,
  made: { readonly values: number; readonly since: Date },
): Promise<void> {
  const { rows } = await owner.query<{ rows: number; rounds: number | null }>(
    'SELECT count(*)::int AS rows, max(sample.value) - 0.5 AS rounds FROM telemetry.sample WHERE sample.time >= $1',
    [made.since],
  );
  const stored = rows[0]?.rows ?? 0;
  const wanted = tags * (rows[0]?.rounds ?? 0);
  if (stored === 0 || stored !== wanted || stored !== made.values)
    throw new Error(`${wanted} changes were made, ${made.values} reached the agent, ${stored} are stored`);
}
