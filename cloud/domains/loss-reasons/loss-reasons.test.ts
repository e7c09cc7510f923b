// Loss reasons over HTTP: twenty to begin with, the tree, and what they do to figures.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { asOwner, insertPerson } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import { starterReasons } from './starter.ts';

let story: Story<'lea' | 'max' | 'sid' | 'ned'>;
let lea: ApiUser;
let max: ApiUser;
let sid: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South', ned: 'East' });
  ({ lea, max, sid } = story.users);
});

afterAll(() => story?.stop());

interface Reason {
  readonly id: number;
  readonly version: number;
  readonly code: string;
  readonly name: string;
  readonly parentName: string | null;
}
const reason = ({ body }: Answer) => body as Reason;
const all = async (user: ApiUser, query = ''): Promise<readonly Reason[]> =>
  ((await user.get(`/loss-reasons?limit=500${query}`)).body as { items: Reason[] }).items;
const make = (fields: object, user = lea) =>
  user.ask('POST', '/loss-reasons', { name: 'Some', category: 'unplanned_stop', ...fields });
const told = ({ body }: Answer) => {
  const { detail, errors } = body as { detail: string; errors?: { path: string; code?: string }[] };
  return { detail, path: errors?.[0]?.path, code: errors?.[0]?.code };
};

describe('the reasons to begin with', () => {
  it('are twenty in both languages, loaded once however often one presses', async () => {
    const { ned } = story.users;
    const [first, second] = await Promise.all([
      ned.ask('POST', '/loss-reasons/starter'),
      ned.ask('POST', '/loss-reasons/starter'),
    ]);
    const loaded = [first, second].map(({ body }) => (body as { created: Reason[] }).created.length);
    expect(loaded.toSorted((a, b) => a - b)).toEqual([0, 20]);
    const reasons = await all(ned);
    expect(reasons.map(({ code }) => code).toSorted()).toEqual(starterReasons.map(({ code }) => code).toSorted());
    expect(reasons.find(({ code }) => code === 'tool_broken')).toMatchObject({
      name: 'Tool broken',
      nameDe: 'Werkzeug gebrochen',
      parentName: 'machine_fault',
      category: 'unplanned_stop',
      isFailure: true,
    });
    expect(await all(sid)).toEqual([]);
  });

  it('leave alone what is there: changed ones stay changed, archived ones archived', async () => {
    const mine = reason(await make({ code: 'jam', name: 'Our own jam' }));
    await lea.ask('DELETE', `/loss-reasons/${mine.id}?version=1`);
    const { body } = await lea.ask('POST', '/loss-reasons/starter');
    expect(body).toMatchObject({ there: 1 });
    expect(await all(lea, '&code=jam')).toEqual([]);
    expect(await all(lea)).toHaveLength(19);
    const [fault] = await all(lea, '&code=machine_fault');
    const refused = await lea.ask('DELETE', `/loss-reasons/${fault?.id}?version=1`);
    expect([refused.status, told(refused).detail]).toEqual([
      409,
      'Below Machine fault are 3 reasons. Archive or move them first.',
    ]);
  });
});

describe('the tree of reasons', () => {
  it('has no cycle, not even when two people make one together, and is not endlessly deep', async () => {
    const a = reason(await make({ code: 'a' }));
    const b = reason(await make({ code: 'b' }));
    const hang = (one: Reason, below: Reason, user = lea, version = one.version) =>
      user.ask('PATCH', `/loss-reasons/${one.id}`, { version, parentId: below.id });
    expect(told(await hang(a, a))).toMatchObject({ path: 'body/parentId', code: 'reason_below_itself' });
    const answers = await Promise.all([hang(a, b), hang(b, a, max)]);
    // The second finds the cycle, or both would wait for each other and one is sent away.
    const statuses = answers.map(({ status }) => status).toSorted((x, y) => x - y);
    expect([
      [200, 400],
      [200, 409],
    ]).toContainEqual(statuses);
    const parents = (await all(lea, '&code=a&code=b')).map(({ parentName }) => parentName);
    expect(parents.filter((name) => name === null)).toHaveLength(1);
    let above = reason(await make({ code: 'level-1' }));
    for (let level = 2; level <= 6; level += 1)
      above = reason(await make({ code: `level-${level}`, parentId: above.id }));
    const tooDeep = await make({ code: 'level-7', parentId: above.id });
    expect([tooDeep.status, told(tooDeep).code]).toEqual([400, 'tree_too_deep']);
  });

  it('brings no reason back below one that is archived', async () => {
    const top = reason(await make({ code: 'top' }));
    const low = reason(await make({ code: 'low', parentId: top.id }));
    await lea.ask('DELETE', `/loss-reasons/${low.id}?version=1`);
    await lea.ask('DELETE', `/loss-reasons/${top.id}?version=1`);
    const refused = await lea.ask('POST', `/loss-reasons/${low.id}/restore`, { version: 2 });
    expect([refused.status, told(refused).detail]).toEqual([
      409,
      'The reason above it, top, is archived. Restore that first.',
    ]);
  });
});

describe('a reason', () => {
  it('is a failure only where it is an unplanned stop', async () => {
    const refused = await make({ code: 'wait', category: 'idle', isFailure: true });
    expect(told(refused)).toMatchObject({ path: 'body/isFailure', code: 'failure_of_stop_only' });
    const { id } = reason(await make({ code: 'broken', isFailure: true }));
    const changed = await lea.ask('PATCH', `/loss-reasons/${id}`, { version: 1, category: 'setup' });
    expect(told(changed)).toMatchObject({ path: 'body/isFailure' });
    expect(
      (await lea.ask('PATCH', `/loss-reasons/${id}`, { version: 1, category: 'setup', isFailure: false })).status,
    ).toBe(200);
  });

  it('that means something else has the figures of every machine computed anew, and of no other organisation', async () => {
    const machineOf = async (user: ApiUser, plantId: number) =>
      ((await user.ask('POST', '/machines', { plantId, name: 'press', displayName: 'Press' })).body as Reason).id;
    const ours = await machineOf(lea, story.plants.lea.plantId);
    const theirs = await machineOf(sid, story.plants.sid.plantId);
    const { id } = reason(await make({ code: 'moved', category: 'idle' }));
    const marks = () =>
      asOwner(story.database.ownerUrl, 'DELETE FROM mes.dirty_marks WHERE machine_id = ANY ($1) RETURNING machine_id', [
        [ours, theirs],
      ]);
    await lea.ask('PATCH', `/loss-reasons/${id}`, { version: 1, nameDe: 'Anders' });
    expect(await marks()).toEqual([]);
    await lea.ask('PATCH', `/loss-reasons/${id}`, { version: 2, category: 'setup' });
    expect(await marks()).toEqual([{ machine_id: ours }]);
  });

  it('is read in each plant and changed for the whole organisation only', async () => {
    const { ownerUrl } = story.database;
    const { organizationId, plantId } = story.plants.lea;
    const login = { email: 'eve@example.com', password: 'correct horse battery' };
    await insertPerson(ownerUrl, {
      ...login,
      name: 'eve',
      organizationIds: [organizationId],
      role: 'plant_engineer',
      plantId,
    });
    const eve = await signIn(story.api.url, login);
    expect((await all(eve)).length).toBeGreaterThan(10);
    expect((await make({ code: 'eves' }, eve)).status).toBe(403);
    expect((await eve.ask('POST', '/loss-reasons/starter')).status).toBe(403);
  });

  it('of another organisation is not there', async () => {
    const { id } = reason(await make({ code: 'private' }));
    expect((await sid.get(`/loss-reasons/${id}`)).status).toBe(404);
    const below = await make({ code: 'spy', parentId: id }, sid);
    expect(told(below)).toMatchObject({ path: 'body/parentId', code: 'no_record' });
  });
});
