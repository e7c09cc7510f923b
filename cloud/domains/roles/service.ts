// Commands on the rights of a user: which roles he has and where, and which plants he is let into. Both
// are replaced as a whole, under the version of the user.

import { recordAudit } from '../../platform/audit.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import * as queries from './queries.ts';
import { requireHeld } from './rules.ts';
import type { PlantAccessBody, RolesBody, UserAccess } from './schema.ts';

export async function readUserAccess(ctx: Context, userId: number): Promise<UserAccess> {
  const user = await queries.findUser(ctx, userId, false);
  if (!user) throw new DomainError('not_found', `There is no user ${userId} that you may see.`);
  const roles = await queries.rolesOf(ctx, userId);
  return {
    userId,
    version: user.version,
    allPlants: user.allPlants,
    plantIds: await queries.plantsOfUser(ctx, userId),
    roles: roles.map(toAnswer),
  };
}

/** All roles that the actor sees are replaced. Throws `conflict`, `forbidden`, InvalidRequest. */
export async function setRoles(ctx: Context, userId: number, body: RolesBody): Promise<UserAccess> {
  await lockUser(ctx, userId, body.version);
  const before = await queries.rolesOf(ctx, userId);
  await changeRoles(ctx, userId, { before, wanted: body.roles });
  await queries.countUserVersion(ctx, userId);
  await refuseWithoutAdministrator(ctx);
  const after = await readUserAccess(ctx, userId);
  await recordAudit(ctx, {
    action: 'assign_roles',
    entity: 'users',
    entityId: userId,
    old: { roles: before.map(toAnswer) },
    new: { roles: after.roles },
    reason: body.reason,
  });
  return after;
}

/** The first roles of a user that was made in this transaction, whose command writes the audit row. */
export async function assignFirstRoles(
  ctx: Context,
  userId: number,
  roles: readonly queries.Assignment[],
): Promise<void> {
  await changeRoles(ctx, userId, { before: [], wanted: roles });
}

export async function setPlantAccess(ctx: Context, userId: number, body: PlantAccessBody): Promise<UserAccess> {
  const { allPlants, plantIds } = body;
  if (allPlants && plantIds.length > 0)
    throw new InvalidRequest([{ path: 'body/plantIds', message: 'must be empty where allPlants is true' }]);
  const user = await lockUser(ctx, userId, body.version);
  await requireRolesOf(ctx, userId);
  const mayAll = ctx.access?.plants === 'all';
  if (!mayAll && (allPlants || user.allPlants))
    throw new DomainError('forbidden', 'You are limited to some plants. Ask somebody who has all of them to do this.');
  const known = await queries.visiblePlants(ctx, plantIds);
  const unknown = plantIds.flatMap((id, at) =>
    known.has(id) ? [] : [{ path: `body/plantIds/${at}`, message: `is no plant of yours: ${id}` }],
  );
  if (unknown.length > 0) throw new InvalidRequest(unknown);
  const before = { allPlants: user.allPlants, plantIds: await queries.plantsOfUser(ctx, userId) };
  await queries.replacePlants(ctx, userId, { allPlants, plantIds: [...new Set(plantIds)] });
  await refuseWithoutAdministrator(ctx);
  const after = await readUserAccess(ctx, userId);
  await recordAudit(ctx, {
    action: 'assign_plants',
    entity: 'users',
    entityId: userId,
    old: before,
    new: { allPlants: after.allPlants, plantIds: after.plantIds },
    reason: body.reason,
  });
  return after;
}

/**
 * Before a command that lets somebody act as a user, or shuts him out: a reset link, a PIN, archiving.
 * Throws `forbidden` when the user may do or see more than the actor, who would come to it that way.
 */
export async function requireRightsOf(ctx: Context, userId: number): Promise<void> {
  const rights = await requireRolesOf(ctx, userId);
  const own = ctx.access?.plants ?? [];
  if (!rights || own === 'all') return;
  if (rights.all_plants || rights.plant_ids.some((plantId) => !own.includes(plantId)))
    throw new DomainError('forbidden', 'This user has plants that you do not have. Ask somebody who has them.');
}

async function requireRolesOf(ctx: Context, userId: number): Promise<queries.Rights | undefined> {
  const rights = await queries.rightsOf(ctx, userId);
  for (const { id, permissions, plantId } of rights?.roles ?? [])
    requireHeld(ctx.access, { patterns: permissions, plantId, role: `role ${id} of user ${userId}` });
  return rights;
}

/**
 * Before these roles are given everywhere in these plants (null: all) to something that is no user, as an API key.
 * Throws InvalidRequest for what is not there, `forbidden` for what the actor does not have.
 */
export async function requireMayGive(
  ctx: Context,
  { roleIds, plantIds }: { roleIds: readonly number[]; plantIds: readonly number[] | null },
): Promise<void> {
  const roles = await queries.lockRoles(ctx, roleIds);
  const plants = await queries.visiblePlants(ctx, plantIds ?? []);
  const faults = [
    ...roleIds.flatMap((id, at) =>
      roles.has(id) ? [] : [{ path: `body/roleIds/${at}`, message: `is no role of yours: ${id}` }],
    ),
    ...(plantIds ?? []).flatMap((id, at) =>
      plants.has(id) ? [] : [{ path: `body/plantIds/${at}`, message: `is no plant of yours: ${id}` }],
    ),
  ];
  if (faults.length > 0) throw new InvalidRequest(faults);
  if (plantIds === null && ctx.access?.plants !== 'all')
    throw new DomainError('forbidden', 'You are limited to some plants: name those that it is for.');
  for (const { permissions, code } of roles.values())
    requireHeld(ctx.access, { patterns: permissions, plantId: null, role: code });
}

/** After a change that may take somebody's rights: throws `conflict` when nobody is left who could give them back. */
export async function refuseWithoutAdministrator(ctx: Context): Promise<void> {
  if ((await queries.countAdministrators(ctx)) > 0) return;
  throw new DomainError(
    'conflict',
    'This would leave the organisation without an administrator of all plants. Make somebody else one first.',
  );
}

async function lockUser(ctx: Context, userId: number, version: number): Promise<queries.UserRow> {
  const user = await queries.findUser(ctx, userId, true);
  if (!user) throw new DomainError('not_found', `There is no user ${userId} that you may see.`);
  if (user.version !== version) {
    throw new Conflict(fault('changed_since', { singular: 'user', who: null, version: user.version, yours: version }));
  }
  if (user.archived) throw new Conflict(fault('is_archived', { singular: 'user' }));
  return user;
}

async function changeRoles(
  ctx: Context,
  userId: number,
  { before, wanted }: { before: readonly queries.HeldRole[]; wanted: readonly queries.Assignment[] },
): Promise<void> {
  const keyOf = ({ roleId, plantId }: queries.Assignment): string => `${roleId}@${plantId}`;
  const held = new Map(before.map((role) => [keyOf(role), role]));
  const asked = new Map(wanted.map((assignment, at) => [keyOf(assignment), { ...assignment, at }]));
  const added = [...asked.values()].filter((assignment) => !held.has(keyOf(assignment)));
  const removed = [...held.values()].filter((role) => !asked.has(keyOf(role)));
  const roles = await queries.lockRoles(ctx, [...new Set(added.map(({ roleId }) => roleId))]);
  const plants = await queries.visiblePlants(
    ctx,
    added.flatMap(({ plantId }) => plantId ?? []),
  );
  const faults = added.flatMap(({ roleId, plantId, at }) => [
    ...(roles.has(roleId) ? [] : [{ path: `body/roles/${at}/roleId`, message: `is no role of yours: ${roleId}` }]),
    ...(plantId === null || plants.has(plantId)
      ? []
      : [{ path: `body/roles/${at}/plantId`, message: `is no plant of yours: ${plantId}` }]),
  ]);
  if (faults.length > 0) throw new InvalidRequest(faults);
  for (const { roleId, plantId } of added) {
    const role = roles.get(roleId);
    requireHeld(ctx.access, { patterns: role?.permissions ?? [], plantId, role: role?.code ?? '' });
  }
  for (const { permissions, plantId, roleCode } of removed)
    requireHeld(ctx.access, { patterns: permissions, plantId, role: roleCode });
  await queries.replaceRoles(ctx, userId, { removed, added });
}

function toAnswer({ roleId, roleCode, roleName, plantId, plantName }: queries.HeldRole): UserAccess['roles'][number] {
  return { roleId, roleCode, roleName, plantId, plantName };
}
