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
  const strict = httpPart === 'body';
  return (given: unknown) => {
    const value = strict ? given : validator.Convert(validator.Default(given));
    if (validator.Check(value)) return { value };
    return { error: new InvalidRequest(fieldErrors(part, validator.Errors(value))) };
  };
};

interface SchemaError {
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function fieldErrors(part: string, errors: readonly SchemaError[]): FieldError[] {
  return errors
    .filter((error) => error.message !== 'must not be valid' && error.message !== 'schema is false')
    .slice(0, MAX_FIELD_ERRORS)
    .map((error) => ({ path: `${part}${error.instancePath}`, message: explain(error) }));
}

function explain({ message, params }: SchemaError): string {
  const { additionalProperties } = params as { additionalProperties?: unknown };
  if (Array.isArray(additionalProperties)) return `has unknown fields: ${additionalProperties.join(', ')}`;
  return message;
}
