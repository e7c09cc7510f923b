// oee.day, oee.month, oee.year: the API's figures of a hundred machines, asked over HTTP, against the same sums
// by SQL written by hand on the same database. oee.growth: a fixed window, before and after its history has
// grown tenfold.

import { performance } from 'node:perf_hooks';
import pg from 'pg';
import type { MetricsPage } from '../../../cloud/domains/metrics/schema.ts';
import { createOrganization } from '../../support/registry.ts';
import { type ApiUser, signIn } from '../../web/api-client.ts';
import { startApi } from '../../web/api-on-port.ts';
import { startLiveBroker } from '../../web/live-broker.ts';
import { insertPerson } from '../../web/plant-rows.ts';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';
import type { BenchDatabase } from '../services.ts';
import { fillFacts, fillNames, machines, rest, short } from './fact-year.ts';

const login = { email: 'lea@example.com', password: 'correct horse battery' };

/** What people ask: a day of each machine, a month and a year of the plant as they went. */
const questions = {
  day: {
    query: 'fromDay=2025-12-10&toDay=2025-12-10&group=machine',
    from: '2025-12-10',
    to: '2025-12-10',
    key: 'machine_id',
    times: 9,
  },
  month: {
    query: 'fromDay=2025-12-01&toDay=2025-12-31&group=day',
    from: '2025-12-01',
    to: '2025-12-31',
    key: 'business_date',
    times: 5,
  },
  year: {
    query: 'fromDay=2025-01-02&toDay=2025-12-31&group=month',
    from: '2025-01-02',
    to: '2025-12-31',
    key: "date_trunc('month', business_date)",
    times: 1,
  },
} as const;
type Question = (typeof questions)[keyof typeof questions];

interface Stage {
  readonly lea: ApiUser;
  readonly byHand: pg.Client;
  readonly organizationId: number;
}

export const oeeBench: Bench = {
  names: ['oee.day', 'oee.month', 'oee.year', 'oee.growth'],
  async run(context) {
    const database = await context.services.database();
    const closing: (() => Promise<unknown>)[] = [() => database.drop()];
    try {
      return await measure(context, { database, closing });
    } finally {
      for (const close of closing.toReversed()) await close();
    }
  },
};

async function measure(
  context: BenchContext,
  { database, closing }: { database: BenchDatabase; closing: (() => Promise<unknown>)[] },
): Promise<Result[]> {
  const [owner, byHand] = [new pg.Client(database.ownerUrl), new pg.Client(database.apiUrl)];
  for (const client of [owner, byHand]) {
    await client.connect();
    closing.push(() => client.end());
  }
  const names = Array.from({ length: machines }, (_, at) => `m${at + 1}`);
  const organization = await createOrganization(database.ownerUrl, { name: 'bench', machines: names, edges: [] });
  await insertPerson(database.ownerUrl, { ...login, name: 'Lea', organizationIds: [organization.id] });
  await fillNames(owner, organization);
  const broker = await startLiveBroker();
  closing.push(() => broker.stop());
  const api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  closing.push(() => api.stop());
  const stage = { lea: await signIn(api.url, login), byHand, organizationId: organization.id };
  let rows = await fillFacts(owner, organization, short);
  context.tell(`  ${rows} facts`);
  const before = await repeated(context.runs, () => ask(stage, questions.month));
  rows += await fillFacts(owner, organization, rest);
  context.tell(`  ${rows} facts`);
  const after = await repeated(context.runs, () => ask(stage, questions.month));
  const growth = { name: 'oee.growth', runs: { subject: after, reference: before } };
  const results: Result[] = [];
  results.push({
    ...growth,
    value: median(after),
    unit: 'ms',
    reference: { name: 'the same question when there was a tenth of the history', value: median(before) },
    aims: [{ of: 'ratio', is: 'at most', bound: 1.3 }],
    conditions: `${questions.month.query} over HTTP with 37 days of facts of ${machines} machines, and with 365; one after the other, so a busy neighbour may lie on one of them`,
  });
  for (const [name, question] of Object.entries(questions)) {
    // A busy machine may not answer for a year within the API's time; the others are still worth knowing.
    await compare(context, { stage, question, name: `oee.${name}`, rows }).then(
      (result) => results.push(result),
      (error: unknown) => context.tell(`  oee.${name} failed: ${String(error)}`),
    );
  }
  return results;
}

async function compare(
  context: BenchContext,
  { stage, question, name, rows }: { stage: Stage; question: Question; name: string; rows: number },
): Promise<Result> {
  await checkSame(stage, question);
  const runs = await inTurn(context, {
    subject: () => ask(stage, question),
    reference: () => sumByHand(stage, question),
  });
  return {
    name,
    value: median(runs.subject),
    unit: 'ms',
    reference: { name: 'the same sums by SQL written by hand', value: median(runs.reference) },
    aims: [{ of: 'ratio', is: 'at most', bound: 1.5 }],
    runs,
    conditions: `${question.query}, asked of the API over HTTP, checked to say what the reference says, which is asked as the same role under the same fence; ${machines} machines, ${rows} facts of a year generated by SQL; median of ${question.times}, warmed by one`,
  };
}

async function repeated(times: number, work: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < times; run++) values.push(await work());
  return values;
}

/** Median milliseconds. */
async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const values: number[] = [];
  await work();
  for (let run = 0; run < times; run++) {
    const began = performance.now();
    await work();
    values.push(performance.now() - began);
  }
  return median(values);
}

async function pageOf({ lea }: Stage, { query }: Question): Promise<MetricsPage> {
  const { status, body } = await lea.get(`/metrics?${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as MetricsPage;
}

const ask = (stage: Stage, question: Question) => timed(question.times, () => pageOf(stage, question));
const sumByHand = (stage: Stage, question: Question) => timed(question.times, () => sumsOf(stage, question));

const categories = [
  'running',
  'rework_run',
  'setup',
  'idle',
  'no_order',
  'unplanned_stop',
  'minor_stop',
  'planned_stop',
  'not_scheduled',
  'unscheduled_run',
  'unknown',
];
const quantities = [
  'good',
  'scrap',
  'rework',
  'startup',
  'unexplained',
  'target_s',
  'value_s',
  'scrap_s',
  'rework_s',
  'startup_s',
  'without_standard',
];

/** As somebody would write it who knows that there is one plant, and no serial line in it. */
async function sumsOf(
  { byHand, organizationId }: Stage,
  { key, from, to }: Question,
): Promise<Record<string, string>[]> {
  const facts = (table: string, sums: string, more = '') => `
    SELECT ${key} AS key, ${sums} FROM mes.${table}
    WHERE organization_id = $1 AND business_date >= $2::date AND business_date <= $3::date ${more}
    GROUP BY 1`;
  const time = categories.map((name) => `sum(duration_us) FILTER (WHERE category = '${name}') AS ${name}`).join(', ');
  const count = quantities.map((name) => `sum(${name}) AS ${name}`).join(', ');
  await byHand.query('BEGIN READ ONLY');
  await byHand.query("SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)", [
    String(organizationId),
  ]);
  const { rows } = await byHand.query<Record<string, string>>(
    `SELECT * FROM (${facts('time_facts', time)}) AS time FULL JOIN (${facts('count_facts', count, "AND standing = 'counted'")}) AS count USING (key) ORDER BY key`,
    [organizationId, from, to],
  );
  await byHand.query('COMMIT');
  return rows;
}

/** Throws where the API and the SQL do not say the same. */
async function checkSame(stage: Stage, question: Question): Promise<void> {
  const { items } = await pageOf(stage, question);
  const told = items.map(({ time, pieces, targetTime }) => [
    time.running,
    time.unplannedStop,
    pieces.good,
    pieces.scrap,
    targetTime,
  ]);
  const wanted = (await sumsOf(stage, question)).map((row) =>
    ['running', 'unplanned_stop', 'good', 'scrap', 'target_s'].map((name) => Number(row[name])),
  );
  if (JSON.stringify(told) !== JSON.stringify(wanted))
    throw new Error(
      `${question.query} is told as ${JSON.stringify(told[0])} and by hand as ${JSON.stringify(wanted[0])}`,
    );
}
