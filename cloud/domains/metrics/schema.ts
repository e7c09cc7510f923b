// What the routes of the figures take and give. Time is in whole microseconds, target time in seconds.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';
import { definitions } from './definitions.ts';
import { lossKeys } from './rules.ts';

export const groupings = [
  'machine',
  'lane',
  'plant',
  'shift',
  'shiftname',
  'hour',
  'day',
  'week',
  'month',
  'order',
  'material',
  'operation',
  'reason',
] as const;
export type Grouping = (typeof groupings)[number];

const Day = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: 'A plant day, by which its shifts are counted',
});

export const PeriodQuery = {
  fromDay: Type.Optional(Day),
  toDay: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Included' })),
  from: Type.Optional(
    Type.String({ format: 'date-time', description: 'Instead of days: a whole hour of the plant’s clock' }),
  ),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Not included' })),
  plant: Type.Optional(Id),
  lane: Type.Optional(Id),
  machine: Type.Optional(Id),
  shift: Type.Optional(Type.Integer({ minimum: 1, description: 'A shift instance of one machine' })),
  shiftName: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Shifts called so, of all machines asked for' }),
  ),
  version: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'Closed shifts as this version of each says, or its last one before; left out: figures as they are now',
    }),
  ),
  order: Type.Optional(Id),
  material: Type.Optional(Id),
  profile: Type.Union([Type.Literal('iso22400'), Type.Literal('tpm')], { default: 'iso22400' }),
  basis: Type.Optional(
    Type.Union([Type.Literal('line'), Type.Literal('machine')], {
      description:
        'line: a serial lane counts as its constraint and outfeed. machine: every machine counts; that is machine efficiency, not the line’s OEE',
    }),
  ),
};

export const MetricsQuery = Strict({
  ...PeriodQuery,
  group: Type.Optional(
    Type.String({
      pattern: '^[a-z]+(,[a-z]+)?$',
      description: `None, one or two of ${groupings.join(', ')}; two apart by a comma`,
    }),
  ),
});
export type MetricsQuery = Static<typeof MetricsQuery>;

export const ParetoQuery = Strict({
  ...PeriodQuery,
  group: Type.Optional(
    Type.Literal('machine', {
      description: 'On which machines it was lost. Those of each category and reason add up to what is said without it',
    }),
  ),
});
export type ParetoQuery = Static<typeof ParetoQuery>;

const Us = (description: string) => Type.Integer({ description: `${description}; microseconds` });
const Pieces = (description: string) => Type.Number({ description });

const Ratio = Type.Object({
  value: Nullable(Type.Number()),
  numerator: Type.Number(),
  denominator: Type.Number(),
});

const Key = Type.Object({
  machine: Type.Optional(Type.Object({ id: Id, name: Type.String() })),
  lane: Type.Optional(Nullable(Type.Object({ id: Id, name: Type.String() }))),
  plant: Type.Optional(Type.Object({ id: Id, name: Type.String(), timeZone: Type.String() })),
  shift: Type.Optional(Nullable(Type.Object({ name: Type.String(), day: Type.String(), from: Instant, to: Instant }))),
  shiftName: Type.Optional(Nullable(Type.String({ description: 'Null: outside of shifts' }))),
  hour: Type.Optional(Instant),
  day: Type.Optional(Type.String()),
  week: Type.Optional(Type.String({ description: 'Its Monday' })),
  month: Type.Optional(Type.String({ description: 'Its first day' })),
  order: Type.Optional(Nullable(Type.Object({ id: Id, number: Type.String() }))),
  material: Type.Optional(Nullable(Type.Object({ id: Id, code: Type.String(), name: Type.String() }))),
  operation: Type.Optional(Nullable(Type.String({ description: 'Code of the step of the order' }))),
  reason: Type.Optional(
    Nullable(Type.Object({ id: Id, code: Type.String(), name: Type.String(), nameDe: Nullable(Type.String()) })),
  ),
});

export const MetricsRow = Type.Object({
  key: Key,
  ratios: Type.Object(Object.fromEntries(definitions.map(({ key }) => [key, Ratio]))),
  time: Type.Object({
    pbt: Us('Planned busy time'),
    apt: Us('Actual production time of the profile'),
    calendarTime: Us('All of the period that is known of'),
    running: Us('Running'),
    reworkRun: Us('Running in a rework run'),
    setup: Us('Setup'),
    idle: Us('Waiting'),
    noOrderLoss: Us('No order, counted as a loss'),
    noOrderPlanned: Us('No order, counted as planned'),
    unplannedStop: Us('Unplanned stops'),
    minorStop: Us('Minor stops'),
    plannedStop: Us('Breaks and planned windows'),
    notScheduled: Us('Outside of shifts'),
    unscheduledRun: Us('Ran outside of shifts'),
    unknown: Us('No data in scheduled time'),
  }),
  targetTime: Type.Number({ description: 'T = Σ ideal cycle · pieces; seconds' }),
  valueTime: Type.Number({ description: 'V = Σ ideal cycle · good pieces; seconds' }),
  pieces: Type.Object({
    produced: Pieces('PQ: good, scrap, rework, startup and what nobody can explain'),
    good: Pieces('GQ'),
    scrap: Pieces('Scrap'),
    rework: Pieces('To be reworked'),
    startup: Pieces('Rejected during setup, and after it until so many were good in a row as the material wants'),
    unexplained: Pieces('Total − good − rejects, where all three are counted'),
    bridged: Pieces('Came while nobody was looking: for orders and stock, in no figure here'),
    unscheduled: Pieces('Came outside of shifts: for orders and stock, in no figure here'),
    reworked: Pieces('Pieces of rework runs: counted before'),
    withoutStandard: Pieces('Pieces without an ideal cycle'),
  }),
  losses: Nullable(
    Type.Object(Object.fromEntries(lossKeys.map((key) => [key, Type.Number()])), {
      description: 'Where the calendar time went, in microseconds; together all of it. Null: an ideal cycle is missing',
    }),
  ),
  flags: Type.Array(Type.String()),
});

export const MetricsPage = Type.Object({
  profile: Type.String(),
  basis: Type.String({ description: 'line, or machine: machine efficiency' }),
  finalUntil: Nullable(
    Type.String({ format: 'date-time', description: 'Before it everything has arrived and is computed' }),
  ),
  missing: Type.Array(
    Type.Object({
      machineId: Id,
      machine: Type.String(),
      materialId: Nullable(Id),
      material: Nullable(Type.String()),
      pieces: Type.Number(),
    }),
    { description: 'Machines and materials without an ideal cycle: no E, Q and OEE where they made pieces' },
  ),
  items: Type.Array(MetricsRow),
});
export type MetricsPage = Static<typeof MetricsPage>;

export const ParetoPage = Type.Object({
  profile: Type.String(),
  items: Type.Array(
    Type.Object({
      category: Type.String(),
      reason: Nullable(
        Type.Object({ id: Id, code: Type.String(), name: Type.String(), nameDe: Nullable(Type.String()) }),
      ),
      machine: Type.Optional(Type.Object({ id: Id, name: Type.String() })),
      duration: Us('Time lost'),
      occurrences: Type.Integer({ description: 'How often it began' }),
    }),
  ),
});
export type ParetoPage = Static<typeof ParetoPage>;

const period = {
  fromDay: PeriodQuery.fromDay,
  toDay: PeriodQuery.toDay,
  from: Type.Optional(Type.String({ format: 'date-time', description: 'Instead of days' })),
  to: PeriodQuery.to,
};

export const FailuresQuery = Strict({
  ...period,
  plant: Type.Optional(Id),
  lane: Type.Optional(Id),
  machine: Type.Optional(Id),
  group: Type.Optional(Type.Union([Type.Literal('machine'), Type.Literal('lane'), Type.Literal('plant')])),
});
export type FailuresQuery = Static<typeof FailuresQuery>;

export const FailuresPage = Type.Object({
  items: Type.Array(
    Type.Object({
      key: Key,
      machines: Type.Integer({ description: 'How many are in it' }),
      operating: Us('Running and setup in the period'),
      failures: Type.Integer({ description: 'Stops for a reason that is a failure, begun in the period' }),
      repaired: Type.Integer({ description: 'Those of them that ended in it; one that lasts is censored' }),
      repair: Us('How long these were'),
      mtbf: Type.Object(
        {
          operatingByFailures: Ratio,
          completedIntervals: Ratio,
          operatingByFailuresAndOne: Ratio,
        },
        { description: 'By three methods, the first is the usual; microseconds. Null without a failure' },
      ),
      atLeast: Nullable(Type.Integer({ description: 'Without a failure: MTBF is at least this; microseconds' })),
      mttr: Ratio,
    }),
  ),
});
export type FailuresPage = Static<typeof FailuresPage>;

const places = {
  plant: PeriodQuery.plant,
  lane: PeriodQuery.lane,
  machine: PeriodQuery.machine,
  order: PeriodQuery.order,
  material: PeriodQuery.material,
};

export const ThroughputQuery = Strict({ ...period, ...places });
export type ThroughputQuery = Static<typeof ThroughputQuery>;

export const ThroughputPage = Type.Object({
  items: Type.Array(
    Type.Object({
      key: Key,
      from: Type.String({
        format: 'date-time',
        description: 'First start of the order on the machine, also before the period',
      }),
      to: Type.String({ format: 'date-time', description: 'Last end, or how far the machine is known' }),
      isRunning: Type.Boolean(),
      throughput: Ratio,
    }),
    { description: 'An order on a machine: PQ / AOET, pieces by hours' },
  ),
});
export type ThroughputPage = Static<typeof ThroughputPage>;

export const YieldsQuery = Strict({
  ...period,
  ...places,
  group: Type.Union([Type.Literal('order'), Type.Literal('material')], { default: 'order' }),
  basis: PeriodQuery.basis,
});
export type YieldsQuery = Static<typeof YieldsQuery>;

export const YieldsPage = Type.Object({
  items: Type.Array(
    Type.Object({
      key: Key,
      steps: Type.Array(
        Type.Object({
          operation: Nullable(Type.String({ description: 'Its code; null: of runs that name none' })),
          scrap: Pieces('Scrap, startup rejects with it'),
          rework: Pieces('To be reworked'),
          firstPassYield: Ratio,
        }),
      ),
      rolledThroughputYield: Type.Number({ description: 'Π of the first pass yields of its steps' }),
      normalizedYield: Nullable(Type.Number({ description: 'The root of it, by the number of steps' })),
    }),
  ),
});
export type YieldsPage = Static<typeof YieldsPage>;

export const TargetNowQuery = Strict({
  plant: Type.Optional(Id),
  lane: Type.Optional(Id),
  machine: Type.Optional(Id),
});
export type TargetNowQuery = Static<typeof TargetNowQuery>;

const Made = Type.Object({
  machine: Type.Object({ id: Id, name: Type.String() }),
  run: Nullable(
    Type.Object(
      {
        id: Id,
        kind: Type.String(),
        order: Nullable(Type.Object({ id: Id, number: Type.String(), quantity: Type.Number() })),
        operation: Nullable(Type.Object({ id: Id, code: Type.String() })),
      },
      { description: 'Null: no run; with a default material, what its shift has made of it so far is told' },
    ),
  ),
  material: Nullable(Type.Object({ id: Id, code: Type.String(), name: Type.String() })),
  since: Nullable(Type.String({ format: 'date-time', description: 'Begin of the run, or without one of the shift' })),
  until: Nullable(Type.String({ format: 'date-time', description: 'How far the figures of the machine reach' })),
  pbt: Us('Planned busy time since then'),
  idealCycle: Nullable(Type.Number({ description: 'As it holds now; seconds a piece' })),
  targetOee: Nullable(Type.Number({ description: 'As it holds now' })),
  idealPieces: Nullable(Type.Number({ description: 'Σ planned busy time ÷ ideal cycle' })),
  target: Nullable(Type.Number({ description: 'Target now: Σ planned busy time ÷ ideal cycle · target OEE' })),
  reached: Ratio,
  pieces: Type.Object({
    produced: Pieces('PQ'),
    good: Pieces('GQ: what is compared with the target'),
    scrap: Pieces('Scrap'),
    rework: Pieces('To be reworked'),
    startup: Pieces('Rejected during setup, and after it until so many were good in a row as the material wants'),
    unexplained: Pieces('Total − good − rejects'),
    bridged: Pieces('Came while nobody was looking; in no figure here'),
    unscheduled: Pieces('Came outside of shifts; in no figure here'),
  }),
  missing: Type.Array(
    Type.Union([
      Type.Literal('run'),
      Type.Literal('production'),
      Type.Literal('ideal_cycle'),
      Type.Literal('target_oee'),
    ]),
    {
      description:
        'Why there is no target: nothing is made, the run is no production, or nobody has said the one or the other',
    },
  ),
});
export type Made = Static<typeof Made>;

export const TargetNowPage = Type.Object({ items: Type.Array(Made, { description: 'One row for each machine' }) });
export type TargetNowPage = Static<typeof TargetNowPage>;

export const DefinitionsPage = Type.Object({
  figures: Type.Array(
    Type.Object({
      key: Type.String(),
      name: Type.Object({ en: Type.String(), de: Type.String() }),
      formula: Type.String(),
      iso: Nullable(Type.String({ description: 'Its name in ISO 22400-2' })),
      inputs: Type.Array(Type.String()),
      unit: Type.String(),
      digits: Type.Integer(),
    }),
  ),
  inputs: Type.Array(Type.Object({ key: Type.String(), unit: Type.String(), meaning: Type.String() })),
});
export type DefinitionsPage = Static<typeof DefinitionsPage>;
