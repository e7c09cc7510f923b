// What the routes of shift reports take and give.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';

const Day = Type.String({ format: 'date', description: 'A plant day, by which its shifts are counted' });
const ShiftName = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'What the shift is called in its calendar',
});

export const ShiftReportsQuery = Strict({
  plant: Id,
  fromDay: Day,
  toDay: Type.String({ format: 'date', description: 'Included; at most 100 days' }),
  lane: Type.Optional(Id),
  machine: Type.Optional(Id),
});
export type ShiftReportsQuery = Static<typeof ShiftReportsQuery>;

export const ShiftReport = Type.Object({
  plantId: Id,
  day: Type.String({ description: 'The plant day that it is counted on' }),
  name: Type.String(),
  team: Nullable(Type.String()),
  from: Instant,
  to: Instant,
  machines: Type.Integer({ description: 'How many have this shift' }),
  state: Type.Union([Type.Literal('open'), Type.Literal('ended'), Type.Literal('closed'), Type.Literal('restated')], {
    description: 'The least of its machines; restated when all are closed and one has more than one version',
  }),
  version: Nullable(Type.Integer({ description: 'The highest of its machines; null before it is closed' })),
  cause: Nullable(Type.String({ description: 'What the latest version came from' })),
  causedBy: Nullable(Type.String()),
  versionAt: Nullable(Instant),
  isChanging: Type.Boolean({ description: 'Late data has come that no version has yet' }),
  closesBy: Nullable({ ...Instant, description: 'By then it closes, whatever is missing; null when it is closed' }),
  signedBy: Nullable(Type.String({ description: 'Who signed the latest versions of all its machines' })),
  signedAt: Nullable(Instant),
});
export type ShiftReport = Static<typeof ShiftReport>;

export const ShiftReportPage = Type.Object({ items: Type.Array(ShiftReport) });
export type ShiftReportPage = Static<typeof ShiftReportPage>;

export const ShiftVersionsQuery = Strict({
  plant: Id,
  day: Day,
  shift: ShiftName,
  lane: Type.Optional(Id),
  machine: Type.Optional(Id),
});
export type ShiftVersionsQuery = Static<typeof ShiftVersionsQuery>;

export const ShiftVersionPage = Type.Object({
  items: Type.Array(
    Type.Object({
      machineId: Id,
      machineName: Type.String(),
      shiftInstanceId: Type.Integer({ description: 'For /metrics with `shift` and `version`' }),
      version: Type.Integer(),
      from: Instant,
      to: Instant,
      cause: Type.String({
        description:
          'closed, signed, or what changed it: late_data, classification, run, standard, calendar, counter_review, declaration, settings, mapping',
      }),
      causedBy: Nullable(Type.String()),
      madeAt: Instant,
      signedBy: Nullable(Type.String()),
      signedAt: Nullable(Instant),
    }),
  ),
});
export type ShiftVersionPage = Static<typeof ShiftVersionPage>;

export const SignBody = Strict({ plantId: Id, day: Day, shift: ShiftName, laneId: Type.Optional(Nullable(Id)) });
export type SignBody = Static<typeof SignBody>;
