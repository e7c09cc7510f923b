// Plants over HTTP: their time zones, who may make one, and who is limited to some.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { asOwner, insertPerson } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'max' | 'sid'>;
let lea: ApiUser;
let max: ApiUser;
let sid: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' });
  ({ lea, max, sid } = story.users);
});

afterAll(() => story?.stop());

interface Plant {
  readonly id: number;
  readonly version: number;
  readonly name: string;
  readonly timeZone: string;
}
const plant = (answer: Answer) => answer.body as Plant;
const names = (answer: Answer) => (answer.body as { items: Plant[] }).items.map(({ name }) => name);
const problem = (answer: Answer) => answer.body as { detail: string; errors?: { path: string; message: string }[] };

describe('a plant', () => {
  it('is made with its clock, whose name is written as the list of zones has it', async () => {
    const made = await lea.ask('POST', '/plants', { name: 'East', timeZone: 'asia/tokyo' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'East', timeZone: 'Asia/Tokyo', version: 1 });
    const moved = await lea.ask('PATCH', `/plants/${plant(made).id}`, { version: 1, timeZone: 'Europe/Lisbon' });
    expect(moved.body).toMatchObject({ timeZone: 'Europe/Lisbon', version: 2 });
  });

  it.each([['Mars/Olympus'], ['UTC+25'], ['']])('has no clock like %j', async (timeZone) => {
    const answer = await lea.ask('POST', '/plants', { name: 'Nowhere', timeZone });
    expect(answer.status).toBe(400);
    expect(problem(answer).errors?.[0]?.path).toBe('body/timeZone');
    expect(names(await lea.get('/plants'))).not.toContain('Nowhere');
  });

  it('has a name that no other of the organisation has, and another organisation may have it, too', async () => {
    await lea.ask('POST', '/plants', { name: 'Twice', timeZone: 'UTC' });
    const again = await lea.ask('POST', '/plants', { name: 'Twice', timeZone: 'UTC' });
    expect([again.status, problem(again).detail]).toEqual([
      409,
      'There is a plant with the same name already, perhaps an archived one.',
    ]);
    expect((await sid.ask('POST', '/plants', { name: 'Twice', timeZone: 'UTC' })).status).toBe(201);
  });

  it('is changed by one of two people at a time', async () => {
    const { id } = plant(await lea.ask('POST', '/plants', { name: 'Race', timeZone: 'UTC' }));
    const answers = await Promise.all([
      lea.ask('PATCH', `/plants/${id}`, { version: 1, name: 'Race of lea' }),
      max.ask('PATCH', `/plants/${id}`, { version: 1, name: 'Race of max' }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  it('of another organisation is not there', async () => {
    const { plantId } = story.plants.lea;
    expect((await lea.get(`/plants/${plantId}`)).status).toBe(200);
    expect((await sid.get(`/plants/${plantId}`)).status).toBe(404);
    expect((await sid.ask('PATCH', `/plants/${plantId}`, { version: 1, name: 'Ours' })).status).toBe(404);
  });

  it('is all that somebody sees who is limited to it, and he makes no others', async () => {
    const { ownerUrl } = story.database;
    const { organizationId, plantId } = story.plants.lea;
    const login = { email: 'eve@example.com', password: 'correct horse battery' };
    await insertPerson(ownerUrl, { ...login, name: 'eve', organizationIds: [organizationId], role: 'plant_engineer' });
    await asOwner(
      ownerUrl,
      `UPDATE mes.user_roles SET plant_id = $1
       WHERE user_id = (SELECT users.id FROM mes.users WHERE users.display_name = 'eve')`,
      [plantId],
    );
    const eve = await signIn(story.api.url, login);
    expect(names(await eve.get('/plants?archived=all'))).toEqual(['Plant']);
    const own = plant(await eve.get(`/plants/${plantId}`));
    const renamed = await eve.ask('PATCH', `/plants/${plantId}`, { version: own.version, name: 'Plant One' });
    expect(renamed.status).toBe(200);
    expect((await eve.ask('POST', '/plants', { name: 'Mine', timeZone: 'UTC' })).status).toBe(403);
    expect((await eve.ask('DELETE', `/plants/${plantId}?version=${own.version + 1}`)).status).toBe(403);
  });
});
