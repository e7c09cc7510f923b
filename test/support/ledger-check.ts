// The plant's ledger of changes against the database: each change is there exactly once with its time
// and value, or inside a gap row that names its cause; and nothing else is there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';

interface Change {
  readonly tag: string;
  readonly time: number;
  readonly value: number | string | boolean;
  readonly via: 'opcua' | 'tcp' | 'rtu';
}

interface Stored {
  readonly tag: string;
  readonly device: string;
  readonly time: number;
  readonly value: number | string | null;
  readonly status: number;
}

interface Gap {
  readonly tag: string | null;
  readonly edge: string;
  readonly device: string | null;
  readonly from: number;
  readonly to: number;
  readonly cause: string;
}

export interface LedgerReport {
  readonly served: number;
  readonly stored: number;
  readonly inGaps: number;
  readonly gaps: readonly Gap[];
  /** Each a sentence; empty when the promise holds. */
  readonly broken: readonly string[];
}

/** How far the agent's clock may be from the plant's for a polled value, which has no time of its own, in ms. */
const polledToleranceMs = 100;
/** A served value may wait this long in the agent before it has its time. */
const polledDelayMs = 2_000;

/** Puts figures beside the test's name in its output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export async function checkLedger(installation: Installation): Promise<LedgerReport> {
  const text = readFileSync(join(installation.ledgers, 'changes.jsonl'), 'utf8');
  const changes = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Change);
  const stored = await readStored(installation);
  const gaps = await readGaps(installation);
  const broken: string[] = [];
  let inGaps = 0;
  for (const [tag, served] of groupBy(changes, (change) => change.tag)) {
    const rows = stored.get(tag) ?? [];
    const of = {
      tag,
      served,
      rows,
      gaps: gaps.filter((gap) => coversTag(gap, tag, served[0]?.via === 'opcua' ? 'filling' : 'packing')),
      broken,
    };
    inGaps += served[0]?.via === 'opcua' ? checkSourced(of) : checkPolled(of);
  }
  for (const tag of stored.keys())
    if (!changes.some((change) => change.tag === tag)) broken.push(`${tag} was never served and is stored`);
  await checkDoubles(installation, broken);
  return {
    served: changes.length,
    stored: [...stored.values()].reduce((sum, rows) => sum + rows.length, 0),
    inGaps,
    gaps,
    broken,
  };
}

interface TagCase {
  readonly tag: string;
  readonly served: Change[];
  readonly rows: Stored[];
  readonly gaps: Gap[];
  readonly broken: string[];
}

/** A tag with source times: equal to the millisecond and the value. Answers how many changes lie in gaps. */
function checkSourced({ tag, served, rows, gaps, broken }: TagCase): number {
  let inGaps = 0;
  const first = rows[0]?.time ?? Number.POSITIVE_INFINITY;
  const byTime = new Map(rows.map((row) => [row.time, row]));
  const known = new Map(served.map((change) => [change.time, change]));
  for (const change of served) {
    const row = byTime.get(change.time);
    if (row && same(row.value, change.value)) continue;
    // Before the agent saw the plant for the first time there was nobody to miss it.
    if (!row && change.time < first) continue;
    if (!row && gaps.some((gap) => change.time >= gap.from && change.time < gap.to)) inGaps++;
    else
      broken.push(
        `${tag} at ${change.time} was served as ${String(change.value)} and is ${row ? String(row.value) : 'missing'}`,
      );
  }
  for (const row of rows)
    if (row.status >>> 31 === 0 && !known.has(row.time))
      broken.push(`${tag} at ${row.time} is ${String(row.value)} and was never served`);
  return inGaps;
}

/** A polled tag: the same values in the same order, each within the time its answer took. */
function checkPolled({ tag, served, rows, gaps, broken }: TagCase): number {
  let inGaps = 0;
  const good = rows.filter((row) => row.status >>> 31 === 0);
  for (const [index, change] of served.entries()) {
    const until = served[index + 1]?.time ?? Number.POSITIVE_INFINITY;
    const found = good.some(
      (row) =>
        same(row.value, change.value) &&
        row.time >= change.time - polledToleranceMs &&
        row.time <= Math.min(until + polledToleranceMs, change.time + polledDelayMs),
    );
    if (found || change.time < (good[0]?.time ?? 0) - polledDelayMs) continue;
    if (gaps.some((gap) => change.time >= gap.from - polledToleranceMs && change.time < gap.to + polledToleranceMs))
      inGaps++;
    else if (!heldAcrossOutage(change, until, good))
      broken.push(`${tag} was served as ${String(change.value)} at ${change.time} and is missing`);
  }
  for (const row of good) {
    const served1 = served.some((change, index) => {
      const until = (served[index + 1]?.time ?? Number.POSITIVE_INFINITY) + polledDelayMs;
      return same(row.value, change.value) && row.time >= change.time - polledToleranceMs && row.time <= until;
    });
    if (!served1) broken.push(`${tag} at ${row.time} is ${String(row.value)} and was not served then`);
  }
  return inGaps;
}

/** Read again after an outage with the value it had before: nothing changed for the database. */
function heldAcrossOutage(change: Change, until: number, rows: readonly Stored[]): boolean {
  const before = rows.filter((row) => row.time <= Math.min(until, change.time + polledToleranceMs)).at(-1);
  return before !== undefined && same(before.value, change.value);
}

function same(stored: number | string | null, served: number | string | boolean): boolean {
  return typeof served === 'boolean' ? stored === Number(served) : stored === served;
}

function coversTag(gap: Gap, tag: string, device: string): boolean {
  return (gap.device === null || gap.device === device) && (gap.tag === null || gap.tag === tag);
}

async function checkDoubles({ owner }: Installation, broken: string[]): Promise<void> {
  const { rows } = await owner.query('SELECT count(*)::int AS conflicts FROM mes.sample_conflicts');
  const conflicts = (rows[0] as { conflicts: number }).conflicts;
  if (conflicts > 0) broken.push(`${conflicts} conflicting samples`);
}

/** Every sample but the agents' own, by tag, in order of time. */
export async function readStored({ owner }: Installation): Promise<Map<string, Stored[]>> {
  const { rows } = await owner.query<Stored>(
    `SELECT tags.name AS tag, devices.name AS device, (extract(epoch FROM both_kinds.time) * 1000)::float8 AS time,
            coalesce(to_jsonb(both_kinds.value), to_jsonb(both_kinds.text_value)) AS value, coalesce(both_kinds.status, 0) AS status
     FROM (
       SELECT sample.tag_id, sample.time, sample.value, NULL::text AS text_value, sample.status FROM telemetry.sample
       UNION ALL
       SELECT sample_text.tag_id, sample_text.time, NULL, sample_text.value, sample_text.status FROM telemetry.sample_text
     ) AS both_kinds
     JOIN mes.tags ON tags.id = both_kinds.tag_id
     JOIN mes.devices ON devices.id = tags.device_id
     WHERE tags.name NOT LIKE 'Unison/%'
     ORDER BY tags.name, both_kinds.time`,
  );
  return groupBy(rows, (row) => row.tag);
}

async function readGaps({ owner }: Installation): Promise<Gap[]> {
  const { rows } = await owner.query<Gap>(
    `SELECT tags.name AS tag, edge_agents.edge_id AS edge, devices.name AS device, gap_ledger.cause,
            (extract(epoch FROM gap_ledger.from_time) * 1000)::float8 AS from, (extract(epoch FROM gap_ledger.to_time) * 1000)::float8 AS to
     FROM mes.gap_ledger
     JOIN mes.edge_agents ON edge_agents.id = gap_ledger.edge_agent_id
     LEFT JOIN mes.devices ON devices.id = gap_ledger.device_id
     LEFT JOIN mes.tags ON tags.id = gap_ledger.tag_id
     ORDER BY gap_ledger.from_time`,
  );
  return rows;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
