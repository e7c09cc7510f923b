// Production logs over HTTP, on both kinds of database: one tap each, taken back once, never added to what the
// machine counted itself.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { insertProduction, type ProductionRows } from '../../../test/support/production-rows.ts';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

const detail = (answer: Answer) => (answer.body as { detail: string }).detail;
const id = (answer: Answer) => (answer.body as { id: number }).id;

describe.each(databaseKinds)('what operators declare, on %s', (on) => {
  let story: Story<'lea' | 'max' | 'sid'>;
  let lea: ApiUser;
  let max: ApiUser;
  let sid: ApiUser;
  let plant: ProductionRows;
  let machineId: number;
  let packer: number;

  beforeAll(async () => {
    story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { on });
    ({ lea, max, sid } = story.users);
    plant = await insertProduction(story.database.ownerUrl, story.plants.lea);
    machineId = plant.machines['filler'] ?? 0;
    packer = plant.machines['packer'] ?? 0;
  });
  afterAll(() => story?.stop());

  const declare = (user: ApiUser, body: object) => user.ask('POST', '/production-logs', { machineId, ...body });
  const sums = async (machine = machineId) => {
    const query = `from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`;
    return (await lea.get(`/machines/${machine}/declared-counts?${query}`)).body as {
      declared: object;
      counted: null;
      difference: null;
    };
  };

  it('goes in with one request each, scrap with its reason, in exact quantities', async () => {
    expect((await declare(lea, { kind: 'good', quantity: 0.1 })).status).toBe(201);
    expect((await declare(lea, { kind: 'good', quantity: 0.2 })).status).toBe(201);
    const scrap = await declare(lea, { kind: 'scrap', quantity: 2, lossReasonId: plant.reasons.scrap });
    expect(scrap.body).toMatchObject({
      kind: 'scrap',
      lossReasonName: 'underfill',
      operatorName: 'lea',
      machineName: 'Filler',
    });
    expect((await declare(max, { kind: 'rework', quantity: 1, lossReasonId: plant.reasons.rework })).status).toBe(201);
    const shown = await sums();
    expect(shown.declared).toEqual({ good: 0.3, scrap: 2, rework: 1 });
    // Nothing has counted: no figure is made up.
    expect(shown).toMatchObject({ counted: null, difference: null, goodSource: 'machine' });
  });

  it.each([
    [{ kind: 'scrap', quantity: 1 }, 'must say why'],
    [{ kind: 'good', quantity: 0 }, ''],
    [{ kind: 'good', quantity: -1 }, ''],
    [{ kind: 'good', quantity: 0.1234567 }, 'six digits'],
    [{ kind: 'gone', quantity: 1 }, ''],
    [{ kind: 'good', quantity: 1, workOrderId: 2_000_000 }, 'none of the work orders'],
    [{ kind: 'good', quantity: 1, time: '2126-01-01T00:00:00Z' }, 'future'],
  ])('refuses %j', async (body, words) => {
    const answer = await declare(lea, body);
    expect(answer.status).toBe(400);
    expect(detail(answer)).toContain(words);
  });

  it('refuses a reason that is none for it, and a machine of somebody else', async () => {
    expect((await declare(lea, { kind: 'scrap', quantity: 1, lossReasonId: plant.reasons.stop })).status).toBe(400);
    expect((await declare(lea, { kind: 'good', quantity: 1, lossReasonId: plant.reasons.scrap })).status).toBe(400);
    expect((await declare(sid, { kind: 'good', quantity: 1 })).status).toBe(404);
  });

  it('is taken back once, by one of two at a time, and the sums are as if it had never been', async () => {
    const before = (await sums()).declared;
    const made = id(await declare(lea, { kind: 'good', quantity: 500 }));
    const answers = await Promise.all(
      [lea, max].map((user) => user.ask('POST', `/production-logs/${made}/reverse`, {})),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect(detail(answers.find(({ status }) => status === 409) as Answer)).toMatch(
      /(lea|max) took this entry back already/,
    );
    expect((await sums()).declared).toEqual(before);
    const reversal = id(answers.find(({ status }) => status === 201) as Answer);
    expect((await lea.ask('POST', `/production-logs/${reversal}/reverse`, {})).status).toBe(409);
    expect((await sid.ask('POST', `/production-logs/${made}/reverse`, {})).status).toBe(404);
    const { items } = (await lea.get(`/production-logs?machineId=${machineId}`)).body as {
      items: { id: number; reversedById: number }[];
    };
    expect(items.find((one) => one.id === made)?.reversedById).toBe(reversal);
  });

  it('is never changed, not even by the owner of the database', async () => {
    for (const change of ['UPDATE mes.production_logs SET quantity = 1', 'DELETE FROM mes.production_logs'])
      await expect(asOwner(story.database.ownerUrl, change)).rejects.toThrow('append-only');
  });

  it('belongs to the order that ran then, also when the run is put right afterwards', async () => {
    const order = async (number: string) => {
      const body = {
        plantId: plant.plantId,
        number,
        materialId: plant.materials['COLA'],
        quantity: 100,
        promisedDate: '2026-03-06',
      };
      return id(await lea.ask('POST', '/work-orders', body));
    };
    const [wrong, right] = [await order(`A-${on}`), await order(`B-${on}`)];
    await asOwner(
      story.database.ownerUrl,
      "UPDATE mes.machines SET good_source = 'operator', reject_source = 'operator' WHERE id = $1",
      [packer],
    );
    const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const added = await lea.ask('POST', '/machine-runs/add', {
      machineId: packer,
      workOrderId: wrong,
      from: at(3),
      to: at(1),
      reason: 'forgotten',
    });
    await declare(lea, { machineId: packer, kind: 'good', quantity: 30, time: at(2) });
    await declare(lea, {
      machineId: packer,
      kind: 'scrap',
      quantity: 3,
      time: at(2),
      lossReasonId: plant.reasons.scrap,
    });
    const made = async (workOrderId: number) => (await lea.get(`/work-orders/${workOrderId}/quantities`)).body;
    expect(await made(wrong)).toMatchObject({
      quantity: 100,
      unit: 'pcs',
      done: 30,
      machines: [{ machineName: 'Packer', declared: { good: 30, scrap: 3 }, counted: null, good: 30, rejects: 3 }],
    });
    await lea.ask('POST', `/machine-runs/${id(added)}/assign`, { version: 1, workOrderId: right, reason: 'it was B' });
    expect(await made(wrong)).toMatchObject({ done: null, machines: [] });
    expect(await made(right)).toMatchObject({ done: 30 });
    expect((await lea.get(`/production-logs?workOrderId=${right}`)).body).toMatchObject({
      items: [{ quantity: 3 }, { quantity: 30 }],
    });
  });

  it('does not count where the machine counts: it stands beside', async () => {
    const body = {
      plantId: plant.plantId,
      number: `C-${on}`,
      materialId: plant.materials['COLA'],
      quantity: 100,
      promisedDate: '2026-03-06',
    };
    const workOrderId = id(await lea.ask('POST', '/work-orders', body));
    await declare(lea, { kind: 'good', quantity: 7, workOrderId });
    expect((await lea.get(`/work-orders/${workOrderId}/quantities`)).body).toMatchObject({
      done: null,
      machines: [{ machineName: 'Filler', goodSource: 'machine', declared: { good: 7 }, counted: null, good: null }],
    });
  });
});
