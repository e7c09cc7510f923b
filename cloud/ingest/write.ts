// One batch, one transaction: samples, text, gap rows, coverage, dead letters, dirty marks and
// watermarks commit together; the acknowledgement follows, never before.
//
// Fresh samples go by binary COPY under a savepoint. When a key is there already (a resend that did not
// say so, two ingestors for a moment) rows go by INSERT … ON CONFLICT DO NOTHING, and those not inserted
// are compared: equal is a duplicate, different is recorded. Historical rows are either a backlog, all of
// it new, or resends and replays, stored already: they go the way that the last of them showed.

import { channel } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Batch, CoverageEntry, GapEntry, SampleColumns } from './batch.ts';
import { encodeCopy } from './copy.ts';
import type { TagRef } from './edge-session.ts';

export interface WriteResult {
  stored: number;
  duplicates: number;
  conflicts: number;
}

const steps = channel('unison.ingest.step');
const uniqueViolation = '23505';
/** From so many rows on, replays are staged in a temporary table. */
const stagedRows = 1_000;

/**
 * A frozen ingestor must not hold its locks against the one that took over: the server ends what it began.
 * Set in the transaction, since a pooler between us may refuse them as startup parameters.
 */
const begin = "BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '8s'";

/**
 * Writes and commits, or throws and has written nothing. `historicalIsNew` is a guess that costs time where
 * it is wrong, nothing else.
 */
export async function writeBatch(
  client: pg.Client,
  batch: Batch,
  { historicalIsNew = false }: { readonly historicalIsNew?: boolean } = {},
): Promise<WriteResult> {
  const result: WriteResult = { stored: 0, duplicates: 0, conflicts: 0 };
  await client.query(begin);
  try {
    await writeFresh(client, batch.fresh, result);
    if (historicalIsNew) await writeFresh(client, batch.repeated, result);
    else await insertSamples(client, 'sample', batch.repeated, result);
    await insertSamples(client, 'sample_text', batch.text, result);
    await insertGaps(client, batch.gaps);
    await insertCoverage(client, batch.coverage);
    await insertDeadLetters(client, batch);
    await insertMarks(client, batch);
    await insertMarksOfReports(client, batch);
    await updateStates(client, batch);
    steps.publish('written');
    await client.query('COMMIT');
    steps.publish('committed');
  } catch (error) {
    // A connection that is gone has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  return result;
}

async function writeFresh(client: pg.Client, samples: SampleColumns<number>, result: WriteResult): Promise<void> {
  if (samples.length === 0) return;
  const sorted = sortByKey(samples);
  if (sorted.repeats) {
    await insertSamples(client, 'sample', samples, result);
    return;
  }
  await client.query('SAVEPOINT fresh');
  try {
    await copySamples(client, 'telemetry.sample', samples, sorted.order);
    await client.query('RELEASE SAVEPOINT fresh');
    result.stored += samples.length;
  } catch (error) {
    if ((error as { code?: string }).code !== uniqueViolation) throw error;
    await client.query('ROLLBACK TO SAVEPOINT fresh');
    await insertSamples(client, 'sample', samples, result);
  }
}

async function copySamples(
  client: pg.Client,
  table: 'telemetry.sample' | 'pg_temp.given',
  samples: SampleColumns<number>,
  order: Uint32Array,
): Promise<void> {
  const stream = client.query(
    copyFrom(`COPY ${table} (organization_id, plant_id, tag_id, time, value, status) FROM STDIN BINARY`),
  );
  await pipeline(Readable.from(encodeCopy(samples, order)), stream);
}

/**
 * Inserts what is missing and records what differs. The rows go in sorted by key, so that two writers
 * cannot deadlock, and in order of arrival where a key repeats: the first one stays.
 */
async function insertSamples(
  client: pg.Client,
  table: 'sample' | 'sample_text',
  samples: SampleColumns<number> | SampleColumns<string>,
  result: WriteResult,
): Promise<void> {
  if (samples.length === 0) return;
  const { order } = sortByKey(samples);
  const isStaged = table === 'sample' && samples.length >= stagedRows;
  const { source, values } = isStaged
    ? await stage(client, samples as SampleColumns<number>, order)
    : unnest(samples, order, table === 'sample' ? 'float8' : 'text');
  const bounds = [`$${values.length + 1}::timestamptz`, `$${values.length + 2}::timestamptz`];
  const { least, most } = timeBounds(samples.time);
  const all = [...values, new Date(least), new Date(most)];
  const kept = `telemetry.${table} AS kept ON kept.tag_id = given.tag_id AND kept.time = given.time
    AND kept.time >= ${bounds[0]} AND kept.time <= ${bounds[1]}`;
  // Compared by the value's text, so that -0 and 0 stay what they are.
  const differs = '(kept.value::text, kept.status) IS DISTINCT FROM (given.value::text, given.status)';
  let missing = samples.length;
  let different = 0;
  if (isStaged) {
    // A look first: for rows that are there already a join costs a third of ON CONFLICT.
    const { rows } = await client.query<{ missing: string; different: string }>(
      `SELECT count(*) FILTER (WHERE kept.tag_id IS NULL) AS missing,
              count(*) FILTER (WHERE kept.tag_id IS NOT NULL AND ${differs}) AS different
       FROM ${source} LEFT JOIN ${kept}`,
      all,
    );
    missing = Number(rows[0]?.missing);
    different = Number(rows[0]?.different);
  }
  let stored = 0;
  if (missing > 0) {
    const inserted = await client.query(
      `INSERT INTO telemetry.${table} (organization_id, plant_id, tag_id, time, value, status)
       SELECT given.organization_id, given.plant_id, given.tag_id, given.time, given.value, given.status FROM ${source}
       ON CONFLICT (tag_id, time) DO NOTHING`,
      [...values],
    );
    stored = inserted.rowCount ?? 0;
  }
  let conflicts = 0;
  if (different > 0 || stored < missing) {
    const recorded = await client.query(
      `INSERT INTO mes.sample_conflicts (organization_id, plant_id, tag_id, time, ${table === 'sample' ? 'value' : 'text_value'}, status)
       SELECT DISTINCT given.organization_id, given.plant_id, given.tag_id, given.time, given.value, given.status
       FROM ${source} JOIN ${kept}
       WHERE ${differs}
       ON CONFLICT DO NOTHING`,
      all,
    );
    conflicts = recorded.rowCount ?? 0;
  }
  if (isStaged) await client.query('DROP TABLE pg_temp.given');
  result.stored += stored;
  result.conflicts += conflicts;
  result.duplicates += samples.length - stored - conflicts;
}

/** What `given` is in the statements of insertSamples: something to select from, and its parameters. */
interface Given {
  readonly source: string;
  readonly values: readonly unknown[];
}

/** Many rows: a binary COPY into a table of this transaction is five times faster than arrays. */
async function stage(client: pg.Client, samples: SampleColumns<number>, order: Uint32Array): Promise<Given> {
  await client.query(
    `CREATE TEMPORARY TABLE given (organization_id int, plant_id int, tag_id int, time timestamptz, value float8, status int)
     ON COMMIT DROP`,
  );
  await copySamples(client, 'pg_temp.given', samples, order);
  return { source: 'pg_temp.given AS given', values: [] };
}

/**
 * Few rows: arrays, since a table made and dropped in every flush would swell the catalogue. Numbers travel
 * as the text of an array made here, times as milliseconds: pg prints each Date and escapes each element.
 */
function unnest(
  samples: SampleColumns<number> | SampleColumns<string>,
  order: Uint32Array,
  type: 'float8' | 'text',
): Given {
  const numbers = (column: (row: number) => number | null | undefined): string => arrayOfNumbers(order, column);
  return {
    source: `(SELECT listed.organization_id, listed.plant_id, listed.tag_id, timestamptz 'epoch' + listed.ms * interval '1 millisecond' AS time,
             listed.value, listed.status
      FROM unnest($1::int[], $2::int[], $3::int[], $4::int8[], $5::${type}[], $6::int[])
        AS listed (organization_id, plant_id, tag_id, ms, value, status)) AS given`,
    values: [
      numbers((row) => samples.session[row]?.agent.organizationId),
      numbers((row) => samples.session[row]?.agent.plantId),
      numbers((row) => samples.tag[row]?.id),
      numbers((row) => samples.time[row]),
      type === 'float8'
        ? numbers((row) => (samples as SampleColumns<number>).value[row])
        : Array.from(order, (row) => samples.value[row]),
      numbers((row) => samples.status[row]),
    ],
  };
}

/** An array's text. That of a double holds all its digits, and -0 keeps its sign. */
function arrayOfNumbers(order: Uint32Array, column: (row: number) => number | null | undefined): string {
  let text = '{';
  for (let index = 0; index < order.length; index++) {
    const value = column(order[index] as number) ?? null;
    text += `${index === 0 ? '' : ','}${value === null ? 'NULL' : Object.is(value, -0) ? '-0' : value}`;
  }
  return `${text}}`;
}

async function insertGaps(client: pg.Client, gaps: readonly GapEntry[]): Promise<void> {
  if (gaps.length === 0) return;
  await client.query(
    `INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, device_id, tag_id, from_time, to_time, cause, lost_count, detail)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::bigint[], $10::text[])
     ON CONFLICT DO NOTHING`,
    [
      gaps.map((gap) => gap.session.agent.organizationId),
      gaps.map((gap) => gap.session.agent.plantId),
      gaps.map((gap) => gap.session.agent.id),
      gaps.map((gap) => gap.deviceId),
      gaps.map((gap) => gap.tagId),
      gaps.map((gap) => new Date(gap.from)),
      gaps.map((gap) => new Date(gap.to)),
      gaps.map((gap) => gap.cause),
      gaps.map((gap) => gap.count),
      gaps.map((gap) => gap.detail),
    ],
  );
}

async function insertCoverage(client: pg.Client, coverage: readonly CoverageEntry[]): Promise<void> {
  if (coverage.length === 0) return;
  await client.query(
    `INSERT INTO mes.device_coverage (organization_id, plant_id, device_id, time, state)
     SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[], $5::text[])
     ON CONFLICT DO NOTHING`,
    [
      coverage.map((entry) => entry.session.agent.organizationId),
      coverage.map((entry) => entry.session.agent.plantId),
      coverage.map((entry) => entry.deviceId),
      coverage.map((entry) => new Date(entry.time)),
      coverage.map((entry) => entry.state),
    ],
  );
}

async function insertDeadLetters(client: pg.Client, { deadLetters }: Batch): Promise<void> {
  for (const letter of deadLetters) {
    await client.query(
      'INSERT INTO mes.dead_letters (organization_id, plant_id, topic, reason, detail, payload) VALUES ($1, $2, $3, $4, $5, $6)',
      [
        letter.session?.agent.organizationId ?? null,
        letter.session?.agent.plantId ?? null,
        letter.topic.replaceAll('\0', '\\0'),
        letter.reason,
        letter.detail.replaceAll('\0', '\\0'),
        letter.payload,
      ],
    );
  }
}

/** One mark per machine and flush, over all that came for it. */
async function insertMarks(client: pg.Client, batch: Batch): Promise<void> {
  const marks = new Map<number, { organizationId: number; from: number; to: number }>();
  for (const samples of [batch.fresh, batch.repeated, batch.text]) {
    for (let row = 0; row < samples.length; row++) {
      const { machineId, marks: counts } = samples.tag[row] as TagRef;
      if (!counts || machineId === null) continue;
      const time = samples.time[row] as number;
      const known = marks.get(machineId);
      if (!known)
        marks.set(machineId, {
          organizationId: samples.session[row]?.agent.organizationId ?? 0,
          from: time,
          to: time + 1,
        });
      else {
        known.from = Math.min(known.from, time);
        known.to = Math.max(known.to, time + 1);
      }
    }
  }
  if (marks.size === 0) return;
  const entries = [...marks];
  await client.query(
    `INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
     SELECT * FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[])`,
    [
      entries.map(([, mark]) => mark.organizationId),
      entries.map(([machineId]) => machineId),
      entries.map(([, mark]) => new Date(mark.from)),
      entries.map(([, mark]) => new Date(mark.to)),
    ],
  );
}

/** What an agent says of its devices' coverage, and gaps, is about every machine that has tags there. */
async function insertMarksOfReports(client: pg.Client, { gaps, coverage }: Batch): Promise<void> {
  const reports = [
    ...gaps.map(({ session, deviceId, from, to }) => ({ agent: session.agent.id, deviceId, from, to })),
    ...coverage.map(({ session, deviceId, time }) => ({ agent: session.agent.id, deviceId, from: time, to: time })),
  ];
  if (reports.length === 0) return;
  await client.query(
    `INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
     SELECT tags.organization_id, tags.machine_id, min(reports.from_time), max(reports.to_time) + interval '1 millisecond'
     FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[]) AS reports (edge_agent_id, device_id, from_time, to_time)
     JOIN mes.devices ON devices.edge_agent_id = reports.edge_agent_id AND (reports.device_id IS NULL OR devices.id = reports.device_id)
     JOIN mes.tags ON tags.organization_id = devices.organization_id AND tags.device_id = devices.id AND tags.machine_id IS NOT NULL
     GROUP BY tags.organization_id, tags.machine_id`,
    [
      reports.map(({ agent }) => agent),
      reports.map(({ deviceId }) => deviceId),
      reports.map(({ from }) => new Date(from)),
      reports.map(({ to }) => new Date(to)),
    ],
  );
}

/** Watermark and last message of each edge; rows in order of id, so that two writers cannot deadlock. */
async function updateStates(client: pg.Client, { messages, idle }: Batch): Promise<void> {
  const watermarks = new Map<number, number | null>();
  for (const { session, watermark } of [...messages, ...idle]) {
    const known = watermarks.get(session.agent.id) ?? null;
    watermarks.set(session.agent.id, watermark === null ? known : Math.max(known ?? 0, watermark));
  }
  if (watermarks.size === 0) return;
  const entries = [...watermarks].sort(([a], [b]) => a - b);
  await client.query(
    `UPDATE mes.edge_states
     SET watermark = greatest(edge_states.watermark, given.watermark), last_message_at = now()
     FROM (SELECT given.id, given.watermark FROM unnest($1::int[], $2::timestamptz[]) AS given (id, watermark) ORDER BY given.id) AS given
     WHERE edge_states.edge_agent_id = given.id`,
    [entries.map(([id]) => id), entries.map(([, watermark]) => (watermark ? new Date(watermark) : null))],
  );
}

/**
 * Row numbers in order of (tag, time, arrival), and whether a key repeats. Rows are dealt out to their
 * tags first: within a tag they have nearly always come in order of time, and nothing is left to sort.
 */
function sortByKey({ tag, time, length }: SampleColumns<unknown>): { order: Uint32Array; repeats: boolean } {
  const rowsOfTag = new Map<number, number[]>();
  for (let row = 0; row < length; row++) {
    const { id } = tag[row] as TagRef;
    const rows = rowsOfTag.get(id);
    if (rows) rows.push(row);
    else rowsOfTag.set(id, [row]);
  }
  const order = new Uint32Array(length);
  let at = 0;
  let repeats = false;
  for (const [, rows] of [...rowsOfTag].sort(([a], [b]) => a - b)) {
    let isOrdered = true;
    for (let index = 1; index < rows.length && isOrdered; index++)
      isOrdered = (time[rows[index - 1] as number] as number) <= (time[rows[index] as number] as number);
    if (!isOrdered) rows.sort((a, b) => (time[a] as number) - (time[b] as number) || a - b);
    let before: number | undefined;
    for (const row of rows) {
      repeats ||= time[row] === before;
      before = time[row];
      order[at++] = row;
    }
  }
  return { order, repeats };
}

function timeBounds(times: readonly number[]): { least: number; most: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < least) least = time;
    if (time > most) most = time;
  }
  return { least, most };
}
