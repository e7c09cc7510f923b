// What the API tells of background jobs.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';

export const JobState = Type.Union(
  [
    Type.Literal('queued'),
    Type.Literal('running'),
    Type.Literal('completed'),
    Type.Literal('failed'),
    Type.Literal('dead'),
    Type.Literal('cancelled'),
  ],
  { description: 'failed: tried again at nextAttemptAt; dead: given up, until somebody retries it' },
);

export const JobId = Strict({ id: Type.String({ format: 'uuid' }) });

const Kind = Type.String({ pattern: '^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$', maxLength: 100 });

export const JobListQuery = Strict({
  state: Type.Optional(JobState),
  kind: Type.Optional(Kind),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
});

export const Job = Type.Object({
  id: Type.String({ format: 'uuid' }),
  kind: Type.String(),
  plantId: Nullable(Id),
  state: JobState,
  attempts: Type.Integer(),
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  progressText: Nullable(Type.String()),
  result: Nullable(Type.Record(Type.String(), Type.Unknown())),
  error: Nullable(Type.String({ description: 'Why the last attempt went wrong' })),
  requestedBy: Type.Object({ userId: Nullable(Id), name: Type.String() }),
  requestId: Type.String(),
  createdAt: Instant,
  startedAt: Nullable(Instant),
  nextAttemptAt: Nullable(Instant),
  finishedAt: Nullable(Instant),
});

export const JobPage = Type.Object({ items: Type.Array(Job), nextCursor: Nullable(Type.String()) });

export const RetryDeadBody = Strict({ kind: Kind });
export const RetriedDead = Type.Object({
  retried: Type.Integer(),
  more: Type.Boolean({ description: 'There are still dead ones of this kind: ask again' }),
});

export type Job = Static<typeof Job>;
export type JobPage = Static<typeof JobPage>;
export type JobListQuery = Static<typeof JobListQuery>;
export type RetriedDead = Static<typeof RetriedDead>;
