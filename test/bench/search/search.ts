// search.materials: the first 20 of a million materials, best first, as the API's list asks for them under row
// security, against LIKE '%…%' with the same words.

import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { asOwner, insertPlant } from '../../web/plant-rows.ts';
import { type Bench, inTurn, median, percentile } from '../bench.ts';
import type { BenchDatabase } from '../services.ts';

const ROWS = 1_000_000;
/** Of another organisation beside them, so that the fence has something to hold back. */
const OTHERS = 50_000;
/** As the kit's list has it. */
const MOST_RANKED = 1_000;
const FIRST = 20;

const mix: Readonly<Record<string, readonly string[]>> = {
  rare: [
    'kakami',
    'sealed kajorlor',
    'SCR-00190056',
    'SCR00190056',
    'lunferdri',
    'nozzle M17 dusbelgul',
    'tenhalvo pump',
    '00831495',
    'trajornex hinge',
    'white maremka',
  ],
  common: [
    'screw',
    'galvanised',
    'bolt',
    'supplier article',
    'sealed',
    'connector M8',
    'red washer',
    'blue',
    'cable',
    'M12',
  ],
  typo: [
    'screv',
    'conector',
    'galvanisd',
    'labbel',
    'housnig',
    'stainles',
    'coupilng',
    'transparnet',
    'brakcet',
    'insualted',
  ],
  none: [
    'zzyzx',
    'qwertzuiop',
    'screw zzyzx',
    '99999999999',
    'xylophon',
    'platinum',
    'vvvvv',
    'bolt qqq',
    'jukebox',
    'wwww 17',
  ],
};
const questions = Object.values(mix).flat();

export const searchBench: Bench = {
  names: ['search.materials'],
  async run(context) {
    const database = await context.services.database();
    try {
      context.tell(`  filling ${ROWS} rows`);
      const organizationId = await fill(database);
      const ask = async (query: string, valuesOf: (text: string) => unknown[]): Promise<number> => {
        const client = new pg.Client({ connectionString: database.apiUrl });
        await client.connect();
        try {
          await askAll(client, { organizationId, query, valuesOf });
          const times = await askAll(client, { organizationId, query, valuesOf });
          return percentile(times, 0.95);
        } finally {
          await client.end();
        }
      };
      const runs = await inTurn(context, {
        reference: () => ask(like, (text) => [text.split(' ').map((word) => `%${word}%`)]),
        subject: () => ask(ranked, (text) => [text, MOST_RANKED]),
      });
      return [
        {
          name: 'search.materials',
          value: median(runs.subject),
          unit: 'ms (p95)',
          reference: { name: "LIKE '%…%'", value: median(runs.reference) },
          aims: [{ of: 'ratio', is: 'at most', bound: 0.05 }],
          runs,
          conditions: `first ${FIRST} of ${ROWS} materials under row security as mes_api, ${OTHERS} of another organisation beside them; p95 over ${questions.length} fixed questions, a quarter each rare, common, mistyped and without a hit; both warmed by one round; LIKE over code and name, in the order of the code`,
        },
      ];
    } finally {
      await database.drop();
    }
  },
};

const ranked = `SELECT record.id, record.code, record.name FROM mes.search_materials($1, $2, '[{"column": "archived_at", "set": false}]') AS found, mes.materials AS record
  WHERE record.id = found.id AND record.archived_at IS NULL ORDER BY found.place LIMIT ${FIRST}`;
const like = `SELECT record.id, record.code, record.name FROM mes.materials AS record
  WHERE record.archived_at IS NULL AND (record.code LIKE ALL ($1::text[]) OR record.name LIKE ALL ($1::text[]))
  ORDER BY record.code COLLATE mes.natural, record.id LIMIT ${FIRST}`;

/** How long each question took in ms, in a transaction of its own as the API has one. */
async function askAll(
  client: pg.Client,
  { organizationId, query, valuesOf }: { organizationId: number; query: string; valuesOf: (text: string) => unknown[] },
): Promise<number[]> {
  const times: number[] = [];
  for (const text of questions) {
    const start = performance.now();
    await client.query('BEGIN READ ONLY');
    await client.query("SELECT set_config('mes.organization_id', $1, true), set_config('mes.plant_ids', 'all', true)", [
      String(organizationId),
    ]);
    await client.query(query, valuesOf(text));
    await client.query('COMMIT');
    times.push(performance.now() - start);
  }
  return times;
}

/** Names of 3 to 6 words: 30 nouns, 20 qualities, 8,000 brands, dimensions. Indexes are made when the rows are there. */
async function fill({ ownerUrl }: BenchDatabase): Promise<number> {
  const ids: number[] = [];
  for (const organization of ['North', 'South']) {
    const plant = { organization, name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
    ids.push((await insertPlant(ownerUrl, plant)).organizationId);
  }
  const sql = (text: string, values: unknown[] = []) => asOwner(ownerUrl, text, values);
  await sql(
    `INSERT INTO mes.units_of_measure (organization_id, code, name) SELECT organizations.id, 'pcs', 'Piece' FROM mes.organizations`,
  );
  const indexes = await sql(
    `SELECT indexdef, indexname FROM pg_indexes WHERE schemaname = 'mes' AND tablename = 'materials' AND indexname NOT LIKE '%key' AND indexname NOT LIKE '%pkey'`,
  );
  for (const { indexname } of indexes) await sql(`DROP INDEX mes.${String(indexname)}`);
  await sql('ALTER TABLE mes.materials DISABLE TRIGGER USER');
  const range = (from: number, to: number) => sql(rows, [ids[0], ids[1], ROWS, from, to]);
  const half = (ROWS + OTHERS) / 2;
  await Promise.all([range(1, half), range(half + 1, ROWS + OTHERS)]);
  for (const { indexdef } of indexes) await sql(String(indexdef));
  await sql('ALTER TABLE mes.materials ENABLE TRIGGER USER');
  // Every tenth row has every word.
  await sql(
    `INSERT INTO mes.material_words (organization_id, word, near)
     SELECT known.organization_id, known.word, mes.near_words(known.word)
     FROM (SELECT DISTINCT materials.organization_id, occurring.word
           FROM mes.materials, unnest(tsvector_to_array(materials.words)) AS occurring (word) WHERE materials.id % 7 = 0) AS known
     WHERE known.word ~ '^[[:alpha:]]{3,40}$'`,
  );
  await sql('VACUUM ANALYZE mes.materials');
  await sql('VACUUM ANALYZE mes.material_words');
  return ids[0] ?? 0;
}

const rows = `
WITH words AS MATERIALIZED (SELECT
  '{screw,bolt,washer,bearing,gasket,valve,bottle,label,carton,connector,cable,sensor,motor,spring,bracket,housing,flange,nozzle,filter,pump,seal,coupling,shaft,gear,belt,hinge,clamp,relay,fuse,switch}'::text[] AS nouns,
  '{galvanised,stainless,brass,polyamide,hardened,coated,threaded,slotted,flexible,reinforced,insulated,miniature,heavy,light,sealed,black,white,red,blue,transparent}'::text[] AS qualities,
  '{ka,lor,mi,ten,ser,vo,pa,dri,gul,nex,tra,bel,con,dus,fer,hal,jor,kem,lun,mar}'::text[] AS syllables)
INSERT INTO mes.materials (organization_id, code, name, description, material_group, unit_id)
SELECT units.organization_id,
  upper(left(words.nouns[1 + n % 30], 3)) || '-' || lpad((n * 7919 % 10000019)::text, 8, '0'),
  initcap(words.nouns[1 + n % 30]) || ' ' || words.qualities[1 + (n * 7) % 20] || ' M' || (2 + n % 23) || ' x ' || (5 + (n * 13) % 195)
    || ' ' || initcap(words.syllables[1 + brand % 20] || words.syllables[1 + (brand / 20) % 20] || words.syllables[1 + (brand / 400) % 20]),
  'Supplier article ' || (n * 31 % 999983) || ', ' || words.qualities[1 + (n * 3) % 20] || ' for ' || words.nouns[1 + (n * 11) % 30],
  'group ' || words.nouns[1 + n % 30], units.id
FROM words, generate_series($4::bigint, $5::bigint) AS n, LATERAL (SELECT n * 2654435761 % 8000 AS brand) AS branded
JOIN mes.units_of_measure AS units ON units.code = 'pcs'
WHERE units.organization_id = CASE WHEN n <= $3::bigint THEN $1::int ELSE $2::int END`;
