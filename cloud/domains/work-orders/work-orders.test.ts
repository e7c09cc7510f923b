// Work orders over HTTP, on both kinds of database: their steps, the board, two people at once, and files.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { insertProduction, type ProductionRows } from '../../../test/support/production-rows.ts';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

interface Order {
  readonly id: number;
  readonly version: number;
  readonly status: string;
  readonly unitName: string;
  readonly plannedFrom: string | null;
  readonly laneId: number | null;
}
const order = (answer: Answer) => answer.body as Order;
const detail = (answer: Answer) => (answer.body as { detail: string }).detail;
const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b);

describe.each(databaseKinds)('work orders, on %s', (on) => {
  let story: Story<'lea' | 'max' | 'sid'>;
  let lea: ApiUser;
  let max: ApiUser;
  let sid: ApiUser;
  let plant: ProductionRows;
  let numbers = 0;

  beforeAll(async () => {
    story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { on });
    ({ lea, max, sid } = story.users);
    plant = await insertProduction(story.database.ownerUrl, story.plants.lea);
  });
  afterAll(() => story?.stop());

  const make = async (more: object = {}): Promise<Order> => {
    const answer = await lea.ask('POST', '/work-orders', {
      plantId: plant.plantId,
      number: `WO-${(numbers += 1)}`,
      materialId: plant.materials['COLA'],
      quantity: 1200,
      promisedDate: '2026-03-06',
      ...more,
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return order(answer);
  };
  const step = (user: ApiUser, { id, version }: Order, name: string, more: object = {}) =>
    user.ask('POST', `/work-orders/${id}/${name}`, { version, ...more });

  it('go from planned to closed, step by step, each in the trail with who did it', async () => {
    let made = await make();
    expect(made).toMatchObject({ status: 'planned', unitName: 'pcs', priority: 5, actualFrom: null });
    for (const [name, status] of [
      ['release', 'released'],
      ['start', 'running'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['complete', 'completed'],
      ['close', 'closed'],
    ] as const) {
      const answer = await step(lea, made, name);
      expect([answer.status, order(answer).status]).toEqual([200, status]);
      made = order(answer);
    }
    const { actualFrom, actualTo } = made as Order & { actualFrom: string; actualTo: string };
    expect(Date.parse(actualFrom)).toBeLessThanOrEqual(Date.parse(actualTo));
    const { items } = (await lea.get(`/work-orders/${made.id}/history`)).body as {
      items: { new: object; actorName: string }[];
    };
    expect(items[0]).toMatchObject({ actorName: 'lea', new: { status: 'closed' } });
    expect(items).toHaveLength(7);
  });

  it('refuse a step that does not fit, and say who made the order what it is', async () => {
    const made = await make();
    expect((await step(max, made, 'release')).status).toBe(200);
    const again = await step(lea, made, 'release');
    expect(again.status).toBe(409);
    expect(detail(again)).toMatch(/is released since max changed it at .+ it must be planned/);
    expect((await step(lea, { ...made, version: 2 }, 'pause')).status).toBe(409);
    expect((await step(lea, { ...made, version: 2 }, 'cancel')).status).toBe(400);
    const cancelled = await step(lea, { ...made, version: 2 }, 'cancel', { reason: 'the customer did' });
    expect(order(cancelled).status).toBe('cancelled');
    const change = await lea.ask('PATCH', `/work-orders/${made.id}`, { version: 3, quantity: 7 });
    expect([change.status, detail(change)]).toEqual([409, expect.stringContaining('is cancelled')]);
    expect((await lea.ask('PATCH', `/work-orders/${made.id}`, { version: 3, remarks: 'sad' })).status).toBe(200);
  });

  it('are taken a step further by one of two at a time', async () => {
    const made = await make();
    const answers = await Promise.all([step(lea, made, 'release'), step(max, made, 'release')]);
    expect(statuses(answers)).toEqual([200, 409]);
  });

  it('dragged by two people at once lie where the first put them, and the second reads who that was', async () => {
    const made = await make({
      laneId: plant.laneId,
      plannedFrom: '2026-03-04T06:00:00Z',
      plannedTo: '2026-03-04T10:00:00Z',
    });
    const [one, other] = await Promise.all([
      lea.ask('PATCH', `/work-orders/${made.id}`, {
        version: 1,
        plannedFrom: '2026-03-05T06:00:00Z',
        plannedTo: '2026-03-05T10:00:00Z',
      }),
      max.ask('PATCH', `/work-orders/${made.id}`, {
        version: 1,
        plannedFrom: '2026-03-06T06:00:00Z',
        plannedTo: '2026-03-06T10:00:00Z',
      }),
    ]);
    expect(statuses([one, other])).toEqual([200, 409]);
    const [won, lost, winner] = one.status === 200 ? [one, other, 'lea'] : [other, one, 'max'];
    expect(detail(lost)).toContain(`${winner} has changed this work order`);
    expect(order(await lea.get(`/work-orders/${made.id}`)).plannedFrom).toBe(order(won).plannedFrom);
  });

  it('are planned sensibly: an end after a begin, in a lane of their plant, in a unit', async () => {
    const wrong = [
      { plannedTo: '2026-03-04T06:00:00Z' },
      { plannedFrom: '2026-03-04T06:00:00Z', plannedTo: '2026-03-04T06:00:00Z' },
      { laneId: 2_000_000 },
      { quantity: 0 },
      { priority: 10 },
      { plannedFrom: 'tomorrow' },
      { status: 'running' },
    ];
    for (const more of wrong) {
      const body = {
        plantId: plant.plantId,
        number: 'BAD',
        materialId: plant.materials['COLA'],
        quantity: 1,
        promisedDate: '2026-03-06',
        ...more,
      };
      expect((await lea.ask('POST', '/work-orders', body)).status, JSON.stringify(more)).toBe(400);
    }
  });

  it('get the steps of their routing, on the machines of their plant', async () => {
    const routing = await lea.ask('POST', '/routings', { name: 'Cola', materialId: plant.materials['COLA'] });
    const { id: routingId } = routing.body as { id: number };
    await lea.ask('POST', '/routing-operations', {
      routingId,
      sequence: 10,
      code: 'FILL',
      name: 'Fill',
      machineName: 'filler',
    });
    await lea.ask('POST', '/routing-operations', {
      routingId,
      sequence: 20,
      code: 'PACK',
      name: 'Pack',
      machineName: 'nowhere',
      laneName: 'Line 1',
    });
    const made = await make({ quantity: 30 });
    const { items } = (await lea.get(`/work-order-operations?workOrderId=${made.id}`)).body as { items: object[] };
    expect(items).toMatchObject([
      { code: 'FILL', machineId: plant.machines['filler'], laneId: null, plannedQuantity: 30, status: 'planned' },
      { code: 'PACK', machineId: null, laneId: plant.laneId },
    ]);
    await step(lea, made, 'cancel', { reason: 'no' });
    const after = (await lea.get(`/work-order-operations?workOrderId=${made.id}`)).body as { items: object[] };
    expect(after.items).toMatchObject([{ status: 'cancelled' }, { status: 'cancelled' }]);
    await lea.ask('DELETE', `/routings/${routingId}?version=1`);
  });

  it('of another organisation are not there', async () => {
    const made = await make();
    expect((await sid.get(`/work-orders/${made.id}`)).status).toBe(404);
    expect((await step(sid, made, 'release')).status).toBe(404);
    expect((await sid.get(`/work-orders/board?plant=${plant.plantId}&from=2026-03-02`)).status).toBe(404);
  });

  it('lie on the board by lane and day of the plant, and what has no day yet waits beside it', async () => {
    const planned = await make({
      laneId: plant.laneId,
      plannedFrom: '2026-03-28T22:30:00Z',
      plannedTo: '2026-03-29T02:00:00Z',
    });
    const waiting = await make();
    const answer = await lea.get(`/work-orders/board?plant=${plant.plantId}&from=2026-03-28&days=3`);
    const board = answer.body as {
      columns: { day: string; from: string; to: string }[];
      orders: (Order & { overdue: boolean })[];
      lanes: object[];
    };
    // The night of the 29th is an hour short in Berlin.
    expect(board.columns).toEqual([
      { day: '2026-03-28', shift: null, from: '2026-03-27T23:00:00.000Z', to: '2026-03-28T23:00:00.000Z' },
      { day: '2026-03-29', shift: null, from: '2026-03-28T23:00:00.000Z', to: '2026-03-29T22:00:00.000Z' },
      { day: '2026-03-30', shift: null, from: '2026-03-29T22:00:00.000Z', to: '2026-03-30T22:00:00.000Z' },
    ]);
    expect(board.lanes).toContainEqual({ id: plant.laneId, name: 'Line 1' });
    const [shown] = board.orders.filter(({ id }) => id === planned.id);
    expect(shown).toMatchObject({
      plannedFrom: expect.stringMatching(/^2026-03-28T22:30:00.*Z$/),
      overdue: true,
      version: 1,
    });
    expect(board.orders.map(({ id }) => id)).toContain(waiting.id);
  });

  it('come in from a file, all or none, while others run', async () => {
    const header = 'plantId,number,materialId,quantity,promisedDate,plannedFrom,plannedTo,laneId';
    const running = await make();
    await step(lea, running, 'release');
    await step(lea, { ...running, version: 2 }, 'start');
    const file = `${header}\nPlant,IN-1,COLA,500,2026-04-01,2026-03-30T06:00:00+02:00,2026-03-30T14:00:00+02:00,Line 1\nPlant,WO-${numbers},COLA,1300,2026-04-02,,,\n`;
    const done = await lea.ask('POST', '/work-orders/import', file);
    expect(done.body).toMatchObject({ created: 1, updated: 1, faults: [] });
    expect(order(await lea.get(`/work-orders/${running.id}`))).toMatchObject({ status: 'running', quantity: 1300 });
    await asOwner(
      story.database.ownerUrl,
      `INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, work_order_id, from_time, source) VALUES ($1, $2, $3, $4, now(), 'operator')`,
      [plant.organizationId, plant.plantId, plant.machines['filler'], running.id],
    );
    const wrong = `${header}\nPlant,IN-2,COLA,500,2026-04-01,,,\nPlant,WO-${numbers},WATER,1300,2026-04-02,,,\n`;
    const refused = await lea.ask('POST', '/work-orders/import', wrong);
    expect(JSON.stringify(refused.body)).toContain('has been made in part');
    const { items } = (await lea.get('/work-orders?search=IN-')).body as {
      items: { number: string; plannedFrom: string }[];
    };
    expect(items.map(({ number, plannedFrom }) => [number, plannedFrom])).toEqual([
      ['IN-1', '2026-03-30T04:00:00.000Z'],
    ]);
    const complete = await step(lea, order(await lea.get(`/work-orders/${running.id}`)), 'complete');
    expect([complete.status, detail(complete)]).toEqual([409, expect.stringContaining('runs on Filler. End it there')]);
  });

  it('change in a file or by hand, never half of both', async () => {
    const made = await make();
    const header = 'plantId,number,materialId,quantity,promisedDate';
    const rows = Array.from({ length: 40 }, (_, at) => `Plant,BULK-${on}-${at},COLA,1,2026-04-01`);
    const file = `${header}\n${rows.join('\n')}\nPlant,WO-${numbers},COLA,77,2026-04-02\n`;
    const [imported, started] = await Promise.all([
      lea.ask('POST', '/work-orders/import', file),
      step(max, made, 'release'),
    ]);
    const after = order(await lea.get(`/work-orders/${made.id}`)) as Order & { quantity: number };
    const { items } = (await lea.get(`/work-orders?search=BULK-${on}&limit=100`)).body as { items: object[] };
    const { faults } = imported.body as { faults: object[] };
    const took = faults.length === 0;
    expect(items).toHaveLength(took ? 40 : 0);
    expect([after.quantity, after.status]).toEqual([took ? 77 : 1200, started.status === 200 ? 'released' : 'planned']);
    if (started.status !== 200)
      expect([started.status, detail(started)]).toEqual([409, expect.stringContaining('lea has changed')]);
  });
});
