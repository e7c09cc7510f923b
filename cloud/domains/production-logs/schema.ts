// What the routes of production logs take and give.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../../platform/http/schema.ts';

const Quantity = Type.Number({ exclusiveMinimum: 0, maximum: 1e9, description: 'At most six digits after the point' });
const Kind = Type.Enum(['good', 'scrap', 'rework']);

export const LogBody = Strict({
  machineId: Id,
  kind: Kind,
  quantity: Quantity,
  /** Needed for scrap. */
  lossReasonId: Type.Optional(Nullable(Id)),
  /** Left out: the order that ran at that time. */
  workOrderId: Type.Optional(Nullable(Id)),
  operationId: Type.Optional(Nullable(Id)),
  /** Left out: now. */
  time: Type.Optional(Instant),
  remarks: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 500, pattern: ONE_LINE }))),
});

export const ReverseBody = Strict({
  remarks: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 500, pattern: ONE_LINE }))),
});

export const Log = Type.Object({
  id: Id,
  plantId: Id,
  machineId: Id,
  machineName: Type.String(),
  time: Instant,
  /** As named, or as a run says it. */
  workOrderId: Nullable(Id),
  workOrderNumber: Nullable(Type.String()),
  operationId: Nullable(Id),
  kind: Type.String(),
  quantity: Type.Number({ description: 'Negative in a reversal' }),
  lossReasonId: Nullable(Id),
  lossReasonName: Nullable(Type.String()),
  operatorName: Type.String(),
  remarks: Nullable(Type.String()),
  reversesId: Nullable(Id),
  /** Who takes it back did it here. */
  reversedById: Nullable(Id),
  createdAt: Instant,
});
export type Log = Static<typeof Log>;

export const LogsQuery = Type.Object(
  {
    machineId: Type.Optional(Id),
    workOrderId: Type.Optional(Id),
    plantId: Type.Optional(Id),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
    before: Type.Optional(Id),
  },
  { additionalProperties: false },
);
export const Logs = Type.Object({ items: Type.Array(Log), nextBefore: Nullable(Id) });

const Sums = Type.Object({ good: Type.Number(), scrap: Type.Number(), rework: Type.Number() });
/** Null: nothing has counted. */
const Counted = Nullable(Type.Object({ good: Type.Number(), rejects: Type.Number() }));

export const DeclaredQuery = Type.Object({ from: Instant, to: Instant }, { additionalProperties: false });
export const Declared = Type.Object({
  machineId: Id,
  machineName: Type.String(),
  from: Instant,
  to: Instant,
  /** Whose pieces count: the other's are shown beside them, never added. */
  goodSource: Type.String(),
  rejectSource: Type.String(),
  declared: Sums,
  counted: Counted,
  /** Declared less counted; null where one of them is not known. */
  difference: Counted,
});

export const Quantities = Type.Object({
  workOrderId: Id,
  quantity: Type.Number(),
  unit: Type.String(),
  /** Good pieces at the end of the order's way; null where nobody can tell yet. */
  done: Nullable(Type.Number()),
  machines: Type.Array(
    Type.Object({
      machineId: Id,
      machineName: Type.String(),
      operationId: Nullable(Id),
      operationName: Nullable(Type.String()),
      goodSource: Type.String(),
      rejectSource: Type.String(),
      declared: Sums,
      counted: Counted,
      /** By the machine's own sources; null where they have nothing to say yet. */
      good: Nullable(Type.Number()),
      rejects: Nullable(Type.Number()),
    }),
  ),
});
