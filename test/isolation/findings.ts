// What the matrix has tried, and what it found. A case is an attempt that must be in vain; its control is the
// same attempt by who may, which must succeed: a case that fails for some other reason proves nothing.

import { expect } from 'vitest';

export interface Findings {
  cases: number;
  controls: number;
  /** What was looked at, by kind: tables, views, functions, routes, … */
  readonly seen: Map<string, number>;
  /** Attempts that succeeded: who saw or changed what. */
  readonly leaks: string[];
  /** Cases that prove nothing: no control, a control that failed, or an answer that nobody expected. */
  readonly faults: string[];
}

export function newFindings(): Findings {
  return { cases: 0, controls: 0, seen: new Map(), leaks: [], faults: [] };
}

export function saw(findings: Findings, kind: string, count = 1): void {
  findings.seen.set(kind, (findings.seen.get(kind) ?? 0) + count);
}

/** Prints the counts, and fails unless each case was in vain and each control was not. */
export function judge(title: string, findings: Findings): void {
  process.stdout.write(`${title}: ${summary(findings)}\n`);
  if (findings.faults.length > 0) process.stdout.write(`${findings.faults.join('\n')}\n`);
  expect(findings.leaks).toEqual([]);
  expect(findings.faults).toEqual([]);
  expect(findings.controls).toBe(findings.cases);
}

/** `40 tables, 2 views, 900 cases, 900 controls, 0 leaks`. */
function summary({ cases, controls, seen, leaks, faults }: Findings): string {
  const counts = [...seen].map(([kind, count]) => `${count} ${kind}`);
  const faulty = faults.length > 0 ? [`${faults.length} without proof`] : [];
  return [...counts, `${cases} cases`, `${controls} controls`, `${leaks.length} leaks`, ...faulty].join(', ');
}
