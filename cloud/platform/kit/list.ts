// Lists: search, filters, sort, and pages by cursor. A cursor holds the last row's place in the order, so
// rows that come or go while somebody pages are neither shown twice nor left out.

import { type RawBuilder, sql } from 'kysely';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { InvalidRequest } from '../errors.ts';
import type { Context } from '../http/context.ts';
import { type AnyResource, fieldOf, fieldsOf } from './resource.ts';
import { type AnyRecord, columnOf, joined, type Row, recordReader, selection, source, tableOf } from './rows.ts';

const MOST_COUNTED = 10_000;
/** Of what fits a search and passes the filters, so many of the best are listed. */
const MOST_RANKED = 1_000;
/** Columns that attributes may add to an export. */
const MOST_ATTRIBUTES = 200;
/** Words of a search that count; more narrow nothing down. */
const MAX_WORDS = 10;

export interface ListQuery extends Readonly<Record<string, unknown>> {
  readonly search?: string;
  readonly sort?: string;
  readonly limit: number;
  readonly cursor?: string;
  readonly archived: 'no' | 'only' | 'all';
  readonly total: boolean;
}

export interface Page {
  readonly items: AnyRecord[];
  readonly nextCursor: string | null;
  readonly total?: { readonly count: number; readonly more: boolean };
}

interface Order {
  readonly name: string;
  readonly descending: boolean;
  /** How the order compares: texts as people expect them. */
  readonly expression: RawBuilder<unknown>;
  /** The value of a row at this order, exact, as text. */
  readonly place: RawBuilder<unknown>;
  /** That text back as what the order compares with. */
  readonly back: (text: string) => RawBuilder<unknown>;
}

/** One page. Throws InvalidRequest for a cursor that is not of this list. */
export async function listRecords(ctx: Context, resource: AnyResource, query: ListQuery): Promise<Page> {
  const ranked = isRanked(resource, query);
  const order = ranked && query.sort === undefined ? byPlace : orderOf(resource, query.sort ?? resource.order);
  const from = ranked ? sql`${foundBySearch(resource, query)} ${source(resource)}` : source(resource);
  const where = sql.join([sql`true`, ...conditions(resource, query)], sql` AND `);
  const after = query.cursor === undefined ? sql`true` : afterCursor(order, query.cursor);
  const direction = order.descending ? sql`DESC` : sql`ASC`;
  const { rows } = await sql<Row>`
    SELECT ${selection(resource)}, ${order.place} AS place
    FROM ${from}
    WHERE ${where} AND ${after}
    ORDER BY ${order.expression} ${direction}, record.id ${direction}
    LIMIT ${query.limit + 1}`.execute(ctx.db);
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  const nextCursor = last
    ? encodeCursor([order.name, order.descending, String(last['place']), Number(last['id'])])
    : null;
  return {
    items: rows.slice(0, query.limit).map(recordReader(resource)),
    nextCursor,
    ...(query.total
      ? { total: await countMatches(ctx, { from, where, most: ranked ? MOST_RANKED - 1 : MOST_COUNTED }) }
      : {}),
  };
}

const isRanked = (resource: AnyResource, { search }: ListQuery): boolean =>
  resource.searchedBy !== undefined && (search ?? '').trim() !== '';

/** What a resource's own search finds, each with its place; the kit's records are joined to it. */
function foundBySearch(resource: AnyResource, query: ListQuery): RawBuilder<unknown> {
  const searchedBy = sql.id('mes', resource.searchedBy ?? '');
  const filters = JSON.stringify(
    [...filtersOf(resource, query)].map(({ name, ...filter }) => ({ ...filter, column: columnOf(name) })),
  );
  return sql`${searchedBy}(${query.search}, ${MOST_RANKED}, ${filters}::jsonb) AS found,`;
}

const byPlace: Order = {
  name: 'place',
  descending: false,
  expression: sql`found.place`,
  place: sql`found.place::text`,
  back: (text) => sql`${text}::int`,
};

/** Names that occur among a resource's attributes, in order: the columns of an export. */
export async function attributeNames(ctx: Context, resource: AnyResource): Promise<string[]> {
  const field = fieldsOf(resource).find(([, { kind }]) => kind === 'attributes');
  if (!field) return [];
  const { rows } = await sql<{ name: string }>`
    SELECT DISTINCT keys.attribute COLLATE mes.natural AS name
    FROM ${tableOf(resource)}, jsonb_object_keys(${sql.ref(columnOf(field[0]))}) AS keys (attribute)
    ORDER BY 1 LIMIT ${MOST_ATTRIBUTES}`.execute(ctx.db);
  return rows.map(({ name }) => name);
}

/** Every match in the list's order, page by page, for an export; ends at `most` rows. */
export async function* allRecords(
  ctx: Context,
  resource: AnyResource,
  { query, most, pageSize }: { query: ListQuery; most: number; pageSize: number },
): AsyncGenerator<AnyRecord[]> {
  let cursor: string | null = null;
  for (let given = 0; given < most; ) {
    const { cursor: _, ...rest } = query;
    const limit = Math.min(pageSize, most - given);
    const page: Page = await listRecords(ctx, resource, {
      ...(rest as ListQuery),
      limit,
      total: false,
      ...(cursor === null ? {} : { cursor }),
    });
    given += page.items.length;
    yield page.items;
    cursor = page.nextCursor;
    if (cursor === null) return;
  }
}

/** Counts to `most`. As many as a search ranks may be all that it ranked: it says that there are more. */
async function countMatches(
  ctx: Context,
  { from, where, most }: { from: RawBuilder<unknown>; where: RawBuilder<unknown>; most: number },
): Promise<{ count: number; more: boolean }> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count
    FROM (SELECT FROM ${from} WHERE ${where} LIMIT ${most + 1}) AS matches`.execute(ctx.db);
  const count = rows[0]?.count ?? 0;
  return { count: Math.min(count, most), more: count > most };
}

function orderOf(resource: AnyResource, sort: string): Order {
  const descending = sort.startsWith('-');
  const name = descending ? sort.slice(1) : sort;
  const column = sql.ref(`record.${columnOf(name)}`);
  const field = fieldOf(resource, name);
  if (field === undefined)
    return {
      name,
      descending,
      expression: column,
      place: sql`${column}::text`,
      back: (text) => sql`${text}::timestamptz`,
    };
  if (field.kind === 'text' || field.kind === 'choice' || field.kind === 'reference') {
    // Of a reference: what people read, not its id.
    const read = field.kind === 'reference' ? sql.ref(`${joined(name)}.${field.title}`) : column;
    const expression = sql`${read} COLLATE mes.natural`;
    return { name, descending, expression, place: read, back: (text) => sql`${text}::text COLLATE mes.natural` };
  }
  const type = {
    integer: 'int',
    decimal: 'numeric',
    boolean: 'boolean',
    date: 'date',
    instant: 'timestamptz',
    texts: 'jsonb',
    attributes: 'jsonb',
  };
  const back = (text: string) => sql`${text}::${sql.raw(type[field.kind])}`;
  return { name, descending, expression: column, place: sql`${column}::text`, back };
}

/** What a field must be; all of them hold. */
interface Filter {
  readonly name: string;
  /** One of the attributes that the field holds. */
  readonly attribute?: string;
  readonly any?: readonly unknown[];
  /** Half-open: from ≤ value < to. */
  readonly from?: unknown;
  readonly to?: unknown;
  /** Whether there is a value. */
  readonly set?: boolean;
}

function* filtersOf(resource: AnyResource, query: ListQuery): Generator<Filter> {
  if (query.archived !== 'all') yield { name: 'archivedAt', set: query.archived === 'only' };
  const listed = (wanted: unknown): readonly unknown[] => (Array.isArray(wanted) ? wanted : [wanted]);
  for (const [name, field] of fieldsOf(resource)) {
    if (field.kind === 'attributes')
      for (const [asked, wanted] of Object.entries(query)) {
        const [of, attribute] = asked.split('.');
        if (of === name && attribute !== undefined) yield { name, attribute, any: listed(wanted) };
      }
    if (query[name] !== undefined) yield { name, any: listed(query[name]) };
    if (query[`${name}From`] !== undefined) yield { name, from: query[`${name}From`] };
    if (query[`${name}To`] !== undefined) yield { name, to: query[`${name}To`] };
  }
}

function conditionOf({ name, attribute, any, from, to, set }: Filter): RawBuilder<unknown> {
  const column = sql.ref(`record.${columnOf(name)}`);
  if (attribute !== undefined) return sql`${column} ->> ${attribute} = ANY (${any})`;
  if (any !== undefined) return sql`${column} = ANY (${any})`;
  if (from !== undefined) return sql`${column} >= ${from}`;
  if (to !== undefined) return sql`${column} < ${to}`;
  return set === true ? sql`${column} IS NOT NULL` : sql`${column} IS NULL`;
}

function* conditions(resource: AnyResource, query: ListQuery): Generator<RawBuilder<unknown>> {
  for (const filter of filtersOf(resource, query)) yield conditionOf(filter);
  if (isRanked(resource, query)) {
    yield sql`record.id = found.id`;
    return;
  }
  const searched = fieldsOf(resource).filter(([, field]) => field.search);
  const words = (query.search ?? '').split(/\s+/).filter(Boolean);
  for (const word of words.slice(0, MAX_WORDS)) {
    const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
    const hits = searched.map(([name]) => sql`${sql.ref(`record.${columnOf(name)}`)} ILIKE ${pattern}`);
    yield hits.length === 0 ? sql`false` : sql`(${sql.join(hits, sql` OR `)})`;
  }
}

const cursorCheck = Compile(
  Type.Tuple([Type.String(), Type.Boolean(), Type.String(), Type.Integer({ minimum: 1, maximum: 2_147_483_647 })]),
);

function encodeCursor(place: [name: string, descending: boolean, value: string, id: number]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function afterCursor(order: Order, cursor: string): RawBuilder<unknown> {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    place = null;
  }
  if (!cursorCheck.Check(place) || place[0] !== order.name || place[1] !== order.descending || place[2].includes('\0'))
    throw new InvalidRequest([
      { path: 'query/cursor', message: 'is not of this list: take nextCursor as it was given, with the same sort' },
    ]);
  const compared = sql`(${order.expression}, record.id)`;
  const here = sql`(${order.back(place[2])}, ${place[3]}::int)`;
  return order.descending ? sql`${compared} < ${here}` : sql`${compared} > ${here}`;
}
