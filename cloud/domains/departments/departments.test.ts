// A plain domain over HTTP: everything the kit gives to a declaration, told with departments.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner, type PlantRows } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'max' | 'sid'>;
let north: PlantRows;
let lea: ApiUser;
let max: ApiUser;
let sid: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' });
  ({ lea, max, sid } = story.users);
  north = story.plants.lea;
});

afterAll(() => story?.stop());

interface Department {
  readonly id: number;
  readonly version: number;
  readonly code: string;
  readonly name: string;
  readonly archivedAt: string | null;
}
const one = (answer: Answer) => answer.body as Department;
const page = (answer: Answer) =>
  answer.body as { items: Department[]; nextCursor: string | null; total?: { count: number; more: boolean } };
const problem = (answer: Answer) =>
  answer.body as { code: string; detail: string; errors?: { path: string; message: string }[] };
const codes = (answer: Answer) => page(answer).items.map(({ code }) => code);

async function make(user: ApiUser, code: string, more: object = {}): Promise<Department> {
  const answer = await user.ask('POST', '/departments', {
    plantId: north.plantId,
    code,
    name: `Name of ${code}`,
    ...more,
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return one(answer);
}

describe('a department', () => {
  it('is made, read, changed, archived and brought back, and tells who did what', async () => {
    const made = await lea.ask('POST', '/departments', { plantId: north.plantId, code: 'FILL', name: 'Filling' });
    expect(made.status).toBe(201);
    const { id } = one(made);
    expect(made.headers.get('location')).toBe(`/api/v1/departments/${id}`);
    expect(made.body).toMatchObject({
      plantId: north.plantId,
      plantName: 'Plant',
      description: null,
      version: 1,
      archivedAt: null,
    });
    const changed = await max.ask('PATCH', `/departments/${id}`, { version: 1, name: 'Filling hall', reason: 'moved' });
    expect(changed.body).toMatchObject({ name: 'Filling hall', code: 'FILL', version: 2 });
    const archived = await lea.ask('DELETE', `/departments/${id}?version=2`);
    expect(one(archived).archivedAt).not.toBeNull();
    expect(codes(await lea.get('/departments'))).not.toContain('FILL');
    expect(codes(await lea.get('/departments?archived=only'))).toContain('FILL');
    expect((await lea.ask('PATCH', `/departments/${id}`, { version: 3, name: 'X' })).status).toBe(409);
    const restored = await lea.ask('POST', `/departments/${id}/restore`, { version: 3 });
    expect(restored.body).toMatchObject({ version: 4, archivedAt: null });

    const history = (await lea.get(`/departments/${id}/history`)).body as { items: Record<string, unknown>[] };
    expect(history.items.map(({ action, actorName }) => [action, actorName])).toEqual([
      ['restore', 'lea'],
      ['archive', 'lea'],
      ['update', 'max'],
      ['create', 'lea'],
    ]);
    expect(history.items[2]).toMatchObject({
      old: { name: 'Filling' },
      new: { name: 'Filling hall' },
      reason: 'moved',
    });
    expect(history.items[2]?.['requestId']).toBe(changed.headers.get('x-request-id'));
  });

  it('is changed by one of two people at a time: the second learns who was first', async () => {
    const { id } = await make(lea, 'TWO');
    const answers = await Promise.all([
      lea.ask('PATCH', `/departments/${id}`, { version: 1, name: 'Lea was here' }),
      max.ask('PATCH', `/departments/${id}`, { version: 1, name: 'Max was here' }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const [winner, loser] = answers[0].status === 200 ? [answers[0], answers[1]] : [answers[1], answers[0]];
    const who = one(winner).name.startsWith('Lea') ? 'lea' : 'max';
    expect(problem(loser).detail).toContain(`${who} has changed this department`);
    expect(one(await lea.get(`/departments/${id}`)).name).toBe(one(winner).name);
  });

  it('keeps its version, and the trail its silence, when nothing changes', async () => {
    const { id, name } = await make(lea, 'SAME');
    expect((await lea.ask('PATCH', `/departments/${id}`, { version: 1, name })).body).toMatchObject({ version: 1 });
    expect(((await lea.get(`/departments/${id}/history`)).body as { items: unknown[] }).items).toHaveLength(1);
  });

  it('has a code that no other of its plant has, archived ones included', async () => {
    const { id } = await make(lea, 'ONCE');
    await lea.ask('DELETE', `/departments/${id}?version=1`);
    const again = await lea.ask('POST', '/departments', { plantId: north.plantId, code: 'ONCE', name: 'Again' });
    expect(again.status).toBe(409);
    expect(problem(again).detail).toBe(
      'There is a department with the same plant and code already, perhaps an archived one.',
    );
    expect(problem(again).errors).toMatchObject([
      { path: 'body', code: 'taken', params: { singular: 'department', fields: ['plantId', 'code'] } },
    ]);
  });

  it.each([
    [{ code: 'A', name: 'A' }, 'body/plantId', 'is missing'],
    [{ plantId: 1, code: '', name: 'A' }, 'body/code', ''],
    [
      { plantId: 1, code: 'with space', name: 'A' },
      'body/code',
      'may hold letters, digits, point, dash and underscore only',
    ],
    [{ plantId: 1, code: 'A', name: 'A', colour: 'red' }, 'body', 'has unknown fields: colour'],
    [{ plantId: 1, code: 'A', name: 'line\nbreak' }, 'body/name', ''],
    [{ plantId: 2_000_000_000, code: 'A', name: 'A' }, 'body/plantId', 'is none of the plants that you may see'],
    [{ plantId: '1', code: 'A', name: 'A' }, 'body/plantId', ''],
    [{ plantId: 1, code: 'A', name: null }, 'body/name', ''],
  ])('is refused as %j, and the answer names the field', async (body, path, words) => {
    const answer = await lea.ask('POST', '/departments', body);
    expect(answer.status).toBe(400);
    const errors = problem(answer).errors ?? [];
    expect(errors.map((error) => error.path)).toContain(path);
    expect(JSON.stringify(errors)).toContain(words);
  });

  it('of another organisation is not there, and its plant takes none of ours', async () => {
    const { id } = await make(lea, 'OURS');
    expect((await lea.get(`/departments/${id}`)).status).toBe(200);
    expect((await sid.get(`/departments/${id}`)).status).toBe(404);
    expect((await sid.get(`/departments/${id}/history`)).status).toBe(404);
    expect((await sid.ask('PATCH', `/departments/${id}`, { version: 1, name: 'Stolen' })).status).toBe(404);
    expect((await sid.ask('DELETE', `/departments/${id}?version=1`)).status).toBe(404);
    const foreign = await sid.ask('POST', '/departments', { plantId: north.plantId, code: 'MINE', name: 'Mine' });
    expect([foreign.status, problem(foreign).errors?.[0]?.path]).toEqual([400, 'body/plantId']);
    expect(codes(await sid.get('/departments?archived=all'))).toEqual([]);
  });
});

describe('the list', () => {
  beforeAll(async () => {
    for (const number of [1, 2, 10, 11, 100]) await make(lea, `L${number}`, { name: `Line ${number}` });
    await make(lea, 'LA', { name: 'Äpfel 50%' });
  });

  it('orders as people do: Line 2 before Line 10', async () => {
    const names = page(await lea.get('/departments?search=Line&sort=name')).items.map(({ name }) => name);
    expect(names).toEqual(['Line 1', 'Line 2', 'Line 10', 'Line 11', 'Line 100']);
    const back = page(await lea.get('/departments?search=Line&sort=-name')).items.map(({ name }) => name);
    expect(back).toEqual(names.toReversed());
  });

  it.each(['name', '-name', 'createdAt', '-updatedAt', 'code'])(
    'pages by cursor through every record once, sorted by %s',
    async (sort) => {
      const whole = codes(await lea.get(`/departments?sort=${sort}&limit=500`));
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const answer: Answer = await lea.get(`/departments?sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`);
        seen.push(...codes(answer));
        cursor = page(answer).nextCursor;
      }
      expect(seen).toEqual(whole);
      expect(new Set(seen).size).toBe(seen.length);
    },
  );

  it('a record made or archived while somebody pages moves no other', async () => {
    const first = await lea.get('/departments?search=Line&sort=name&limit=2');
    const { id } = await make(lea, 'L0', { name: 'Line 0' });
    const second = await lea.get(`/departments?search=Line&sort=name&limit=2&cursor=${page(first).nextCursor}`);
    expect(codes(second)).toEqual(['L10', 'L11']);
    await lea.ask('DELETE', `/departments/${id}?version=1`);
  });

  it('searches each word in any field, and takes % and _ as they are', async () => {
    expect(codes(await lea.get('/departments?search=line%20l10'))).toEqual(['L10', 'L100']);
    expect(codes(await lea.get(`/departments?search=${encodeURIComponent('50%')}`))).toEqual(['LA']);
    expect(codes(await lea.get('/departments?search=L_n'))).toEqual([]);
  });

  it('filters by fields, several values too, and counts', async () => {
    const found = await lea.get(`/departments?code=L1&code=L2&plantId=${north.plantId}&total=true`);
    expect(codes(found)).toEqual(['L1', 'L2']);
    expect(page(found).total).toEqual({ count: 2, more: false });
    expect(codes(await lea.get('/departments?plantId=2000000000'))).toEqual([]);
  });

  it.each(['sort=description', 'colour=red', 'limit=0', 'limit=501', 'cursor=nonsense', 'plantId=x', 'archived=maybe'])(
    'refuses ?%s and says which part',
    async (query) => {
      const answer = await lea.get(`/departments?${query}`);
      expect(answer.status).toBe(400);
      expect(problem(answer).errors?.length).toBeGreaterThan(0);
    },
  );

  it('refuses a cursor of another order', async () => {
    const { nextCursor } = page(await lea.get('/departments?limit=1&sort=name'));
    expect((await lea.get(`/departments?limit=1&sort=code&cursor=${nextCursor}`)).status).toBe(400);
  });
});

describe('CSV', () => {
  interface Report {
    rows: number;
    created: number;
    updated: number;
    unchanged: number;
    faults: { line: number; column: string | null; message: string }[];
  }
  const report = (answer: Answer) => answer.body as Report;
  const send = (csv: string | Uint8Array, query = '') => lea.ask('POST', `/departments/import${query}`, csv);

  it('goes out and comes back unchanged, formulas and quotes and all', async () => {
    await make(lea, 'EVIL', { name: '=1+1;"quoted", and\u00A0more', description: "first line\nsecond '-line" });
    const out = await lea.get('/departments/export.csv?archived=no');
    expect(out.headers.get('content-type')).toContain('text/csv');
    expect(String(out.body)).toContain(`"'=1+1;""quoted"", and\u00A0more"`);
    const back = await send(String(out.body));
    expect(report(back)).toMatchObject({ created: 0, updated: 0, faults: [] });
    expect(report(back).unchanged).toBe(report(back).rows);
  });

  it('creates and changes by its key, with the plant by its name, a semicolon and German words', async () => {
    const csv = '\uFEFFPlant;Code;Name\r\nPlant;CSV1;Abfüllung\r\nPlant;CSV2;Verpackung\r\n';
    expect(report(await send(csv, '?dryRun=true'))).toMatchObject({ rows: 2, created: 2, updated: 0 });
    expect(codes(await lea.get('/departments?code=CSV1'))).toEqual([]);
    expect(report(await send(csv))).toMatchObject({ rows: 2, created: 2 });
    expect(report(await send(csv.replace('Verpackung', 'Packerei')))).toMatchObject({ updated: 1, unchanged: 1 });
    expect(page(await lea.get('/departments?code=CSV2')).items[0]?.name).toBe('Packerei');
  });

  it('lists every bad row with line and column, and then imports none', async () => {
    const csv = [
      'plant,code,name,description',
      'Plant,GOOD,Good,fine',
      'Nowhere,BAD1,No such plant,',
      'Plant,BAD 2,Space in code,',
      'Plant,BAD3,,no name',
      'Plant,GOOD,Twice,',
    ].join('\n');
    const answer = await send(csv);
    expect(answer.status).toBe(422);
    expect(report(answer).faults.map(({ line, column }) => [line, column])).toEqual(
      expect.arrayContaining([
        [3, 'plant'],
        [4, 'code'],
        [5, 'name'],
        [6, 'code'],
      ]),
    );
    expect(codes(await lea.get('/departments?code=GOOD'))).toEqual([]);
    expect(report(await send(csv, '?dryRun=true')).faults.length).toBe(report(answer).faults.length);
  });

  it.each([
    ['', 'The file is empty'],
    ['plant,code,colour\nPlant,X,red', 'There is no column "colour". The columns are: plant, code, name, description.'],
    ['code,code\nX,X', 'is there twice'],
    ['plant,code,name\nPlant,X', 'Line 2 has 2 cells, and 3 are expected'],
    ['plant,code,name\nPlant,"X,Y', 'begins in line 2 opens a quotation mark'],
    [new Uint8Array([0xc4, 0x2c, 0xff]), 'not UTF-8'],
  ])('a file like %j is refused with words that help', async (csv, words) => {
    const answer = await send(csv);
    expect(answer.status).toBe(422);
    expect(report(answer).faults[0]?.message).toContain(words);
  });

  it('shows and takes nothing of another organisation', async () => {
    const out = await sid.get('/departments/export.csv');
    expect(String(out.body).trim().split('\n')).toHaveLength(1);
    const answer = await sid.ask('POST', '/departments/import', 'plant,code,name\nPlant,CSV1,Theirs\n');
    expect(report(answer)).toMatchObject({ created: 1, updated: 0 });
    expect(page(await lea.get('/departments?code=CSV1')).items[0]?.name).toBe('Abfüllung');
  });
});

describe('the trail', () => {
  it('has one row per command, of the organisation, and no row for what was refused', async () => {
    const count = async () =>
      Number((await asOwner(story.database.ownerUrl, 'SELECT count(*) AS n FROM mes.audit_logs'))[0]?.['n']);
    const before = await count();
    await lea.ask('POST', '/departments', { plantId: north.plantId, code: 'L1', name: 'taken' });
    expect(await count()).toBe(before);
    await make(lea, 'TRAIL');
    expect(await count()).toBe(before + 1);
  });
});
