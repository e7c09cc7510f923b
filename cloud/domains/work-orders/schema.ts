// What the routes of work orders take and give, beside the kit's.

import Type from 'typebox';
import { Id, Instant, Nullable, Strict } from '../../platform/http/schema.ts';

export const StepBody = Strict({
  version: Type.Integer({ minimum: 1, description: 'The version you read' }),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Why, for the history' })),
});
export const CancelBody = Strict({
  version: Type.Integer({ minimum: 1, description: 'The version you read' }),
  reason: Type.String({ minLength: 1, maxLength: 500, description: 'Why, for the history' }),
});

export const BoardQuery = Type.Object(
  {
    plant: Id,
    from: Type.String({ format: 'date', description: "The first day, on the plant's calendar" }),
    days: Type.Integer({ minimum: 1, maximum: 14, default: 7 }),
    columns: Type.Enum(['days', 'shifts'], { default: 'days' }),
  },
  { additionalProperties: false },
);

export const Board = Type.Object({
  plant: Type.Object({ id: Id, name: Type.String(), timeZone: Type.String() }),
  today: Type.String({ description: "The plant's day now" }),
  columns: Type.Array(
    Type.Object({
      day: Type.String(),
      /** Null: the whole day. */
      shift: Nullable(Type.String()),
      from: Instant,
      to: Instant,
    }),
  ),
  lanes: Type.Array(Type.Object({ id: Id, name: Type.String() })),
  orders: Type.Array(
    Type.Object({
      id: Id,
      version: Type.Integer(),
      number: Type.String(),
      material: Type.String(),
      materialName: Type.String(),
      quantity: Type.Number(),
      unit: Type.String(),
      priority: Type.Integer(),
      status: Type.String(),
      laneId: Nullable(Id),
      plannedFrom: Nullable(Instant),
      plannedTo: Nullable(Instant),
      actualFrom: Nullable(Instant),
      promisedDate: Type.String(),
      overdue: Type.Boolean(),
      /** Machines on which it runs now. */
      runningOn: Type.Array(Type.String()),
    }),
  ),
  truncated: Type.Boolean({ description: 'There are more orders than are shown' }),
});
