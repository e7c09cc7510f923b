// From patterns to permissions, by Casbin: it decides once per role and version over the whole catalogue,
// and the answers become a set. Asked at each request, over all policies, it would answer a hundred a second.

import { newEnforcer, newModelFromString } from 'casbin';
import type { PermissionCatalogue } from '../http/permissions.ts';

/** A subject (role) in a domain (organisation) may do an action on a kind of thing; `*` is any. */
const MODEL = `
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.dom == p.dom && (p.obj == "*" || r.obj == p.obj) && (p.act == "*" || r.act == p.act)
`;

export interface RolePolicies {
  readonly organizationId: number;
  /** Unique in its organisation. */
  readonly role: string;
  readonly patterns: readonly string[];
}

/** The Casbin policies of a role: one per pattern. */
export function policiesOf({ organizationId, role, patterns }: RolePolicies): string[][] {
  return [...new Set(patterns)].map((pattern) => [role, String(organizationId), ...pattern.split('.')]);
}

/**
 * The permissions of the catalogue that a role's patterns stand for. Casbin walks all its policies for each
 * decision, so for the permissions of a kind of thing it is given only the policies that name it.
 */
export async function compileRole(
  policies: RolePolicies,
  catalogue: PermissionCatalogue,
): Promise<ReadonlySet<string>> {
  const granted = new Set<string>();
  const all = policiesOf(policies);
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  for (const [domain, names] of Map.groupBy(catalogue.keys(), (name) => name.split('.')[0] ?? '')) {
    const relevant = all.filter(([, , thing]) => thing === domain || thing === '*');
    if (relevant.length === 0) continue;
    enforcer.clearPolicy();
    await enforcer.addPolicies(relevant);
    for (const name of names) {
      const request = [policies.role, String(policies.organizationId), ...name.split('.')];
      if (enforcer.enforceSync(...request)) granted.add(name);
    }
  }
  return granted;
}
