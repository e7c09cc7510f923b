// Lanes over HTTP: who stands where, from when on, corrected afterwards, and two people at once.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'max' | 'sid'>;
let lea: ApiUser;
let max: ApiUser;
let sid: ApiUser;
let plantId: number;

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' });
  ({ lea, max, sid } = story.users);
  ({ plantId } = story.plants.lea);
});

afterAll(() => story?.stop());

interface Arrangement {
  readonly version: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly machines: readonly { machineId: number; displayName: string; isConstraint: boolean; isOutfeed: boolean }[];
  readonly stretches: readonly { from: string | null; to: string | null; machines: number }[];
  readonly checks: readonly string[];
}
interface Place {
  readonly laneName: string;
  readonly place: number;
  readonly from: string | null;
  readonly to: string | null;
}

let made = 0;
async function machine(displayName: string, user = lea, plant = plantId): Promise<number> {
  const answer = await user.ask('POST', '/machines', { plantId: plant, name: `m${(made += 1)}`, displayName });
  expect(answer.status).toBe(201);
  return (answer.body as { id: number }).id;
}
async function lane(name: string, fields: object = {}): Promise<number> {
  const answer = await lea.ask('POST', '/lanes', { plantId, name: `${name} ${(made += 1)}`, ...fields });
  expect(answer.status).toBe(201);
  return (answer.body as { id: number }).id;
}
const shown = async (laneId: number, query = ''): Promise<Arrangement> =>
  (await lea.get(`/lanes/${laneId}/arrangement${query}`)).body as Arrangement;
const names = ({ machines }: Arrangement) => machines.map(({ displayName }) => displayName);
const put = (laneId: number, body: object, user = lea): Promise<Answer> =>
  user.ask('PUT', `/lanes/${laneId}/arrangement`, body);
const detail = ({ body }: Answer) => (body as { detail: string }).detail;
const code = ({ body }: Answer) => (body as { errors?: { code?: string }[] }).errors?.[0]?.code;
const placesOf = async (id: number): Promise<readonly Place[]> =>
  ((await lea.get(`/machines/${id}/places`)).body as { items: Place[] }).items;
const marksOf = (machineId: number) =>
  asOwner(story.database.ownerUrl, 'DELETE FROM mes.dirty_marks WHERE machine_id = $1 RETURNING from_time, to_time', [
    machineId,
  ]);
const march = (day: number) => `2026-03-${String(day).padStart(2, '0')}T12:00:00.000Z`;

describe('a lane', () => {
  it('has its machines in the direction of the product, and says what a serial one lacks', async () => {
    const [filler, capper] = [await machine('Filler'), await machine('Capper')];
    const line = await lane('Line');
    expect(await shown(line)).toMatchObject({ version: 1, machines: [], stretches: [], checks: [] });
    const both = [{ machineId: filler }, { machineId: capper }];
    const first = await put(line, { version: 1, from: null, machines: both, reason: 'as built' });
    expect([first.status, first.body]).toMatchObject([
      200,
      { version: 2, from: null, to: null, checks: ['no_constraint', 'no_outfeed'] },
    ]);
    expect(names(first.body as Arrangement)).toEqual(['Filler', 'Capper']);
    const marked = [
      { machineId: capper, isOutfeed: true },
      { machineId: filler, isConstraint: true },
    ];
    const turned = (await put(line, { version: 2, from: null, machines: marked })).body as Arrangement;
    expect([names(turned), turned.checks, turned.version]).toEqual([['Capper', 'Filler'], [], 3]);
    expect(await shown(line)).toEqual(turned);
    const { items } = (await lea.get(`/lanes/${line}/history`)).body as { items: object[] };
    expect(items).toMatchObject([
      { action: 'arrange' },
      { action: 'arrange', reason: 'as built' },
      { action: 'create' },
    ]);
  });

  it('remembers who stood in it when: each machine knows its places, and figures are computed anew', async () => {
    const [a, b] = [await machine('Alpha'), await machine('Beta')];
    const [one, two] = [await lane('One'), await lane('Two')];
    await put(one, { version: 1, from: march(1), machines: [{ machineId: a }, { machineId: b }] });
    expect(await marksOf(b)).toMatchObject([{ from_time: new Date(march(1)) }]);
    const moved = await put(two, { version: 1, from: march(10), machines: [{ machineId: b, comesFrom: one }] });
    expect(moved.status).toBe(200);
    expect(await marksOf(b)).toMatchObject([{ from_time: new Date(march(10)) }]);
    expect(names(await shown(one, `?at=${march(5)}`))).toEqual(['Alpha', 'Beta']);
    expect(names(await shown(one, `?at=${march(10)}`))).toEqual(['Alpha']);
    expect((await shown(one)).version).toBe(3);
    expect(await placesOf(b)).toMatchObject([
      { laneName: expect.stringMatching('Two'), place: 1, from: march(10), to: null },
      { laneName: expect.stringMatching('One'), place: 2, from: march(1), to: march(10) },
    ]);
  });

  it('is corrected afterwards, for a stretch only; what came after stays, and equal neighbours are one', async () => {
    const [a, b, c] = [await machine('Ann'), await machine('Bob'), await machine('Cid')];
    const line = await lane('Corrected');
    const three = [{ machineId: a }, { machineId: b }, { machineId: c }];
    await put(line, { version: 1, from: march(1), machines: three });
    const noBob = [{ machineId: a }, { machineId: c }];
    const corrected = await put(line, { version: 2, from: march(5), to: march(8), machines: noBob });
    expect(corrected.body).toMatchObject({ from: march(5), to: march(8) });
    expect(names(await shown(line, `?at=${march(8)}`))).toEqual(['Ann', 'Bob', 'Cid']);
    expect((await shown(line)).stretches).toMatchObject([
      { from: march(8), to: null, machines: 3 },
      { from: march(5), to: march(8), machines: 2 },
      { from: march(1), to: march(5), machines: 3 },
    ]);
    await put(line, { version: 3, from: march(5), to: march(8), machines: three });
    expect((await shown(line)).stretches).toEqual([{ from: march(1), to: null, machines: 3 }]);
    expect((await placesOf(b)).length).toBe(1);
  });

  it('is changed by one of two people who read it at the same time', async () => {
    const [a, b] = [await machine('Left'), await machine('Right')];
    const line = await lane('Race');
    const answers = await Promise.all([
      put(line, { version: 1, machines: [{ machineId: a }, { machineId: b }] }),
      put(line, { version: 1, machines: [{ machineId: b }, { machineId: a }] }, max),
    ]);
    expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409) as Answer;
    expect(detail(refused)).toMatch(/^(lea|max) has changed this lane since you read it/);
    expect((await shown(line)).machines).toHaveLength(2);
  });

  it('gets a machine that two people move at once into one place only', async () => {
    const a = await machine('Wanted');
    const [from, one, two] = [await lane('From'), await lane('To one'), await lane('To two')];
    await put(from, { version: 1, from: null, machines: [{ machineId: a }] });
    const answers = await Promise.all([
      put(one, { version: 1, from: march(3), machines: [{ machineId: a, comesFrom: from }] }),
      put(two, { version: 1, from: march(3), machines: [{ machineId: a, comesFrom: from }] }, max),
    ]);
    expect(answers.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 409]);
    expect(detail(answers.find(({ status }) => status === 409) as Answer)).toMatch(/^Wanted stands in To (one|two)/);
    expect(await placesOf(a)).toHaveLength(2);
  });

  it('takes no machine from where nobody said it stands', async () => {
    const a = await machine('Settled');
    const [home, other] = [await lane('Home'), await lane('Other')];
    await put(home, { version: 1, machines: [{ machineId: a }] });
    const answer = await put(other, { version: 1, machines: [{ machineId: a }] });
    expect([answer.status, detail(answer)]).toEqual([409, expect.stringMatching(/^Settled stands in Home/)]);
    expect(names(await shown(home))).toEqual(['Settled']);
  });

  it('refuses what makes no sense, and says which machine it is about', async () => {
    const [a, b] = [await machine('Apple'), await machine('Berry')];
    const line = await lane('Refused');
    const parallel = await lane('Side by side', { kind: 'parallel' });
    const other = (await lea.ask('POST', '/plants', { name: 'Elsewhere', timeZone: 'UTC' })).body as { id: number };
    const far = await machine('Far', lea, other.id);
    const gone = await machine('Gone');
    await lea.ask('DELETE', `/machines/${gone}?version=1`);
    const asked: [number, object, string][] = [
      [line, { machines: [{ machineId: a }, { machineId: a }] }, 'duplicates'],
      [line, { machines: [{ machineId: far }] }, 'other_plant'],
      [line, { machines: [{ machineId: 999_999_999 }] }, 'other_plant'],
      [line, { machines: [{ machineId: gone }] }, 'archived_record'],
      [line, { machines: [a, b].map((machineId) => ({ machineId, isOutfeed: true })) }, 'one_mark_only'],
      [parallel, { machines: [{ machineId: a, isConstraint: true }] }, 'serial_only'],
      [line, { machines: [], from: march(2), to: march(2) }, 'ends_before_it_begins'],
      [line, { machines: [], from: '2026-02-31T00:00:00Z' }, 'type'],
      [line, { machines: [], from: 'yesterday' }, 'type'],
      [line, { machines: [], colour: 'red' }, 'unknown_fields'],
    ];
    for (const [id, body, expected] of asked) {
      const answer = await put(id, { version: 1, ...body });
      expect([answer.status, code(answer)]).toEqual([400, expected]);
    }
    expect(await shown(line)).toMatchObject({ version: 1, machines: [] });
  });

  it('of another organisation is not there, nor are its machines', async () => {
    const line = await lane('Ours');
    const a = await machine('Ours');
    expect((await sid.get(`/lanes/${line}/arrangement`)).status).toBe(404);
    expect((await put(line, { version: 1, machines: [] }, sid)).status).toBe(404);
    expect((await sid.get(`/machines/${a}/places`)).status).toBe(404);
    const { body } = await sid.ask('POST', '/lanes', { plantId: story.plants.sid.plantId, name: 'Theirs' });
    const theirs = (body as { id: number }).id;
    expect(code(await put(theirs, { version: 1, machines: [{ machineId: a }] }, sid))).toBe('other_plant');
    expect(await placesOf(a)).toEqual([]);
  });

  it('is not archived while machines stand in it, and neither are they', async () => {
    const a = await machine('Pillar');
    const line = await lane('Held');
    await put(line, { version: 1, machines: [{ machineId: a }] });
    const refused = await lea.ask('DELETE', `/lanes/${line}?version=2`);
    expect([refused.status, detail(refused)]).toEqual([409, expect.stringMatching(/stand Pillar. Take them out/)]);
    const alsoRefused = await lea.ask('DELETE', `/machines/${a}?version=1`);
    expect([alsoRefused.status, detail(alsoRefused)]).toEqual([409, expect.stringMatching(/^Pillar stands in Held/)]);
    await put(line, { version: 2, machines: [] });
    expect((await lea.ask('DELETE', `/machines/${a}?version=1`)).status).toBe(200);
    expect((await lea.ask('DELETE', `/lanes/${line}?version=3`)).status).toBe(200);
    expect(detail(await put(line, { version: 4, machines: [] }))).toMatch(/is archived/);
  });
});
