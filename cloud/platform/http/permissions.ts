// What every route must say of itself, checked at boot so that nobody can forget it: its permission (or
// `public`), and a body that refuses unknown fields. The permissions of all routes together are the
// catalogue: roles can give what is in it, and nothing else.

import type { FastifyInstance } from 'fastify';

/** `<domain>.<action>`. `public` needs no sign-in, `session.own` only a sign-in. */
export type Permission = 'public' | 'session.own' | `${string}.${string}`;

/**
 * Where a permission counts. `plant`: in each plant where somebody has it, and he sees those plants' rows.
 * `organization`: only for who has it everywhere, since it is about the organisation as a whole.
 */
export type PermissionScope = 'plant' | 'organization';

export interface CataloguedPermission {
  readonly name: Permission;
  readonly scope: PermissionScope;
  /** `GET /api/v1/plants`, … */
  readonly routes: readonly string[];
}

/** Every permission that a role can give, by name; complete when the app is ready. */
export type PermissionCatalogue = ReadonlyMap<string, CataloguedPermission>;

declare module 'fastify' {
  interface FastifyContextConfig {
    permission?: Permission;
    /** What its handler asks for besides, for a part of what the route does. */
    alsoPermissions?: readonly Permission[];
    /** Default `plant`, for all of them. */
    scope?: PermissionScope;
  }
  interface FastifyInstance {
    readonly permissionCatalogue: PermissionCatalogue;
  }
}

/** Both parts of a permission's name. */
export const NAME = /^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$/;

/** Whether one gets it by a role, and not by signing in or just so. */
export function isGranted(permission: Permission): boolean {
  return permission !== 'public' && permission !== 'session.own';
}

/**
 * Refuses routes that say too little, and collects the catalogue. `exempt` are the routes of plugins that
 * we cannot give a permission: they are public. Must be called before any route is added.
 */
export function checkRoutes(app: FastifyInstance, exempt: (url: string) => boolean): void {
  const catalogue = new Map<string, CataloguedPermission>();
  app.decorate('permissionCatalogue', catalogue);
  app.addHook('onRoute', (route) => {
    const name = `${String(route.method)} ${route.url}`;
    const { permission, alsoPermissions = [], scope = 'plant' } = route.config ?? {};
    if (permission === undefined) {
      if (exempt(route.url)) {
        route.config = { ...route.config, permission: 'public' };
        return;
      }
      throw new Error(`${name} has no permission in its config ('public' is one).`);
    }
    for (const each of [permission, ...alsoPermissions])
      if (isGranted(each)) collect(catalogue, { permission: each, scope, route: name });
    const body = route.schema?.body as { type?: string; additionalProperties?: unknown } | undefined;
    if (body?.type === 'object' && body.additionalProperties !== false) {
      throw new Error(`${name}: its body must refuse unknown fields.`);
    }
  });
}

function collect(
  catalogue: Map<string, CataloguedPermission>,
  { permission, scope, route }: { permission: Permission; scope: PermissionScope; route: string },
): void {
  if (!NAME.test(permission)) {
    throw new Error(`${route}: ${permission} is no permission; write <domain>.<action> in lower case.`);
  }
  const known = catalogue.get(permission);
  if (known && known.scope !== scope) {
    throw new Error(`${route}: ${permission} has the scope ${scope} here and ${known.scope} at ${known.routes[0]}.`);
  }
  // Fastify answers HEAD wherever there is a GET; it is no route of its own.
  const routes = route.startsWith('HEAD ') ? [] : [route];
  catalogue.set(permission, { name: permission, scope, routes: [...(known?.routes ?? []), ...routes] });
}
