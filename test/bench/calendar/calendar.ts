// How fast a year of shifts of 100 machines is there: calendar, clock and breaks worked out and written by the
// product's own writer behind the tenant fence, against a bare COPY of the very same rows into tables with the
// same keys and constraints. What lies between is what calendars, the fence and the comparison with what is
// there cost.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import pino from 'pino';
import { materialise } from '../../../cloud/domains/calendars/materialise.ts';
import { type Database, inTenant, openDatabase } from '../../../cloud/platform/database.ts';
import type { Context } from '../../../cloud/platform/http/context.ts';
import { createOrganization } from '../../support/registry.ts';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';

const machines = 100;
const year = { from: '2025-01-01', to: '2026-01-01' };
const STATEMENT_TIMEOUT_MS = 120_000;
const tables = ['shift_instances', 'shift_instance_breaks'] as const;

export const calendarBench: Bench = {
  names: ['calendar.year'],
  async run(context) {
    return [await measure(context)];
  },
};

interface Stage {
  readonly owner: pg.Client;
  readonly db: Database;
  readonly organizationId: number;
  readonly plantId: number;
}

async function measure(context: BenchContext): Promise<Result> {
  const database = await context.services.database();
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  const log = pino({ level: 'error' });
  const db = openDatabase({ url: database.apiUrl, max: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS, log });
  try {
    await owner.connect();
    const names = Array.from({ length: machines }, (_, at) => `m${at + 1}`);
    const { id, plantId } = await createOrganization(database.ownerUrl, { name: 'bench', machines: names, edges: [] });
    const stage = { owner, db, organizationId: id, plantId };
    await threeByEight(stage);
    const rows = await write(stage);
    const copies = await copiesOf(stage);
    const runs = await inTurn(context, {
      subject: async () => {
        await owner.query('TRUNCATE mes.shift_instances, mes.shift_instance_breaks, mes.dirty_marks');
        return perSecond(() => write(stage));
      },
      reference: () => perSecond(() => copy(stage, copies)),
    });
    return {
      name: 'calendar.year',
      value: median(runs.subject),
      unit: 'rows/s',
      reference: { name: 'COPY of the same rows into tables with the same constraints', value: median(runs.reference) },
      aims: [{ of: 'ratio', is: 'at least', bound: 0.3 }],
      runs,
      conditions: `${machines} machines, 3 × 8 h with breaks, ${year.from} to ${year.to}: ${rows} rows, PostgreSQL 17 with fsync`,
    };
  } finally {
    await db.destroy();
    await owner.end();
    await database.drop();
  }
}

async function perSecond(work: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const rows = await work();
  return (rows / (performance.now() - began)) * 1_000;
}

/** A calendar that the whole plant follows, as the API would have saved it. */
async function threeByEight({ owner, organizationId, plantId }: Stage): Promise<void> {
  const own = [organizationId, plantId];
  const id = async (query: string, values: unknown[]): Promise<number> =>
    (await owner.query<{ id: number }>(query, values)).rows[0]?.id ?? 0;
  const calendar = await id(
    `INSERT INTO mes.calendars (organization_id, plant_id, name) VALUES ($1, $2, '3 × 8') RETURNING id`,
    own,
  );
  const shifts = [
    ['Early', '06:00', '14:00', '10:00'],
    ['Late', '14:00', '22:00', '18:00'],
    ['Night', '22:00', '06:00', '02:00'],
  ];
  for (const [name, start, end, pause] of shifts) {
    const shift = await id(
      'INSERT INTO mes.shifts (organization_id, plant_id, calendar_id, name, start_time, end_time) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id',
      [...own, calendar, name, start, end],
    );
    await owner.query(
      'INSERT INTO mes.shift_breaks (organization_id, plant_id, shift_id, start_time, minutes) VALUES ($1, $2, $3, $4, 30)',
      [...own, shift, pause],
    );
    await owner.query(
      'INSERT INTO mes.calendar_days (organization_id, plant_id, calendar_id, day, shift_id) SELECT $1, $2, $3, day, $4 FROM generate_series(0, 6) AS day',
      [...own, calendar, shift],
    );
  }
  await owner.query(
    `INSERT INTO mes.work_center_shifts (organization_id, plant_id, calendar_id, valid_from) VALUES ($1, $2, $3, '2020-01-01')`,
    [...own, calendar],
  );
}

/** Rows that are there afterwards: shifts and breaks. */
async function write({ db, organizationId, plantId }: Stage): Promise<number> {
  const tenant = { organizationId, plantIds: 'all' as const };
  const actor = { ...tenant, kind: 'system', userId: null, sessionId: null, name: 'bench' } as const;
  const { added } = await inTenant(db, tenant, (trx) => {
    const ctx: Context = { db: trx, actor, log: pino({ level: 'error' }), now: new Date(), requestId: 'bench' };
    return materialise(ctx, { plantId, ...year, correction: { reason: 'bench' } });
  });
  return added * 2;
}

interface Copy {
  readonly table: (typeof tables)[number];
  readonly lines: Buffer;
  readonly rows: number;
}

/** What the writer made, as lines, and tables alike to put them in. */
async function copiesOf({ owner }: Stage): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const table of tables) {
    const columns = await owner.query<{ column: string }>(
      `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS column
       FROM information_schema.columns WHERE table_schema = 'mes' AND table_name = $1`,
      [table],
    );
    const names = columns.rows[0]?.column ?? '';
    await owner.query(`CREATE TABLE public.copy_${table} (LIKE mes.${table} INCLUDING ALL)`);
    const { rows } = await owner.query<{ line: string }>(
      `SELECT concat_ws(E'\\t', ${names
        .split(', ')
        .map((name) => `coalesce(${name}::text, '\\N')`)
        .join(', ')}) AS line FROM mes.${table} ORDER BY 1`,
    );
    const lines = Buffer.from(rows.map(({ line }) => `${line}\n`).join(''));
    copies.push({ table, lines, rows: rows.length });
  }
  return copies;
}

async function copy({ owner }: Stage, copies: readonly Copy[]): Promise<number> {
  await owner.query('TRUNCATE public.copy_shift_instances, public.copy_shift_instance_breaks');
  await owner.query('BEGIN');
  for (const { table, lines } of copies) {
    await pipeline(Readable.from([lines]), owner.query(copyFrom(`COPY public.copy_${table} FROM STDIN`)));
  }
  await owner.query('COMMIT');
  return copies.reduce((total, { rows }) => total + rows, 0);
}
