// Units and conversions over HTTP: the starter set, ways over several units, exact results, contradictions.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'max' | 'sid'>;
let lea: ApiUser;
let sid: ApiUser;
const ids = new Map<string, number>();

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' });
  ({ lea, sid } = story.users);
  await lea.ask('POST', '/units-of-measure/starter', { language: 'de' });
  await lea.ask('POST', '/units-of-measure', { code: 'tray', name: 'Tray' });
  const { items } = (await lea.get('/units-of-measure')).body as { items: { id: number; code: string }[] };
  for (const { id, code } of items) ids.set(code, id);
});

afterAll(() => story?.stop());

const id = (code: string): number => ids.get(code) ?? 0;
const convert = (quantity: string, from: string, to: string, materialId?: number) =>
  lea.get(
    `/unit-conversions/convert?quantity=${quantity}&from=${id(from)}&to=${id(to)}${materialId ? `&materialId=${materialId}` : ''}`,
  );
const say = (from: string, to: string, factor: number, materialId: number | null = null, user = lea) =>
  user.ask('POST', '/unit-conversions', { fromUnitId: id(from), toUnitId: id(to), factor, materialId });
const detail = (answer: Answer) => (answer.body as { detail: string }).detail;

describe('the starter set', () => {
  it('is taken once, in one language, and leaves what is there', async () => {
    const again = await lea.ask('POST', '/units-of-measure/starter', { language: 'en' });
    expect(again.body).toEqual({ created: [] });
    const { items } = (await lea.get('/units-of-measure?code=pcs')).body as { items: object[] };
    expect(items).toMatchObject([{ name: 'Stück', decimals: 0 }]);
    expect((await convert('1.5', 't', 'g')).body).toEqual({ quantity: '1500000', exact: true, path: ['t', 'kg', 'g'] });
  });
});

describe('a quantity in another unit', () => {
  it('finds its way over several conversions, forth and back, exactly', async () => {
    expect((await say('pallet', 'box', 40)).status).toBe(201);
    await say('box', 'tray', 3);
    await say('tray', 'pcs', 6);
    expect((await convert('2', 'pallet', 'pcs')).body).toMatchObject({ quantity: '1440', exact: true });
    expect((await convert('1', 'pcs', 'pallet')).body).toEqual({
      quantity: '0.001388888889',
      exact: false,
      path: ['pcs', 'tray', 'box', 'pallet'],
    });
    expect((await convert('720', 'pcs', 'pallet')).body).toMatchObject({ quantity: '1', exact: true });
    expect((await convert('-0.1', 'kg', 'g')).body).toMatchObject({ quantity: '-100', exact: true });
    expect((await convert('7.25', 'kg', 'kg')).body).toEqual({ quantity: '7.25', exact: true, path: ['kg'] });
  });

  it('stands in a list that is sorted by what people read, page by page', async () => {
    type List = { items: { fromUnitName: string }[]; nextCursor: string | null };
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `limit=2&sort=-fromUnitId${cursor && `&cursor=${cursor}`}`;
      const { items, nextCursor } = (await lea.get(`/unit-conversions?${query}`)).body as List;
      names.push(...items.map(({ fromUnitName }) => fromUnitName));
      cursor = nextCursor;
    }
    expect(names.length).toBeGreaterThan(4);
    expect(names).toEqual(names.toSorted((a, b) => b.localeCompare(a)));
  });

  it('is told where no way leads, or a unit is not there', async () => {
    const none = await convert('1', 'pcs', 'kg');
    expect([none.status, detail(none)]).toEqual([
      409,
      'No conversion leads from pcs to kg in 4 steps or fewer. Add one that says how many kg are 1 pcs.',
    ]);
    expect((await lea.get(`/unit-conversions/convert?quantity=1&from=${id('pcs')}&to=999999`)).status).toBe(400);
    expect((await convert('1e5', 'kg', 'g')).status).toBe(400);
    expect((await sid.get(`/unit-conversions/convert?quantity=1&from=${id('kg')}&to=${id('g')}`)).status).toBe(400);
  });

  it("of a material goes by the material's own conversions first", async () => {
    const made = await lea.ask('POST', '/materials', { code: 'BIG', name: 'Big one', unitId: id('pcs') });
    const { id: big } = made.body as { id: number };
    expect((await say('tray', 'pcs', 4, big)).status).toBe(201);
    expect((await convert('1', 'box', 'pcs', big)).body).toMatchObject({ quantity: '12' });
    expect((await convert('1', 'box', 'pcs')).body).toMatchObject({ quantity: '18' });
    expect((await say('pcs', 'kg', 0.25, big)).status).toBe(201);
    expect((await convert('1', 'pallet', 'g', big)).status).toBe(409);
    expect((await convert('1', 'pallet', 'kg', big)).body).toMatchObject({ quantity: '120' });
  });
});

describe('a contradiction', () => {
  it('is refused with both sides of it, whichever way round it is said', async () => {
    const answer = await say('box', 'pcs', 20);
    expect([answer.status, detail(answer)]).toEqual([
      409,
      'This contradicts what is there: 1 box = 18 pcs (box → tray → pcs), not 1 box = 20 pcs. Change that first, or mend the factor.',
    ]);
    expect((await say('pcs', 'box', 0.06)).status).toBe(409);
    // What somebody writes for one eighteenth is no contradiction.
    expect((await say('pcs', 'box', 0.0555555556)).status).toBe(201);
    expect((await say('kg', 'kg', 1)).status).toBe(400);
    expect((await say('box', 'tray', 3)).status).toBe(409);
  });

  it('does not come about by two people who each see only their own', async () => {
    await lea.ask('POST', '/units-of-measure', { code: 'bag', name: 'Bag' });
    const { items } = (await lea.get('/units-of-measure?code=bag')).body as { items: { id: number }[] };
    ids.set('bag', items[0]?.id ?? 0);
    const answers = await Promise.all([say('bag', 'pcs', 10), say('pcs', 'bag', 0.2, null, story.users.max)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
  });
});
