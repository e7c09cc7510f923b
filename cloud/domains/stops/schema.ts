// What the routes of stops take and give. Durations are in whole microseconds; instants are exact to the microsecond.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../../platform/http/schema.ts';

/** Of a list of intervals, a period has this many days at most; so has one classification. */
export const MOST_DAYS = 31;

const Remarks = Type.Optional(
  Nullable(Type.String({ minLength: 1, maxLength: 500, pattern: ONE_LINE, description: 'In words, one line' })),
);
const before = (text: string) => Type.String({ format: 'date-time', description: text });

export const ClassifyBody = Strict({
  machineId: Id,
  from: before('Where the stop begins, or the part of it that this is about'),
  to: before('Where that ends; not in it itself. At most 31 days later, and not in the future'),
  lossReasonId: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: 'A reason of the category unplanned_stop, planned_stop, setup or idle',
  }),
  overrulesRunning: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Also where the machine says that it ran. Needs stop-classifications.overrule, and remarks',
    }),
  ),
  lasts: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'The stop lasts: the reason holds until the machine runs again, also after `to`',
    }),
  ),
  remarks: Remarks,
});
export type ClassifyBody = Static<typeof ClassifyBody>;

export const TakeBackBody = Strict({ remarks: Remarks });

const Reason = Type.Object({ id: Id, code: Type.String(), name: Type.String(), nameDe: Nullable(Type.String()) });
const Who = { by: Type.String({ description: 'Who said it' }), at: Instant };

export const Classification = Type.Object({
  id: Id,
  plantId: Id,
  machineId: Id,
  machineName: Type.String(),
  from: Instant,
  to: Instant,
  reason: Reason,
  overrulesRunning: Type.Boolean(),
  lasts: Type.Boolean({ description: 'It holds until the machine runs again; `to` is when it was said' }),
  until: Nullable(
    Type.String({ format: 'date-time', description: 'Until when it holds; null: the machine has not run again' }),
  ),
  remarks: Nullable(Type.String()),
  ...Who,
  /** Null while it stands. */
  reversal: Nullable(Type.Object({ ...Who, remarks: Nullable(Type.String()) }, { description: 'Who took it back' })),
});
export type Classification = Static<typeof Classification>;

export const ClassificationsQuery = Strict({
  machine: Type.Optional(Id),
  from: Type.Optional(before('Those that hold after this')),
  to: Type.Optional(before('… and before this')),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  before: Type.Optional(Id),
});
export type ClassificationsQuery = Static<typeof ClassificationsQuery>;

export const Classifications = Type.Object({
  items: Type.Array(Classification),
  nextBefore: Nullable(Type.Integer({ description: 'Older ones: ask with before = this' })),
});
export type Classifications = Static<typeof Classifications>;

const period = { from: before('Begin of the period'), to: before('Its end; at most 31 days later') };

const Classified = Nullable(
  Type.Object({ id: Id, ...Who }, { description: 'Who gave the reason; null where no person did' }),
);
const Run = Nullable(
  Type.Object({ id: Id, orderNumber: Nullable(Type.String()), materialCode: Nullable(Type.String()) }),
);
const Shift = Nullable(
  Type.Object({
    id: Type.Integer(),
    name: Type.String(),
    businessDate: Type.String({ description: 'The day it is counted on' }),
  }),
);

export const IntervalsQuery = Strict({
  ...period,
  limit: Type.Integer({ minimum: 1, maximum: 5000, default: 1000 }),
  after: Type.Optional(before('Later ones: nextAfter of the page before')),
  before: Type.Optional(before('Earlier ones, from the end of the period on: nextBefore of the page after')),
});
export type IntervalsQuery = Static<typeof IntervalsQuery>;

export const Interval = Type.Object({
  from: Instant,
  to: Instant,
  category: Type.String({ description: 'What this time counts as' }),
  state: Type.String({ description: 'What the machine said: running, setup, idle, stopped or unknown' }),
  machineReason: Nullable(Type.String({ description: 'The reason that the machine gave' })),
  reason: Nullable(Reason),
  classification: Classified,
  run: Run,
  shift: Shift,
  begins: Type.Boolean({ description: 'The first part of its stop: what is counted as one occurrence' }),
  stretchFrom: Type.String({
    format: 'date-time',
    description: 'When the machine came into this state, whatever has cut it since',
  }),
});
export type Interval = Static<typeof Interval>;

export const FinalUntil = Nullable(
  Type.String({ format: 'date-time', description: 'Before it everything has arrived and is computed' }),
);

export const Intervals = Type.Object({
  machineId: Id,
  finalUntil: FinalUntil,
  items: Type.Array(Interval, { description: 'In time, whole: the first may begin before the period' }),
  nextAfter: Nullable(Instant),
  nextBefore: Nullable(Instant),
});
export type Intervals = Static<typeof Intervals>;

/** What time can be lost to that has a begin and an end. */
const lostCategories = ['unplanned_stop', 'minor_stop', 'setup', 'idle', 'no_order'] as const;

export const StopsQuery = Strict({
  ...period,
  unclassified: Type.Boolean({ default: false, description: 'Only stops that wait for a reason' }),
  category: Type.Optional(
    Type.Union(
      lostCategories.map((category) => Type.Literal(category)),
      { description: 'Only of this one; also setup, waiting and no order for which nobody gave a reason' },
    ),
  ),
  reason: Type.Optional(
    Type.String({ pattern: '^(none|[1-9][0-9]{0,8})$', description: 'Only for this reason; none: without one' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200 }),
});
export type StopsQuery = Static<typeof StopsQuery>;

const Stop = Type.Object({
  from: Instant,
  to: Nullable(Type.String({ format: 'date-time', description: 'Null while it lasts' })),
  duration: Type.Integer({
    description: 'Without breaks, planned windows and time outside of shifts in it; microseconds',
  }),
  category: Type.String(),
  state: Type.String(),
  machineReason: Nullable(Type.String()),
  reason: Nullable(Reason),
  unclassified: Type.Boolean({
    description: 'Longer than a minor stop, and neither the machine nor a person has given a reason',
  }),
  classification: Classified,
  run: Run,
  shift: Shift,
});
export type Stop = Static<typeof Stop>;

export const Stops = Type.Object({
  machineId: Id,
  finalUntil: FinalUntil,
  total: Type.Integer({ description: 'How many there are; items has the first of them' }),
  items: Type.Array(Stop, { description: 'Those that wait for a reason first; then the longest first' }),
});
export type Stops = Static<typeof Stops>;

export const LikelyQuery = Strict({ at: Type.Optional(before('At which stop; left out: now')) });

export const LikelyReasons = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Id,
      code: Type.String(),
      name: Type.String(),
      nameDe: Nullable(Type.String()),
      category: Type.String(),
      isFrequent: Type.Boolean({ description: 'The organisation offers it first' }),
      uses: Type.Integer({ description: 'How often it was given on this machine in the 30 days before' }),
    }),
    { description: 'At most six' },
  ),
});
export type LikelyReasons = Static<typeof LikelyReasons>;
