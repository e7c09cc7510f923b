// What GET /now/figures gives, and the live stream's event `figures`. Times are in milliseconds, as in the stream.

import Type, { type Static } from 'typebox';
import { Id, Nullable, Strict } from '../../platform/http/schema.ts';

export const NowFiguresQuery = Strict({ plant: Id });

const Ms = (description: string) => Type.Number({ description: `${description}; ms` });
const Ratio = Type.Object({
  value: Nullable(Type.Number()),
  numerator: Type.Number(),
  denominator: Type.Number(),
});

/** This shift up to the watermark. */
const ShiftFigures = Type.Object({
  availability: Ratio,
  performance: Ratio,
  quality: Ratio,
  oee: Ratio,
  coverage: Ratio,
  flags: Type.Array(Type.String()),
  pbt: Type.Number({ description: 'Planned busy time; microseconds' }),
  good: Type.Number(),
  rejects: Type.Number({ description: 'Scrap, rework and startup rejects' }),
});
export type ShiftFigures = Static<typeof ShiftFigures>;

const Shift = Type.Object({
  name: Type.String(),
  day: Type.String({ description: 'The plant day it is counted on' }),
  from: Ms('Begin'),
  to: Ms('End'),
});

const Output = Type.Object(
  {
    of: Type.Union([Type.Literal('run'), Type.Literal('shift')], {
      description: 'What is counted: the run; without one the shift',
    }),
    from: Ms('Since when'),
    order: Nullable(Type.String()),
    material: Nullable(Type.Object({ code: Type.String(), name: Type.String() })),
    good: Type.Number(),
    rejects: Type.Number({ description: 'Scrap, rework and startup rejects of the same time' }),
    pbt: Type.Number({ description: 'Planned busy time of it so far; microseconds' }),
    idealCycle: Nullable(Type.Number({ description: 'PRI; seconds' })),
    targetOee: Nullable(Type.Number()),
    target: Nullable(Type.Number({ description: 'Target now, in pieces' })),
    missing: Type.Array(Type.String({ description: 'Why there is no target, as GET /metrics/target-now says' })),
  },
  { description: 'Good pieces against what they should be by now' },
);
export type Output = Static<typeof Output>;

const Standstill = Type.Object(
  {
    from: Ms('Since when it stands'),
    to: Ms('Until when that is known'),
    category: Type.String(),
    reason: Nullable(
      Type.Object({ id: Id, code: Type.String(), name: Type.String(), nameDe: Nullable(Type.String()) }),
    ),
    machineReason: Nullable(Type.String({ description: 'What the machine itself gave as its reason' })),
  },
  { description: 'The stop that the machine is in, as facts have it' },
);

const MachineFigures = Type.Object({
  id: Id,
  upTo: Nullable(Ms('Up to when this is computed')),
  shift: Nullable(Shift),
  /** Null: nothing is known of this shift yet. */
  figures: Nullable(ShiftFigures),
  output: Nullable(Output),
  stop: Nullable(Standstill),
});
export type MachineFigures = Static<typeof MachineFigures>;

const LaneFigures = Type.Object({
  id: Id,
  constraint: Nullable(Type.String({ description: 'The machine at which a serial lane is measured' })),
  figures: Nullable(ShiftFigures),
});

export const NowFigures = Type.Object({
  at: Ms('When this was made, by the server’s clock'),
  machines: Type.Array(MachineFigures),
  lanes: Type.Array(LaneFigures),
});
export type NowFigures = Static<typeof NowFigures>;
