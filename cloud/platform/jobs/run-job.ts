// Runs one job that the queue brought: takes the row, does the work behind the organisation's fence, and
// writes what became of it. sql/0010_jobs.sql has the states. The attempt's number is the worker's claim:
// whoever was frozen and finds a later attempt on the row has lost it, and commits nothing.

import { channel } from 'node:diagnostics_channel';
import type { FastifyBaseLogger } from 'fastify';
import { sql } from 'kysely';
import { Value } from 'typebox/value';
import { type Database, inTenant, type Tenant } from '../database.ts';
import { DomainError, type ErrorCode } from '../errors.ts';
import type { Actor, Context } from '../http/context.ts';
import { HopelessJob, type JobProcessor, type JobResult } from './processor.ts';
import { createProgress } from './progress.ts';
import type { Ticket } from './relay.ts';

export interface RunOptions {
  /** Of mes_worker. */
  readonly db: Database;
  readonly processors: ReadonlyMap<string, JobProcessor>;
  /** Attempts of a kind that says nothing else. */
  readonly attempts: number;
  /** Wait before the second attempt, in ms; doubled for each further one, with jitter. */
  readonly firstRetryMs: number;
  readonly log: FastifyBaseLogger;
  /** Told how each run ended. */
  readonly ended: (kind: string, outcome: 'completed' | 'failed' | 'dead' | 'handed_back' | 'lost') => void;
}

/** Of a job: claimed, worked (not committed yet), completed (the queue does not know yet), lost to another worker. */
const steps = channel('unison.jobs.step');
const LONGEST_RETRY_MS = 60 * 60_000;
const MAX_ERROR_LETTERS = 2_000;

interface Row {
  readonly id: string;
  readonly organization_id: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly round: number;
  readonly attempts: number;
  readonly actor_kind: Actor['kind'];
  readonly requested_by: number | null;
  readonly actor_name: string;
  readonly plant_ids: number[] | null;
  readonly request_id: string;
}

/** Another attempt has the row by now. */
class ClaimLost extends Error {}

/** Runs it to its end; returns in how many ms the queue shall bring it again, or null for never. */
export async function runJob(options: RunOptions, ticket: Ticket, signal: AbortSignal): Promise<number | null> {
  const row = await claim(options.db, ticket);
  if (!row) return null;
  steps.publish('claimed');
  const log = options.log.child({ job: row.id, kind: row.kind, reqId: row.request_id });
  const job = { ...options, row, log, signal };
  try {
    const processor = readied(job);
    await (processor.at === 'database' ? workInside(job, processor) : workOutside(job, processor));
    steps.publish('completed');
    options.ended(row.kind, 'completed');
    return null;
  } catch (error) {
    if (error instanceof ClaimLost) return lose(job);
    return signal.aborted ? handBack(job) : fail(job, error);
  }
}

function lose({ row, log, ended }: Running): null {
  steps.publish('lost');
  log.warn({}, 'another worker has taken over this job; what was done here is undone');
  ended(row.kind, 'lost');
  return null;
}

interface Running extends RunOptions {
  readonly row: Row;
  readonly signal: AbortSignal;
}

/** The job's whole organisation: for its own row. The work itself sees what who asked may see. */
function bookkeeping(row: { readonly organizationId: number }): Tenant {
  return { organizationId: row.organizationId, plantIds: 'all' };
}

function claim(db: Database, ticket: Ticket): Promise<Row | undefined> {
  return inTenant(db, bookkeeping(ticket), async (trx) => {
    // Lost with a crash of the database, it is claimed again: it need not wait for the disk.
    await sql`SET LOCAL synchronous_commit = off`.execute(trx);
    return trx
      .updateTable('mes.background_jobs')
      .set((column) => ({
        state: 'running',
        attempts: column('attempts', '+', 1),
        started_at: sql<Date>`clock_timestamp()`,
        next_attempt_at: null,
      }))
      .where('id', '=', ticket.id)
      .where('round', '=', ticket.round)
      .where('state', 'in', ['queued', 'failed', 'running'])
      .returning(['id', 'organization_id', 'kind', 'payload', 'round', 'attempts'])
      .returning(['actor_kind', 'requested_by', 'actor_name', 'plant_ids', 'request_id'])
      .executeTakeFirst() as Promise<Row | undefined>;
  });
}

/** The processor of a job that can be run. Throws HopelessJob. */
function readied({ row, processors, attempts }: Running): JobProcessor {
  const processor = processors.get(row.kind);
  if (!processor) throw new HopelessJob(`Nothing here can do a job of the kind ${row.kind}.`);
  const most = processor.kind.attempts ?? attempts;
  if (row.attempts > most) {
    throw new HopelessJob(
      `It was begun ${most} times and never came to an end: its worker died or was stopped each time.`,
    );
  }
  const [fault] = Value.Errors(processor.kind.payload, row.payload);
  if (fault) throw new HopelessJob(`Its payload is wrong: ${fault.instancePath || 'it'} ${fault.message}.`);
  return processor;
}

function contextOf({ row, log }: Running): Omit<Context, 'db'> {
  const tenant: Tenant = { organizationId: row.organization_id, plantIds: row.plant_ids ?? 'all' };
  const actor: Actor = {
    ...tenant,
    kind: row.actor_kind,
    userId: row.requested_by,
    sessionId: null,
    name: row.actor_name,
  };
  return { actor, log, now: new Date(), requestId: row.request_id };
}

async function workInside(job: Running, processor: JobProcessor & { at: 'database' }): Promise<void> {
  const base = contextOf(job);
  const progress = createProgress(job);
  try {
    await inTenant(job.db, base.actor, async (db) => {
      const tools = { jobId: job.row.id, signal: job.signal, progress: progress.report };
      const result = await processor.run({ ...base, ...tools, db }, job.row.payload as never);
      await progress.settled();
      await complete(db, { job, processor, result });
    });
  } finally {
    await progress.settled();
  }
}

async function workOutside(job: Running, processor: JobProcessor & { at: 'outside' }): Promise<void> {
  const base = contextOf(job);
  const progress = createProgress(job);
  const tools = { jobId: job.row.id, signal: job.signal, progress: progress.report };
  const inTransaction = <T>(work: (ctx: Context) => Promise<T>): Promise<T> =>
    inTenant(job.db, base.actor, (db) => work({ ...base, db }));
  try {
    const result = await processor.run({ ...base, ...tools, inTransaction }, job.row.payload as never);
    await progress.settled();
    await inTenant(job.db, base.actor, (db) => complete(db, { job, processor, result }));
  } finally {
    await progress.settled();
  }
}

async function complete(
  db: Context['db'],
  { job, processor, result }: { job: Running; processor: JobProcessor; result: JobResult },
): Promise<void> {
  const { row } = job;
  steps.publish('worked');
  const { numUpdatedRows } = await db
    .updateTable('mes.background_jobs')
    .set({
      state: 'completed',
      progress: 1,
      error: null,
      result: result ? JSON.stringify(result) : null,
      finished_at: sql<Date>`clock_timestamp()`,
      ...(processor.kind.secret && { payload: '{}' }),
    })
    .where('id', '=', row.id)
    .where('round', '=', row.round)
    .where('attempts', '=', row.attempts)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new ClaimLost();
}

/** These may pass by themselves; every other refusal of a domain stays one however often it is asked. */
const passing: ReadonlySet<ErrorCode> = new Set(['unavailable', 'timeout', 'too_many', 'internal']);

async function fail(job: Running, error: unknown): Promise<number | null> {
  const { row, processors, attempts, firstRetryMs, log } = job;
  const kind = processors.get(row.kind)?.kind;
  const hopeless = error instanceof HopelessJob || (error instanceof DomainError && !passing.has(error.code));
  const dead = hopeless || row.attempts >= (kind?.attempts ?? attempts);
  const waitMs = retryAfter(row.attempts, firstRetryMs * (kind?.patience ?? 1));
  const isOurs = await settle(job, {
    state: dead ? 'dead' : 'failed',
    error: explain(error, row.request_id),
    result: error instanceof HopelessJob && error.result ? JSON.stringify(error.result) : null,
    next_attempt_at: dead ? null : new Date(Date.now() + waitMs),
    finished_at: dead ? sql<Date>`clock_timestamp()` : null,
  });
  if (!isOurs) return lose(job);
  if (dead) log.error({ err: error }, 'a job is dead; replay it from the list of jobs when its cause is mended');
  else log.warn({ err: error, waitMs }, 'a job failed and is tried again');
  job.ended(row.kind, dead ? 'dead' : 'failed');
  return dead ? null : waitMs;
}

/** For who asked: what a domain says is meant for people; the rest is in the log. */
function explain(error: unknown, requestId: string): string {
  const meant = error instanceof DomainError || error instanceof HopelessJob;
  const text = meant ? error.message : `Something went wrong on the server. Its log has the cause under ${requestId}.`;
  return text.slice(0, MAX_ERROR_LETTERS).replaceAll('\0', '');
}

/** The worker stops: the attempt does not count, and another worker takes the job at once. */
async function handBack(job: Running): Promise<number | null> {
  if (!(await settle(job, { state: 'queued', attempts: job.row.attempts - 1 }))) return lose(job);
  job.ended(job.row.kind, 'handed_back');
  return 0;
}

/** False: another attempt has the row by now, and nothing is written. */
async function settle(
  { db, row }: Running,
  values: {
    state: string;
    error?: string;
    result?: string | null;
    attempts?: number;
    next_attempt_at?: Date | null;
    finished_at?: ReturnType<typeof sql<Date>> | null;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await inTenant(db, bookkeeping({ organizationId: row.organization_id }), (trx) =>
    trx
      .updateTable('mes.background_jobs')
      .set(values)
      .where('id', '=', row.id)
      .where('round', '=', row.round)
      .where('attempts', '=', row.attempts)
      .where('state', '=', 'running')
      .executeTakeFirst(),
  );
  return numUpdatedRows === 1n;
}

/** Doubled at each attempt, up to an hour; half of it by chance, so that what failed together does not return together. */
function retryAfter(attempt: number, firstMs: number): number {
  const full = Math.min(LONGEST_RETRY_MS, firstMs * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + Math.random() / 2));
}
