// Requests for a route, made from its OpenAPI description and a seed: such as fit, and such as nobody in
// his right mind would send.

import fc from 'fast-check';
import type { Request } from '../isolation/requests.ts';

/** As far as it is understood here; anything else is any value. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

export interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: JsonSchema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** A request as it goes over the wire. */
export interface Shot {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly type?: string;
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_LETTERS = 60;

/** Values that fit a schema. */
export function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting));
  switch (schema.type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: Math.min(schema.maximum ?? 1_000, 2_000_000_000) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(fitting(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, fitting(each)])),
        {
          requiredKeys: [...(schema.required ?? [])],
        },
      );
    default:
      return text(schema);
  }
}

function text(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.format === 'date-time')
    return fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (schema.format === 'uuid') return fc.uuid();
  const minLength = schema.minLength ?? 0;
  const maxLength = Math.max(minLength, Math.min(schema.maxLength ?? MAX_LETTERS, MAX_LETTERS));
  // Patterns here forbid NUL and line breaks, or ask for plain letters.
  const plain = (schema.pattern ?? '^[^').startsWith('^[^')
    ? fc.string({ minLength, maxLength, unit: 'grapheme' })
    : fc.stringMatching(/^[a-z][a-z0-9]{3,12}$/);
  return plain;
}

const hostileTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\uD800',
  '\u202Eoops',
  '𝕌𝕟𝕚𝕔𝕠𝕕𝕖 ﷽ 👩‍👩‍👧‍👦',
  "'; DROP TABLE departments; --",
  "1' OR '1'='1",
  '${7*7}{{7*7}}<script>alert(1)</script>',
  '../../etc/passwd',
  '%00',
  '%',
  '\\',
  '-1',
  '1e309',
  'NaN',
  'null',
  '2026-13-45T25:61:61Z',
  '0001-01-01T00:00:00Z',
  '275760-09-13T00:00:00Z',
  '{"a":1}',
  'eyJhIjoxfQ',
  Buffer.from('["name",false,"x",1]').toString('base64url'),
  'x'.repeat(5_000),
] as const;

export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...hostileTexts),
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    [],
    {},
    [[[[]]]],
    { $ne: 1 },
    0,
    -0,
    -1,
    0.1,
    1e21,
    2 ** 31,
    2 ** 53,
    -(2 ** 53),
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

const wholeBodies = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '{"a":'.repeat(500),
  '\u0000',
  '<xml/>',
  '{"__proto__":{"a":1}}',
  `"${'y'.repeat(1_100_000)}"`,
];
const types = [
  'application/json',
  'text/plain',
  'text/csv',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  '',
];
const oddHeaders: readonly Record<string, string>[] = [
  { 'idempotency-key': 'ä' },
  { 'idempotency-key': 'k'.repeat(300) },
  { 'x-request-id': '../../x' },
  { 'x-forwarded-for': '999.1.2.3, ::1' },
  { accept: 'application/xml' },
  { cookie: 'unison_refresh=%FF; unison_device=;;' },
  { origin: 'https://evil.example' },
  { authorization: 'Bearer a.b.c' },
];

/** The honest request, as it is, varied within its schema, or spoilt in one place or two. */
export function shots(operation: Operation, honest: Request): fc.Arbitrary<Shot> {
  const plain = wired(honest);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(plain) },
    { weight: 5, arbitrary: varied(operation, honest) },
    { weight: 11, arbitrary: spoilt(operation, honest) },
  );
}

function wired({ path = {}, query = {}, body, headers = {} }: Request): Shot {
  const asked = Object.entries(query).map(([name, value]) => [name, String(value)] as const);
  if (body === undefined) return { path, query: asked, headers };
  const csv = typeof body === 'string';
  return {
    path,
    query: asked,
    headers,
    body: csv ? body : JSON.stringify(body),
    type: csv ? 'text/csv' : 'application/json',
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields of the body and the query that the honest request leaves out, filled in. */
function varied({ parameters = [], requestBody }: Operation, honest: Request): fc.Arbitrary<Shot> {
  const asked = parameters.filter((each) => each.in === 'query' && !(each.name in (honest.query ?? {})));
  const query = fc.record(Object.fromEntries(asked.map(({ name, schema = {} }) => [name, fitting(schema)])), {
    requiredKeys: [],
  });
  const fields = requestBody?.content['application/json']?.schema?.properties ?? {};
  const free = Object.entries(fields).filter(
    ([name, { type, anyOf }]) =>
      name !== 'version' && (type === 'string' || anyOf !== undefined || !isRecord(honest.body)),
  );
  const body = fc.record(Object.fromEntries(free.map(([name, schema]) => [name, fitting(schema)])), {
    requiredKeys: [],
  });
  return fc.tuple(query, body).map(([moreQuery, moreBody]) =>
    wired({
      ...honest,
      query: { ...moreQuery, ...honest.query },
      ...(isRecord(honest.body) ? { body: { ...honest.body, ...moreBody } } : {}),
    }),
  );
}

function spoilt({ parameters = [] }: Operation, honest: Request): fc.Arbitrary<Shot> {
  const plain = wired(honest);
  const inQuery = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  const ways: fc.Arbitrary<Shot>[] = [
    fc
      .tuple(fc.constantFrom('unknown', '__proto__', 'constructor', ...inQuery), hostile)
      .map(([name, value]) => ({ ...plain, query: [...plain.query, [name, String(value)] as const] })),
    fc.constantFrom(...oddHeaders).map((headers) => ({ ...plain, headers: { ...plain.headers, ...headers } })),
  ];
  if (inQuery.length > 0)
    ways.push(
      fc.tuple(fc.constantFrom(...inQuery), hostile, hostile).map(([name, one, other]) => ({
        ...plain,
        query: [
          [name, String(one)],
          [name, String(other)],
        ] as const,
      })),
    );
  for (const { name, schema = {} } of parameters.filter((each) => each.in === 'path')) {
    const value = fc.oneof(hostile, fitting(schema));
    ways.push(value.map((one) => ({ ...plain, path: { ...plain.path, [name]: one } })));
  }
  if (plain.body !== undefined) {
    ways.push(
      fc
        .tuple(fc.constantFrom(...wholeBodies), fc.constantFrom(...types))
        .map(([body, type]) => ({ ...plain, body, type })),
    );
    ways.push(fc.constantFrom(...types).map((type) => ({ ...plain, type })));
    const { body } = honest;
    if (isRecord(body)) {
      const names = Object.keys(body);
      ways.push(
        fc
          .tuple(fc.constantFrom('unknown', ...names), hostile)
          .map(([name, value]) => ({ ...plain, body: JSON.stringify({ ...body, [name]: value }) })),
      );
      if (names.length > 0)
        ways.push(
          fc.constantFrom(...names).map((name) => ({ ...plain, body: JSON.stringify({ ...body, [name]: undefined }) })),
        );
    }
    if (typeof body === 'string')
      ways.push(hostile.map((value) => ({ ...plain, body: `${body}${String(value)},"\n` })));
  }
  return fc.oneof(...ways);
}
