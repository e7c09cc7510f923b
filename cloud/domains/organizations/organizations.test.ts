// The organisation over HTTP: one sees one's own, and renames it; nothing else can be done to it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
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

const items = (answer: Answer) => (answer.body as { items: { id: number; name: string }[] }).items;

describe('an organisation', () => {
  it('is one’s own and no other', async () => {
    const { organizationId } = story.plants.lea;
    expect(items(await lea.get('/organizations'))).toMatchObject([{ id: organizationId, name: 'North' }]);
    expect((await lea.get(`/organizations/${organizationId}`)).body).toMatchObject({ name: 'North' });
    expect((await sid.get(`/organizations/${organizationId}`)).status).toBe(404);
    expect((await sid.ask('PATCH', `/organizations/${organizationId}`, { version: 1, name: 'Ours' })).status).toBe(404);
  });

  it('is renamed by one of two people at a time, with a reason in its history', async () => {
    const id = story.plants.lea.organizationId;
    const { version } = (await lea.get(`/organizations/${id}`)).body as { version: number };
    const answers = await Promise.all(
      [lea, max].map((user) =>
        user.ask('PATCH', `/organizations/${id}`, { version, name: 'Northern', reason: 'sold' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const [last] = items(await lea.get(`/organizations/${id}/history`)) as object[];
    expect(last).toMatchObject({ action: 'update', old: { name: 'North' }, new: { name: 'Northern' }, reason: 'sold' });
  });

  it('is neither made nor archived here, and its name is not empty', async () => {
    const id = story.plants.sid.organizationId;
    expect((await sid.ask('POST', '/organizations', { name: 'Another' })).status).toBe(404);
    expect((await sid.ask('DELETE', `/organizations/${id}?version=1`)).status).toBe(404);
    expect((await sid.ask('PATCH', `/organizations/${id}`, { version: 1, name: '' })).status).toBe(400);
    expect((await sid.ask('PATCH', `/organizations/${id}`, { version: 1, demo: true })).status).toBe(400);
  });
});
