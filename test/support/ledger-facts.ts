// The simulated plant's own ledger of time and pieces against the facts that the cloud has computed: each hour
// of the plant's clock to the microsecond and the piece, and for polled machines each edge within a period.

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { seedMachines } from '../../deploy/demo/seed-machines.ts';
import { seedMaterials } from '../../deploy/demo/seed-materials.ts';
import { machineSpecs } from '../../protocols/simulator/bottling.ts';
import type { ChangeRecord, PieceRecord, TimeRecord } from '../../protocols/simulator/records.ts';
import type { Installation } from './installation.ts';
import { until } from './road.ts';

type State = 'running' | 'setup' | 'idle' | 'stopped';

/** What a machine did, as the time model sees it; without a gap. */
interface Stretch {
  readonly machine: string;
  readonly from: number;
  readonly to: number;
  readonly state: State;
  readonly hasReason: boolean;
}

export interface LedgerFacts {
  /** Hours of machines that were compared, and what they come to. */
  readonly hours: number;
  readonly us: bigint;
  readonly pieces: number;
  /** Edges of polled machines' states that were compared, and how many of them came late because the machine under test was busy. */
  readonly edges: { readonly all: number; readonly late: number };
  /** Each a sentence; empty when ledger and facts agree. */
  readonly broken: readonly string[];
}

const HOUR = 3_600_000;
/** The product's default (DEFINITIONS 1). */
const MINOR_STOP_MS = 300_000;
const DAY = 24 * HOUR;
/** A served value may wait this long in an agent on a machine that is busy before it has its time. */
const servedDelayMs = 5_000;
const opcuaMachines = ['filler', 'capper'];
const polledMachines = ['labeller', 'packer'];

/** PackML's default map (DEFINITIONS 1) and the demo's own entry, written down a second time. */
const states: Readonly<Record<string, { state: State; hasReason?: boolean }>> = {
  Execute: { state: 'running' },
  Completing: { state: 'running' },
  Idle: { state: 'idle' },
  Starting: { state: 'idle' },
  Resetting: { state: 'setup' },
  Complete: { state: 'idle' },
  Suspending: { state: 'idle' },
  Suspended: { state: 'idle' },
  Unsuspending: { state: 'idle' },
  Holding: { state: 'stopped' },
  Held: { state: 'stopped' },
  Unholding: { state: 'stopped' },
  Stopping: { state: 'stopped' },
  Stopped: { state: 'stopped' },
  Aborting: { state: 'stopped', hasReason: true },
  Aborted: { state: 'stopped', hasReason: true },
  Clearing: { state: 'stopped', hasReason: true },
};

/** What the line needs to be understood: materials with their ideal cycles, reasons, and a shift a day without breaks. */
export async function enterLine(installation: Installation, { from, to }: { from: number; to: number }): Promise<void> {
  const { id: organization, plantId, machines } = installation.organization;
  const db = new pg.Client({ connectionString: installation.database.ownerUrl });
  await db.connect();
  try {
    await seedMaterials(db, { organization, line: true });
    await seedMachines(db, { organization, line: true });
    await db.query(
      `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
       SELECT $1, $2, machine, 'Day', 'regular', day.at::date, day.at::date, day.at, day.at + interval '1 day'
       FROM unnest($3::int[]) AS machine, generate_series($4::timestamptz, $5::timestamptz, interval '1 day') AS day (at)`,
      [organization, plantId, [...machines.values()], new Date(Math.floor(from / DAY) * DAY), new Date(to)],
    );
  } finally {
    await db.end();
  }
}

/** Waits until all that came is computed. */
export async function untilComputed({ owner }: Installation, timeoutMs: number): Promise<void> {
  const marks = async (): Promise<number> => {
    const { rows } = await owner.query<{ marks: number }>(
      'SELECT (SELECT count(*) FROM mes.dirty_marks)::int + (SELECT count(*) FROM mes.run_marks)::int AS marks',
    );
    return rows[0]?.marks ?? 0;
  };
  let quiet = 0;
  await until(
    async () => {
      // A round that is under way has taken its marks already; one look more is after its commit.
      quiet = (await marks()) === 0 ? quiet + 1 : 0;
      return quiet > 100;
    },
    'the figures are not computed',
    timeoutMs,
  );
}

/** Waits until machines' time is known up to an instant: a machine that stands has news with the next heartbeat. */
export async function untilKnown({ owner }: Installation, instant: number, timeoutMs: number): Promise<void> {
  const known = async (): Promise<number> => {
    const { rows } = await owner.query<{ until: number | null }>(
      `SELECT (extract(epoch FROM min(machines.until)) * 1000)::float8 AS until
       FROM (SELECT max(intervals.to_time) AS until FROM mes.machine_intervals AS intervals GROUP BY intervals.machine_id) AS machines`,
    );
    return rows[0]?.until ?? 0;
  };
  await until(async () => (await known()) >= instant, 'the time of a machine is not known', timeoutMs);
}

/** The whole hours of [from, to) of the machines with source times. */
export async function compareHours(
  installation: Installation,
  { from, to }: { from: number; to: number },
): Promise<LedgerFacts> {
  const expected = new Map<string, number>();
  const add = (key: string, amount: number): void => void expected.set(key, (expected.get(key) ?? 0) + amount);
  const told = await timeOf(installation, opcuaMachines);
  // What a machine is in is written down when it ends.
  const written = opcuaMachines.map((name) => told.findLast(({ machine }) => machine === name)?.to ?? 0);
  const first = Math.ceil(from / HOUR) * HOUR;
  const last = Math.floor(Math.min(to, ...written) / HOUR) * HOUR;
  const hourOf = (time: number): number => Math.floor(time / HOUR) * HOUR;
  for (const { machine, category, ...stretch } of categories(told))
    for (let at = Math.max(stretch.from, first); at < Math.min(stretch.to, last); at = hourOf(at) + HOUR)
      add(`${machine} ${hourOf(at)} ${category}`, Math.min(stretch.to, last, hourOf(at) + HOUR) - at);
  let pieces = 0;
  await eachLine(installation, 'pieces.jsonl', ({ machine, time, kind, pieces: made }) => {
    if (!opcuaMachines.includes(machine) || time < first || time >= last) return;
    add(`${machine} ${hourOf(time)} ${kind === 'good' ? 'good' : 'rejected'} pieces`, made);
    pieces += made;
  });
  const { rows } = await installation.owner.query<{ key: string; amount: number }>(
    `SELECT machines.name || ' ' || (extract(epoch FROM facts.bucket) * 1000)::bigint || ' ' || facts.what AS key, sum(facts.amount)::float8 AS amount
     FROM (
       SELECT machine_id, bucket, category AS what, duration_us::numeric / 1000 AS amount FROM mes.time_facts
       UNION ALL SELECT machine_id, bucket, 'good pieces', good FROM mes.count_facts
       UNION ALL SELECT machine_id, bucket, 'rejected pieces', scrap + rework + startup FROM mes.count_facts
       UNION ALL SELECT machine_id, bucket, 'unexplained pieces', unexplained FROM mes.count_facts
     ) AS facts
     JOIN mes.machines ON machines.id = facts.machine_id
     WHERE machines.name = ANY ($1) AND facts.bucket >= $2 AND facts.bucket < $3
     GROUP BY 1 HAVING sum(facts.amount) <> 0`,
    [opcuaMachines, new Date(first), new Date(last)],
  );
  const found = new Map(rows.map(({ key, amount }) => [key, amount]));
  const broken = [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => (expected.get(key) ?? 0) !== (found.get(key) ?? 0))
    .map((key) => `${key}: ledger ${expected.get(key) ?? 0}, facts ${found.get(key) ?? 0}`);
  const hours = ((last - first) / HOUR) * opcuaMachines.length;
  return { hours, us: BigInt(hours) * 3_600_000_000n, pieces, edges: { all: 0, late: 0 }, broken };
}

/** What polled machines have made since their first reading, and each edge of their states within a period. */
export async function comparePolled(
  installation: Installation,
  { periodMs }: { periodMs: number },
): Promise<LedgerFacts> {
  const broken: string[] = [];
  let pieces = 0;
  let us = 0n;
  const edges = { all: 0, late: 0 };
  for (const machine of polledMachines) {
    pieces += await comparePolledPieces(installation, machine, broken);
    const compared = await compareEdges(installation, { machine, periodMs, broken });
    us += compared.us;
    edges.all += compared.all;
    edges.late += compared.late;
  }
  return { hours: polledMachines.length, us, pieces, edges, broken };
}

interface Counts {
  total_count: number;
  good_count: number;
}

async function comparePolledPieces(installation: Installation, machine: string, broken: string[]): Promise<number> {
  const spec = machineSpecs.find(({ name }) => name === machine);
  const { rows } = await installation.owner.query<{
    role: keyof Counts;
    first: number;
    facts: number;
    waiting: number;
  }>(
    `SELECT tags.role, (SELECT sample.value FROM telemetry.sample WHERE sample.tag_id = tags.id ORDER BY sample.time LIMIT 1) AS first,
            (SELECT coalesce(sum(CASE tags.role WHEN 'good_count' THEN facts.good ELSE facts.good + facts.scrap + facts.rework + facts.startup + facts.unexplained END), 0)::float8
             FROM mes.count_facts AS facts WHERE facts.machine_id = tags.machine_id) AS facts,
            (SELECT coalesce(sum(reviews.reading - reviews.previous), 0)::float8 FROM mes.counter_reviews AS reviews
             WHERE reviews.tag_id = tags.id AND reviews.kind = 'jump') AS waiting
     FROM mes.tags JOIN mes.machines ON machines.id = tags.machine_id
     WHERE machines.name = $1 AND tags.role IN ('good_count', 'total_count')`,
    [machine],
  );
  const counts: Counts = { total_count: 0, good_count: 0 };
  await eachLine(installation, 'pieces.jsonl', (piece) => {
    if (piece.machine !== machine) return;
    counts.total_count += 1;
    if (piece.kind === 'good') counts.good_count += 1;
  });
  let total = 0;
  for (const { role, first, facts, waiting } of rows) {
    const start = role === 'total_count' ? (spec?.counters.total ?? 0) : (spec?.counters.good ?? 0);
    // Counters of 16 bits roll over meanwhile; what was made before the first reading is its baseline.
    const before = (first - start + 65_536) % 65_536;
    // A plant that lagged and caught up makes pieces faster than it can: such a step waits for a person.
    const expected = (counts[role] - before - waiting) * (spec?.piecesPerCount ?? 1);
    if (expected !== facts)
      broken.push(`${machine} ${role}: ledger ${expected}, facts ${facts} (first reading ${first}, ${waiting} wait)`);
    if (role === 'total_count') total = facts;
  }
  return total;
}

async function compareEdges(
  installation: Installation,
  { machine, periodMs, broken }: { machine: string; periodMs: number; broken: string[] },
): Promise<{ us: bigint; all: number; late: number }> {
  const { rows } = await installation.owner.query<{ from: number; to: number; state: string }>(
    `SELECT (extract(epoch FROM min(intervals.from_time)) * 1000)::float8 AS from, (extract(epoch FROM max(intervals.to_time)) * 1000)::float8 AS to,
            intervals.state
     FROM mes.machine_intervals AS intervals JOIN mes.machines ON machines.id = intervals.machine_id
     WHERE machines.name = $1 AND intervals.state <> 'unknown' GROUP BY intervals.stretch_from, intervals.state ORDER BY 1`,
    [machine],
  );
  const told = await timeOf(installation, [machine]);
  // What a machine is in is written into the ledger when it ends.
  const known = { from: rows[0]?.from ?? 0, to: Math.min(rows.at(-1)?.to ?? 0, told.at(-1)?.to ?? 0) };
  // What is shorter than a period may fall between two reads, and then is no edge.
  const all = edgesOf(told);
  const said = all.filter(({ at }) => at > known.from + periodMs && at < known.to - periodMs);
  // A busy machine reads later than it should: then it counts from when the new state was served.
  const served: number[] = [];
  await eachLine(installation, 'changes.jsonl', ({ tag, time, via }) => {
    if (via === 'tcp' && tag === `${machine}/state`) served.push(time);
  });
  const latest = ({ at }: { at: number }): number =>
    Math.max(at + periodMs, (served.find((time) => time >= at) ?? at) + servedDelayMs);
  const left = rows.slice(1).map(({ from, state }) => ({ at: from, state }));
  let late = 0;
  for (const edge of said) {
    const index = left.findIndex(({ at, state }) => state === edge.state && at >= edge.at - 1 && at <= latest(edge));
    if (index >= 0) {
      const [found] = left.splice(index, 1);
      if (found && found.at > edge.at + periodMs) late += 1;
    } else if (edge.lastsMs > periodMs)
      broken.push(`${machine} became ${edge.state} at ${edge.at}, and no interval begins within ${periodMs} ms`);
  }
  for (const { at, state } of left.filter((one) => one.at > known.from + periodMs && one.at < known.to - periodMs))
    if (!all.some((edge) => edge.state === state && at >= edge.at - 1 && at <= latest(edge) + periodMs)) {
      const near = all
        .filter((edge) => Math.abs(edge.at - at) < 5_000)
        .map((edge) => `${edge.state} ${edge.at - at} ms`);
      const reads = served.filter((time) => Math.abs(time - at) < 5_000).map((time) => `${time - at} ms`);
      broken.push(
        `${machine} has ${state} from ${at}, which its ledger does not have: it has ${near.join(', ')}, served ${reads.join(', ')}; known ${known.from - at} to ${known.to - at} ms`,
      );
    }
  return { us: BigInt(Math.round(known.to - known.from)) * 1_000n, all: said.length, late };
}

function edgesOf(stretches: readonly Stretch[]): { at: number; state: State; lastsMs: number }[] {
  const edges: { at: number; state: State; lastsMs: number }[] = [];
  for (const { from, to, state } of stretches) {
    const last = edges.at(-1);
    if (last?.state === state) last.lastsMs += to - from;
    else edges.push({ at: from, state, lastsMs: to - from });
  }
  return edges;
}

/** Minor or unplanned, by the length of the whole stop; a stop for a fault is unplanned however short. */
function categories(stretches: readonly Stretch[]): (Stretch & { category: string })[] {
  const result: (Stretch & { category: string })[] = [];
  for (const [, own] of Map.groupBy(stretches, ({ machine }) => machine)) {
    for (let at = 0; at < own.length; ) {
      const { state } = own[at] as Stretch;
      const stop: Stretch[] = [];
      for (; own[at]?.state === state; at += 1) stop.push(own[at] as Stretch);
      const isLong = stop.reduce((sum, { from, to }) => sum + to - from, 0) > MINOR_STOP_MS;
      for (const one of stop) {
        const stopped = one.hasReason || isLong ? 'unplanned_stop' : 'minor_stop';
        result.push({ ...one, category: state === 'stopped' ? stopped : state });
      }
    }
  }
  return result;
}

async function timeOf(installation: Installation, machines: readonly string[]): Promise<Stretch[]> {
  const stretches: Stretch[] = [];
  await eachLine(installation, 'time.jsonl', ({ machine, from, to, state }) => {
    if (!machines.includes(machine)) return;
    const known = states[state];
    if (!known) throw new Error(`no state ${state}`);
    stretches.push({ machine, from, to, state: known.state, hasReason: known.hasReason ?? false });
  });
  return stretches.toSorted((a, b) => a.machine.localeCompare(b.machine) || a.from - b.from);
}

/** A week has millions of lines: one after the other. */
async function eachLine<File extends keyof Books>(
  { ledgers }: Installation,
  file: File,
  use: (line: Books[File]) => void,
): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(join(ledgers, file)) }))
    use(JSON.parse(line) as Books[File]);
}

interface Books {
  'time.jsonl': TimeRecord;
  'pieces.jsonl': PieceRecord;
  'changes.jsonl': ChangeRecord;
}
