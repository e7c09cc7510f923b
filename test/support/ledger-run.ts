// A simulated plant on the real road (OPC UA or Modbus, agent, broker, ingestor, database, figures) for a while,
// and then its ledger against the facts.

import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseKind } from './database.ts';
import { Installation } from './installation.ts';
import { compareHours, comparePolled, enterLine, type LedgerFacts, untilComputed, untilKnown } from './ledger-facts.ts';
import { until } from './road.ts';

const HOUR = 3_600_000;
/** What figures are made of; measurements and alarms would only be a load. */
const figureRoles = new Set(['state', 'total_count', 'good_count', 'reject_count', 'order', 'material']);
/** Programs of a busy machine take their time to start. */
const START_MS = 180_000;
/** Our agents read Modbus machines so often in tests (installation.ts), and an answer takes a while. */
const PERIOD_MS = 200;
const ANSWER_MS = 100;

/** Machines with source times: simulated time at a multiple of ours, up to now. */
export async function runFast(
  kind: DatabaseKind,
  { simulatedMs, factor }: { simulatedMs: number; factor: number },
): Promise<LedgerFacts> {
  // Two hours more: the first and the last are not whole.
  const start = Date.now() - simulatedMs - 2 * HOUR;
  const end = start + simulatedMs + HOUR;
  const installation = await Installation.open(kind, {}, { factor, start, roles: figureRoles });
  try {
    await enterLine(installation, { from: start, to: Date.now() });
    installation.cloud.start();
    await installation.startOffline();
    // Nobody counts what was made before somebody looked.
    installation.plant.tell('pause');
    await installation.allUp(START_MS);
    await sleep(2_000);
    const from = await times(installation, 'min');
    installation.plant.tell('resume');
    await sleep((end - from) / factor);
    // Where it could not keep up, the plant lags behind its clock and loses nothing.
    await until(
      async () => (await times(installation, 'max')) >= end,
      'the plant does not come to its end',
      4 * (simulatedMs / factor) + 120_000,
    );
    const lost = await gaps(installation);
    await installation.drain();
    await untilComputed(installation, 2 * (simulatedMs / factor) + 120_000);
    const facts = await compareHours(installation, { from, to: end });
    return { ...facts, broken: [...lost, ...facts.broken] };
  } finally {
    await installation.close();
  }
}

/** Polled machines: in real time. */
export async function runPolled(kind: DatabaseKind, { realMs }: { realMs: number }): Promise<LedgerFacts> {
  const installation = await Installation.open(kind);
  try {
    await enterLine(installation, { from: Date.now() - HOUR, to: Date.now() + realMs + 24 * HOUR });
    installation.cloud.start();
    await installation.startOffline();
    await installation.allUp(START_MS);
    await sleep(realMs);
    const stopped = Date.now();
    await installation.drain();
    // The next heartbeat of the agent comes within a minute.
    await untilKnown(installation, stopped, 180_000);
    await untilComputed(installation, 60_000);
    const facts = await comparePolled(installation, { periodMs: PERIOD_MS + ANSWER_MS });
    return { ...facts, broken: [...(await gaps(installation)), ...facts.broken] };
  } finally {
    await installation.close();
  }
}

/** Time of the first or last count of the machine that is behind. */
async function times({ owner }: Installation, which: 'min' | 'max'): Promise<number> {
  const { rows } = await owner.query<{ time: number | null }>(
    `SELECT (extract(epoch FROM ${which === 'min' ? 'max' : 'min'}(told.time)) * 1000)::float8 AS time
     FROM (
       SELECT sample.tag_id, ${which}(sample.time) AS time FROM telemetry.sample
       JOIN mes.tags ON tags.id = sample.tag_id JOIN mes.devices ON devices.id = tags.device_id
       WHERE tags.role = 'total_count' AND devices.name = 'filling' GROUP BY 1
     ) AS told`,
  );
  return rows[0]?.time ?? 0;
}

/** A gap in the ledger of gaps would make equal what is not. */
async function gaps({ owner }: Installation): Promise<string[]> {
  const { rows } = await owner.query<{ cause: string; from: Date; to: Date }>(
    'SELECT gap_ledger.cause, gap_ledger.from_time AS from, gap_ledger.to_time AS to FROM mes.gap_ledger',
  );
  return rows.map(({ cause, from, to }) => `a gap: ${cause} ${from.toISOString()} to ${to.toISOString()}`);
}
