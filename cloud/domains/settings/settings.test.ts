// Settings over HTTP: defaults, changes, and what is refused.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'sid'>;
let lea: ApiUser;
let sid: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'North', sid: 'South' });
  ({ lea, sid } = story.users);
});

afterAll(() => story?.stop());

async function valueOf(user: ApiUser, key: string): Promise<unknown> {
  const { items } = (await user.get('/settings')).body as { items: { key: string }[] };
  return items.find((item) => item.key === key);
}
const errors = (answer: Answer) => (answer.body as { errors?: { path: string; message: string }[] }).errors;

describe('a setting', () => {
  it('has its default until somebody changes it, for their organisation only', async () => {
    expect(await valueOf(lea, 'currency')).toEqual({ key: 'currency', value: 'USD', version: 0, isDefault: true });
    const changed = await lea.ask('PUT', '/settings/currency', {
      value: 'EUR',
      version: 0,
      reason: 'we are in Berlin',
    });
    expect(changed.body).toEqual({ key: 'currency', value: 'EUR', version: 1, isDefault: false });
    expect(await valueOf(lea, 'currency')).toMatchObject({ value: 'EUR', version: 1 });
    expect(await valueOf(sid, 'currency')).toMatchObject({ value: 'USD', version: 0 });
    const { items } = (await lea.get('/audit-logs?entity=settings')).body as { items: object[] };
    expect(items[0]).toMatchObject({
      entityId: 'currency',
      old: { value: 'USD' },
      new: { value: 'EUR' },
      reason: 'we are in Berlin',
    });
    expect(((await sid.get('/audit-logs?entity=settings')).body as { items: object[] }).items).toEqual([]);
  });

  it('is changed by one of two at a time', async () => {
    const answers = await Promise.all(
      ['de', 'en'].map((value) => lea.ask('PUT', '/settings/language', { value, version: 0 })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect((await lea.ask('PUT', '/settings/language', { value: 'en', version: 7 })).status).toBe(409);
  });

  it.each([
    ['currency', 'EURO', 'must be one of USD, EUR'],
    ['tabletIdleMinutes', 0, '>= 1'],
    ['tabletIdleMinutes', '10', 'integer'],
    ['notice', 'x'.repeat(501), '500'],
  ])('%s refuses %j and says what it may be', async (key, value, words) => {
    const answer = await lea.ask('PUT', `/settings/${key}`, { value, version: 0 });
    expect(answer.status).toBe(400);
    expect(errors(answer)?.[0]?.path).toBe('body/value');
    expect(errors(answer)?.[0]?.message).toContain(words);
  });

  it('that nobody declared is not there', async () => {
    expect((await lea.ask('PUT', '/settings/colour', { value: 'red', version: 0 })).status).toBe(400);
  });
});
