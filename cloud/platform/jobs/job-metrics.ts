// Figures of background work for Prometheus: what is under way or dead, of all organisations, from the
// table; and how this process's runs ended.

import { sql } from 'kysely';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../database.ts';

/** Scrapes closer together than this see the same figures. */
const FRESH_MS = 5_000;

interface Figure {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
  readonly oldest_s: number;
  readonly unsent_s: number | null;
}

export interface JobMetrics {
  ended(kind: string, outcome: string): void;
}

export function createJobMetrics(options: {
  readonly db: Database;
  readonly registry: Registry;
  readonly log: { warn(data: object, message: string): void };
}): JobMetrics {
  const { db, registry, log } = options;
  let read = -FRESH_MS;
  let figures: Promise<readonly Figure[]> = Promise.resolve([]);
  const fresh = (): Promise<readonly Figure[]> => {
    if (performance.now() - read >= FRESH_MS) {
      read = performance.now();
      figures = sql<Figure>`SELECT * FROM mes.job_figures()`.execute(db).then(
        ({ rows }) => rows,
        (error: unknown) => {
          log.warn({ err: error }, 'the figures of background work could not be read');
          return [];
        },
      );
    }
    return figures;
  };
  const waiting = (rows: readonly Figure[]): readonly Figure[] => rows.filter(({ state }) => state === 'queued');

  const gauges = [
    new Gauge({
      name: 'unison_jobs',
      help: 'Background jobs that are not finished, or dead, by kind and state, of the whole installation',
      labelNames: ['kind', 'state'] as const,
      registers: [],
      async collect() {
        this.reset();
        for (const { kind, state, count } of await fresh()) this.set({ kind, state }, count);
      },
    }),
    new Gauge({
      name: 'unison_jobs_oldest_waiting_seconds',
      help: 'Age of the oldest background job that has not begun',
      registers: [],
      async collect() {
        this.set(Math.max(0, ...waiting(await fresh()).map(({ oldest_s }) => oldest_s)));
      },
    }),
    new Gauge({
      name: 'unison_jobs_relay_lag_seconds',
      help: 'Age of the oldest background job that was not handed over to the queue',
      registers: [],
      async collect() {
        this.set(Math.max(0, ...waiting(await fresh()).map(({ unsent_s }) => unsent_s ?? 0)));
      },
    }),
  ];
  for (const gauge of gauges) registry.registerMetric(gauge);
  const ends = new Counter({
    name: 'unison_job_runs_total',
    help: 'Runs of background jobs in this process, by how they ended',
    labelNames: ['kind', 'outcome'] as const,
    registers: [registry],
  });
  return { ended: (kind, outcome) => ends.inc({ kind, outcome }) };
}
