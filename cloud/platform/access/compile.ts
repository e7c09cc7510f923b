// From patterns to permissions, by Casbin: it decides once per role and version over the whole catalogue,
// and the answers become a set. Asked at each request it would answer some hundreds a second.

import { type Enforcer, newEnforcer, newModelFromString } from 'casbin';
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

/** An enforcer over the policies of these roles: one policy per role and pattern. */
export async function enforcerOf(roles: readonly RolePolicies[]): Promise<Enforcer> {
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  const policies = roles.flatMap(({ organizationId, role, patterns }) =>
    [...new Set(patterns)].map((pattern) => [role, String(organizationId), ...pattern.split('.')]),
  );
  if (policies.length > 0) await enforcer.addPolicies(policies);
  return enforcer;
}

/** The permissions of the catalogue that a role's patterns stand for. */
export async function compileRole(role: RolePolicies, catalogue: PermissionCatalogue): Promise<ReadonlySet<string>> {
  const enforcer = await enforcerOf([role]);
  const granted = new Set<string>();
  for (const name of catalogue.keys()) {
    const [domain, action] = name.split('.');
    if (enforcer.enforceSync(role.role, String(role.organizationId), domain, action)) granted.add(name);
  }
  return granted;
}
