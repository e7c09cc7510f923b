// Checks requests against their TypeBox schemas. Bodies are taken as they are: no coercion, no unknown
// fields. What comes as text by nature (query, path, headers) is converted and gets its defaults.

import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FieldError } from '../errors.ts';
import { InvalidRequest } from '../errors.ts';

/** Names more than this help nobody. */
const MAX_FIELD_ERRORS = 20;

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const part = httpPart === 'querystring' ? 'query' : (httpPart ?? 'request');
  const validator = Compile(schema);
  const read = httpPart === 'body' ? (given: unknown) => given : reader(schema);
  return (given: unknown) => {
    const value = read(given);
    if (validator.Check(value)) return { value };
    return { error: new InvalidRequest(fieldErrors(part, schema, validator.Errors(value))) };
  };
};

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
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function fieldErrors(part: string, schema: TSchema, errors: readonly SchemaError[]): FieldError[] {
  return explainErrors(schema, errors)
    .slice(0, MAX_FIELD_ERRORS)
    .map(({ path, message }) => ({ path: part + path, message }));
}

/** What is wrong with a value, in words for who sent it; `path` is `/name` or empty. */
export function explainErrors(schema: TSchema, errors: readonly SchemaError[]): FieldError[] {
  return errors
    .filter((error) => error.message !== 'must not be valid' && error.message !== 'schema is false')
    .flatMap((error) => {
      const { requiredProperties } = error.params as { requiredProperties?: readonly string[] };
      if (!requiredProperties) return [{ path: error.instancePath, message: explain(schema, error) }];
      return requiredProperties.map((name) => ({ path: `${error.instancePath}/${name}`, message: 'is missing' }));
    });
}

function explain(schema: TSchema, { instancePath, message, params }: SchemaError): string {
  const { additionalProperties, pattern } = params as { additionalProperties?: unknown; pattern?: unknown };
  if (Array.isArray(additionalProperties)) return `has unknown fields: ${additionalProperties.join(', ')}`;
  if (pattern === undefined) return message;
  // A pattern is for machines; its schema's description says it for people.
  const { properties } = schema as { properties?: Record<string, { description?: string }> };
  const description = properties?.[instancePath.split('/')[1] ?? '']?.description;
  return description === undefined ? message : `may hold ${description} only`;
}
