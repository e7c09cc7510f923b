// Materials over HTTP: found although mistyped, with attributes of the organisation's own, revised with a
// reason, and imported while somebody edits.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'max' | 'sid'>;
let lea: ApiUser;
let max: ApiUser;
let sid: ApiUser;
let pcs: number;

interface Material {
  readonly id: number;
  readonly version: number;
  readonly code: string;
  readonly revision: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}
const material = (answer: Answer) => answer.body as Material;
const codes = (answer: Answer) => (answer.body as { items: Material[] }).items.map(({ code }) => code);
const problem = (answer: Answer) => answer.body as { detail: string; errors?: { path: string }[] };

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' });
  ({ lea, max, sid } = story.users);
  pcs = ((await lea.ask('POST', '/units-of-measure', { code: 'pcs', name: 'Piece' })).body as { id: number }).id;
  await sid.ask('POST', '/units-of-measure', { code: 'pcs', name: 'Piece' });
  const csv = [
    'code,name,materialGroup,unit,attributes.colour,attributes.weight',
    'COLA-0.5,Cola half litre,bottles,pcs,red,0.52',
    'COLA-1.5,Cola large,bottles,pcs,red,1.55',
    'M8-40,Sechskantschraube M8 x 40 verzinkt,fasteners,pcs,,',
    'CON-77,Connector angled,electrics,pcs,black,12',
    'LBL-COLA,Label for cola bottles,labels,pcs,,',
  ].join('\n');
  await lea.ask('POST', '/materials/import', csv);
  await sid.ask('POST', '/materials/import', 'code,name,unit\nCOLA-SOUTH,Cola of the south,pcs\n');
});

afterAll(() => story?.stop());

describe('the search', () => {
  const found = async (text: string) => codes(await lea.get(`/materials?search=${encodeURIComponent(text)}`));

  it('has the code itself first, then codes that begin so, then words', async () => {
    expect((await found('COLA-0.5'))[0]).toBe('COLA-0.5');
    expect((await found('cola05'))[0]).toBe('COLA-0.5');
    expect(await found('cola')).toEqual(['COLA-1.5', 'COLA-0.5', 'LBL-COLA']);
    expect(await found('cola label')).toEqual(['LBL-COLA']);
  });

  it.each([
    ['a letter missing', 'conector', 'CON-77'],
    ['a letter wrong', 'lavel', 'LBL-COLA'],
    ['two letters swapped', 'angeld', 'CON-77'],
    ['two letters wrong', 'sechzkantschrauve', 'M8-40'],
    ['only a part within', 'schraube', 'M8-40'],
    ['only its beginning', 'verzi', 'M8-40'],
  ])('forgives %s', async (_, typed, code) => {
    expect(await found(typed)).toEqual([code]);
  });

  it('finds nothing where nothing is like it, and nothing for signs alone', async () => {
    expect(await found('zzyzx')).toEqual([]);
    expect(await found('cola zzyzx')).toEqual([]);
    expect(await found('–%_')).toEqual([]);
  });

  it('finds nothing of another organisation', async () => {
    expect(codes(await sid.get('/materials?search=cola'))).toEqual(['COLA-SOUTH']);
    expect(codes(await sid.get('/materials?search=schraube'))).toEqual([]);
  });

  it('goes with filters, pages, an order of its own, and knows a new word at once', async () => {
    expect(codes(await lea.get('/materials?search=cola&materialGroup=labels'))).toEqual(['LBL-COLA']);
    expect(codes(await lea.get('/materials?search=cola&sort=-code'))).toEqual(['LBL-COLA', 'COLA-1.5', 'COLA-0.5']);
    const first = (await lea.get('/materials?search=cola&limit=2')).body as { nextCursor: string };
    expect(codes(await lea.get(`/materials?search=cola&limit=2&cursor=${first.nextCursor}`))).toEqual(['LBL-COLA']);
    const { id } = material(await lea.ask('POST', '/materials', { code: 'NEW-1', name: 'Quetschventil', unitId: pcs }));
    expect(await found('quetchventil')).toEqual(['NEW-1']);
    await lea.ask('PATCH', `/materials/${id}`, { version: 1, name: 'Kugelhahn' });
    expect(await found('kugelhan')).toEqual(['NEW-1']);
    await lea.ask('DELETE', `/materials/${id}?version=2`);
    expect(await found('kugelhahn')).toEqual([]);
  });
});

describe('a search for a word that is in more materials than are ranked', () => {
  it('has all that pass the filters, and says that there are more where there are', async () => {
    const line = (at: number) => `BULK-${at},Ordinary gizmo ${at},bulk,pcs,${at},`;
    const rare = ['RARE-1,Special gizmo,spare parts,pcs,5000,green', 'RARE-2,Spare gizmo,spare parts,pcs,6000,'];
    const lines = [...Array.from({ length: 1_300 }, (_, at) => line(at)), ...rare];
    const csv = `code,name,materialGroup,unit,startupGoodInARow,attributes.colour\n${lines.join('\n')}\n`;
    expect((await lea.ask('POST', '/materials/import', csv)).body).toMatchObject({ created: 1_302, faults: [] });
    const found = async (query: string) => codes(await lea.get(`/materials?search=gizmo&${query}`)).toSorted();
    expect(await found('materialGroup=spare%20parts')).toEqual(['RARE-1', 'RARE-2']);
    expect(await found('attributes.colour=green&attributes.colour=blue')).toEqual(['RARE-1']);
    expect(await found('startupGoodInARowFrom=5000')).toEqual(['RARE-1', 'RARE-2']);
    expect(await found('startupGoodInARowFrom=1299&startupGoodInARowTo=6000')).toEqual(['BULK-1299', 'RARE-1']);
    expect(await found(`unitId=${pcs}&code=RARE-2&code=BULK-7`)).toEqual(['BULK-7', 'RARE-2']);
    const { items } = (await lea.get('/materials?code=RARE-2')).body as { items: Material[] };
    await lea.ask('DELETE', `/materials/${items[0]?.id}?version=1`);
    expect(await found('archived=only')).toEqual(['RARE-2']);
    expect(await found('materialGroup=spare%20parts')).toEqual(['RARE-1']);
    const total = async (query: string) =>
      ((await lea.get(`/materials?search=gizmo&total=true&limit=1&${query}`)).body as { total: object }).total;
    expect(await total('')).toEqual({ count: 999, more: true });
    expect(await total('materialGroup=spare%20parts&archived=all')).toEqual({ count: 2, more: false });
  });

  it('takes nothing but columns and values for a filter', async () => {
    const odd = encodeURIComponent(`x' OR true --`);
    expect(codes(await lea.get(`/materials?search=gizmo&materialGroup=${odd}&attributes.colour=${odd}`))).toEqual([]);
    expect(codes(await lea.get(`/materials?search=gizmo&attributes.${odd}=green`))).toEqual([]);
  });
});

describe('attributes', () => {
  it('are texts, numbers and booleans; a filter asks for one of them', async () => {
    const attributes = { colour: 'blue', weight: 1.5, returnable: true };
    const made = await lea.ask('POST', '/materials', { code: 'A-1', name: 'With attributes', unitId: pcs, attributes });
    expect(made.body).toMatchObject({ attributes });
    expect(codes(await lea.get('/materials?attributes.colour=blue'))).toEqual(['A-1']);
    expect(codes(await lea.get('/materials?attributes.weight=1.5&attributes.returnable=true'))).toEqual(['A-1']);
    expect(codes(await lea.get('/materials?attributes.colour=red&attributes.colour=black'))).toEqual([
      'COLA-0.5',
      'COLA-1.5',
      'CON-77',
    ]);
    const { id, version } = material(made);
    const same = { returnable: true, weight: 1.5, colour: 'blue' };
    expect(material(await lea.ask('PATCH', `/materials/${id}`, { version, attributes: same })).version).toBe(version);
  });

  it.each([
    ['a list', { tags: ['a'] }],
    ['null', { colour: null }],
    ['a name with a dot', { 'a.b': 1 }],
    ['an empty text', { colour: '' }],
    ['more than fifty', Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`a${at}`, at]))],
  ])('are not %s', async (_, attributes) => {
    const answer = await lea.ask('POST', '/materials', { code: 'BAD', name: 'Bad', unitId: pcs, attributes });
    expect([answer.status, problem(answer).errors?.[0]?.path.startsWith('body/attributes')]).toEqual([400, true]);
  });

  it('come out of CSV and go in again; a cell changes one, an empty one takes it away, others stay', async () => {
    const out = String((await lea.get('/materials/export.csv?code=COLA-0.5')).body);
    expect(out.trim().split(/\r?\n/)[0]).toContain('attributes.colour,attributes.returnable,attributes.weight');
    expect((await lea.ask('POST', '/materials/import', out)).body).toMatchObject({ unchanged: 1, updated: 0 });
    const changed = 'code;name;unit;attributes.weight;attributes.colour\nCOLA-1.5;Cola large;pcs;1,6;\n';
    expect((await lea.ask('POST', '/materials/import', changed)).body).toMatchObject({ updated: 1, faults: [] });
    const { items } = (await lea.get('/materials?code=COLA-1.5')).body as { items: Material[] };
    expect(items[0]?.attributes).toEqual({ weight: 1.6 });
  });
});

describe('a revision', () => {
  it('is made with a reason; the ones before stay readable, and the material has the one made now', async () => {
    const { id } = material(await lea.ask('POST', '/materials', { code: 'R-1', name: 'Revised', unitId: pcs }));
    const before = (await lea.get(`/materials/${id}/revisions`)).body as { items: { revision: string }[] };
    expect(before.items.map(({ revision }) => revision)).toEqual(['1']);
    const made = await lea.ask('POST', `/materials/${id}/revisions`, { version: 1, revision: 'B', reason: 'new cap' });
    expect(made.body).toMatchObject({
      items: [
        { revision: 'B', note: 'new cap' },
        { revision: '1', note: null },
      ],
    });
    expect(material(await lea.get(`/materials/${id}`))).toMatchObject({ revision: 'B', version: 2 });
    const { items } = (await lea.get(`/materials/${id}/history`)).body as { items: object[] };
    expect(items[0]).toMatchObject({ action: 'revise', reason: 'new cap', old: { revision: '1' } });
    const again = await lea.ask('POST', `/materials/${id}/revisions`, { version: 2, revision: '1', reason: 'back' });
    expect([again.status, problem(again).detail]).toEqual([
      409,
      'There was a revision 1 of this material already. Choose another name.',
    ]);
    const ahead = { version: 2, revision: 'C', reason: 'later', validFrom: '2999-01-01T00:00:00Z' };
    expect((await lea.ask('POST', `/materials/${id}/revisions`, ahead)).status).toBe(400);
    const early = { ...ahead, validFrom: '2001-01-01T00:00:00Z' };
    expect((await lea.ask('POST', `/materials/${id}/revisions`, early)).status).toBe(400);
    expect((await sid.get(`/materials/${id}/revisions`)).status).toBe(404);
    expect((await sid.ask('POST', `/materials/${id}/revisions`, { ...early, version: 2 })).status).toBe(404);
  });

  it('is not made by a file: a line with another one says what to do, one with its own or none goes in', async () => {
    const { id } = material(await lea.ask('POST', '/materials', { code: 'R-3', name: 'Filed', unitId: pcs }));
    await lea.ask('POST', `/materials/${id}/revisions`, { version: 1, revision: 'B', reason: 'new cap' });
    const send = (revision: string) =>
      lea.ask('POST', '/materials/import', `code,name,unit,revision\nR-4,New,pcs,A\nR-3,Filed again,pcs,${revision}\n`);
    const refused = await send('C');
    const message = 'cannot be changed by a file: it is B. Write that, or leave the column out.';
    expect([refused.status, refused.body]).toMatchObject([422, { faults: [{ line: 3, column: 'revision', message }] }]);
    expect((await send('B')).body).toMatchObject({ created: 1, updated: 1, faults: [] });
    expect((await send('')).body).toMatchObject({ unchanged: 2, faults: [] });
    const { items } = (await lea.get('/materials?code=R-3&code=R-4')).body as { items: Material[] };
    expect(items.map(({ code, revision }) => [code, revision])).toEqual([
      ['R-3', 'B'],
      ['R-4', 'A'],
    ]);
  });

  it('is made by one of two people at a time', async () => {
    const { id } = material(await lea.ask('POST', '/materials', { code: 'R-2', name: 'Raced', unitId: pcs }));
    const answers = await Promise.all(
      [lea, max].map((user, at) =>
        user.ask('POST', `/materials/${id}/revisions`, { version: 1, revision: `B${at}`, reason: 'race' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });
});

describe('an import while somebody edits', () => {
  it('leaves nothing half done: the edit that comes second is told, or the import brings its own', async () => {
    const lines = Array.from({ length: 300 }, (_, at) => `W-${at},Washer ${at},pcs`);
    const { id } = material(await lea.ask('POST', '/materials', { code: 'W-150', name: 'Washer', unitId: pcs }));
    const [imported, edited] = await Promise.all([
      lea.ask('POST', '/materials/import', `code,name,unit\n${lines.join('\n')}\n`),
      max.ask('PATCH', `/materials/${id}`, { version: 1, name: 'Edited' }),
    ]);
    const { items } = (await lea.get('/materials?materialGroup=none&archived=all')).body as { items: Material[] };
    expect(items).toEqual([]);
    const there = codes(await lea.get('/materials?search=W&limit=500')).filter((code) => /^W-\d+$/.test(code)).length;
    const outcomes = `${imported.status} ${edited.status} ${there}`;
    expect(['200 200 300', '200 409 300', '422 200 1']).toContain(outcomes);
  });
});
