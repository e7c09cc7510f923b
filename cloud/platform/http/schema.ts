// Pieces that many schemas share.

import Type, { type Static, type TSchema } from 'typebox';

/** An id in a path or query. */
export const Id = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

/** An instant: ISO 8601 with its offset, `2026-03-04T05:06:07.089Z`. */
export const Instant = Type.String({ format: 'date-time', description: 'ISO 8601 with offset' });

/** The pattern of a text without line breaks, and without NUL, which PostgreSQL's text has not. */
export const ONE_LINE = '^[^\\u0000\\r\\n]*$';

export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** A body or query that refuses fields it does not know. */
export function Strict<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, { additionalProperties: false });
}

export type { Static };
