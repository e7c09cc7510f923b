// What the mapping routes take and give.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, Strict } from '../../platform/http/schema.ts';
import { roles } from './rules.ts';

/** Rows of one page, and tags of one command. */
export const MAX_ROWS = 500;

const Role = Type.Enum([...roles]);

export const TagsQuery = Strict({
  plant: Type.Optional(Id),
  agent: Type.Optional(Id),
  device: Type.Optional(Id),
  machine: Type.Optional(Id),
  role: Type.Optional(Role),
  mapped: Type.Optional(
    Type.Enum(['no', 'yes', 'screen', 'differs'], {
      description: 'no: machine or role is missing; screen: mapped here; differs: the agent says otherwise',
    }),
  ),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Each word must occur in tag, device or machine' })),
  limit: Type.Integer({ minimum: 1, maximum: MAX_ROWS, default: 100 }),
  cursor: Type.Optional(Type.String({ maxLength: 1_000, description: 'nextCursor of the page before' })),
});
export type TagsQuery = Static<typeof TagsQuery>;

/** 64 bits; more no counter has. */
const Modulus = Type.Number({
  exclusiveMinimum: 1,
  maximum: 2 ** 64,
  description: 'Where a counter begins again from zero: 65536 of 16 bits',
});

const Declared = Type.Object({
  machine: Nullable(Type.String({ description: 'As the agent names it; there may be no such machine' })),
  machineId: Nullable(Id),
  role: Nullable(Type.String()),
  reason: Nullable(Type.String()),
});

export const Tag = Type.Object({
  id: Id,
  plantId: Id,
  agentId: Id,
  agentName: Type.String(),
  deviceId: Id,
  deviceName: Type.String(),
  name: Type.String(),
  datatype: Type.String(),
  unit: Nullable(Type.String()),
  pollMs: Nullable(Type.Integer()),
  machineId: Nullable(Id),
  machineName: Nullable(Type.String()),
  role: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  lossReasonId: Nullable(Id),
  counterModulus: Nullable(Modulus),
  mapping: Type.Enum(['agent', 'screen'], { description: 'Who says what machine and role are' }),
  version: Type.Integer({ description: 'Of the mapping' }),
  declared: Declared,
  differs: Type.Boolean({ description: 'The agent declares another machine, role or reason' }),
  value: Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]),
  time: Nullable(Instant),
  status: Type.Integer({ minimum: 0, description: 'OPC UA status code, 0 is Good' }),
});
export type Tag = Static<typeof Tag>;

export const TagPage = Type.Object({ items: Type.Array(Tag), nextCursor: Nullable(Type.String()) });
export type TagPage = Static<typeof TagPage>;

const version = Type.Integer({ minimum: 1, description: 'The version you read; another one answers 409' });

/** Beside machine and role, whoever says those; a rollover that the agent declares goes first. */
const meaning = {
  lossReasonId: Type.Optional(Nullable(Id)),
  counterModulus: Type.Optional(Nullable(Modulus)),
};

/** What a tag is to be: as a person says, or as the agent says. What is left out stays. */
const Mapping = Type.Union([
  Strict({ id: Id, version, mapping: Type.Enum(['agent']), ...meaning }),
  Strict({
    id: Id,
    version,
    mapping: Type.Enum(['screen']),
    machineId: Type.Optional(Nullable(Id)),
    role: Type.Optional(Nullable(Role)),
    reason: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000\\r\\n]*$' }))),
    ...meaning,
  }),
]);
export type Mapping = Static<typeof Mapping>;

export const MapBody = Strict({
  tags: Type.Array(Mapping, { minItems: 1, maxItems: MAX_ROWS }),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Why, for the history' })),
});

export const Mapped = Type.Object({
  items: Type.Array(Tag),
  undo: Type.Array(Mapping, { description: 'The body that puts them back as they were' }),
});
export type Mapped = Static<typeof Mapped>;
