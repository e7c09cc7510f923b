// What a pattern of permissions must be, and whether the default roles still fit what the routes ask for.

import type { PermissionCatalogue } from '../../platform/http/permissions.ts';
import type { DefaultRole } from './default-roles.ts';

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

/** Those of `patterns` that stand for no permission there is. */
export function unknownPatterns(patterns: readonly string[], catalogue: PermissionCatalogue): string[] {
  return patterns.filter((pattern) => !matchesSome(pattern, catalogue));
}

/** What is wrong with the default roles, one line each: a pattern that neither the routes nor the scope know. */
export function defaultRoleFaults(
  roles: readonly DefaultRole[],
  { catalogue, reserved }: { catalogue: PermissionCatalogue; reserved: readonly string[] },
): string[] {
  return roles.flatMap(({ code, permissions }) =>
    permissions
      .filter((pattern) => !matchesSome(pattern, catalogue) && !reserved.includes(pattern.split('.')[0] ?? ''))
      .map((pattern) => `the role ${code} has ${pattern}, which is no route's permission and not reserved`),
  );
}
