// ingest.rows: from MQTT to committed and acknowledged rows, against `psql \copy` of the same rows into
// the same table. ingest.replay: the same messages once more, all of them stored already.

import path from 'node:path';
import type pg from 'pg';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';
import { Child } from '../child.ts';
import { type CloudStage, openCloud } from '../stage.ts';
import type { IngestorStats } from './ingestor-process.ts';
import type { LoadEdgeSettings } from './load-edge.ts';
import type { Sent } from './load-process.ts';
import { copyRows, mergeRows, type Psql, writeRows } from './psql.ts';
import { edgeName, type Load, rowsOf, stepMs } from './rows.ts';

const machines = ['filler', 'capper', 'labeller'];
const shape = { edges: 4, tags: 250, steps: 600 };

interface Stage {
  readonly load: Load;
  readonly owner: pg.Client;
  readonly ingestor: Child;
  readonly generator: Child;
  readonly psql: Psql;
  close(): Promise<void>;
}

export const ingestBench: Bench = {
  names: ['ingest.rows', 'ingest.replay'],
  async run(context) {
    const stage = await openStage(context);
    try {
      return [await measureRows(context, stage), await measureReplay(context, stage)];
    } finally {
      await stage.close();
    }
  },
};

async function measureRows(context: BenchContext, stage: Stage): Promise<Result> {
  const { load, psql } = stage;
  const rounds = new Rounds(stage);
  const runs = await inTurn(context, {
    async reference() {
      await empty(stage);
      const rate = await copyRows(psql, load);
      await mustHold(stage);
      return rate;
    },
    async subject() {
      await empty(stage);
      const rate = await rounds.run(false);
      await mustHold(stage);
      return rate;
    },
  });
  return {
    name: 'ingest.rows',
    value: median(runs.subject),
    unit: 'rows/s',
    reference: { name: 'psql \\copy of the same rows into the same hypertable', value: median(runs.reference) },
    aims: [{ of: 'ratio', is: 'at least', bound: 0.4 }],
    runs,
    conditions: await rounds.conditions(),
  };
}

async function measureReplay(context: BenchContext, stage: Stage): Promise<Result> {
  const { load, psql } = stage;
  const rounds = new Rounds(stage);
  await mustHold(stage);
  const runs = await inTurn(context, {
    reference: () => mergeRows(psql, load),
    subject: () => rounds.run(true),
  });
  await mustHold(stage);
  return {
    name: 'ingest.replay',
    value: median(runs.subject),
    unit: 'rows/s',
    reference: {
      name: 'psql \\copy into a temporary table and INSERT … ON CONFLICT DO NOTHING',
      value: median(runs.reference),
    },
    aims: [],
    runs,
    conditions: `every row stored already, each compared with what is stored; ${await rounds.conditions()}`,
  };
}

/** Rounds of the generator, and under which conditions they ran. */
class Rounds {
  readonly #stage: Stage;
  readonly #stats: { flushes: number; cpu: number; resent: number; rows: number; bytes: number } = {
    flushes: 0,
    cpu: 0,
    resent: 0,
    rows: 0,
    bytes: 0,
  };

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Rows per second from the first publish to the last acknowledgement. */
  async run(isHistorical: boolean): Promise<number> {
    const { load, ingestor, generator } = this.#stage;
    const before = await ingestor.ask<IngestorStats>('stats');
    const sent = await generator.ask<Sent>('round', { isHistorical });
    const after = await ingestor.ask<IngestorStats>('stats');
    await this.#settled(before.totals, load.edges * load.steps + sent.resent);
    this.#stats.flushes += after.flushes - before.flushes;
    this.#stats.cpu += after.cpuSeconds - before.cpuSeconds;
    this.#stats.resent += sent.resent;
    this.#stats.rows += rowsOf(load);
    this.#stats.bytes += sent.bytes;
    return rowsOf(load) / sent.seconds;
  }

  /** Resends still on their way would reach a table that the next run has emptied. */
  async #settled(before: IngestorStats['totals'], messages: number): Promise<void> {
    const handled = (totals: IngestorStats['totals']): number => (totals['stored'] ?? 0) + (totals['duplicate'] ?? 0);
    const deadline = performance.now() + 20_000;
    for (;;) {
      const { totals } = await this.#stage.ingestor.ask<IngestorStats>('stats');
      if (handled(totals) - handled(before) >= messages) return;
      if (performance.now() > deadline)
        throw new Error(`of ${messages} messages ${handled(totals) - handled(before)} were written`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async conditions(): Promise<string> {
    const { load, owner } = this.#stage;
    const { flushes, cpu, resent, rows, bytes } = this.#stats;
    const { rows: settings } = await owner.query<{ fsync: string; commit: string; version: string }>(
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
              (SELECT pg_extension.extversion FROM pg_extension WHERE pg_extension.extname = 'timescaledb') AS version`,
    );
    const [set] = settings;
    return [
      `${rowsOf(load).toLocaleString('en-US')} rows a run`,
      `${load.edges} edges of ${load.tags} tags`,
      `${load.tags} rows a message (${(bytes / rows).toFixed(1)} bytes a row on the wire)`,
      `${Math.round(rows / flushes).toLocaleString('en-US')} rows a flush`,
      `ingestor CPU ${(cpu / (rows / 1e6)).toFixed(2)} s a million rows`,
      `${resent} messages resent`,
      'acknowledged, window 1 MiB an edge',
      `fsync ${set?.fsync}, synchronous_commit ${set?.commit}`,
      `Mosquitto, TimescaleDB ${set?.version}, generator, broker, ingestor and database on the same cores`,
    ].join('; ');
  }
}

async function openStage(context: BenchContext): Promise<Stage> {
  const load: Load = { ...shape, start: Date.now() - shape.steps * stepMs - 60_000 };
  const edges = Array.from({ length: load.edges }, (_, index) => edgeName(index));
  const cloud = await openCloud(context, { machines, edges });
  try {
    const { owner, ingestor, organization, brokerUrl: url } = cloud;
    const generator = Child.start(new URL('./load-process.ts', import.meta.url), {
      profile: context.profile,
      name: 'generator',
    });
    cloud.closing.push(() => generator.stop());
    const settings = organization.agents.map(
      ({ group, edge, secret }): LoadEdgeSettings => ({ url, group, edge, password: secret, machines }),
    );
    await generator.ask('start', { load, settings });
    const psql = await preparePsql(context, cloud, load);
    return { load, owner, ingestor, generator, psql, close: cloud.close };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

/** Writes the file for psql, once the births have made the tags. */
async function preparePsql({ services }: BenchContext, cloud: CloudStage, load: Load): Promise<Psql> {
  const { owner, organization, folder, database } = cloud;
  const tagIds = await tagIdsOf(owner, load);
  const file = path.join(folder, 'rows.tsv');
  await writeRows({ file, load, tagIds, organizationId: organization.id, plantId: organization.plantId });
  return { services, url: database.ingestUrl, file };
}

/** Waits until every edge's birth is registered; ids by edge and tag. */
async function tagIdsOf(owner: pg.Client, load: Load): Promise<number[][]> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const { rows } = await owner.query<{ ids: number[] }>(
      `SELECT array_agg(tags.id ORDER BY substr(tags.name, 5)::int) AS ids
       FROM mes.tags
       JOIN mes.devices ON devices.id = tags.device_id
       JOIN mes.edge_agents ON edge_agents.id = devices.edge_agent_id
       WHERE tags.name LIKE 'tag-%'
       GROUP BY edge_agents.id ORDER BY edge_agents.id`,
    );
    if (rows.length === load.edges && rows.every(({ ids }) => ids.length === load.tags))
      return rows.map(({ ids }) => ids);
    if (performance.now() > deadline) throw new Error('the births of the edges were not registered');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Both begin with an empty hypertable and a clean log. */
async function empty({ owner }: Stage): Promise<void> {
  await owner.query('TRUNCATE telemetry.sample, mes.dirty_marks');
  await owner.query('CHECKPOINT');
}

/** A figure of rows that are not there would be worth nothing. */
async function mustHold({ owner, load }: Stage): Promise<void> {
  const { rows } = await owner.query<{ count: string }>('SELECT count(*) AS count FROM telemetry.sample');
  if (Number(rows[0]?.count) !== rowsOf(load))
    throw new Error(`${rows[0]?.count} rows are stored, ${rowsOf(load)} were sent`);
}
