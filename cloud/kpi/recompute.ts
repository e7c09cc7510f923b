// Computes anew what dirty marks name: one machine at a time, under its lock, marks and figures in one
// transaction. What is left over (a very long stretch, a change that reaches far) is marked again, so that
// no transaction is long. Any number of processes may do this; a machine that another one has is skipped.

import { sql } from 'kysely';
import { type Database, inTenant, type TenantTransaction } from '../platform/database.ts';
import type { Rounds } from '../platform/jobs/rounds.ts';
import type { RecomputeMetrics } from './recompute-metrics.ts';
import { type Mark, reasonOf, restateShifts } from './restate.ts';

export interface RecomputeOptions {
  readonly metrics?: RecomputeMetrics;
  /** Samples older than this are not kept for sure: buckets before are frozen. */
  readonly retentionDays: number;
}

const EVERY_MS = 1_000;
/** On a small machine the database that computes is also the one that answers. */
const REST_SHARE = 0.5;
/** One transaction computes at most so many days of one machine, and follows a changed carry so far. */
const MOST_DAYS = 7;
const MOST_BUCKETS = 500;
/** Stretches of one machine in one transaction; the rest is marked again. */
const MOST_STRETCHES = 50;
const MOST_MACHINES = 1_000;
/** Marks that lie no further apart are one stretch: they share an hour, or nearly. */
const JOIN_MS = 3_600_000;

export function recomputing(options: RecomputeOptions): Rounds {
  return {
    failure: 'figures could not be computed anew',
    everyMs: EVERY_MS,
    restShare: REST_SHARE,
    run: (db, signal) => recomputeAll(db, { ...options, signal }),
  };
}

async function recomputeAll(
  db: Database,
  { retentionDays, metrics, signal }: RecomputeOptions & { signal: AbortSignal },
): Promise<void> {
  metrics?.reads(db);
  const frozenBefore = new Date(Date.now() - retentionDays * 86_400_000);
  const organizations = await sql<{ id: number }>`
    SELECT id FROM mes.organizations_to_recompute() AS recompute (id)`.execute(db);
  for (const { id: organizationId } of organizations.rows) {
    const tenant = { organizationId, plantIds: 'all' } as const;
    const machines = await inTenant(db, { ...tenant, readOnly: true }, (trx) =>
      trx.selectFrom('mes.dirty_marks').select('machine_id').distinct().limit(MOST_MACHINES).execute(),
    );
    for (const { machine_id: machineId } of machines) {
      if (signal.aborted) return;
      const began = performance.now();
      const rows = await inTenant(db, tenant, (trx) =>
        recomputeMachine(trx, { organizationId, machineId, frozenBefore }),
      );
      if (rows > 0) metrics?.done({ rows, seconds: (performance.now() - began) / 1_000 });
    }
  }
}

/** How many rows it has written. */
async function recomputeMachine(
  trx: TenantTransaction,
  { organizationId, machineId, frozenBefore }: { organizationId: number; machineId: number; frozenBefore: Date },
): Promise<number> {
  const lock = await sql<{ ours: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtext('mes.recompute'), ${machineId}) AS ours`.execute(trx);
  if (!lock.rows[0]?.ours) return 0;
  const marks = await trx
    .deleteFrom('mes.dirty_marks')
    .where('machine_id', '=', machineId)
    .returning(['id', 'from_time as from', 'to_time as to', 'cause', 'caused_by as by'])
    .execute();
  // In statements after the marks are gone: what came in between has marks of its own.
  const stretches = joined(marks);
  const left = stretches.slice(MOST_STRETCHES);
  for (const stretch of stretches.slice(0, MOST_STRETCHES)) {
    const { from, to } = stretch;
    const begin = from < frozenBefore ? frozenBefore : from;
    if (begin >= to) continue;
    const { rows } = await sql<{ rest: Date | null; from: Date | null; to: Date | null }>`
      SELECT rest, changed_from AS "from", changed_to AS "to"
      FROM mes.recompute_machine(${machineId}, ${begin}, ${to}, ${MOST_DAYS}, ${MOST_BUCKETS})`.execute(trx);
    const [done] = rows;
    const rest = done?.rest ?? null;
    if (done?.from && done.to)
      await restateShifts(trx, { organizationId, machineId, from: done.from, to: done.to, rest, marks: stretch.marks });
    if (rest !== null) left.push({ ...stretch, from: rest, to: rest < to ? to : new Date(rest.getTime() + 1) });
  }
  if (left.length > 0) await markAgain(trx, { organizationId, machineId, left });
  return rowsWritten(trx);
}

async function markAgain(
  trx: TenantTransaction,
  { organizationId, machineId, left }: { organizationId: number; machineId: number; left: readonly Stretch[] },
): Promise<void> {
  await trx
    .insertInto('mes.dirty_marks')
    .values(
      left.map(({ from, to, marks: [first, ...more] }) => ({
        organization_id: organizationId,
        machine_id: machineId,
        from_time: from,
        to_time: to,
        ...reasonOf([first, ...more]),
      })),
    )
    .execute();
}

async function rowsWritten(trx: TenantTransaction): Promise<number> {
  const { rows } = await sql<{ written: string }>`
    SELECT sum(pg_stat_get_xact_tuples_inserted(written.oid::regclass)) AS written
    FROM unnest(ARRAY['mes.machine_intervals', 'mes.counter_buckets', 'mes.time_facts', 'mes.count_facts']) AS written (oid)`.execute(
    trx,
  );
  return Number(rows[0]?.written ?? 0);
}

interface Stretch {
  readonly from: Date;
  readonly to: Date;
  /** What it was made of. */
  readonly marks: readonly [Mark, ...Mark[]];
}

function joined(marks: readonly Mark[]): Stretch[] {
  const sorted = marks.toSorted((a, b) => a.from.getTime() - b.from.getTime());
  const result: { from: Date; to: Date; marks: [Mark, ...Mark[]] }[] = [];
  for (const mark of sorted) {
    const last = result.at(-1);
    if (last && mark.from.getTime() <= last.to.getTime() + JOIN_MS) {
      last.to = mark.to > last.to ? mark.to : last.to;
      last.marks.push(mark);
    } else result.push({ from: mark.from, to: mark.to, marks: [mark] });
  }
  return result;
}
