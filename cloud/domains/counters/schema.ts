// What the counters' routes take and give. Quantities are decimal numbers of at most 15 digits.

import Type from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, type Static, Strict } from '../../platform/http/schema.ts';

const Quantity = Type.Number({ description: 'Exact to 15 digits' });

export const reviewKinds = ['jump', 'fall', 'ambiguous', 'negative'] as const;

export const CountsQuery = Strict({
  from: Instant,
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Not included. Default: now' })),
});

const Sums = {
  pieces: Quantity,
  bridgedPieces: Type.Number({
    description: 'The part of them that came while nobody was looking: for order and stock, not for E and Q',
  }),
};

const CounterTag = Type.Object({
  tagId: Id,
  name: Type.String(),
  role: Type.String(),
  reason: Nullable(Type.String({ description: 'Why a reject counter counts' })),
  counts: Type.Number({ description: "The counter's own steps; pieces are these times pieces per count" }),
  ...Sums,
  readings: Type.Integer(),
  backsteps: Type.Integer(),
  rollovers: Type.Integer(),
  resets: Type.Integer(),
  openReviews: Type.Integer({ description: 'Steps that wait for a decision and are not in counts' }),
});

const Rejects = Type.Object({ reason: Nullable(Type.String()), ...Sums });

const Produced = {
  produced: Nullable(Type.Object(Sums, { description: 'PQ: the total, or good and rejects where there is none' })),
  good: Nullable(Type.Object(Sums, { description: 'GQ: the good, or the total without rejects where there is none' })),
  rejects: Type.Array(Rejects),
  infeed: Nullable(Type.Object(Sums)),
  unexplained: Nullable(
    Type.Number({ description: 'Total − good − rejects, where all three are counted: shown, never spread' }),
  ),
  openReviews: Type.Integer(),
};

export const Counts = Type.Object({
  machineId: Id,
  from: Instant,
  to: Instant,
  timeZone: Type.String(),
  finalUntil: Nullable(
    Type.String({
      format: 'date-time',
      description:
        "Before it everything has arrived and is computed: the agents' watermark, and no later than what waits",
    }),
  ),
  ...Produced,
  hours: Type.Array(Type.Object({ from: Instant, ...Produced })),
  tags: Type.Array(CounterTag),
});
export type Counts = Static<typeof Counts>;
export type Produced = Pick<Counts, 'produced' | 'good' | 'rejects' | 'infeed' | 'unexplained' | 'openReviews'>;

export const ReviewsQuery = Strict({
  plant: Type.Optional(Id),
  machine: Type.Optional(Id),
  state: Type.Union([Type.Literal('open'), Type.Literal('decided'), Type.Literal('all')], { default: 'open' }),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  before: Type.Optional(Type.String({ maxLength: 60, description: 'nextBefore of the page before' })),
});
export type ReviewsQuery = Static<typeof ReviewsQuery>;

const Decision = Type.Object({
  id: Type.Integer(),
  counts: Quantity,
  reason: Type.String(),
  decidedBy: Type.String(),
  decidedAt: Instant,
});

export const Review = Type.Object({
  tagId: Id,
  tagName: Type.String(),
  machineId: Id,
  machineName: Type.String(),
  plantId: Id,
  time: Instant,
  kind: Type.Enum([...reviewKinds], {
    description:
      'jump: more than the machine can make · fall: less, and no rule explains it · ambiguous: it may have rolled over any number of times · negative: a delta below zero',
  }),
  previous: Nullable(Quantity),
  previousTime: Nullable(Instant),
  reading: Quantity,
  allowed: Nullable(Type.Number({ description: 'Most counts the machine could have made in between; null: unknown' })),
  proposals: Type.Array(
    Type.Object({
      as: Type.Enum(['counted', 'rollover', 'reset', 'nothing']),
      counts: Quantity,
    }),
    { description: 'What it may have been, and how many counts that would be' },
  ),
  decision: Nullable(Decision),
});
export type Review = Static<typeof Review>;

export const ReviewPage = Type.Object({ items: Type.Array(Review), nextBefore: Nullable(Type.String()) });
export type ReviewPage = Static<typeof ReviewPage>;

export const DecideBody = Strict({
  tagId: Id,
  time: Instant,
  reading: Type.Number({ description: 'As the review shows it: the decision is about these readings' }),
  previous: Nullable(Type.Number()),
  counts: Type.Number({ minimum: 0, maximum: 1e12, description: 'Counts to book at the time of the reading; 0: none' }),
  reason: Type.String({ minLength: 1, maxLength: 500, pattern: ONE_LINE }),
  replaces: Nullable(Type.Integer({ description: 'Id of the decision this one replaces; null: there is none' })),
});
export type DecideBody = Static<typeof DecideBody>;
