// What enrolment takes and gives, and how agents are told of.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, Strict } from '../../platform/http/schema.ts';

export const Token = Type.Object({
  token: Type.String({ description: 'Shown once; for `unison-edge enrol`' }),
  expiresAt: Instant,
});

export const EnrolBody = Strict({ token: Type.String({ minLength: 20, maxLength: 100, pattern: '^[A-Za-z0-9_-]+$' }) });

/** What an agent needs to speak to the cloud; the secret is told this one time. */
export const Enrolled = Type.Object({
  group: Type.String(),
  name: Type.String(),
  username: Type.String(),
  secret: Type.String(),
  broker: Type.Object({
    url: Nullable(Type.String({ description: 'Null: it is on the host of this API' })),
    port: Nullable(Type.Integer()),
  }),
});

export const Credential = Type.Object({
  state: Type.Enum(['none', 'offered', 'enrolled']),
  enrolledAt: Nullable(Instant),
  usedAt: Nullable(Type.String({ format: 'date-time', description: 'First use of the newest credential' })),
  previousUntil: Nullable(Type.String({ format: 'date-time', description: 'Until when the one before is good, too' })),
  tokenExpiresAt: Nullable(Instant),
});

const Coverage = Nullable(Type.Object({ state: Type.String(), since: Instant }));

export const AgentDevice = Type.Object({
  id: Id,
  name: Type.String(),
  tags: Type.Integer(),
  unmapped: Type.Integer({ description: 'Tags without machine or role' }),
  coverage: Coverage,
});

export const Overview = Type.Object({
  serverTime: Instant,
  agents: Type.Array(
    Type.Object({
      id: Id,
      plantId: Id,
      groupId: Type.String(),
      edgeId: Type.String(),
      credential: Credential,
      online: Type.Boolean(),
      onlineChangedAt: Nullable(Instant),
      lastMessageAt: Nullable(Instant),
      watermark: Nullable(Instant),
      lagSeconds: Nullable(Type.Number({ description: 'Server time minus watermark' })),
      version: Nullable(Type.String()),
      bufferBytes: Nullable(Type.Integer({ description: 'Not committed yet, as the agent said last' })),
      bufferOldest: Nullable(Instant),
      devices: Type.Integer(),
      tags: Type.Integer(),
      unmappedTags: Type.Integer(),
      unmappedValues: Type.Integer(),
      gaps24h: Type.Integer(),
      deadLetters24h: Type.Integer(),
    }),
  ),
  unknown: Type.Array(
    Type.Object({
      plantId: Id,
      groupId: Type.String(),
      edgeId: Type.String(),
      letters: Type.Integer(),
      lastAt: Instant,
    }),
    { description: 'Edges that publish under a group of ours and are registered nowhere' },
  ),
});
export type Overview = Static<typeof Overview>;

export const OverviewQuery = Strict({ plant: Type.Optional(Id) });

export const GapsQuery = Strict({
  cause: Type.Optional(Type.String({ pattern: '^[a-z0-9_]{1,50}$' })),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  before: Type.Optional(Type.Integer({ minimum: 1, description: 'nextBefore of the page before' })),
});

export const Gaps = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      device: Nullable(Type.String({ description: 'Null: every device of the agent' })),
      tag: Nullable(Type.String({ description: 'Null: every tag of the device' })),
      from: Instant,
      to: Instant,
      cause: Type.String(),
      lostCount: Nullable(Type.Integer({ description: 'Null: nobody can know' })),
    }),
  ),
  nextBefore: Nullable(Type.Integer()),
});

export const Devices = Type.Object({ items: Type.Array(AgentDevice) });
