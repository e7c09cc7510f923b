// What the routes of runs take and give.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, Strict } from '../../platform/http/schema.ts';

const Kind = Type.Enum(['production', 'setup', 'rework', 'trial']);
const Version = Type.Integer({ minimum: 1, description: 'The version you read' });
const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: '^[^\\u0000]*$',
  description: 'Why, for the history',
});

/** What is made. Left out: as it was. A material that is left out with a new order is that order's. */
const What = {
  workOrderId: Type.Optional(Nullable(Id)),
  operationId: Type.Optional(Nullable(Id)),
  materialId: Type.Optional(Nullable(Id)),
  kind: Type.Optional(Kind),
};
export type What = Static<ReturnType<typeof Strict<typeof What>>>;

export const StartBody = Strict({
  machineId: Id,
  ...What,
  from: Type.Optional(Instant),
});
export const EndBody = Strict({ version: Version, to: Type.Optional(Instant) });
export const SplitBody = Strict({ version: Version, at: Instant, second: Type.Optional(Strict(What)), reason: Reason });
export const MoveBody = Strict({
  version: Version,
  from: Type.Optional(Instant),
  to: Type.Optional(Nullable(Instant)),
  reason: Reason,
});
export const AssignBody = Strict({ version: Version, ...What, reason: Reason });
export const AddBody = Strict({ machineId: Id, ...What, from: Instant, to: Instant, reason: Reason });
export const DeleteQuery = Type.Object({ version: Version, reason: Reason }, { additionalProperties: false });

export const LinkBody = Strict({
  plantId: Id,
  /** What the PLC calls it. */
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' }),
  workOrderId: Id,
});

export const RunsQuery = Type.Object(
  {
    plantId: Type.Optional(Id),
    machineId: Type.Optional(Id),
    workOrderId: Type.Optional(Id),
    /** Runs that end after this. */
    from: Type.Optional(Instant),
    /** Runs that begin before this. */
    to: Type.Optional(Instant),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  { additionalProperties: false },
);

export const Run = Type.Object({
  id: Id,
  version: Type.Integer(),
  plantId: Id,
  machineId: Id,
  machineName: Type.String(),
  workOrderId: Nullable(Id),
  workOrderNumber: Nullable(Type.String()),
  operationId: Nullable(Id),
  operationName: Nullable(Type.String()),
  materialId: Nullable(Id),
  materialCode: Nullable(Type.String()),
  kind: Type.String(),
  from: Instant,
  to: Nullable(Instant),
  source: Type.String(),
  plcOrder: Nullable(Type.String()),
  plcMaterial: Nullable(Type.String()),
  corrected: Type.Boolean(),
  reason: Nullable(Type.String()),
  createdByName: Nullable(Type.String()),
});
export type Run = Static<typeof Run>;

export const Runs = Type.Object({ items: Type.Array(Run) });

export const TasksQuery = Type.Object({ plantId: Id }, { additionalProperties: false });

/** What people have to put right, so that runs say what was made. */
export const Tasks = Type.Object({
  unknownOrders: Type.Array(
    Type.Object({
      name: Type.String(),
      machines: Type.Array(Type.String()),
      since: Instant,
      materialId: Nullable(Id),
      runs: Type.Integer(),
    }),
  ),
  unknownMaterials: Type.Array(
    Type.Object({ name: Type.String(), machines: Type.Array(Type.String()), since: Instant, runs: Type.Integer() }),
  ),
  conflicts: Type.Array(
    Type.Object({
      machineId: Id,
      machineName: Type.String(),
      tag: Type.String(),
      time: Instant,
      order: Type.String(),
      heldBy: Type.String(),
    }),
  ),
});

export const RunMachine = Type.Object({
  id: Id,
  name: Type.String(),
  /** Who opens its runs. */
  source: Type.Enum(['plc', 'operator', 'schedule']),
  laneId: Nullable(Id),
});
export const RunMachines = Type.Object({ items: Type.Array(RunMachine) });
