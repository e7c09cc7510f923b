// People from a file and into one: with roles and plants by name, operators with a badge only, no secret in
// it; every wrong row is told, and then nothing is kept.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { Browser } from '../identity/test-browser.ts';

const password = 'correct horse battery';
const mail = { smtpUrl: 'smtp://127.0.0.1:9', from: 'Unison <mes@n.example>', publicUrl: 'https://mes.n.example' };
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let ada: Browser;
let lodger: Browser;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const plant = { name: 'North', timeZone: 'Europe/Berlin', machines: [] };
  const north = await insertPlant(ownerUrl, { ...plant, organization: 'North Drinks' });
  const organizationIds = [north.organizationId];
  await insertPerson(ownerUrl, { email: 'ada@n.example', password, name: 'Ada', organizationIds });
  await insertPerson(ownerUrl, { email: 'lou@n.example', password, name: 'Lou', organizationIds, role: 'shift_lead' });
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, mail });
  ada = new Browser(api.url);
  await ada.signIn({ email: 'ada@n.example', password });
  lodger = new Browser(api.url);
  await lodger.signIn({ email: 'lou@n.example', password });
  await ada.post('/plants', { name: 'South', timeZone: 'Europe/Berlin' });
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function take(lines: readonly string[], { dryRun = false, by = ada } = {}) {
  const answer = await fetch(`${api.url}/api/v1/users/import?dryRun=${dryRun}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${by.token}`, 'content-type': 'text/csv' },
    body: `${lines.join('\n')}\n`,
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function file(): Promise<string> {
  const answer = await fetch(`${api.url}/api/v1/users/export.csv`, {
    headers: { authorization: `Bearer ${ada.token}` },
  });
  return answer.text();
}

const count = async (table: string, where = 'true') =>
  Number((await asOwner(database.ownerUrl, `SELECT count(*) AS n FROM mes.${table} WHERE ${where}`))[0]?.['n']);

const header = 'displayName,email,badge,language,timeFormat,roles,plants';
const people = [
  header,
  'Bea,bea@n.example,,de,24h,plant_engineer|viewer,',
  'Oskar,,OP-1,de,,operator@North,North',
  'Olga,,,,,operator@South|operator@North,',
];

describe('a file of people', () => {
  it('is checked first and changes nothing: every wrong row is told, with its column', async () => {
    const before = await count('users');
    const wrong = [
      ...people,
      'No Role,,OP-2,,,emperor,',
      'No Plant,,OP-3,,,operator@Moon,Mars',
      'No Address,not an address,,,,,',
      ',,OP-4,,,,',
      'Oskar again,,OP-1,,,,',
      'Ada,ada@n.example,X,fr,,,',
    ];
    const { status, body } = await take(wrong, { dryRun: true });
    expect(status).toBe(200);
    const faults = body['faults'] as { line: number; column: string | null }[];
    const told = faults.map(({ line, column }) => `${line} ${column}`);
    expect(told).toEqual([
      '5 roles',
      '6 roles',
      '6 plants',
      '7 email',
      '8 displayName',
      '9 null',
      '10 badge',
      '10 language',
    ]);
    expect(await take(wrong)).toMatchObject({ status: 422 });
    expect(await count('users')).toBe(before);
    expect(await count('background_jobs')).toBe(0);
    expect(await take(people, { dryRun: true })).toMatchObject({ status: 200, body: { created: 3, faults: [] } });
    expect(await count('users')).toBe(before);
    expect(await count('background_jobs')).toBe(0);
  });

  it('makes them, with roles and plants, and invites those with an address', async () => {
    expect(await take(people)).toMatchObject({ status: 200, body: { rows: 3, created: 3, faults: [] } });
    const letters = await asOwner(
      database.ownerUrl,
      "SELECT payload FROM mes.background_jobs WHERE kind = 'mail.send'",
    );
    expect(letters).toMatchObject([{ payload: { to: 'bea@n.example', template: 'invitation', language: 'de' } }]);
    const { items } = (await ada.get('/users?search=OP-1')).body as { items: { id: number }[] };
    expect((await ada.get(`/users/${items[0]?.id}/access`)).body).toMatchObject({
      allPlants: false,
      roles: [{ roleCode: 'operator', plantName: 'North' }],
    });
    expect(await count('audit_logs', "entity = 'users' AND action = 'create'")).toBe(3);
  });

  it('comes back as it went: the export is taken again and nothing is different', async () => {
    const exported = await file();
    expect(exported).toContain('Oskar,,OP-1,de,24h,operator@North,North');
    expect(exported).toContain('Olga,,,en,24h,operator@North|operator@South,');
    expect(exported).not.toMatch(/argon2|hash|token/i);
    expect((await take(exported.trimEnd().split('\n'))).body).toMatchObject({ updated: 0, created: 0, unchanged: 5 });
    expect(await count('background_jobs')).toBe(1);
  });

  it('changes what differs, and leaves what is in no column', async () => {
    const { body } = await take(['badge,displayName,roles', 'OP-1,Oskar Ost,viewer']);
    expect(body).toMatchObject({ updated: 1, created: 0 });
    expect(await file()).toContain('Oskar Ost,,OP-1,de,24h,viewer,North');
    const limited = ['email,displayName,plants', 'bea@n.example,Bea,North|South'];
    expect((await take(limited)).body).toMatchObject({ updated: 1 });
    expect((await take(limited)).body).toMatchObject({ unchanged: 1 });
  });

  it('gives nobody what who sends it does not have, and is refused to who may not import', async () => {
    expect((await take(people, { by: lodger })).status).toBe(403);
    const role = await ada.post('/roles', {
      roleCode: 'clerk',
      roleName: 'Clerk',
      permissions: ['users.*', 'roles.read', 'plants.read'],
    });
    const clerk = { displayName: 'Cleo', email: 'cleo@n.example', password };
    await ada.post('/users', { ...clerk, roles: [{ roleId: role.body['id'], plantId: null }] });
    const cleo = new Browser(api.url);
    await cleo.signIn({ email: 'cleo@n.example', password });
    const before = await count('users');
    const { status, body } = await take([header, 'Eve,eve@n.example,,,,administrator,'], { by: cleo });
    expect(status).toBe(422);
    expect(body['faults']).toMatchObject([{ line: 2, message: expect.stringContaining('You do not have') }]);
    const ada2 = await take(['email,displayName,badge', 'ada@n.example,Ada,MINE-1'], { by: cleo });
    expect(ada2.status).toBe(422);
    expect(await count('users')).toBe(before);
  });

  it('of too many is refused as a whole', async () => {
    const many = Array.from({ length: 1_001 }, (_, at) => `P${at},,N-${at},,,,`);
    expect((await take([header, ...many])).body).toMatchObject({ faults: [{ line: 1, code: 'too_many_rows' }] });
  });
});
