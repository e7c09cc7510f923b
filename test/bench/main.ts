// `npm run bench`: measures the road against named references and prints what is reached.
//
//   npm run bench                       everything
//   npm run bench -- ingest.rows        one (or several) by name; `ingest` takes all that begin so
//   npm run bench -- --json FILE        also as a list of {name, value, unit, reference, ratio, aim}
//   npm run bench -- --runs 5           interleaved runs of subject and reference (3)
//   npm run bench -- --outage 300       seconds the database is away in outage.* (60)
//   npm run bench -- --profile DIR      CPU profiles of the processes measured

import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { apiBench } from './api/api.ts';
import { type Aim, type Bench, isReached, type Result, ratioOf, shown } from './bench.ts';
import { boardBench } from './board/board.ts';
import { calendarBench } from './calendar/calendar.ts';
import { edgeBench } from './edge/edge.ts';
import { importBench } from './import/import.ts';
import { ingestBench } from './ingest/ingest.ts';
import { jobsBench } from './jobs/jobs.ts';
import { latencyBench } from './latency/latency.ts';
import { stopBench } from './latency/stop.ts';
import { modbusBench } from './modbus/modbus.ts';
import { oeeBench } from './oee/oee.ts';
import { recomputeBench } from './oee/recompute.ts';
import { outageBench } from './outage/outage.ts';
import { searchBench } from './search/search.ts';
import { BenchServices } from './services.ts';

const benches: readonly Bench[] = [
  ingestBench,
  modbusBench,
  edgeBench,
  latencyBench,
  stopBench,
  outageBench,
  apiBench,
  jobsBench,
  calendarBench,
  searchBench,
  importBench,
  oeeBench,
  recomputeBench,
  boardBench,
];

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

interface Given {
  readonly json?: string;
  readonly runs: number;
  readonly outage: number;
  readonly profile?: string;
}

async function main(): Promise<void> {
  const command = new Command('bench')
    .argument('[names...]', 'which figures; all where none is named')
    .option('--json <file>', 'write the figures as JSON')
    .option('--runs <number>', 'interleaved runs of subject and reference', atLeastOne, 3)
    .option('--outage <seconds>', 'how long the database is away', atLeastOne, 60)
    .option('--profile <folder>', 'CPU profiles of the measured processes')
    .parse();
  const { json, runs, outage, profile } = command.opts<Given>();
  const wanted = choose(command.args);
  if (profile !== undefined) await mkdir(profile, { recursive: true });
  const services = new BenchServices(tell);
  const results: Result[] = [];
  let failed = false;
  try {
    for (const bench of wanted) {
      tell(`${bench.names.join(', ')}:`);
      try {
        results.push(...(await bench.run({ services, runs, outageSeconds: outage, profile: profile ?? null, tell })));
      } catch (error) {
        // The others are still worth knowing.
        failed = true;
        tell(`  failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
  } finally {
    await services.release();
  }
  process.stdout.write(`${table(results)}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(results.map(forJson), null, 2)}\n`);
  if (failed) process.exitCode = 1;
}

function choose(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return benches;
  const matches = (name: string, known: string): boolean => known === name || known.startsWith(`${name}.`);
  for (const name of names) {
    if (!benches.some((bench) => bench.names.some((known) => matches(name, known)))) {
      throw new Error(`There is no benchmark ${name}: one of ${benches.flatMap((bench) => bench.names).join(', ')}.`);
    }
  }
  return benches.filter((bench) => bench.names.some((known) => names.some((name) => matches(name, known))));
}

function atLeastOne(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1');
  return number;
}

function aimText(aims: readonly Aim[], unit: string): string {
  return aims
    .map(({ of, is, bound }) => `${of} ${is} ${shown(bound)}${of === 'value' ? ` ${unit}` : ''}`)
    .join(' and ');
}

function table(results: readonly Result[]): string {
  const lines = [
    `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}; medians; the machine may be shared, so read the ratios.`,
  ];
  for (const result of results) {
    const { name, value, unit, reference, aims, runs, conditions } = result;
    const ratio = ratioOf(result);
    const reached = aims.map((aim) => (isReached(result, aim) ? 'reached' : 'missed')).join(', ');
    lines.push('', `${name}  ${shown(value)} ${unit}${ratio === null ? '' : `  ratio ${shown(ratio)}`}`);
    if (reference !== null) lines.push(`  reference  ${reference.name}: ${shown(reference.value)} ${unit}`);
    if (aims.length > 0) lines.push(`  aim        ${aimText(aims, unit)}: ${reached}`);
    const list = (values: readonly number[]): string => values.map(shown).join(' ');
    const references = runs.reference.length === 0 ? '' : ` against ${list(runs.reference)}`;
    lines.push(`  runs       ${list(runs.subject)}${references}`, `  conditions ${conditions}`);
  }
  return lines.join('\n');
}

function forJson(result: Result): object {
  const { name, value, unit, reference, aims, runs, conditions } = result;
  return {
    name,
    value,
    unit,
    reference,
    ratio: ratioOf(result),
    aim: aimText(aims, unit),
    reached: aims.every((aim) => isReached(result, aim)),
    runs,
    conditions,
  };
}

main().catch((error: unknown) => {
  tell(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
