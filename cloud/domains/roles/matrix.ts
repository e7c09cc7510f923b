// The default roles against every permission there is, as a page to read: what docs/permissions.md shows
// and `npm run permissions` prints.

import { compileRole, policiesOf } from '../../platform/access/compile.ts';
import type { PermissionCatalogue } from '../../platform/http/permissions.ts';
import { type DefaultRole, defaultRoles } from './default-roles.ts';
import { matchesSome } from './rules.ts';

const policiesIn = ({ code, permissions }: DefaultRole) =>
  policiesOf({ organizationId: 0, role: code, patterns: permissions });

/** Markdown. The same catalogue gives the same text. */
export async function permissionMatrix(catalogue: PermissionCatalogue): Promise<string> {
  const compiled = await Promise.all(
    defaultRoles.map(({ code, permissions }) =>
      compileRole({ organizationId: 0, role: code, patterns: permissions }, catalogue),
    ),
  );
  const all = [...catalogue.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  const policies = defaultRoles.flatMap(policiesIn).length;
  const grants = compiled.reduce((sum, granted) => sum + granted.size, 0);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const codes = defaultRoles.map(({ code }) => code);
  return [
    '# Permissions',
    '',
    'Generated from the routes and from `cloud/domains/roles/default-roles.ts` by `npm run generate`; a test holds it',
    'against them. A permission with the scope *plant* counts in each plant where somebody has it; one with the scope',
    '*organization* only for who has it everywhere.',
    '',
    `${defaultRoles.length} default roles with ${policies} Casbin policies (role × pattern) over ${all.length} permissions: ${grants} grants.`,
    '',
    '## Who may do what',
    '',
    row(['Permission', 'Scope', ...codes]),
    row(['---', '---', ...codes.map(() => ':-:')]),
    ...all.map(({ name, scope }) =>
      row([`\`${name}\``, scope, ...compiled.map((granted) => (granted.has(name) ? '●' : ''))]),
    ),
    '',
    '## The roles',
    '',
    row(['Role', 'For', 'Patterns', 'Of these for domains to come']),
    row(['---', '---', '--:', '---']),
    ...defaultRoles.map((role) => {
      const coming = role.permissions.filter((pattern) => !matchesSome(pattern, catalogue));
      const patterns = String(role.permissions.length);
      return row([`\`${role.code}\``, role.description, patterns, coming.map((one) => `\`${one}\``).join(' ')]);
    }),
    '',
    '## What each permission opens',
    '',
    row(['Permission', 'Routes']),
    row(['---', '---']),
    ...all.map(({ name, routes }) => row([`\`${name}\``, routes.map((route) => `\`${route}\``).join('<br>')])),
    '',
  ].join('\n');
}
