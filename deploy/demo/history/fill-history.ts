// The demo's history: the days before the live data, the newest first, so that the page OEE has something to
// show soon. Everything goes in as events; figures are computed from them like from any others.
//
//   find the line ─▶ for each day: wait until figures are computed and agents are not behind
//                  ─▶ simulate ─▶ calendar, orders, reasons ─▶ samples, batch by batch ─▶ note that the day is there
//
// A day that was begun when the demo was stopped is simulated again, to the same samples. Ends by itself when
// the demo is removed.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { materialiseWhatFits } from '../../../cloud/domains/calendars/index.ts';
import { inTenant, openDatabase } from '../../../cloud/platform/database.ts';
import type { Context } from '../../../cloud/platform/http/context.ts';
import { type HistoryDay, historyDays } from './days.ts';
import * as records from './line-records.ts';
import { simulateDay } from './simulate-day.ts';
import { writeDay } from './write-day.ts';

export interface HistoryOptions {
  /** As a superuser: the demo owns its database. */
  readonly databaseUrl: string;
  /** Sparkplug group of the line's agents. */
  readonly group: string;
  readonly days: number;
  readonly signal: AbortSignal;
  readonly tell: (message: string) => void;
}

interface Progress {
  readonly until: Date;
  readonly days: number;
  readonly done: number;
}

const LOOK_MS = 500;
/** The agents are behind: nothing of the history until they are not, or for so long. */
const BEHIND_S = 10;
const LONGEST_WAIT_MS = 60_000;
const TELL_EVERY_DAYS = 10;
const MOST_FAILURES = 5;
const STATEMENT_TIMEOUT_MS = 60_000;

/** Resolves when all days are there, when the demo is gone, or when it is told to end. */
export async function fillHistory(options: HistoryOptions): Promise<void> {
  const { signal, tell } = options;
  for (let failures = 0; !signal.aborted; ) {
    const db = new pg.Client({ connectionString: options.databaseUrl, application_name: 'unison-demo-history' });
    db.on('error', () => undefined);
    try {
      await db.connect();
      await fill(db, options);
      return;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const why = error instanceof Error ? error.message : String(error);
      if (failures === MOST_FAILURES) {
        tell(`The demo's history is not complete (${why}); the next start goes on with it.`);
        return;
      }
      await sleep(1_000 * 2 ** failures, undefined, { signal }).catch(() => undefined);
    } finally {
      await db.end().catch(() => undefined);
    }
  }
}

async function fill(db: pg.Client, { databaseUrl, group, days, signal, tell }: HistoryOptions): Promise<void> {
  const line = await findLine(db, group, signal);
  if (line === null) return;
  const progress = await begin(db, line, days);
  if (progress === null || progress.done >= progress.days) return;
  const all = await historyDays(db, { ...progress, timeZone: line.timeZone });
  const shifts = openDatabase({
    url: asWorker(databaseUrl),
    max: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log: { warn: () => undefined },
  });
  tell(`The history is being filled in: ${progress.done} of ${progress.days} days are there.`);
  try {
    for (const day of all.slice(progress.done)) {
      await settled(db, line, { until: progress.until, marks: ['run_marks', 'dirty_marks'], signal });
      if (signal.aborted || !(await isThere(db, line))) return;
      await fillDay(db, line, {
        day,
        until: progress.until,
        makeShifts: () => makeShiftsOf(shifts, line, day),
        signal,
      });
      if (signal.aborted) return;
      if (day.number % TELL_EVERY_DAYS === 0) tell(`The history: ${day.number} of ${progress.days} days are there.`);
    }
  } finally {
    await shifts.destroy();
  }
  const { rows } = await db.query<{ samples: string; minutes: number }>(
    `UPDATE mes.demo_histories AS history SET finished_at = now() WHERE history.organization_id = $1 AND history.days_done = history.days
     RETURNING history.sample_count AS samples, extract(epoch FROM now() - history.started_at)::float8 / 60 AS minutes`,
    [line.organizationId],
  );
  if (rows[0])
    tell(
      `The history is there: ${progress.days} days, ${rows[0].samples} samples, ${rows[0].minutes.toFixed(1)} minutes after its begin.`,
    );
}

async function fillDay(
  db: pg.Client,
  line: records.HistoryLine,
  {
    day,
    until,
    makeShifts,
    signal,
  }: { day: HistoryDay; until: Date; makeShifts: () => Promise<void>; signal: AbortSignal },
): Promise<void> {
  const simulated = await simulateDay(day);
  // First what the samples are read with, so that they need be read only once.
  if (day.isOff) await records.insertDayOff(db, line, day.day);
  await makeShifts();
  await records.insertOrders(db, line, { day, orders: simulated.orders });
  await records.insertReasons(db, line, simulated.stops);
  const next = await records.valuesFrom(db, line, day.to);
  const beforeBatch = async (): Promise<void> => {
    signal.throwIfAborted();
    await agentsKeepUp(db, line, signal);
  };
  const runsFollowed = (): Promise<void> => settled(db, line, { until, marks: ['run_marks'], signal });
  const stored = await writeDay(db, line, { day, simulated, next, beforeBatch, runsFollowed });
  await db.query(
    `UPDATE mes.demo_histories SET days_done = $2, sample_count = sample_count + $3,
       finished_at = CASE WHEN $2 = days THEN now() END
     WHERE organization_id = $1`,
    [line.organizationId, day.number, stored],
  );
}

async function findLine(db: pg.Client, group: string, signal: AbortSignal): Promise<records.HistoryLine | null> {
  while (!signal.aborted) {
    const { rowCount } = await db.query('SELECT FROM mes.edge_agents WHERE edge_agents.group_id = $1', [group]);
    if (rowCount === 0) return null;
    const line = await records.findLine(db, group);
    if (line !== null && (await records.firstTold(db, line)) !== null) return line;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

/** Where it goes on; null when the demo has just been removed. */
async function begin(db: pg.Client, line: records.HistoryLine, days: number): Promise<Progress | null> {
  const until = await records.firstTold(db, line);
  await db.query(
    `INSERT INTO mes.demo_histories (organization_id, until_time, days)
     SELECT organizations.id, $2, $3 FROM mes.organizations WHERE organizations.id = $1 AND organizations.demo
     ON CONFLICT (organization_id) DO NOTHING`,
    [line.organizationId, until, days],
  );
  const { rows } = await db.query<Progress>(
    'SELECT until_time AS until, days, days_done AS done FROM mes.demo_histories WHERE organization_id = $1',
    [line.organizationId],
  );
  return rows[0] ?? null;
}

async function isThere(db: pg.Client, { organizationId }: records.HistoryLine): Promise<boolean> {
  const { rowCount } = await db.query('SELECT FROM mes.demo_histories WHERE organization_id = $1', [organizationId]);
  return rowCount === 1;
}

/** Waits until nothing of the history is waited for any more: live figures come first. */
async function settled(
  db: pg.Client,
  { organizationId }: records.HistoryLine,
  { until, marks, signal }: { until: Date; marks: readonly ('run_marks' | 'dirty_marks')[]; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    let isMarked = false;
    for (const table of marks) {
      const { rowCount } = await db.query(
        `SELECT FROM mes.${table} AS marks WHERE marks.organization_id = $1 AND marks.from_time < $2 LIMIT 1`,
        [organizationId, until],
      );
      isMarked ||= rowCount !== 0;
    }
    if (!isMarked) return;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Waits while what the agents said last is old: then the ingestor has enough to do. */
async function agentsKeepUp(
  db: pg.Client,
  { organizationId }: records.HistoryLine,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + LONGEST_WAIT_MS;
  while (!signal.aborted && performance.now() < end) {
    const { rows } = await db.query<{ behind: boolean }>(
      `SELECT coalesce(bool_or(states.online AND states.watermark < now() - $2 * interval '1 second'), false) AS behind
       FROM mes.edge_states AS states WHERE states.organization_id = $1`,
      [organizationId, BEHIND_S],
    );
    if (!rows[0]?.behind) return;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function makeShiftsOf(
  db: ReturnType<typeof openDatabase>,
  line: records.HistoryLine,
  { day }: HistoryDay,
): Promise<void> {
  const { organizationId, plantId } = line;
  const actor = {
    organizationId,
    plantIds: 'all',
    kind: 'system',
    userId: null,
    sessionId: null,
    name: 'Demo',
  } as const;
  const log = { warn: () => undefined } as unknown as Context['log'];
  const from = day;
  const to = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  await inTenant(db, { organizationId, plantIds: 'all' }, (trx) =>
    materialiseWhatFits(
      { db: trx, actor, log, now: new Date(), requestId: 'demo.history' },
      { plantId, from, to, correction: { reason: 'The demo was filled in' } },
    ),
  );
}

function asWorker(url: string): string {
  const worker = new URL(url);
  worker.searchParams.set('options', '-c role=mes_worker');
  return worker.href;
}
