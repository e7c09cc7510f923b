// What the routes of calendars take and give beside the kit's.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, ONE_LINE, Strict } from '../../platform/http/schema.ts';
import { patterns } from './starters.ts';

const Time = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'Local time of the plant, HH:MM' });
const Day = Type.String({ format: 'date', description: "A day of the plant's calendar" });
const Name = Type.String({ minLength: 1, maxLength: 60, pattern: ONE_LINE });
const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: '^[^\\u0000]*$',
  description: 'Why, for the history',
});
const MAX_SHIFTS = 24;
const MAX_CYCLE_DAYS = 366;

const PlannedShift = {
  id: Type.Optional(Id),
  name: Name,
  start: Time,
  end: Time,
  breaks: Type.Array(Strict({ start: Time, minutes: Type.Integer({ minimum: 1, maximum: 720 }) }), { maxItems: 12 }),
};
const team = Nullable(Type.String({ minLength: 1, maxLength: 20, pattern: ONE_LINE }));

export const PlanBody = Strict({
  version: Type.Integer({ minimum: 1, description: 'The version you read' }),
  anchor: Type.String({ format: 'date', description: 'Day 1 of the rotation' }),
  shifts: Type.Array(Strict(PlannedShift), { maxItems: MAX_SHIFTS }),
  days: Type.Array(Type.Array(Strict({ shift: Name, team: Type.Optional(team) }), { maxItems: MAX_SHIFTS }), {
    minItems: 1,
    maxItems: MAX_CYCLE_DAYS,
    description: 'The rotation: shifts that start on each of its days',
  }),
  reason: Type.Optional(Reason),
});

export const Plan = Type.Object({
  version: Type.Integer(),
  anchor: Day,
  shifts: Type.Array(Type.Object({ ...PlannedShift, id: Id })),
  days: Type.Array(Type.Array(Type.Object({ shift: Type.String(), team: Nullable(Type.String()) }))),
});

export const PatternBody = Strict({
  version: Type.Integer({ minimum: 1 }),
  pattern: Type.Enum([...patterns]),
  start: Type.Optional(Time),
  workdays: Type.Optional(Type.Integer({ minimum: 1, maximum: 7, description: 'From Monday on; default 5' })),
  names: Type.Optional(Type.Array(Name, { maxItems: 3, description: 'Of the shifts, in order' })),
  reason: Type.Optional(Reason),
});

export const PreviewQuery = Strict({
  from: Day,
  to: Type.String({ format: 'date', description: 'The first day without' }),
});

const Break = Type.Object({ from: Instant, to: Instant });
const Shown = {
  name: Type.String(),
  team: Nullable(Type.String()),
  kind: Type.String({ description: 'regular, extra or overtime' }),
  startDay: Day,
  businessDate: Day,
  from: Instant,
  to: Instant,
  minutes: Type.Integer({ description: 'Elapsed, from first to last' }),
  workMinutes: Type.Integer({ description: 'Elapsed without breaks' }),
  breaks: Type.Array(Break),
};

const Named = Type.Object({ name: Type.String(), from: Instant, to: Instant });

export const Preview = Type.Object({
  timeZone: Type.String(),
  days: Type.Array(
    Type.Object({
      day: Day,
      minutes: Type.Integer({ description: '1440, or what the clocks make of it' }),
      exceptions: Type.Array(Type.String(), { description: 'Names of what is not as usual on it' }),
    }),
  ),
  items: Type.Array(Type.Object(Shown)),
  overlaps: Type.Array(Type.Object({ first: Named, second: Named }), {
    description: 'Pairs that could not both take place',
  }),
});
export type Preview = Static<typeof Preview>;

export const InstancesQuery = Strict({
  machine: Id,
  from: Instant,
  to: Instant,
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  cursor: Type.Optional(Type.String({ maxLength: 60, description: 'nextCursor of the page before' })),
});

export const InstancePage = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      machineId: Id,
      calendarId: Nullable(Id),
      ...Shown,
      state: Type.String({ description: 'open, ended, closed or restated' }),
      version: Type.Integer(),
    }),
  ),
  nextCursor: Nullable(Type.String()),
});
export type InstancePage = Static<typeof InstancePage>;

export const VersionsQuery = Strict({
  machine: Id,
  from: Instant,
  to: Instant,
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  after: Type.Optional(Type.Integer({ minimum: 1, description: 'nextAfter of the page before' })),
});

export const VersionPage = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      shiftInstanceId: Type.Integer({ description: 'The shift that said this; it is gone' }),
      machineId: Id,
      calendarId: Nullable(Id),
      ...Shown,
      state: Type.String({ description: 'ended, closed or restated' }),
      version: Type.Integer(),
      outcome: Type.String({ description: 'restated: it has a next version; cancelled: it did not take place' }),
      reason: Type.String(),
      replacedBy: Type.String(),
      replacedAt: Instant,
    }),
  ),
  nextAfter: Nullable(Type.Integer()),
});
export type VersionPage = Static<typeof VersionPage>;

const target = { plantId: Id, laneId: Type.Optional(Nullable(Id)), machineId: Type.Optional(Nullable(Id)) };

export const OvertimeBody = Strict({
  ...target,
  day: Day,
  shiftId: Type.Optional(Id),
  minutes: Type.Optional(Type.Integer({ minimum: 5, maximum: 720, description: 'How much longer the shift is' })),
  before: Type.Optional(Type.Boolean({ description: 'The shift begins earlier instead of ending later' })),
  start: Type.Optional(Time),
  end: Type.Optional(Time),
  name: Type.Optional(Name),
  reason: Type.Optional(Reason),
});

export const HolidaysBody = Strict({
  plantId: Id,
  text: Type.String({
    minLength: 8,
    maxLength: 100_000,
    pattern: '^[^\\u0000]*$',
    description: 'One holiday a line: the date, then its name, with a comma, semicolon or tab between them',
  }),
  reason: Type.Optional(Reason),
});

export const HolidaysAnswer = Type.Object({
  added: Type.Integer(),
  known: Type.Integer({ description: 'Were there already' }),
});

export const CorrectBody = Strict({
  ...target,
  from: Day,
  to: Type.String({ format: 'date', description: 'The last day that is corrected' }),
  reason: Reason,
});

export const CorrectAnswer = Type.Object({ removed: Type.Integer(), added: Type.Integer() });
