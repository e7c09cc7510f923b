// Figures of the recomputation for Prometheus: what waits and since when, of all organisations, from the marks;
// and what this process has written, in which time.

import { sql } from 'kysely';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../platform/database.ts';

export interface RecomputeMetrics {
  /** Where what waits is read from. */
  reads(db: Database): void;
  /** One machine was computed anew. */
  done(turn: { readonly rows: number; readonly seconds: number }): void;
}

interface Backlog {
  readonly machines: number;
  readonly behind_s: number;
}

/** Scrapes closer together than this see the same figures. */
const FRESH_MS = 5_000;

export function createRecomputeMetrics(registry: Registry): RecomputeMetrics {
  let db: Database | null = null;
  let read = -FRESH_MS;
  let backlog: Promise<Backlog | null> = Promise.resolve(null);
  const fresh = (): Promise<Backlog | null> => {
    if (db !== null && performance.now() - read >= FRESH_MS) {
      read = performance.now();
      backlog = sql<Backlog>`SELECT machines, behind_s FROM mes.recompute_backlog()`.execute(db).then(
        ({ rows }) => rows[0] ?? null,
        // A scrape says less rather than nothing; the rounds themselves tell of a database that is away.
        () => null,
      );
    }
    return backlog;
  };
  const waiting = (name: string, help: string, of: (figures: Backlog) => number) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          const figures = await fresh();
          if (figures === null) this.reset();
          else this.set(of(figures));
        },
      }),
    );
  waiting(
    'unison_recompute_machines_waiting',
    'Machines whose figures wait for being computed anew, of the whole installation',
    ({ machines }) => machines,
  );
  waiting(
    'unison_recompute_behind_seconds',
    'Age of the oldest change that figures do not show yet',
    ({ behind_s }) => behind_s,
  );
  const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  const rows = counter('unison_recompute_rows_total', 'Intervals, counter buckets and facts written by this process');
  const seconds = counter('unison_recompute_seconds_total', 'Time this process took to write them');
  const turns = counter('unison_recompute_turns_total', 'Machines computed anew by this process, each time counted');
  return {
    reads(database) {
      db = database;
    },
    done(turn) {
      rows.inc(turn.rows);
      seconds.inc(turn.seconds);
      turns.inc();
    },
  };
}
