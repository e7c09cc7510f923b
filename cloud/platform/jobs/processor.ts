// How a kind of job is done. Work on the database runs in one transaction, which also completes the job:
// it happens exactly once. Work outside (mail, another system) cannot: it may happen twice after a crash
// between deed and commit, so it has to be idempotent or bear that.

import type { Static, TObject } from 'typebox';
import type { Context } from '../http/context.ts';
import type { JobKind } from './job-kind.ts';

/** What a job knows besides its payload. */
interface JobTools {
  readonly jobId: string;
  /** Aborted when the worker stops; the job is then handed back and runs elsewhere. */
  readonly signal: AbortSignal;
  /** Shows how far it is: 0 to 1, and in words. Not written more than twice a second. Throws when the worker stops. */
  progress(fraction: number, text?: string): void;
}

/** The transaction sees the rows of the job's organisation, and of its plants those that who asked may see. */
export interface JobContext extends Context, JobTools {}

export interface OutsideContext extends Omit<Context, 'db'>, JobTools {
  inTransaction<T>(work: (ctx: Context) => Promise<T>): Promise<T>;
}

/** What it leaves for who asked, shown in the job's `result`. */
export type JobResult = Readonly<Record<string, unknown>> | undefined;

export type JobProcessor =
  | { readonly kind: JobKind; readonly at: 'database'; run(ctx: JobContext, payload: never): Promise<JobResult> }
  | { readonly kind: JobKind; readonly at: 'outside'; run(ctx: OutsideContext, payload: never): Promise<JobResult> };

/** Work on the database. */
export function inDatabase<P extends TObject>(
  kind: JobKind<P>,
  run: (ctx: JobContext, payload: Static<P>) => Promise<JobResult>,
): JobProcessor {
  return { kind, at: 'database', run };
}

/** Work outside, with no transaction open. */
export function outside<P extends TObject>(
  kind: JobKind<P>,
  run: (ctx: OutsideContext, payload: Static<P>) => Promise<JobResult>,
): JobProcessor {
  return { kind, at: 'outside', run };
}

/** Thrown by a job that no repetition can heal: what it did is undone and it is dead at once, with `result` on its row. */
export class HopelessJob extends Error {
  override name = 'HopelessJob';
  readonly result: JobResult;

  constructor(message: string, options: ErrorOptions & { readonly result?: JobResult } = {}) {
    super(message, options);
    this.result = options.result;
  }
}
