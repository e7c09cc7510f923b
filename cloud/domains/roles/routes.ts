// /roles by the kit, /permissions (what roles can be made of), the rights of a user, and /session: what
// one may do oneself, so that screens hide what one may not.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { plantsWith } from '../../platform/access/grants.ts';
import type { Database } from '../../platform/database.ts';
import { accessOf } from '../../platform/http/authentication.ts';
import { asActor, type Context } from '../../platform/http/context.ts';
import { getRecord, kindOf } from '../../platform/kit/commands.ts';
import { addResource } from '../../platform/kit/routes.ts';
import { defaultRoles } from './default-roles.ts';
import { holdersOf, listPlants, organizationName } from './queries.ts';
import { roles } from './resource.ts';
import { defaultRoleFaults, roleRules } from './rules.ts';
import * as schema from './schema.ts';
import { readUserAccess, setPlantAccess, setRoles } from './service.ts';

/** People of a role that are told; a screen shows no more. */
const MAX_HOLDERS = 200;

export const rolesRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const catalogue = app.permissionCatalogue;
  const run = <T>(request: FastifyRequest, work: (ctx: Context) => Promise<T>) => asActor({ db, request }, work);
  const byName = () => [...catalogue.values()].sort((one, other) => (one.name < other.name ? -1 : 1));

  app.addHook('onReady', async () => {
    const faults = defaultRoleFaults(defaultRoles, catalogue);
    if (faults.length > 0) throw new Error(`cloud/domains/roles/default-roles.ts: ${faults.join('; ')}`);
  });

  addResource(app, { db, kind: kindOf(roles, roleRules(catalogue)) });

  app.get(
    '/roles/:id/holders',
    {
      config: { permission: 'users.read', scope: 'organization' },
      schema: {
        tags: ['roles'],
        summary: 'Who has this role, everywhere or at a plant',
        params: schema.UserParams,
        response: { 200: schema.RoleHolders },
      },
    },
    (request) =>
      run(request, async (ctx) => {
        await getRecord(ctx, roles, request.params.id);
        const holders = await holdersOf(ctx, request.params.id, MAX_HOLDERS + 1);
        return { items: holders.slice(0, MAX_HOLDERS), more: holders.length > MAX_HOLDERS };
      }),
  );

  app.get(
    '/permissions',
    {
      config: { permission: 'roles.read', scope: 'organization' },
      schema: {
        tags: ['roles'],
        summary: 'Every permission that a role can give',
        response: { 200: schema.PermissionList },
      },
    },
    async () => ({ items: byName().map(({ name, scope, routes }) => ({ name, scope, routes: [...routes] })) }),
  );

  app.get(
    '/session',
    {
      config: { permission: 'session.own' },
      schema: {
        tags: ['roles'],
        summary: 'Who you are here, and what you may do where',
        response: { 200: schema.OwnSession },
      },
    },
    (request) =>
      run(request, async (ctx): Promise<schema.OwnSession> => {
        const access = accessOf(request);
        const permissions = byName().flatMap(({ name, scope }) => {
          const plants = plantsWith(access, name, scope);
          return plants ? [{ name, scope, plants: plants === 'all' ? ('all' as const) : [...plants] }] : [];
        });
        return {
          kind: access.kind,
          user: { id: access.userId, name: access.name },
          organization: { id: access.organizationId, name: await organizationName(ctx) },
          plants: await listPlants(ctx),
          permissions,
        };
      }),
  );

  await app.register(userAccessRoutes, { db });
};

const userAccessRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const run = <T>(request: FastifyRequest, work: (ctx: Context) => Promise<T>) => asActor({ db, request }, work);
  const tags = ['users'];
  const response = { 200: schema.UserAccess };
  const assigning = { permission: 'users.assign', scope: 'organization' } as const;

  app.get(
    '/users/:id/access',
    {
      config: { permission: 'users.read', scope: 'organization' },
      schema: { tags, summary: 'Roles and plants of a user', params: schema.UserParams, response },
    },
    (request) => run(request, (ctx) => readUserAccess(ctx, request.params.id)),
  );

  app.put(
    '/users/:id/roles',
    {
      config: assigning,
      schema: {
        tags,
        summary: 'Replace the roles of a user',
        params: schema.UserParams,
        body: schema.RolesBody,
        response,
      },
    },
    (request) => run(request, (ctx) => setRoles(ctx, request.params.id, request.body)),
  );

  app.put(
    '/users/:id/plant-access',
    {
      config: assigning,
      schema: {
        tags,
        summary: 'Let a user into all plants, or into some',
        params: schema.UserParams,
        body: schema.PlantAccessBody,
        response,
      },
    },
    (request) => run(request, (ctx) => setPlantAccess(ctx, request.params.id, request.body)),
  );
};
