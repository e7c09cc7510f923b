// What a benchmark is: a subject and a named reference, run in turn in the same minute on the same
// machine, and the ratio of their medians. Absolute figures of a shared machine say little.

import type { BenchServices } from './services.ts';

/** Where the project wants to be; printed beside what is reached. */
export interface Aim {
  readonly of: 'ratio' | 'value';
  readonly is: 'at least' | 'at most';
  readonly bound: number;
}

export interface Result {
  readonly name: string;
  /** Median over the runs. */
  readonly value: number;
  readonly unit: string;
  /** Null where the figure stands for itself. */
  readonly reference: { readonly name: string; readonly value: number } | null;
  readonly aims: readonly Aim[];
  /** Every run, in order, subject and reference. */
  readonly runs: { readonly subject: readonly number[]; readonly reference: readonly number[] };
  /** How it was measured, in the words of the report. */
  readonly conditions: string;
}

export interface BenchContext {
  readonly services: BenchServices;
  /** Interleaved runs of subject and reference. */
  readonly runs: number;
  /** Folder for CPU profiles of the processes measured. */
  readonly profile: string | null;
  /** How long the database is away in the outage benchmark. */
  readonly outageSeconds: number;
  readonly tell: (line: string) => void;
}

/** One measurement that yields one or more named figures. */
export interface Bench {
  readonly names: readonly string[];
  run(context: BenchContext): Promise<Result[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The least value that this share (0 to 1) of all values does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Runs subject and reference in turn, so that a slow minute of the machine falls on both. */
export async function inTurn(
  context: Pick<BenchContext, 'runs' | 'tell'>,
  work: { readonly subject: () => Promise<number>; readonly reference: () => Promise<number> },
): Promise<{ subject: number[]; reference: number[] }> {
  const subject: number[] = [];
  const reference: number[] = [];
  for (let run = 1; run <= context.runs; run++) {
    reference.push(await work.reference());
    subject.push(await work.subject());
    context.tell(`  run ${run}: ${shown(subject.at(-1))}, reference ${shown(reference.at(-1))}`);
  }
  return { subject, reference };
}

export function ratioOf(result: Result): number | null {
  return result.reference === null ? null : result.value / result.reference.value;
}

export function isReached(result: Result, aim: Aim): boolean {
  const figure = aim.of === 'ratio' ? (ratioOf(result) ?? Number.NaN) : result.value;
  return aim.is === 'at least' ? figure >= aim.bound : figure <= aim.bound;
}

/** Four significant digits, grouped: 123,400 or 0.4321. */
export function shown(value: number | undefined | null): string {
  if (value === undefined || value === null || Number.isNaN(value)) return '–';
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
