// How fast a CSV file of materials goes in: read, every row checked, matched with what is there, written with
// its row in the audit trail behind the tenant fence, by the product's own import as routes and jobs call it;
// against a bare COPY of the very same rows into a table with the same keys and constraints.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import pino from 'pino';
import { kinds } from '../../../cloud/domains/resources.ts';
import { type Database, inTenant, openDatabase } from '../../../cloud/platform/database.ts';
import type { Context } from '../../../cloud/platform/http/context.ts';
import { type ImportReport, importCsv } from '../../../cloud/platform/kit/import.ts';
import { createOrganization } from '../../support/registry.ts';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';

const ROWS = 20_000;
const STATEMENT_TIMEOUT_MS = 120_000;
const kind = kinds.find(({ resource }) => resource.name === 'materials');
const written =
  'mes.materials, mes.material_revisions, mes.material_words, mes.audit_logs, mes.audit_unsealed, mes.audit_seals';

export const importBench: Bench = {
  names: ['import.csv', 'import.changed'],
  async run(context) {
    const database = await context.services.database();
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    const log = pino({ level: 'error' });
    const db = openDatabase({ url: database.apiUrl, max: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS, log });
    try {
      await owner.connect();
      const { id } = await createOrganization(database.ownerUrl, { name: 'bench', machines: [], edges: [] });
      await owner.query("INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'Piece')", [
        id,
      ]);
      return await measure(context, { owner, db, organizationId: id });
    } finally {
      await db.destroy();
      await owner.end();
      await database.drop();
    }
  },
};

interface Stage {
  readonly owner: pg.Client;
  readonly db: Database;
  readonly organizationId: number;
}

async function measure(context: BenchContext, stage: Stage): Promise<Result[]> {
  const [first, second] = [file(''), file(' (new)')];
  await take(stage, first, 'created');
  const rows = await copyOf(stage);
  const reference = () => perSecond(() => copy(stage, rows));
  const name = 'COPY of the same rows into a table with the same constraints';
  const conditions = `${ROWS} materials with 10 columns in one file, PostgreSQL 17 with fsync`;
  context.tell('  all new');
  const fresh = await inTurn(context, {
    reference,
    subject: async () => {
      await empty(stage);
      return perSecond(() => take(stage, first, 'created'));
    },
  });
  context.tell('  all changed');
  const changed = await inTurn(context, {
    reference,
    subject: async () => {
      await empty(stage);
      await take(stage, first, 'created');
      await stage.owner.query('ANALYZE mes.materials');
      return perSecond(() => take(stage, second, 'updated'));
    },
  });
  const result = { unit: 'rows/s' };
  return [
    {
      ...result,
      name: 'import.csv',
      aims: [{ of: 'ratio', is: 'at least', bound: 0.35 }],
      value: median(fresh.subject),
      reference: { name, value: median(fresh.reference) },
      runs: fresh,
      conditions: `${conditions}, all new`,
    },
    {
      ...result,
      name: 'import.changed',
      aims: [{ of: 'ratio', is: 'at least', bound: 0.2 }],
      value: median(changed.subject),
      reference: { name, value: median(changed.reference) },
      runs: changed,
      conditions: `${conditions}, each there already under another name`,
    },
  ];
}

async function perSecond(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (ROWS / (performance.now() - began)) * 1_000;
}

async function empty({ owner }: Stage): Promise<void> {
  await owner.query(`ALTER TABLE mes.audit_logs DISABLE TRIGGER append_only`);
  await owner.query(`ALTER TABLE mes.audit_seals DISABLE TRIGGER append_only`);
  await owner.query(`TRUNCATE ${written} CASCADE`);
  await owner.query(`ALTER TABLE mes.audit_logs ENABLE TRIGGER append_only`);
  await owner.query(`ALTER TABLE mes.audit_seals ENABLE TRIGGER append_only`);
}

/** Imports the file; what it did not do to every row is a mistake of the benchmark. */
async function take(
  { db, organizationId }: Stage,
  bytes: Uint8Array,
  done: keyof ImportReport & ('created' | 'updated'),
): Promise<void> {
  if (!kind) throw new Error('There are no materials.');
  const tenant = { organizationId, plantIds: 'all' as const };
  const actor = { ...tenant, kind: 'system', userId: null, sessionId: null, name: 'bench' } as const;
  const report = await inTenant(db, tenant, (trx) => {
    const ctx: Context = { db: trx, actor, log: pino({ level: 'error' }), now: new Date(), requestId: 'bench' };
    return importCsv(ctx, kind, { bytes, progress: () => {} });
  });
  if (report[done] !== ROWS) throw new Error(`not all rows went in: ${JSON.stringify(report).slice(0, 500)}`);
}

/** Names of several words out of a few hundred, as a catalogue has them. */
function file(mark: string): Uint8Array {
  const nouns = ['Screw', 'Bolt', 'Washer', 'Bearing', 'Gasket', 'Valve', 'Bottle', 'Label', 'Carton', 'Cable'];
  const qualities = ['galvanised', 'stainless', 'brass', 'hardened', 'coated', 'sealed', 'black'];
  const brands = [
    'Kalor',
    'Miten',
    'Servo',
    'Padri',
    'Gulnex',
    'Trabel',
    'Condus',
    'Ferhal',
    'Jorkem',
    'Lunmar',
    'Vimo',
  ];
  const pick = (words: readonly string[], at: number): string => words[at % words.length] ?? '';
  const lines = Array.from({ length: ROWS }, (_, at) => {
    const noun = pick(nouns, at);
    const name = `${noun} ${pick(qualities, at)} M${2 + (at % 23)} x ${5 + (at % 195)} ${pick(brands, at)}${mark}`;
    const text = `Supplier article ${at * 31}, for ${pick(nouns, at + 3)}`;
    return `M-${at * 7},${name},"${text}",${noun}s,pcs,1,0,${pick(qualities, at + 1)},${at % 90}.5,${at % 2 ? 'yes' : 'no'}`;
  });
  const header =
    'code,name,description,materialGroup,unit,revision,startupGoodInARow,attributes.finish,attributes.grams,attributes.stocked';
  return Buffer.from(`${header}\n${lines.join('\n')}\n`);
}

/** What the import made, as lines, and a table alike to put them in. */
async function copyOf({ owner }: Stage): Promise<{ columns: string; lines: Buffer }> {
  await owner.query('CREATE TABLE public.copy_materials (LIKE mes.materials INCLUDING ALL)');
  await owner.query(`ALTER TABLE public.copy_materials
    ADD FOREIGN KEY (organization_id) REFERENCES mes.organizations (id),
    ADD FOREIGN KEY (organization_id, unit_id) REFERENCES mes.units_of_measure (organization_id, id)`);
  const { rows: found } = await owner.query<{ columns: string; cells: string }>(
    `SELECT string_agg(quote_ident(column_name), ', ') AS columns, string_agg(format('%I::text', column_name), ', ') AS cells
     FROM information_schema.columns WHERE table_schema = 'mes' AND table_name = 'materials' AND is_generated = 'NEVER'`,
  );
  const { columns = '', cells = '' } = found[0] ?? {};
  const { rows } = await owner.query<{ line: string }>(
    `SELECT (SELECT string_agg(coalesce(replace(cell, E'\\\\', E'\\\\\\\\'), '\\N'), E'\\t' ORDER BY place)
       FROM unnest(ARRAY[${cells}]) WITH ORDINALITY AS each (cell, place)) AS line
     FROM mes.materials ORDER BY id`,
  );
  return { columns, lines: Buffer.from(rows.map(({ line }) => `${line}\n`).join('')) };
}

async function copy({ owner }: Stage, { columns, lines }: { columns: string; lines: Buffer }): Promise<void> {
  await owner.query('TRUNCATE public.copy_materials');
  const into = copyFrom(`COPY public.copy_materials (${columns}) FROM STDIN`);
  await pipeline(Readable.from([lines]), owner.query(into));
}
