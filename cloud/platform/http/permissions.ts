// What every route must say of itself, checked at boot so that nobody can forget it: its permission (or
// `public`), and a body that refuses unknown fields.

import type { FastifyInstance } from 'fastify';

/** What a route may ask for, by domain. `public` needs no sign-in. */
export const permissions = ['public', 'session.own', 'plant.read', 'telemetry.read', 'edge.read'] as const;
export type Permission = (typeof permissions)[number];

declare module 'fastify' {
  interface FastifyContextConfig {
    permission?: Permission;
  }
}

/**
 * Refuses routes that say too little. `exempt` are the routes of plugins that we cannot give one: they
 * are public. Must be called before any route is added.
 */
export function checkRoutes(app: FastifyInstance, exempt: (url: string) => boolean): void {
  app.addHook('onRoute', (route) => {
    const permission = route.config?.permission;
    if (permission === undefined) {
      if (exempt(route.url)) {
        route.config = { ...route.config, permission: 'public' };
        return;
      }
      throw new Error(`${String(route.method)} ${route.url} has no permission in its config ('public' is one).`);
    }
    if (!permissions.includes(permission)) {
      throw new Error(`${String(route.method)} ${route.url} asks for an unknown permission: ${permission}.`);
    }
    const body = route.schema?.body as { type?: string; additionalProperties?: unknown } | undefined;
    if (body?.type === 'object' && body.additionalProperties !== false) {
      throw new Error(`${String(route.method)} ${route.url}: its body must refuse unknown fields.`);
    }
  });
}
