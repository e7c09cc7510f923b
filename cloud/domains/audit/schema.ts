// What the audit trail's routes take and give.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static } from '../../platform/http/schema.ts';

const Word = Type.String({ minLength: 1, maxLength: 100 });

export const AuditQuery = Type.Object(
  {
    entity: Type.Optional(Word),
    entityId: Type.Optional(Word),
    action: Type.Optional(Word),
    actorId: Type.Optional(Id),
    search: Type.Optional(
      Type.String({ maxLength: 100, description: 'Part of the name of who did it, or of the reason' }),
    ),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'nextBefore of the page before' })),
  },
  { additionalProperties: false },
);

const Fields = Nullable(Type.Record(Type.String(), Type.Unknown()));

export const AuditPage = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      at: Instant,
      actorKind: Type.String(),
      actorId: Nullable(Type.Integer()),
      actorName: Type.String(),
      action: Type.String(),
      entity: Type.String(),
      entityId: Type.String(),
      plantId: Nullable(Type.Integer()),
      old: Fields,
      new: Fields,
      reason: Nullable(Type.String()),
      requestId: Type.String(),
      sequence: Nullable(Type.Integer({ description: 'Place in the chain; null until it is sealed' })),
    }),
  ),
  nextBefore: Nullable(Type.Integer()),
});

/** `row_changed`, `row_missing`: a sealed row; `chain_broken`, `seal_missing`: the seals; `row_unknown`: no seal, and none due. */
const Fault = Type.Object({
  sequence: Nullable(Type.Integer()),
  auditLogId: Nullable(Type.Integer()),
  kind: Type.Enum(['seal_missing', 'chain_broken', 'row_missing', 'row_changed', 'row_unknown']),
});

export const Verification = Type.Object({
  ok: Type.Boolean(),
  sealedUpTo: Nullable(
    Type.Object({
      sequence: Type.Integer(),
      auditLogId: Type.Integer(),
      sealedAt: Instant,
      hash: Type.String({
        description: 'SHA-256, hexadecimal. Keep it elsewhere: a later chain must still contain it.',
      }),
    }),
  ),
  waiting: Type.Integer({ description: 'Rows not sealed yet' }),
  faults: Type.Array(Fault),
});

export type AuditQuery = Static<typeof AuditQuery>;
export type AuditPage = Static<typeof AuditPage>;
export type Verification = Static<typeof Verification>;
