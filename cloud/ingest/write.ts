// One batch, one transaction: samples, text, gap rows, coverage, dead letters, dirty marks and
// watermarks commit together; the acknowledgement follows, never before.
//
// Fresh samples go by binary COPY under a savepoint. When a key is there already (a resend that did not
// say so, two ingestors for a moment), and always for replays, rows go by INSERT … ON CONFLICT DO
// NOTHING, and those not inserted are compared: equal is a duplicate, different is recorded.

import { channel } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Batch, GapEntry, SampleColumns } from './batch.ts';
import { encodeCopy } from './copy.ts';
import type { TagRef } from './edge-session.ts';

export interface WriteResult {
  stored: number;
  duplicates: number;
  conflicts: number;
}

const steps = channel('unison.ingest.step');
const uniqueViolation = '23505';

/** Writes and commits, or throws and has written nothing. */
export async function writeBatch(client: pg.Client, batch: Batch): Promise<WriteResult> {
  const result: WriteResult = { stored: 0, duplicates: 0, conflicts: 0 };
  await client.query('BEGIN');
  try {
    await writeFresh(client, batch.fresh, result);
    await insertSamples(client, 'sample', batch.repeated, result);
    await insertSamples(client, 'sample_text', batch.text, result);
    await insertGaps(client, batch.gaps);
    await insertCoverage(client, batch);
    await insertDeadLetters(client, batch);
    await insertMarks(client, batch);
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
  const order = keyOrder(samples);
  if (hasRepeatedKey(samples, order)) {
    await insertSamples(client, 'sample', samples, result);
    return;
  }
  await client.query('SAVEPOINT fresh');
  try {
    const bytes = encodeCopy(order.length, (index) => rowOf(samples, order[index] as number));
    const stream = client.query(
      copyFrom('COPY telemetry.sample (organization_id, plant_id, tag_id, time, value, status) FROM STDIN BINARY'),
    );
    await pipeline(Readable.from([bytes]), stream);
    await client.query('RELEASE SAVEPOINT fresh');
    result.stored += order.length;
  } catch (error) {
    if ((error as { code?: string }).code !== uniqueViolation) throw error;
    await client.query('ROLLBACK TO SAVEPOINT fresh');
    await insertSamples(client, 'sample', samples, result);
  }
}

/** Inserts what is missing. Rows are sorted by key, so that two writers cannot deadlock. */
async function insertSamples(
  client: pg.Client,
  table: 'sample' | 'sample_text',
  samples: SampleColumns<number> | SampleColumns<string>,
  result: WriteResult,
): Promise<void> {
  if (samples.length === 0) return;
  const order = keyOrder(samples);
  const type = table === 'sample' ? 'float8' : 'text';
  const conflictColumn = table === 'sample' ? 'value' : 'text_value';
  const pick = <T>(column: (row: number) => T): T[] => order.map(column);
  // A row that is there already is compared by the value's bits as text, so that -0 and 0 stay what they are.
  const { rows } = await client.query<{ stored: string; conflicts: string }>(
    `WITH given AS (
       SELECT given.*, given.position AS at
       FROM unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[], $5::${type}[], $6::int[]) WITH ORDINALITY
         AS given (organization_id, plant_id, tag_id, time, value, status, position)
     ), inserted AS (
       INSERT INTO telemetry.${table} (organization_id, plant_id, tag_id, time, value, status)
       SELECT given.organization_id, given.plant_id, given.tag_id, given.time, given.value, given.status
       FROM given ORDER BY given.tag_id, given.time, given.at
       ON CONFLICT (tag_id, time) DO NOTHING
       RETURNING tag_id, time, value, status
     ), kept AS (
       SELECT inserted.tag_id, inserted.time, inserted.value, inserted.status FROM inserted
       UNION ALL
       SELECT stored.tag_id, stored.time, stored.value, stored.status
       FROM telemetry.${table} AS stored
       WHERE stored.tag_id = ANY ($3::int[]) AND stored.time >= $7::timestamptz AND stored.time <= $8::timestamptz
         AND (stored.tag_id, stored.time) IN (SELECT given.tag_id, given.time FROM given)
     ), conflicting AS (
       INSERT INTO mes.sample_conflicts (organization_id, plant_id, tag_id, time, ${conflictColumn}, status)
       SELECT DISTINCT given.organization_id, given.plant_id, given.tag_id, given.time, given.value, given.status
       FROM given
       JOIN kept ON kept.tag_id = given.tag_id AND kept.time = given.time
       WHERE (kept.value::text, kept.status) IS DISTINCT FROM (given.value::text, given.status)
       ON CONFLICT DO NOTHING
       RETURNING tag_id
     )
     SELECT (SELECT count(*) FROM inserted) AS stored, (SELECT count(*) FROM conflicting) AS conflicts`,
    [
      pick((row) => samples.session[row]?.agent.organizationId),
      pick((row) => samples.session[row]?.agent.plantId),
      pick((row) => samples.tag[row]?.id),
      pick((row) => new Date(samples.time[row] as number)),
      pick((row) => samples.value[row]),
      pick((row) => samples.status[row]),
      new Date(samples.time.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)),
      new Date(samples.time.reduce((most, time) => Math.max(most, time), 0)),
    ],
  );
  const stored = Number(rows[0]?.stored ?? 0);
  const conflicts = Number(rows[0]?.conflicts ?? 0);
  result.stored += stored;
  result.conflicts += conflicts;
  result.duplicates += samples.length - stored - conflicts;
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

async function insertCoverage(client: pg.Client, { coverage }: Batch): Promise<void> {
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

/** Watermark and last message of each edge; rows in order of id, so that two writers cannot deadlock. */
async function updateStates(client: pg.Client, { messages }: Batch): Promise<void> {
  const watermarks = new Map<number, number | null>();
  for (const { session, watermark } of messages) {
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

function keyOrder(samples: SampleColumns<unknown>): number[] {
  const { tag, time } = samples;
  const order = Array.from({ length: samples.length }, (_, row) => row);
  return order.sort(
    (a, b) => (tag[a] as TagRef).id - (tag[b] as TagRef).id || (time[a] as number) - (time[b] as number) || a - b,
  );
}

function hasRepeatedKey(samples: SampleColumns<unknown>, order: readonly number[]): boolean {
  for (let index = 1; index < order.length; index++) {
    const [a, b] = [order[index - 1] as number, order[index] as number];
    if (samples.time[a] === samples.time[b] && samples.tag[a]?.id === samples.tag[b]?.id) return true;
  }
  return false;
}

function rowOf(samples: SampleColumns<number>, row: number) {
  const agent = samples.session[row]?.agent;
  return {
    organizationId: agent?.organizationId ?? 0,
    plantId: agent?.plantId ?? 0,
    tagId: samples.tag[row]?.id ?? 0,
    time: samples.time[row] as number,
    value: samples.value[row] ?? null,
    status: samples.status[row] ?? null,
  };
}
