// The TypeBox schemas of a resource: of its record, of what creates and changes it, and of a list's query.

import Type, { type TObject, type TSchema } from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../http/schema.ts';
import { type AnyResource, ATTRIBUTE_NAME, type Field, fieldsOf, titleNameOf } from './resource.ts';

export const MAX_PAGE = 500;
const DEFAULT_PAGE = 50;
/** Values of one filter at most. */
const MAX_CHOSEN = 50;

const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'Why, for the history' });
/** The version that was read; another one answers 409. */
const Version = Type.Integer({ minimum: 1, description: 'The version you read' });

export const RecordParams = Type.Object({ id: Id });
export const ArchiveQuery = Type.Object({ version: Version, reason: Type.Optional(Reason) });
export const RestoreBody = Strict({ version: Version, reason: Type.Optional(Reason) });

function valueSchema(field: Field): TSchema {
  switch (field.kind) {
    case 'text':
      return Type.String({
        minLength: field.required ? 1 : 0,
        maxLength: field.maxLength,
        // PostgreSQL's text has no NUL; a line break has a place in long texts only.
        pattern: field.pattern?.source ?? (field.multiline ? '^[^\\u0000]*$' : ONE_LINE),
        ...(field.pattern ? { description: field.pattern.says } : {}),
      });
    case 'integer':
      return Type.Integer({ minimum: field.minimum, maximum: field.maximum });
    case 'decimal':
      return Type.Number({ minimum: field.minimum, maximum: field.maximum });
    case 'boolean':
      return Type.Boolean();
    case 'choice':
      return Type.Enum([...field.choices]);
    case 'date':
      return Type.String({ format: 'date' });
    case 'instant':
      return Instant;
    case 'reference':
      return Id;
    case 'texts':
      return Type.Array(Type.String({ minLength: 1, maxLength: field.maxLength, pattern: '^[^\\u0000]*$' }), {
        maxItems: field.maxItems,
      });
    case 'attributes': {
      const text = Type.String({ minLength: 1, maxLength: field.maxLength, pattern: '^[^\\u0000]*$' });
      const patternProperties = { [ATTRIBUTE_NAME]: Type.Union([text, Type.Number(), Type.Boolean()]) };
      return Type.Object({}, { patternProperties, additionalProperties: false, maxProperties: field.maxItems });
    }
  }
}

function fieldSchema(field: Field): TSchema {
  const schema = valueSchema(field);
  return field.required ? schema : Nullable(schema);
}

/** A record as it is answered. */
export function recordSchema(resource: AnyResource): TObject {
  const properties: Record<string, TSchema> = { id: Id };
  for (const [name, field] of fieldsOf(resource)) {
    properties[name] = answered(field);
    if (field.kind === 'reference')
      properties[titleNameOf(name)] = field.required ? Type.String() : Nullable(Type.String());
  }
  return Type.Object({
    ...properties,
    version: Type.Integer(),
    createdAt: Instant,
    updatedAt: Instant,
    archivedAt: Nullable(Instant),
  });
}

/** What is answered is described, not checked again: rules of input would only cost time here. */
function answered(field: Field): TSchema {
  const plain: Record<Field['kind'], TSchema> = {
    text: Type.String(),
    integer: Type.Integer(),
    decimal: Type.Number(),
    boolean: Type.Boolean(),
    choice: Type.String(),
    date: Type.String(),
    instant: Type.String(),
    reference: Type.Integer(),
    texts: Type.Array(Type.String()),
    attributes: Type.Record(Type.String(), Type.Unknown()),
  };
  return field.required ? plain[field.kind] : Nullable(plain[field.kind]);
}

export function createSchema(resource: AnyResource): TObject {
  const properties: Record<string, TSchema> = {};
  for (const [name, field] of fieldsOf(resource)) {
    if (field.readOnly) continue;
    const schema = fieldSchema(field);
    properties[name] = field.required && field.default === undefined ? schema : Type.Optional(schema);
  }
  return Strict({ ...properties, reason: Type.Optional(Reason) });
}

export function updateSchema(resource: AnyResource): TObject {
  const properties: Record<string, TSchema> = {};
  for (const [name, field] of fieldsOf(resource)) {
    if (!field.readOnly && !field.fixed) properties[name] = Type.Optional(fieldSchema(field));
  }
  return Strict({ version: Version, ...properties, reason: Type.Optional(Reason) });
}

const one = (schema: TSchema): TSchema =>
  Type.Optional(Type.Union([schema, Type.Array(schema, { maxItems: MAX_CHOSEN })]));

/** The query of a list: search, sort, paging, and a filter per field. Ranges are half-open: from ≤ value < to. */
export function listSchema(resource: AnyResource): TObject {
  const properties: Record<string, TSchema> = {};
  const patternProperties: Record<string, TSchema> = {};
  for (const [name, field] of fieldsOf(resource)) {
    if (field.kind === 'text' ? field.multiline : field.kind === 'texts') continue;
    if (field.kind === 'attributes') {
      patternProperties[`^${name}\\.[^.]{1,50}$`] = one(Type.String({ maxLength: field.maxLength }));
      continue;
    }
    if (field.kind === 'integer' || field.kind === 'decimal' || field.kind === 'date' || field.kind === 'instant') {
      properties[`${name}From`] = Type.Optional(valueSchema(field));
      properties[`${name}To`] = Type.Optional(valueSchema(field));
    }
    properties[name] = one(field.kind === 'text' ? Type.String({ maxLength: field.maxLength }) : valueSchema(field));
  }
  return Type.Object(
    {
      search: Type.Optional(Type.String({ maxLength: 200, description: 'Each word must occur' })),
      sort: Type.Optional(Type.Enum(sortsOf(resource).flatMap((name) => [name, `-${name}`]))),
      limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE }),
      cursor: Type.Optional(Type.String({ maxLength: 1_000, description: 'nextCursor of the page before' })),
      archived: Type.Enum(['no', 'only', 'all'], { default: 'no' }),
      total: Type.Boolean({ default: false, description: 'Count all matches, up to 10,000' }),
      ...properties,
    },
    { patternProperties, additionalProperties: false },
  );
}

/** What a list can be sorted by. */
export function sortsOf(resource: AnyResource): string[] {
  const own = fieldsOf(resource)
    .filter(([, field]) => field.sort)
    .map(([name]) => name);
  return [...own, 'createdAt', 'updatedAt'];
}

export function pageSchema(resource: AnyResource): TObject {
  return Type.Object({
    items: Type.Array(recordSchema(resource)),
    nextCursor: Nullable(Type.String()),
    total: Type.Optional(Type.Object({ count: Type.Integer(), more: Type.Boolean() })),
  });
}

export const HistoryQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    before: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);

/** What happened to a record, newest first. */
export const History = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      at: Instant,
      actorKind: Type.String(),
      actorName: Type.String(),
      action: Type.String(),
      old: Nullable(Type.Record(Type.String(), Type.Unknown())),
      new: Nullable(Type.Record(Type.String(), Type.Unknown())),
      reason: Nullable(Type.String()),
      requestId: Type.String(),
    }),
  ),
  nextBefore: Nullable(Type.Integer()),
});
