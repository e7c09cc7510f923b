// What the task "map this value" tells.

import Type from 'typebox';
import { Id, Instant, Strict } from '../../platform/http/schema.ts';

export const UnmappedQuery = Strict({
  plant: Type.Optional(Id),
  machine: Type.Optional(Id),
  agent: Type.Optional(Id),
});

export const Unmapped = Type.Object({
  count: Type.Integer({ description: 'Of all, also where fewer are listed' }),
  items: Type.Array(
    Type.Object({
      plantId: Id,
      machineId: Id,
      machineName: Type.String(),
      tagId: Id,
      tagName: Type.String(),
      value: Type.String(),
      firstSeenAt: Instant,
      lastSeenAt: Instant,
    }),
  ),
});
