// Roles and who has them, over HTTP: an organisation makes its own, gives them everywhere or at one plant,
// and nobody comes to more than somebody gave him.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows } from '../../../test/web/plant-rows.ts';
import type { OwnSession, UserAccess } from './index.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let north: PlantRows;
let south: PlantRows;
let secondPlant: number;
let ada: ApiUser;
let adaId: number;
let people = 0;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  north = await insertPlant(database.ownerUrl, { ...plant, organization: 'North' });
  south = await insertPlant(database.ownerUrl, { ...plant, organization: 'South' });
  const [row] = await asOwner(
    database.ownerUrl,
    "INSERT INTO mes.plants (organization_id, name, time_zone) VALUES ($1, 'Second', 'Europe/Berlin') RETURNING id",
    [north.organizationId],
  );
  secondPlant = Number(row?.['id']);
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  ({ user: ada, id: adaId } = await person('administrator'));
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

/** Somebody of the first organisation, signed in. */
async function person(role: string | null, plantId?: number): Promise<{ user: ApiUser; id: number }> {
  people += 1;
  const email = `p${people}@n.example`;
  const [id = 0] = await insertPerson(database.ownerUrl, {
    email,
    password,
    name: `Person ${people}`,
    organizationIds: [north.organizationId],
    role,
    ...(plantId === undefined ? {} : { plantId }),
  });
  return { user: await signIn(api.url, { email, password }), id };
}

const problem = (answer: Answer) =>
  answer.body as { code: string; detail: string; errors?: { path: string; message: string }[] };
const accessIn = (answer: Answer) => answer.body as UserAccess;

async function makeRole(roleCode: string, permissions: readonly string[]): Promise<{ id: number; version: number }> {
  const answer = await ada.ask('POST', '/roles', { roleCode, roleName: `Role ${roleCode}`, permissions });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body as { id: number; version: number };
}

async function roleId(code: string): Promise<number> {
  const { items } = (await ada.get(`/roles?roleCode=${code}`)).body as { items: { id: number }[] };
  return items[0]?.id ?? 0;
}

const versionOf = async (id: number): Promise<number> => accessIn(await ada.get(`/users/${id}/access`)).version;

/** Replaces somebody's roles, under the version he has now. */
async function give(by: ApiUser, userId: number, roles: { roleId: number; plantId: number | null }[]): Promise<Answer> {
  const { version } = accessIn(await ada.get(`/users/${userId}/access`));
  return by.ask('PUT', `/users/${userId}/roles`, { version, roles, reason: 'The test wants it' });
}

describe('a role', () => {
  it('of the system is there for everybody, and stays as it is', async () => {
    const { items } = (await ada.get('/roles?isSystemRole=true')).body as {
      items: { id: number; roleCode: string; version: number }[];
    };
    expect(items.map(({ roleCode }) => roleCode).sort()).toEqual([
      'administrator',
      'maintenance',
      'operator',
      'plant_engineer',
      'quality',
      'shift_lead',
      'tv_link',
      'viewer',
    ]);
    const { id, version } = items[0] ?? { id: 0, version: 0 };
    const changed = await ada.ask('PATCH', `/roles/${id}`, { version, permissions: ['plants.read'] });
    expect(changed).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(problem(changed).detail).toMatch(/Make a role of your own/);
    expect((await ada.ask('DELETE', `/roles/${id}?version=${version}`)).status).toBe(403);
  });

  it('of one’s own is made, changed under its version, archived when nobody has it, and brought back', async () => {
    const role = await makeRole('line_watch', ['plants.read', 'telemetry.read', 'telemetry.read']);
    expect(role).toMatchObject({ isSystemRole: false, permissions: ['plants.read', 'telemetry.read'], version: 1 });
    const changed = await ada.ask('PATCH', `/roles/${role.id}`, { version: 1, permissions: ['*.read'] });
    expect(changed).toMatchObject({ status: 200, body: { permissions: ['*.read'], version: 2 } });
    expect((await ada.ask('PATCH', `/roles/${role.id}`, { version: 1, roleName: 'Late' })).status).toBe(409);
    expect(problem(await ada.ask('POST', '/roles', { roleCode: 'line_watch', roleName: 'Again' })).code).toBe(
      'conflict',
    );

    const { id } = await person(null);
    expect((await give(ada, id, [{ roleId: role.id, plantId: null }])).status).toBe(200);
    const refused = await ada.ask('DELETE', `/roles/${role.id}?version=2`);
    expect(refused.status).toBe(409);
    expect(problem(refused).detail).toMatch(/One person has this role/);
    await give(ada, id, []);
    expect((await ada.ask('DELETE', `/roles/${role.id}?version=2`)).status).toBe(200);
    expect((await give(ada, id, [{ roleId: role.id, plantId: null }])).status).toBe(400);
    expect((await ada.ask('POST', `/roles/${role.id}/restore`, { version: 3 })).status).toBe(200);
  });

  it('with a permission that is none is refused, and the answer names it', async () => {
    for (const pattern of ['plants.fly', 'nothing.*', 'plants', '*', 'plants.read.all', 'Plants.read']) {
      const answer = await ada.ask('POST', '/roles', {
        roleCode: 'odd',
        roleName: 'Odd',
        permissions: ['plants.read', pattern],
      });
      expect(answer.status, pattern).toBe(400);
      expect(problem(answer).errors?.[0]?.message, pattern).toContain(`has ${pattern},`);
    }
    const { items } = (await ada.get('/permissions')).body as {
      items: { name: string; scope: string; routes: string[] }[];
    };
    expect(items.find(({ name }) => name === 'roles.create')).toEqual({
      name: 'roles.create',
      scope: 'organization',
      routes: ['POST /api/v1/roles'],
    });
  });
});

describe('giving roles', () => {
  it('everywhere or at one plant counts at once, and is in the history with its reason', async () => {
    const { user, id } = await person(null);
    expect(await user.get('/plants')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const viewer = await roleId('viewer');
    const given = await give(ada, id, [{ roleId: viewer, plantId: secondPlant }]);
    expect(given).toMatchObject({
      status: 200,
      body: { userId: id, allPlants: true, roles: [{ roleCode: 'viewer', plantId: secondPlant, plantName: 'Second' }] },
    });
    expect((await user.get('/plants')).body).toMatchObject({ items: [{ id: secondPlant }] });
    expect((await user.get(`/now?plant=${north.plantId}`)).status).toBe(404);
    await give(ada, id, [{ roleId: viewer, plantId: null }]);
    expect(((await user.get('/plants')).body as { items: unknown[] }).items).toHaveLength(2);
    const holders = (await ada.get(`/roles/${viewer}/holders`)).body as { items: object[]; more: boolean };
    expect(holders).toMatchObject({ more: false });
    expect(holders.items).toContainEqual(expect.objectContaining({ userId: id, plantId: null, plantName: null }));
    const rows = await asOwner(
      database.ownerUrl,
      "SELECT old, new, reason, actor_id FROM mes.audit_logs WHERE entity = 'users' AND entity_id = $1 AND action = 'assign_roles' ORDER BY id",
      [String(id)],
    );
    expect(rows).toMatchObject([
      { old: { roles: [] }, new: { roles: [{ roleCode: 'viewer', plantId: secondPlant }] }, actor_id: adaId },
      { new: { roles: [{ roleCode: 'viewer', plantId: null }] }, reason: 'The test wants it' },
    ]);
  });

  it('is told on the role to who may see people, of one’s own organisation only', async () => {
    const { user } = await person('viewer');
    const viewer = await roleId('viewer');
    expect((await user.get(`/roles/${viewer}/holders`)).status).toBe(403);
    const [foreign] = await asOwner(
      database.ownerUrl,
      "INSERT INTO mes.roles (organization_id, role_code, role_name) VALUES ($1, 'their_own', 'T') RETURNING id",
      [south.organizationId],
    );
    expect((await ada.get(`/roles/${foreign?.['id'] as number}/holders`)).status).toBe(404);
  });

  it('under an old version, to nobody, of another organisation or of nothing is refused', async () => {
    const { id } = await person(null);
    const viewer = await roleId('viewer');
    const [foreign] = await asOwner(
      database.ownerUrl,
      "INSERT INTO mes.roles (organization_id, role_code, role_name) VALUES ($1, 'theirs', 'T') RETURNING id",
      [south.organizationId],
    );
    expect((await ada.ask('PUT', `/users/${id}/roles`, { version: 99, roles: [] })).status).toBe(409);
    expect((await ada.ask('PUT', '/users/999999/roles', { version: 1, roles: [] })).status).toBe(404);
    for (const role of [
      { roleId: Number(foreign?.['id']), plantId: null },
      { roleId: 999_999, plantId: null },
      { roleId: viewer, plantId: south.plantId },
    ]) {
      const answer = await give(ada, id, [{ roleId: viewer, plantId: null }, role]);
      expect(answer.status).toBe(400);
      expect(problem(answer).errors?.[0]?.path).toMatch(/^body\/roles\/1\//);
    }
    expect((await give(ada, id, [])).body).toMatchObject({ roles: [] });
    const [sid = 0] = await insertPerson(database.ownerUrl, {
      email: 'sid@s.example',
      password,
      name: 'Sid',
      organizationIds: [south.organizationId],
    });
    expect((await ada.ask('PUT', `/users/${sid}/roles`, { version: 1, roles: [] })).status).toBe(404);
    expect((await ada.get(`/users/${sid}/access`)).status).toBe(404);
  });

  it('two at once: the second is told, and nothing of the first is lost', async () => {
    const { id } = await person(null);
    const [viewer, operator] = [await roleId('viewer'), await roleId('operator')];
    const { version } = accessIn(await ada.get(`/users/${id}/access`));
    const answers = await Promise.all(
      [viewer, operator].map((role) =>
        ada.ask('PUT', `/users/${id}/roles`, { version, roles: [{ roleId: role, plantId: null }] }),
      ),
    );
    expect(answers.map(({ status }) => status).sort((one, other) => one - other)).toEqual([200, 409]);
    expect(accessIn(await ada.get(`/users/${id}/access`)).roles).toHaveLength(1);
  });

  it('that one does not have oneself is refused, and so is taking them, making them, or widening them', async () => {
    const office = await makeRole('office', ['users.*', 'roles.*', 'plants.read']);
    const { user: otto, id: ottoId } = await person(null);
    const { id } = await person('viewer');
    await give(ada, ottoId, [
      { roleId: office.id, plantId: null },
      { roleId: await roleId('maintenance'), plantId: secondPlant },
    ]);
    const viewer = { roleId: await roleId('viewer'), plantId: null };
    const administrator = { roleId: await roleId('administrator'), plantId: null };
    const refused = await give(otto, id, [viewer, administrator]);
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(problem(refused).detail).toContain('*.* (administrator)');
    expect((await give(otto, ottoId, [administrator])).status).toBe(403);
    expect((await give(otto, id, [])).status).toBe(403);
    expect((await give(otto, adaId, [])).status).toBe(403);
    const maker = (permissions: string[]) =>
      otto.ask('POST', '/roles', { roleCode: 'mine', roleName: 'Mine', permissions });
    expect((await maker(['*.read'])).status).toBe(403);
    expect((await maker(['telemetry.read'])).status).toBe(403);
    expect((await otto.ask('PATCH', `/roles/${office.id}`, { version: 1, permissions: ['*.*'] })).status).toBe(403);
    const shutOut = { version: await versionOf(adaId), allPlants: false, plantIds: [] };
    expect((await otto.ask('PUT', `/users/${adaId}/plant-access`, shutOut)).status).toBe(403);
    // What he has at one plant he can give there, and what he has everywhere, anywhere.
    const maintenance = await roleId('maintenance');
    expect((await give(otto, id, [viewer, { roleId: maintenance, plantId: secondPlant }])).status).toBe(200);
    expect((await give(otto, id, [viewer, { roleId: maintenance, plantId: north.plantId }])).status).toBe(403);
    expect((await maker(['users.read', 'plants.read'])).status).toBe(201);
  });

  it('never leaves the organisation without an administrator, whichever way, and not by two at once', async () => {
    const alone = await ada.ask('PUT', `/users/${adaId}/roles`, {
      version: accessIn(await ada.get(`/users/${adaId}/access`)).version,
      roles: [],
    });
    expect(alone.status).toBe(409);
    expect(problem(alone).detail).toMatch(/without an administrator/);
    const { version } = accessIn(await ada.get(`/users/${adaId}/access`));
    const limited = { version, allPlants: false, plantIds: [north.plantId] };
    expect((await ada.ask('PUT', `/users/${adaId}/plant-access`, limited)).status).toBe(409);

    const { user: eve, id: eveId } = await person('administrator');
    const answers = await Promise.all([give(ada, eveId, []), give(eve, adaId, [])]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const left = answers[0]?.status === 200 ? ada : eve;
    const gone = left === ada ? eveId : adaId;
    const administrator = { roleId: await roleIdAs(left, 'administrator'), plantId: null };
    const current = accessIn(await left.get(`/users/${gone}/access`));
    const back = await left.ask('PUT', `/users/${gone}/roles`, { version: current.version, roles: [administrator] });
    expect(back.status).toBe(200);
  });
});

async function roleIdAs(user: ApiUser, code: string): Promise<number> {
  const { items } = (await user.get(`/roles?roleCode=${code}`)).body as { items: { id: number }[] };
  return items[0]?.id ?? 0;
}

describe('plants of a user', () => {
  it('narrow what every role of his shows, down to nothing', async () => {
    const { user, id } = await person('viewer');
    const put = async (allPlants: boolean, plantIds: number[], by = ada) => {
      const { version } = accessIn(await ada.get(`/users/${id}/access`));
      return by.ask('PUT', `/users/${id}/plant-access`, { version, allPlants, plantIds });
    };
    const seen = async () =>
      ((await user.get('/plants')).body as { items: { id: number }[] }).items.map((plant) => plant.id);
    expect((await put(false, [secondPlant])).body).toMatchObject({ allPlants: false, plantIds: [secondPlant] });
    expect(await seen()).toEqual([secondPlant]);
    expect((await put(false, [])).status).toBe(200);
    expect((await user.get('/plants')).status).toBe(403);
    expect((await put(false, [south.plantId])).status).toBe(400);
    expect((await put(true, [secondPlant])).status).toBe(400);
    expect((await put(true, [])).status).toBe(200);
    expect(await seen()).toHaveLength(2);
  });

  it('can be given only by who has them: one who is limited lets nobody into more', async () => {
    const { user: lena, id: lenaId } = await person('administrator');
    const limit = { version: await versionOf(lenaId), allPlants: false, plantIds: [secondPlant] };
    expect((await ada.ask('PUT', `/users/${lenaId}/plant-access`, limit)).status).toBe(200);
    const { id } = await person('viewer');
    const all = { version: await versionOf(id), allPlants: true, plantIds: [] };
    expect((await lena.ask('PUT', `/users/${id}/plant-access`, all)).status).toBe(403);
    expect(
      (await lena.ask('PUT', `/users/${lenaId}/plant-access`, { ...all, version: await versionOf(lenaId) })).status,
    ).toBe(403);
    await ada.ask('PUT', `/users/${id}/plant-access`, {
      version: await versionOf(id),
      allPlants: false,
      plantIds: [north.plantId],
    });
    const other = { version: await versionOf(id), allPlants: false, plantIds: [north.plantId, secondPlant] };
    expect((await lena.ask('PUT', `/users/${id}/plant-access`, other)).status).toBe(400);
    const own = { version: await versionOf(id), allPlants: false, plantIds: [secondPlant] };
    expect((await lena.ask('PUT', `/users/${id}/plant-access`, own)).status).toBe(200);
    // What she does not see stays as it is.
    expect(accessIn(await ada.get(`/users/${id}/access`)).plantIds).toEqual([north.plantId, secondPlant]);
  });
});

describe('who may do it', () => {
  it('a permission of the organisation counts only from a role everywhere', async () => {
    const { user } = await person('administrator', secondPlant);
    for (const path of ['/roles', '/permissions', `/users/${adaId}/access`])
      expect((await user.get(path)).status, path).toBe(403);
    expect((await user.get('/plants')).body).toMatchObject({ items: [{ id: secondPlant }] });
  });

  it('everybody is told what he may do and where', async () => {
    const { user, id } = await person('shift_lead', secondPlant);
    const session = (await user.get('/session')).body as OwnSession;
    expect(session).toMatchObject({
      kind: 'user',
      user: { id },
      organization: { id: north.organizationId, name: 'North' },
      plants: [{ id: secondPlant, name: 'Second', timeZone: 'Europe/Berlin' }],
    });
    expect(session.permissions).toContainEqual({ name: 'telemetry.read', scope: 'plant', plants: [secondPlant] });
    expect(session.permissions.map(({ name }) => name)).not.toContain('users.read');
    const mine = (await ada.get('/session')).body as OwnSession;
    expect(mine.permissions).toContainEqual({ name: 'users.assign', scope: 'organization', plants: 'all' });
    const { user: nobody } = await person(null);
    expect((await nobody.get('/session')).body).toMatchObject({ plants: [], permissions: [] });
  });

  it('asks who, before it asks whether', async () => {
    const { user } = await person('tv_link');
    expect((await fetch(`${api.url}/api/v1/roles`)).status).toBe(401);
    expect((await user.ask('POST', '/roles', { nonsense: true })).status).toBe(403);
    expect((await ada.ask('POST', '/roles', { nonsense: true })).status).toBe(400);
  });
});
