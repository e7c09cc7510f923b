// What assigning roles takes, and what one is told about one's own rights.

import Type from 'typebox';
import { Id, Nullable, type Static, Strict } from '../../platform/http/schema.ts';

const MAX_ROLES_OF_USER = 200;
const MAX_PLANTS = 1_000;

const Version = Type.Integer({ minimum: 1, description: 'The version of the user you read' });
const Reason = Type.Optional(
  Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000]*$', description: 'Why, for the history' }),
);

export const UserParams = Type.Object({ id: Id });

/** Who has a role, and where; `more`: there are others. */
export const RoleHolders = Type.Object({
  items: Type.Array(
    Type.Object({
      userId: Id,
      userName: Type.String(),
      plantId: Nullable(Id),
      plantName: Nullable(Type.String()),
    }),
  ),
  more: Type.Boolean(),
});

export const RolesBody = Strict({
  version: Version,
  roles: Type.Array(Strict({ roleId: Id, plantId: Nullable(Id) }), {
    maxItems: MAX_ROLES_OF_USER,
    description: 'All roles of the user from now on; plantId null: everywhere',
  }),
  reason: Reason,
});

export const PlantAccessBody = Strict({
  version: Version,
  allPlants: Type.Boolean(),
  plantIds: Type.Array(Id, { maxItems: MAX_PLANTS, description: 'Empty where allPlants is true' }),
  reason: Reason,
});

export const UserAccess = Type.Object({
  userId: Id,
  version: Type.Integer(),
  allPlants: Type.Boolean(),
  plantIds: Type.Array(Id),
  roles: Type.Array(
    Type.Object({
      roleId: Id,
      roleCode: Type.String(),
      roleName: Type.String(),
      plantId: Nullable(Id),
      plantName: Nullable(Type.String()),
    }),
  ),
});

const Scope = Type.Union([Type.Literal('plant'), Type.Literal('organization')]);

export const PermissionList = Type.Object({
  items: Type.Array(Type.Object({ name: Type.String(), scope: Scope, routes: Type.Array(Type.String()) })),
});

export const OwnSession = Type.Object({
  kind: Type.Union([Type.Literal('user'), Type.Literal('api_key'), Type.Literal('device')]),
  user: Type.Object({ id: Nullable(Id), name: Type.String() }),
  organization: Type.Object({ id: Id, name: Type.String() }),
  plants: Type.Array(Type.Object({ id: Id, name: Type.String(), timeZone: Type.String() })),
  permissions: Type.Array(
    Type.Object({
      name: Type.String(),
      scope: Scope,
      plants: Type.Union([Type.Literal('all'), Type.Array(Id)], { description: 'Where it is held' }),
    }),
  ),
});

export type RolesBody = Static<typeof RolesBody>;
export type PlantAccessBody = Static<typeof PlantAccessBody>;
export type RoleHolders = Static<typeof RoleHolders>;
export type UserAccess = Static<typeof UserAccess>;
export type OwnSession = Static<typeof OwnSession>;
