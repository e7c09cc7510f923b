// What a CSV file refers to by title becomes ids. Where the row names its plant, what belongs to another one
// is not meant: each plant may have a Filler.

import { sql } from 'kysely';
import { fault } from '../faults.ts';
import type { Context } from '../http/context.ts';
import type { CsvFault, CsvRow } from './csv.ts';
import { type AnyResource, type Field, fieldOf, fieldsOf, headerOf, type ReferenceField } from './resource.ts';

type Reference = Field & ReferenceField;

interface Hit {
  readonly id: number;
  /** Null: it holds for all plants. */
  readonly plantId: number | null;
}

/** What leads nowhere, or to several, is a fault, and its row keeps no value. */
export async function resolveReferences(
  ctx: Context,
  resource: AnyResource,
  rows: readonly CsvRow[],
  faults: CsvFault[],
): Promise<void> {
  const references = fieldsOf(resource).filter((entry): entry is [string, Reference] => entry[1].kind === 'reference');
  // The plant first: the others are looked up in it.
  const inOrder = references.toSorted(([a], [b]) => Number(b === 'plantId') - Number(a === 'plantId'));
  for (const [name, field] of inOrder) {
    const titles = [...new Set(rows.map(({ values }) => values[name]).filter((title) => typeof title === 'string'))];
    if (titles.length === 0) continue;
    const found = await findByTitle(ctx, field, titles);
    for (const { line, values } of rows) {
      const title = values[name];
      if (typeof title !== 'string') continue;
      const result = choose(resource, { field, title, hits: found.get(title) ?? [], plantId: values['plantId'] });
      values[name] = 'id' in result ? result.id : undefined;
      if (!('id' in result)) faults.push({ line, column: headerOf(name, field), ...result });
    }
  }
  // It was there to say which one is meant, and follows from that.
  if (fieldOf(resource, 'plantId')?.readOnly) for (const { values } of rows) delete values['plantId'];
}

async function findByTitle(ctx: Context, field: Reference, titles: readonly string[]): Promise<Map<string, Hit[]>> {
  const column = sql.ref(`record.${field.title}`);
  // Not every table has a plant.
  const { rows } = await sql<Hit & { title: string }>`
    SELECT record.id, ${column} AS title, (to_jsonb(record) ->> 'plant_id')::int AS "plantId"
    FROM ${sql.table(`mes.${field.to.replaceAll('-', '_')}`)} AS record
    WHERE ${column} = ANY (${titles}) AND record.archived_at IS NULL`.execute(ctx.db);
  return Map.groupBy(rows, ({ title }) => title);
}

function choose(
  resource: AnyResource,
  { field, title, hits, plantId }: { field: Reference; title: string; hits: readonly Hit[]; plantId: unknown },
): { id: number } | ReturnType<typeof fault> {
  const named = typeof plantId === 'number' && field.to !== 'plants';
  const here = named ? hits.filter((hit) => hit.plantId === null || hit.plantId === plantId) : hits;
  if (here.length === 0 && hits.length > 0) {
    // A record that has a plant of its own says itself that the other is elsewhere.
    const [only] = hits;
    return only && hits.length === 1 && !fieldOf(resource, 'plantId')?.readOnly ? only : fault('other_plant', {});
  }
  const [one] = here;
  if (!one) return fault('no_record', { of: field.to, value: title });
  if (here.length === 1) return one;
  const byPlant =
    !named && fieldOf(resource, 'plantId') !== undefined && new Set(here.map((hit) => hit.plantId)).size > 1;
  return fault('several_records', { of: field.to, value: title, byPlant });
}
