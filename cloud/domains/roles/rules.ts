// What a role may be made of, and who may give it. Nobody gives, or takes, what he does not have himself.

import { type Access, patternsNotHeld } from '../../platform/access/grants.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { PermissionCatalogue } from '../../platform/http/permissions.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { type DefaultRole, reservedDomains } from './default-roles.ts';
import { countHolders } from './queries.ts';
import type { roles } from './resource.ts';

const PATTERN = /^(\*|[a-z][a-z0-9_-]*)\.(\*|[a-z][a-z0-9_-]*)$/;

/** Whether a pattern stands for at least one permission. */
export function matchesSome(pattern: string, catalogue: PermissionCatalogue): boolean {
  const [domain, action] = pattern.split('.');
  return (
    PATTERN.test(pattern) &&
    [...catalogue.keys()].some((name) => {
      const [ofDomain, ofAction] = name.split('.');
      return (domain === '*' || domain === ofDomain) && (action === '*' || action === ofAction);
    })
  );
}

function isReserved(pattern: string): boolean {
  return PATTERN.test(pattern) && reservedDomains.includes(pattern.split('.')[0] ?? '');
}

/** What is wrong with the default roles, one line each: a pattern that neither the routes nor the scope know. */
export function defaultRoleFaults(wanted: readonly DefaultRole[], catalogue: PermissionCatalogue): string[] {
  return wanted.flatMap(({ code, permissions }) =>
    permissions
      .filter((pattern) => !matchesSome(pattern, catalogue) && !isReserved(pattern))
      .map((pattern) => `the role ${code} has ${pattern}, which is no route's permission and not reserved`),
  );
}

/** Throws `forbidden` when one of the patterns is not held, everywhere or at the plant. */
export function requireHeld(
  access: Access | undefined,
  { patterns, plantId, role }: { patterns: readonly string[]; plantId: number | null; role: string },
): void {
  const missing = access ? patternsNotHeld(access, patterns, plantId) : patterns;
  if (missing.length === 0) return;
  const where = plantId === null ? 'everywhere' : `at plant ${plantId}`;
  throw new DomainError(
    'forbidden',
    `You do not have ${missing.join(', ')} (${role}) ${where} yourself, so you cannot give, take or overrule it. Ask somebody who has.`,
  );
}

const systemRole = (): never => {
  throw new DomainError(
    'forbidden',
    'System roles stay as they are. Make a role of your own beside it and give that one.',
  );
};

export function roleRules(catalogue: PermissionCatalogue): Rules<typeof roles> {
  const requireKnown = (patterns: readonly string[]): void => {
    const unknown = patterns.filter((pattern) => !matchesSome(pattern, catalogue));
    if (unknown.length === 0) return;
    throw new InvalidRequest(
      unknown.map((pattern) => ({
        path: 'body/permissions',
        message: `has ${pattern}, which stands for no permission; GET /permissions lists them`,
      })),
    );
  };
  return {
    async beforeCreate({ access }, { permissions, roleCode }) {
      requireKnown(permissions);
      requireHeld(access, { patterns: permissions, plantId: null, role: roleCode });
      return { permissions: [...new Set(permissions)] };
    },
    async beforeUpdate({ access }, role, { permissions }) {
      if (role.isSystemRole) systemRole();
      if (!permissions) return {};
      const added = permissions.filter((pattern) => !role.permissions.includes(pattern));
      const removed = role.permissions.filter((pattern) => !permissions.includes(pattern));
      requireKnown(added);
      requireHeld(access, { patterns: [...added, ...removed], plantId: null, role: role.roleCode });
      return { permissions: [...new Set(permissions)] };
    },
    async beforeArchive(ctx: Context, role) {
      if (role.isSystemRole) systemRole();
      const holders = await countHolders(ctx, role.id);
      if (holders > 0) {
        throw new DomainError(
          'conflict',
          `${holders === 1 ? 'One person has' : `${holders} people have`} this role. Take it from them first.`,
        );
      }
    },
  };
}
