// Checks requests against their TypeBox schemas. Bodies are taken as they are: no coercion, no unknown
// fields. What comes as text by nature (query, path, headers) is converted and gets its defaults.

import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { InvalidRequest } from '../errors.ts';
import { type Expected, type Fault, type FieldError, fault } from '../faults.ts';
import { ONE_LINE } from './schema.ts';

/** Names more than this help nobody. */
const MAX_FIELD_ERRORS = 20;

// The library stops at 8, and a field that may be null takes three of them. It has no setting but this one
// for the whole process.
Settings.Set({ maxErrors: 5 * MAX_FIELD_ERRORS });

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const part = httpPart === 'querystring' ? 'query' : (httpPart ?? 'request');
  const validator = Compile(schema);
  const read = httpPart === 'body' ? (given: unknown) => given : reader(schema);
  return (given: unknown) => {
    const value = read(given);
    if (validator.Check(value)) {
      const spoilt = httpPart === 'body' ? [] : namesWithNul(value);
      if (spoilt.length === 0) return { value };
      return {
        error: new InvalidRequest(spoilt.map((name) => ({ path: `${part}/${name}`, ...fault('one_line', {}) }))),
      };
    }
    return { error: new InvalidRequest(fieldErrors(part, schema, validator.Errors(value))) };
  };
};

/**
 * Which of what an address asks holds a NUL, which PostgreSQL's text has not. A body's schemas forbid it
 * themselves; an address has many parts that any text fits, and none that a NUL does.
 */
function namesWithNul(value: unknown): string[] {
  return Object.entries(value as Record<string, unknown>)
    .filter(([, each]) => [each].flat().some((one) => typeof one === 'string' && one.includes('\0')))
    .slice(0, MAX_FIELD_ERRORS)
    .map(([name]) => name);
}

/** Converts what came as text, and adds defaults: property by property, and only those that were given. */
function reader(schema: TSchema): (given: unknown) => unknown {
  const { properties } = schema as { properties?: Record<string, TSchema> };
  const whole = Compile(schema);
  if (!properties) return (given) => whole.Convert(whole.Default(given));
  const defaults = whole.Default({}) as Record<string, unknown>;
  const parts = new Map(Object.entries(properties).map(([name, part]) => [name, Compile(part)]));
  return (given) => {
    // Without a prototype: nobody's `__proto__=` becomes one.
    const value = Object.assign(Object.create(null) as Record<string, unknown>, defaults);
    for (const [name, text] of Object.entries(given as Record<string, unknown>)) {
      const part = parts.get(name);
      value[name] = !part || part.Check(text) ? text : part.Convert(text);
    }
    return value;
  };
}

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function fieldErrors(part: string, schema: TSchema, errors: readonly SchemaError[]): FieldError[] {
  return explainErrors(schema, errors)
    .slice(0, MAX_FIELD_ERRORS)
    .map((error) => ({ ...error, path: part + error.path }));
}

/** What is wrong with a value, in words for who sent it and a code for programs; `path` is `/name` or empty. */
export function explainErrors(schema: TSchema, errors: readonly SchemaError[]): FieldError[] {
  return withoutBranches(errors)
    .filter((error) => error.keyword !== 'not' && error.keyword !== 'boolean' && !wantsNull(error))
    .flatMap((error) => {
      const { requiredProperties } = error.params as { requiredProperties?: readonly string[] };
      if (!requiredProperties) return [{ path: error.instancePath, ...explain(schema, error) }];
      return requiredProperties.map((name) => ({ path: `${error.instancePath}/${name}`, ...fault('missing', {}) }));
    });
}

/**
 * Of a value that may be one of several things, only what the likeliest of them wants: what may be null is
 * told what it must be otherwise, not thrice that it is neither.
 */
function withoutBranches(errors: readonly SchemaError[]): SchemaError[] {
  // What lies deepest comes first, so that a choice within a choice is settled before the outer one.
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf').toSorted(byDepth);
  return unions.reduce<SchemaError[]>((left, union) => {
    const inside = `${union.schemaPath}/anyOf/`;
    const isInside = ({ schemaPath, instancePath }: SchemaError): boolean =>
      schemaPath.startsWith(inside) &&
      (instancePath === union.instancePath || instancePath.startsWith(`${union.instancePath}/`));
    const told = likeliest(union, left.filter(isInside));
    return left.flatMap((error) => (error === union ? told : isInside(error) ? [] : [error]));
  }, errors.slice());
}

const byDepth = (a: SchemaError, b: SchemaError): number => b.schemaPath.length - a.schemaPath.length;

function likeliest(union: SchemaError, inside: readonly SchemaError[]): SchemaError[] {
  const branches = Map.groupBy(inside, ({ schemaPath }) => schemaPath.slice(union.schemaPath.length).split('/')[2]);
  const possible = [...branches.values()].filter((branch) => !branch.some(wantsNull));
  const constants = possible.flat().filter(({ keyword }) => keyword === 'const');
  if (constants.length > 1 && constants.length === possible.length) {
    const allowedValues = constants.map(({ params }) => (params as { allowedValue: unknown }).allowedValue);
    return [{ ...union, keyword: 'enum', params: { allowedValues } }];
  }
  // Of what has the right type, only something inside is wrong.
  const close = possible.find(
    (branch) => !branch.some(({ keyword, instancePath }) => keyword === 'type' && instancePath === union.instancePath),
  );
  return close ?? possible[0] ?? [union];
}

const wantsNull = ({ keyword, params }: SchemaError): boolean =>
  keyword === 'type' && (params as { type?: unknown }).type === 'null';

const types: Readonly<Record<string, Expected>> = {
  string: 'text',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
  array: 'list',
  object: 'object',
};

/** Limits that are told as they are. */
const limits: Readonly<Record<string, 'minimum' | 'maximum' | `${'min' | 'max'}_${'length' | 'items'}`>> = {
  minimum: 'minimum',
  maximum: 'maximum',
  minLength: 'min_length',
  maxLength: 'max_length',
  minItems: 'min_items',
  maxItems: 'max_items',
};

function explain(schema: TSchema, { keyword, schemaPath, message, params }: SchemaError): Fault {
  const told = params as {
    type?: unknown;
    limit?: number;
    format?: string;
    additionalProperties?: readonly string[];
    allowedValues?: readonly unknown[];
  };
  const limit = limits[keyword];
  if (limit && told.limit !== undefined) return fault(limit, { limit: told.limit });
  switch (keyword) {
    case 'additionalProperties':
      return fault('unknown_fields', { names: told.additionalProperties ?? [] });
    case 'type': {
      const expected = types[String(told.type)];
      return expected ? fault('type', { expected: formatOf(schema, schemaPath) ?? expected }) : { message };
    }
    case 'enum':
      return fault('one_of', { values: told.allowedValues ?? [] });
    case 'format':
      return expectedBy(told.format)
        ? fault('type', { expected: expectedBy(told.format) ?? 'text' })
        : fault('format', { format: told.format ?? '' });
    case 'uniqueItems':
      return fault('duplicates', {});
    case 'pattern': {
      // A pattern is for machines; its schema's description says it for people.
      const { pattern, description } = schemaAt(schema, schemaPath);
      if (pattern === ONE_LINE) return fault('one_line', {});
      return description === undefined ? { message } : fault('pattern', { says: description });
    }
    default:
      return { message };
  }
}

function expectedBy(format: string | undefined): Expected | undefined {
  return format === 'date' ? 'date' : format === 'date-time' ? 'instant' : undefined;
}

const formatOf = (schema: TSchema, schemaPath: string): Expected | undefined =>
  expectedBy(schemaAt(schema, schemaPath).format);

interface SchemaPart {
  readonly pattern?: string;
  readonly format?: string;
  readonly description?: string;
}

/** The part of a schema that `#/properties/code/anyOf/0` leads to. */
function schemaAt(schema: TSchema, schemaPath: string): SchemaPart {
  const steps = schemaPath.split('/').slice(1);
  const part = steps.reduce<unknown>((outer, step) => (outer as Record<string, unknown> | undefined)?.[step], schema);
  return part ?? {};
}
