// What the revisions of a material look like in requests and answers.

import Type from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../../platform/http/schema.ts';

export const RevisionBody = Strict({
  version: Type.Integer({ minimum: 1, description: 'The version of the material that you read' }),
  revision: Type.String({ minLength: 1, maxLength: 20, pattern: ONE_LINE }),
  validFrom: Type.Optional(Instant),
  reason: Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000]*$', description: 'What is different' }),
});

export const RevisionParams = Type.Object({ id: Id });

const Revision = Type.Object({
  revision: Type.String(),
  validFrom: Instant,
  note: Nullable(Type.String()),
});

/** Newest first. */
export const Revisions = Type.Object({ items: Type.Array(Revision) });
