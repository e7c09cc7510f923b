// What somebody may do, as it is used: sets to look into, and the one decision that answers both whether a
// request is allowed and which plants' rows it sees.
//
// A role given everywhere counts for every permission. A role given at one plant counts only for
// permissions of the scope `plant`, and only there. Plants the user is not let into count for nothing. What
// acts for a person (an API key) has what both have: its own rights, and those of that person by now.

import type { Permission, PermissionScope } from '../http/permissions.ts';

export type Plants = 'all' | readonly number[];

/** A role as the database gives it. */
export interface AssignedRole {
  readonly id: number;
  readonly version: number;
  /** Patterns: `departments.update`, `departments.*`, `*.read`, `*.*`. */
  readonly permissions: readonly string[];
  /** Null: everywhere. */
  readonly plantId: number | null;
}

/** An assigned role with the permissions that Casbin made of its patterns. */
export interface Grant extends AssignedRole {
  readonly granted: ReadonlySet<string>;
}

/** The rights of somebody, by roles and plants. */
export interface Rights {
  /** The plants he is let into at all. */
  readonly plants: Plants;
  readonly grants: readonly Grant[];
}

export interface Access extends Rights {
  readonly kind: 'user' | 'api_key' | 'device';
  readonly userId: number | null;
  readonly sessionId: string | null;
  readonly organizationId: number;
  readonly name: string;
  /** Null: without end. */
  readonly expiresAt: Date | null;
  /** Of an API key: the person it acts for. */
  readonly holder?: Rights & { readonly userId: number };
}

/** The plants in which a permission is held; null: in none, and the request is to be refused. */
export function plantsWith(access: Access, permission: Permission, scope: PermissionScope): Plants | null {
  const own = plantsHeld(access, permission, scope);
  if (own === null || !access.holder) return own;
  const holders = plantsHeld(access.holder, permission, scope);
  const both = holders && commonPlants(own, holders);
  return both?.length === 0 ? null : both;
}

function plantsHeld(access: Rights, permission: Permission, scope: PermissionScope): Plants | null {
  const having = access.grants.filter(({ granted }) => granted.has(permission));
  const everywhere = having.some(({ plantId }) => plantId === null);
  if (scope === 'organization') return everywhere ? access.plants : null;
  const plants = everywhere ? access.plants : having.flatMap(({ plantId }) => letIn(access, plantId) ?? []);
  return plants === 'all' || plants.length > 0 ? unique(plants) : null;
}

/** The plants in which somebody has any role: what he sees where a sign-in is enough. */
export function plantsOf(access: Access): Plants {
  const own = plantsOfRoles(access);
  return access.holder ? commonPlants(own, plantsOfRoles(access.holder)) : own;
}

function plantsOfRoles(access: Rights): Plants {
  if (access.grants.some(({ plantId }) => plantId === null)) return access.plants;
  return unique(access.grants.flatMap(({ plantId }) => letIn(access, plantId) ?? []));
}

/** Those of `patterns` that somebody does not hold everywhere or at this plant, and so cannot give to others. */
export function patternsNotHeld(access: Access, patterns: readonly string[], plantId: number | null): string[] {
  const holders = [access, ...(access.holder ? [access.holder] : [])];
  return patterns.filter((pattern) => !holders.every((holder) => holds(holder, pattern, plantId)));
}

function holds(access: Rights, pattern: string, plantId: number | null): boolean {
  return access.grants
    .filter((grant) => grant.plantId === null || (grant.plantId === plantId && letIn(access, plantId) !== null))
    .some(({ permissions }) => permissions.some((held) => covers(held, pattern)));
}

/** The plants that are in both. */
export function commonPlants(one: Plants, other: Plants): Plants {
  if (one === 'all') return other;
  return other === 'all' ? one : one.filter((plantId) => other.includes(plantId));
}

/** Whether everything that `pattern` stands for, today and later, `wide` stands for, too. */
function covers(wide: string, pattern: string): boolean {
  const [domain, action] = wide.split('.');
  const [otherDomain, otherAction] = pattern.split('.');
  return (domain === '*' || domain === otherDomain) && (action === '*' || action === otherAction);
}

function letIn(access: Rights, plantId: number | null): number | null {
  return plantId !== null && (access.plants === 'all' || access.plants.includes(plantId)) ? plantId : null;
}

function unique(plants: Plants): Plants {
  return plants === 'all' ? plants : [...new Set(plants)].sort((one, other) => one - other);
}
