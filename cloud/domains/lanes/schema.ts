// Arrangements of lanes as the API takes and answers them.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../../platform/http/schema.ts';

/** More machines than a lane can have. */
const MAX_MACHINES = 200;

export const ArrangementQuery = Type.Object(
  { at: Type.Optional(Type.Unsafe<string>({ ...Instant, description: 'Left out: now' })) },
  { additionalProperties: false },
);

const from = Nullable(Instant);
const to = Nullable(Instant);

export const ArrangeBody = Strict({
  version: Type.Integer({ minimum: 1, description: 'Of the lane, as you read it' }),
  machines: Type.Array(
    Strict({
      machineId: Id,
      isConstraint: Type.Optional(Type.Boolean()),
      isOutfeed: Type.Optional(Type.Boolean()),
      comesFrom: Type.Optional(
        Type.Unsafe<number | null>({
          ...Nullable(Id),
          description: 'The lane it is taken out of; left out or null: it stands in none',
        }),
      ),
    }),
    { maxItems: MAX_MACHINES, description: 'In the direction of the product' },
  ),
  from: Type.Optional(Type.Unsafe<string | null>({ ...from, description: 'Left out: now. Null: from the beginning' })),
  to: Type.Optional(Type.Unsafe<string | null>({ ...to, description: 'Left out or null: until further notice' })),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: ONE_LINE })),
});
export type ArrangeBody = Static<typeof ArrangeBody>;

export const Arrangement = Type.Object({
  laneId: Id,
  version: Type.Integer(),
  /** The stretch that is shown: nothing changed in it. */
  from,
  to,
  machines: Type.Array(
    Type.Object({
      machineId: Id,
      name: Type.String(),
      displayName: Type.String(),
      isConstraint: Type.Boolean(),
      isOutfeed: Type.Boolean(),
    }),
  ),
  /** The other machines of the plant, and where each of them stands at that instant. */
  others: Type.Array(
    Type.Object({
      machineId: Id,
      displayName: Type.String(),
      laneId: Nullable(Id),
      laneName: Nullable(Type.String()),
    }),
  ),
  /** All stretches in which somebody stands there, newest first. */
  stretches: Type.Array(Type.Object({ from, to, machines: Type.Integer() })),
  checks: Type.Array(Type.Enum(['no_constraint', 'no_outfeed'])),
});
export type Arrangement = Static<typeof Arrangement>;

export const Places = Type.Object({
  items: Type.Array(
    Type.Object({
      laneId: Id,
      laneName: Type.String(),
      /** Counted from 1. */
      place: Type.Integer(),
      isConstraint: Type.Boolean(),
      isOutfeed: Type.Boolean(),
      from,
      to,
    }),
  ),
});
export type Places = Static<typeof Places>;
