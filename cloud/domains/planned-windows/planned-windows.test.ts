// Planned windows over HTTP: what they must be, who approves them, and what that does to figures.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

let story: Story<'lea' | 'max' | 'sid'>;
let machineId: number;
let maintenance: number;
let jam: number;

beforeAll(async () => {
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' });
  const { organizationId, plantId } = story.plants.lea;
  const id = async (query: string, values: unknown[]) => Number((await owner(query, values))[0]?.['id']);
  machineId = await id(
    "INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, 'filler', 'Filler') RETURNING id",
    [organizationId, plantId],
  );
  const reason =
    'INSERT INTO mes.loss_reasons (organization_id, code, name, category) VALUES ($1, $2, $2, $3) RETURNING id';
  maintenance = await id(reason, [organizationId, 'Maintenance', 'planned_stop']);
  jam = await id(reason, [organizationId, 'Jam', 'unplanned_stop']);
});

afterAll(() => story?.stop());

const owner = (query: string, values: unknown[]) => asOwner(story.database.ownerUrl, query, values);
const marks = async () =>
  Number((await owner('SELECT count(*) AS n FROM mes.dirty_marks WHERE machine_id = $1', [machineId]))[0]?.['n']);
const make = (more: object = {}, as: 'lea' | 'sid' = 'lea') =>
  story.users[as].ask('POST', '/planned-windows', {
    plantId: story.plants[as].plantId,
    machineId,
    name: 'Monthly maintenance',
    lossReasonId: maintenance,
    fromTime: '2026-02-02T10:00:00Z',
    toTime: '2026-02-02T12:00:00Z',
    ...more,
  });

interface Window {
  readonly id: number;
  readonly version: number;
}

describe('a planned window', () => {
  it('is a wish until one of two people approves it; then its past is computed anew', async () => {
    const made = await make();
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ approvedAt: null })]);
    const { id } = made.body as Window;
    const before = await marks();
    const answers = await Promise.all(
      (['lea', 'max'] as const).map((who) =>
        story.users[who].ask('POST', `/planned-windows/${id}/approve`, { version: 1 }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await marks()).toBe(before + 1);
  });

  it('with other times wants approval again, with another name not', async () => {
    const { lea } = story.users;
    const { id } = (await make()).body as Window;
    await lea.ask('POST', `/planned-windows/${id}/approve`, { version: 1 });
    const named = await lea.ask('PATCH', `/planned-windows/${id}`, { version: 2, name: 'Yearly maintenance' });
    expect(named.body).toMatchObject({ approvedBy: 'lea', version: 3 });
    const moved = await lea.ask('PATCH', `/planned-windows/${id}`, { version: 3, toTime: '2026-02-02T13:00:00Z' });
    expect(moved.body).toMatchObject({ approvedBy: null, approvedAt: null, version: 4 });
    expect((await lea.ask('POST', `/planned-windows/${id}/approve`, { version: 3 })).status).toBe(409);
  });

  it.each([
    ['body/lossReasonId', () => ({ lossReasonId: jam })],
    ['body/toTime', () => ({ toTime: '2026-02-02T10:00:00Z' })],
    ['body/toTime', () => ({ toTime: '2028-02-02T10:00:00Z' })],
    ['body/machineId', () => ({ machineId: null })],
    ['body/fromTime', () => ({ fromTime: 'tomorrow' })],
  ])('that makes no sense is refused at %s', async (path, wrong) => {
    const answer = await make(wrong());
    expect([answer.status, (answer.body as { errors: { path: string }[] }).errors[0]?.path]).toEqual([400, path]);
  });

  it('of another organisation is not there', async () => {
    const { id } = (await make()).body as Window;
    const { sid } = story.users;
    expect((await sid.get(`/planned-windows/${id}`)).status).toBe(404);
    expect((await sid.ask('POST', `/planned-windows/${id}/approve`, { version: 1 })).status).toBe(404);
    expect((await make({}, 'sid')).status).toBe(400);
  });
});
