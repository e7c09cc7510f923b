// What a request is told that does not fit: one message for each fault, that names what was expected.

import Type, { type TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../errors.ts';
import { date, defineResource, integer, text, texts } from '../kit/resource.ts';
import { createSchema } from '../kit/schemas.ts';
import { validatorCompiler } from './validation.ts';

const suppliers = createSchema(
  defineResource({
    name: 'suppliers',
    singular: 'supplier',
    table: 'suppliers',
    scope: 'organization',
    title: 'name',
    key: [],
    order: 'name',
    fields: {
      name: text({ required: true, sort: true, maxLength: 5 }),
      approval: { kind: 'choice', choices: ['pending', 'approved'] },
      leadTimeDays: integer({ maximum: 1000 }),
      since: date({}),
      city: text({ pattern: { source: '^[A-Z]*$', says: 'capital letters' } }),
      tags: texts({ maxItems: 2 }),
    },
  }),
);

function told(schema: TSchema, given: unknown, httpPart = 'body') {
  const check = validatorCompiler({ schema, method: 'POST', url: '/', httpPart });
  const { error } = check(given) as { error?: unknown };
  if (!(error instanceof InvalidRequest)) throw new Error('it was taken');
  return error.fields;
}

describe('a field that may be left empty', () => {
  it.each([
    [{ leadTimeDays: 'soon' }, 'leadTimeDays', 'type', 'must be a whole number'],
    [{ leadTimeDays: 1.5 }, 'leadTimeDays', 'type', 'must be a whole number'],
    [{ leadTimeDays: 1001 }, 'leadTimeDays', 'maximum', 'must be at most 1000'],
    [{ since: 'yesterday' }, 'since', 'type', 'must be a date such as 2026-03-04'],
    [{ since: 20260304 }, 'since', 'type', 'must be a date such as 2026-03-04'],
    [{ approval: 'maybe' }, 'approval', 'one_of', 'must be one of pending, approved'],
    [{ city: 'Bern' }, 'city', 'pattern', 'may hold capital letters only'],
    [{ tags: 'a' }, 'tags', 'type', 'must be a list'],
    [{ tags: ['a', 'b', 'c'] }, 'tags', 'max_items', 'must have at most 2 items'],
    [{ tags: ['a', 7] }, 'tags/1', 'type', 'must be a text'],
  ])('%j is refused in one message', (fields, path, code, message) => {
    expect(told(suppliers, { name: 'Acme', ...fields })).toEqual([
      expect.objectContaining({ path: `body/${path}`, code, message }),
    ]);
  });
});

it('each fault has its own message, and its parameters for programs', () => {
  expect(told(suppliers, { approval: 'no', leadTimeDays: -1, colour: 'red' })).toEqual([
    { path: 'body/name', message: 'is missing', code: 'missing', params: {} },
    { path: 'body', message: 'has unknown fields: colour', code: 'unknown_fields', params: { names: ['colour'] } },
    {
      path: 'body/approval',
      message: 'must be one of pending, approved',
      code: 'one_of',
      params: { values: ['pending', 'approved'] },
    },
    { path: 'body/leadTimeDays', message: 'must be at least 0', code: 'minimum', params: { limit: 0 } },
  ]);
  expect(told(suppliers, { name: 'two\nlines' }).map(({ message }) => message)).toEqual([
    'must have at most 5 characters',
    'must be one line of text',
  ]);
});

it('of several shapes, the one that was meant is told', () => {
  const either = Type.Object({
    ids: Type.Union([Type.Integer(), Type.Array(Type.Integer({ minimum: 1 }))]),
    kind: Type.Union([Type.Literal('tv'), Type.Literal('tablet')]),
  });
  expect(told(either, { ids: [1, 0], kind: 'phone' })).toEqual([
    expect.objectContaining({ path: 'body/ids/1', message: 'must be at least 1' }),
    expect.objectContaining({ path: 'body/kind', message: 'must be one of tv, tablet' }),
  ]);
  expect(told(either, { ids: 'all', kind: 'tv' })).toEqual([
    expect.objectContaining({ path: 'body/ids', message: 'must be a whole number' }),
  ]);
});

it.each([
  [{ name: 'a\0' }, 'query/name'],
  [{ name: ['a', '\0'] }, 'query/name'],
])('no address asks for a NUL, which the database knows not: %j', (asked, path) => {
  const one = Type.String();
  const schema = Type.Object({ name: Type.Union([one, Type.Array(one)]) });
  expect(told(schema, asked, 'querystring')).toEqual([expect.objectContaining({ path, code: 'one_line' })]);
});
