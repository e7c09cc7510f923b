// What the timeline of a machine takes and gives. Durations are in whole microseconds.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, Strict } from '../../platform/http/schema.ts';
import { FinalUntil, Interval } from './schema.ts';

/** What a period may have at most: a little more than a year. */
export const MOST_TIMELINE_DAYS = 400;
export const MOST_PIECES = 2_000;

/** Steps of the plant's clock, fine to coarse. */
export const units = ['minute', 'ten_minutes', 'hour', 'day', 'week', 'month'] as const;
export type Unit = (typeof units)[number];

export const TimelineQuery = Strict({
  from: Type.String({ format: 'date-time', description: 'Begin of the period' }),
  to: Type.String({ format: 'date-time', description: `Its end; at most ${MOST_TIMELINE_DAYS} days later` }),
  most: Type.Integer({
    minimum: 10,
    maximum: MOST_PIECES,
    default: 1_000,
    description: 'Pieces of each band, at most',
  }),
});
export type TimelineQuery = Static<typeof TimelineQuery>;

const Unit = Type.Enum([...units]);
const bucket = { from: Instant, to: Instant };

const Share = Type.Object({
  ...bucket,
  time: Type.Record(Type.String(), Type.Integer(), {
    description: 'By category; what is missing to the whole was not known',
  }),
});

const Count = Type.Object({
  ...bucket,
  good: Type.Number({ description: 'Less than 0 where pieces were rejected later than they were made' }),
  rejected: Type.Number({ description: 'Scrap, rework and startup rejects' }),
  unexplained: Type.Number(),
});
export type Count = Static<typeof Count>;

const Alarm = Type.Object({
  tagId: Id,
  name: Type.String({ description: 'What the tag says it is about, else its name' }),
  from: Instant,
  to: Nullable(Type.String({ format: 'date-time', description: 'Null: it has not ended in the period' })),
});
export type Alarm = Static<typeof Alarm>;

export const Timeline = Type.Object({
  machineId: Id,
  finalUntil: FinalUntil,
  /** Of what was asked for. */
  knownFrom: Nullable(Instant),
  knownTo: Nullable(Instant),
  notKnown: Type.Integer({
    description: 'Of the period, before anything was known of the machine and after the last that is; microseconds',
  }),
  intervals: Nullable(
    Type.Array(Interval, { description: 'In time, whole: the first may begin before the period. Null: too many' }),
  ),
  shares: Nullable(
    Type.Object(
      { unit: Unit, items: Type.Array(Share) },
      { description: 'Instead of intervals: what time came to in each bucket; they lie within the period' },
    ),
  ),
  counts: Type.Object(
    { unit: Unit, items: Type.Array(Count, { description: 'Buckets with pieces, each whole' }) },
    { description: 'Pieces as they were made, whatever they count for' },
  ),
  alarms: Nullable(
    Type.Array(Alarm, { description: 'Newest first, at most 500. Null: the period is too long for them' }),
  ),
  alarmsFrom: Nullable(
    Type.String({ format: 'date-time', description: 'There are more, which began before this. Null: all are told' }),
  ),
});
export type Timeline = Static<typeof Timeline>;

export const SamplesQuery = Strict({
  from: Type.String({ format: 'date-time', description: 'Begin of the interval' }),
  to: Type.String({ format: 'date-time', description: 'Its end; at most 31 days later' }),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 200 }),
});
export type SamplesQuery = Static<typeof SamplesQuery>;

const Sample = Type.Object({
  tagId: Id,
  tag: Type.String(),
  role: Type.String(),
  unit: Nullable(Type.String()),
  time: Instant,
  value: Nullable(Type.Union([Type.Number(), Type.String()])),
  status: Type.Integer({ minimum: 0, description: 'OPC UA status code, 0 is Good' }),
});

export const Samples = Type.Object({
  before: Type.Array(Sample, { description: 'What held at the begin: the last of each tag in the day before it' }),
  items: Type.Array(Sample, { description: 'In time' }),
  more: Type.Boolean({ description: 'There are later ones in the interval' }),
});
export type Samples = Static<typeof Samples>;
