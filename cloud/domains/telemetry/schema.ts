// What the telemetry routes take and give.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';
import { machineStates } from '../state-maps/index.ts';

const Value = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]);
const Status = Type.Integer({ minimum: 0, description: 'OPC UA status code, 0 is Good' });

export const Plant = Type.Object({ id: Id, name: Type.String(), timeZone: Type.String() });

export const NowQuery = Strict({ plant: Id });

export const NowTag = Type.Object({
  id: Id,
  name: Type.String(),
  role: Nullable(Type.String()),
  datatype: Type.String(),
  unit: Nullable(Type.String()),
  reason: Nullable(Type.String({ description: 'Why a reject counter counts, or what an alarm says' })),
  pollMs: Nullable(
    Type.Integer({ description: 'How often a polled tag is read; null where the device reports changes' }),
  ),
  deviceId: Id,
  value: Value,
  time: Nullable(Instant),
  status: Status,
  since: Nullable(Type.String({ format: 'date-time', description: 'Of an active alarm: when it came' })),
});

export const NowState = Type.Object({
  tagId: Id,
  state: Type.Enum([...machineStates]),
  reason: Nullable(Type.String({ description: "A word of PackML's map, or the name of a loss reason" })),
  word: Nullable(Type.String({ description: "The device's own word" })),
  since: Nullable(Instant),
  atLeast: Type.Boolean({ description: 'It may have begun before `since`' }),
});

export const NowMachine = Type.Object({
  id: Id,
  name: Type.String(),
  displayName: Type.String(),
  state: Nullable(NowState),
  tags: Type.Array(NowTag),
});

const NowLane = Type.Object({
  id: Nullable(Id),
  name: Nullable(Type.String({ description: 'Null: machines without a lane' })),
  kind: Nullable(Type.String()),
  machines: Type.Array(NowMachine),
});

const NowDevice = Type.Object({
  id: Id,
  name: Type.String(),
  agentId: Id,
  coverage: Nullable(Type.Object({ state: Type.String(), since: Instant })),
});

const NowAgent = Type.Object({
  id: Id,
  name: Type.String(),
  online: Type.Boolean(),
  onlineChangedAt: Nullable(Instant),
  lastMessageAt: Nullable(Instant),
  watermark: Nullable(Instant),
});

export const Now = Type.Object({
  serverTime: Instant,
  plant: Plant,
  lanes: Type.Array(NowLane),
  devices: Type.Array(NowDevice),
  agents: Type.Array(NowAgent),
});

const MAX_BUCKETS = 2_000;
export const MAX_TEXT_CHANGES = 500;
export const MAX_HISTORY_DAYS = 400;

export const HistoryQuery = Strict({
  from: Instant,
  to: Instant,
  buckets: Type.Integer({ minimum: 1, maximum: MAX_BUCKETS, default: 300 }),
});

const HistoryBucket = Type.Object({
  time: Type.String({ format: 'date-time', description: 'Begin of the bucket' }),
  count: Type.Integer({ description: 'Values in it; bad ones are not counted' }),
  min: Type.Number(),
  mean: Type.Number(),
  max: Type.Number(),
  first: Type.Number(),
  last: Type.Number(),
});

export const History = Type.Object({
  tag: Type.Object({
    id: Id,
    name: Type.String(),
    machineId: Nullable(Id),
    role: Nullable(Type.String()),
    datatype: Type.String(),
    unit: Nullable(Type.String()),
  }),
  from: Instant,
  to: Instant,
  bucketMs: Type.Integer(),
  buckets: Type.Array(HistoryBucket, { description: 'Of numbers: buckets that hold values' }),
  changes: Type.Array(Type.Object({ time: Instant, value: Nullable(Type.String()), status: Status }), {
    description: `Of text: changes, newest first, at most ${MAX_TEXT_CHANGES}`,
  }),
  truncated: Type.Boolean({ description: 'There are older changes in the range' }),
  gaps: Type.Array(Type.Object({ from: Instant, to: Instant, cause: Type.String() }), {
    description: 'What could not be seen: no line may cross these',
  }),
});

export const GapsQuery = Strict({
  from: Instant,
  to: Instant,
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  before: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}$', description: '`next` of the page before' })),
});

export const GapPage = Type.Object({
  gaps: Type.Array(
    Type.Object({
      id: Type.String(),
      agentId: Id,
      agent: Type.String(),
      device: Nullable(Type.String({ description: 'Null: every device of the agent' })),
      tag: Nullable(Type.String({ description: 'Null: every tag of the device' })),
      from: Instant,
      to: Instant,
      cause: Type.String(),
      lostCount: Nullable(Type.String({ description: 'Values known to be lost; null where nobody can know' })),
      detail: Nullable(Type.String()),
      recordedAt: Instant,
    }),
  ),
  next: Nullable(Type.String()),
});

export const AgentStates = Type.Object({
  serverTime: Instant,
  agents: Type.Array(
    Type.Object({
      id: Id,
      groupId: Type.String(),
      edgeId: Type.String(),
      plantId: Id,
      online: Type.Boolean(),
      onlineChangedAt: Nullable(Instant),
      lastMessageAt: Nullable(Instant),
      watermark: Nullable(Instant),
      lagSeconds: Nullable(Type.Number({ description: 'Server time minus watermark' })),
      bufferId: Nullable(Type.String()),
      version: Nullable(Type.String()),
      tagCount: Type.Integer(),
      gapCount24h: Type.Integer(),
      deadLetters24h: Type.Integer(),
    }),
  ),
});

export const LiveQuery = Strict({
  plant: Id,
  tags: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,8}(,[1-9][0-9]{0,8}){0,499}$',
      maxLength: 5_000,
      description: 'Only these tags, mapped or not, and no states: ids with commas',
    }),
  ),
});

export type Plant = Static<typeof Plant>;
export type Now = Static<typeof Now>;
export type NowTag = Static<typeof NowTag>;
export type NowMachine = Static<typeof NowMachine>;
export type NowState = Static<typeof NowState>;
export type History = Static<typeof History>;
export type GapPage = Static<typeof GapPage>;
export type AgentStates = Static<typeof AgentStates>;
