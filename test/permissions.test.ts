// The permissions as a whole: the printed page is true, the default roles fit the routes, and what cannot
// be right does not start.

import { readFile } from 'node:fs/promises';
import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { compileRole } from '../cloud/platform/access/compile.ts';
import { type Access, patternsNotHeld, plantsOf, plantsWith } from '../cloud/platform/access/grants.ts';
import { checkRoutes, type PermissionCatalogue } from '../cloud/platform/http/permissions.ts';
import { permissionsFile, permissionsPage } from '../deploy/permissions/page.ts';

describe('docs/permissions.md', () => {
  it('is what the routes and the default roles say (npm run generate writes it)', async () => {
    const page = await permissionsPage();
    expect(await readFile(permissionsFile, 'utf8')).toBe(page);
    const [, roles, policies] = /^(\d+) default roles with (\d+) Casbin policies/m.exec(page) ?? [];
    expect(Number(roles)).toBe(8);
    expect(Number(policies)).toBeGreaterThanOrEqual(53);
  });
});

describe('the catalogue', () => {
  it('has each permission once, with its routes; what contradicts itself stops the boot', async () => {
    const app = fastify();
    checkRoutes(app, () => false);
    const plants = { permission: 'plants.read' } as const;
    app.get('/plants', { config: plants }, async () => 'x');
    app.get('/plants/:id', { config: plants }, async () => 'x');
    app.get('/me', { config: { permission: 'session.own' } }, async () => 'x');
    app.get('/', { config: { permission: 'public' } }, async () => 'x');
    expect([...app.permissionCatalogue.values()]).toEqual([
      { name: 'plants.read', scope: 'plant', routes: ['GET /plants', 'GET /plants/:id'] },
    ]);
    expect(() => app.put('/plants', { config: { ...plants, scope: 'organization' } }, async () => 'x')).toThrow(
      /has the scope organization here and plant at GET \/plants/,
    );
    for (const permission of ['Plants.read', 'plants.read.all', 'plants.*'] as const) {
      expect(() => app.get('/odd', { config: { permission } }, async () => 'x'), permission).toThrow(
        /is no permission/,
      );
    }
    expect(() => app.get('/open', async () => 'x')).toThrow(/no permission/);
    await app.close();
  });
});

describe('a role, compiled', () => {
  const names = ['plants.read', 'plants.update', 'users.read', 'users.assign', 'audit-logs.read'];
  const catalogue: PermissionCatalogue = new Map(
    names.map((name) => [
      name,
      { name: name as 'plants.read', scope: name.startsWith('users') ? 'organization' : 'plant', routes: [] },
    ]),
  );
  const compiled = async (...patterns: string[]) =>
    [...(await compileRole({ organizationId: 1, role: '7:1', patterns }, catalogue))].sort();

  it('is exactly what its patterns stand for', async () => {
    expect(await compiled()).toEqual([]);
    expect(await compiled('plants.read')).toEqual(['plants.read']);
    expect(await compiled('plants.*')).toEqual(['plants.read', 'plants.update']);
    expect(await compiled('*.read')).toEqual(['audit-logs.read', 'plants.read', 'users.read']);
    expect(await compiled('*.*', '*.*')).toEqual([...names].sort());
    expect(await compiled('plant.*', 'audit.read', 'plants.rea', '.*', '*')).toEqual([]);
    expect(await compiled('users.assign', '*.update')).toEqual(['plants.update', 'users.assign']);
  });

  it('counts where it was given, within the plants one is let into', async () => {
    const grant = async (plantId: number | null, ...permissions: string[]) => ({
      id: 1,
      version: 1,
      permissions,
      plantId,
      granted: await compileRole({ organizationId: 1, role: '1:1', patterns: permissions }, catalogue),
    });
    const access = async (
      plants: Access['plants'],
      ...grants: Awaited<ReturnType<typeof grant>>[]
    ): Promise<Access> => ({
      kind: 'user',
      userId: 1,
      sessionId: null,
      organizationId: 1,
      name: 'P',
      expiresAt: null,
      plants,
      grants,
    });
    const reader = await grant(null, '*.read');
    const northLead = await grant(3, '*.*');
    const both = await access('all', reader, northLead);
    expect(plantsWith(both, 'plants.read', 'plant')).toBe('all');
    expect(plantsWith(both, 'plants.update', 'plant')).toEqual([3]);
    expect(plantsWith(both, 'users.read', 'organization')).toBe('all');
    expect(plantsWith(both, 'users.assign', 'organization')).toBeNull();
    const limited = await access([3, 5], reader, northLead, await grant(4, '*.*'), await grant(5, 'plants.update'));
    expect(plantsWith(limited, 'plants.read', 'plant')).toEqual([3, 5]);
    expect(plantsWith(limited, 'plants.update', 'plant')).toEqual([3, 5]);
    expect(plantsWith(limited, 'users.read', 'organization')).toEqual([3, 5]);
    expect(plantsWith(await access([5], northLead), 'plants.read', 'plant')).toBeNull();
    expect(plantsWith(await access([], reader), 'plants.read', 'plant')).toBeNull();
    expect(plantsOf(await access('all', northLead))).toEqual([3]);
    expect(plantsOf(await access('all'))).toEqual([]);
    // What one can give on is what one's own patterns cover, today and later.
    expect(patternsNotHeld(both, ['*.read', 'plants.read', 'plants.*', '*.*'], null)).toEqual(['plants.*', '*.*']);
    expect(patternsNotHeld(both, ['plants.*', '*.*'], 3)).toEqual([]);
    expect(patternsNotHeld(await access([5], northLead), ['plants.read'], 3)).toEqual(['plants.read']);
  });
});
