// A simulated day goes in as an agent's events do: through the ingestor's own writer, in small transactions, with
// coverage and gap rows. What is there already is a duplicate.

import type pg from 'pg';
import { Batch } from '../../../cloud/ingest/batch.ts';
import { writeBatch } from '../../../cloud/ingest/write.ts';
import type { Value } from '../../../protocols/driver.ts';
import { plantTags } from '../../../protocols/simulator/tags.ts';
import type { HistoryDay } from './days.ts';
import type { HistoryLine, LineTag } from './line-records.ts';
import type { HistorySample, SimulatedDay } from './simulate-day.ts';

/** Rows of one transaction, a few hundredths of a second of the database. */
const BATCH_ROWS = 4_000;
/** The device that is unseen on a day, as edge-files.ts and main.ts of the demo name it. */
const UNSEEN_DEVICE = 'packing';

/** What of a day is written, and how counters are moved so that they lead up to what follows. */
export interface DayToWrite {
  readonly day: HistoryDay;
  readonly simulated: SimulatedDay;
  /** By index of `plantTags`: the first value after the day; null where there is none. */
  readonly next: readonly (number | null)[];
  /** Before each transaction. */
  readonly beforeBatch: () => Promise<void>;
  /** Waits until the runs are there that the orders open: time that is computed before would be computed twice. */
  readonly runsFollowed: () => Promise<void>;
}

/** Answers how many samples were new. */
export async function writeDay(
  db: pg.Client,
  line: HistoryLine,
  { day, simulated, next, beforeBatch, runsFollowed }: DayToWrite,
): Promise<number> {
  const offsets = plantTags.map((tag, index) =>
    tag.role?.endsWith('_count') ? (next[index] ?? 0) - Number(simulated.last[index] ?? 0) : 0,
  );
  const write = async (samples: readonly HistorySample[], fill?: (batch: Batch) => void): Promise<number> => {
    const batch = new Batch();
    fill?.(batch);
    for (const { tag, time, value } of samples) {
      const of = line.tags[tag];
      if (of) push(batch, of, { time, value: moved(value, offsets[tag] ?? 0, of.modulus) });
    }
    await beforeBatch();
    return (await writeBatch(db, batch, { historicalIsNew: true })).stored;
  };
  const samples = Map.groupBy(asSeen(line, simulated.samples, day), ({ tag }) =>
    plantTags[tag]?.role === 'order' || plantTags[tag]?.role === 'material' ? 'orders' : 'others',
  );
  let stored = await write(samples.get('orders') ?? [], (batch) => reports(batch, line, day));
  await runsFollowed();
  const others = samples.get('others') ?? [];
  for (let at = 0; at < others.length; at += BATCH_ROWS) stored += await write(others.slice(at, at + BATCH_ROWS));
  return stored;
}

function push(batch: Batch, { ref, session }: LineTag, { time, value }: { time: number; value: Value }): void {
  if (typeof value === 'string') batch.text.push(session, ref, time, value, 0);
  else batch.repeated.push(session, ref, time, value === null ? null : Number(value), 0);
}

function moved(value: Value, offset: number, modulus: number | null): Value {
  if (offset === 0 || typeof value !== 'number') return value;
  return modulus === null ? value + offset : (((value + offset) % modulus) + modulus) % modulus;
}

/** What nobody saw is not told; afterwards each tag is read anew. */
function asSeen(line: HistoryLine, samples: readonly HistorySample[], { unseen }: HistoryDay): HistorySample[] {
  if (unseen === null) return [...samples];
  const device = line.devices.find(({ name }) => name === UNSEEN_DEVICE)?.id;
  const missed = new Map<number, HistorySample>();
  const seen = samples.filter((sample) => {
    const isHidden =
      line.tags[sample.tag]?.ref.deviceId === device && sample.time >= unseen.from && sample.time < unseen.to;
    if (isHidden) missed.set(sample.tag, { ...sample, time: unseen.to });
    return !isHidden;
  });
  return [...seen, ...missed.values()].toSorted((a, b) => a.time - b.time);
}

/** The agents' own word about the day. */
function reports(batch: Batch, { devices }: HistoryLine, { from, unseen }: HistoryDay): void {
  for (const { id: deviceId, name, session } of devices) {
    batch.coverage.push({ session, deviceId, time: from, state: 'up' });
    if (unseen === null || name !== UNSEEN_DEVICE) continue;
    batch.coverage.push(
      { session, deviceId, time: unseen.from, state: 'down' },
      { session, deviceId, time: unseen.to, state: 'up' },
    );
    batch.gaps.push({ session, deviceId, tagId: null, ...unseen, cause: 'device_lost', count: null, detail: null });
  }
}
