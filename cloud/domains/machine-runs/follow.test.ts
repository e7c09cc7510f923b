// Runs that follow a PLC's strings, as the worker reads them, on both kinds of database: late and repeated
// samples, names nobody knows yet, what people have put right, and two tags at one machine.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { insertProduction, insertTextTag, type ProductionRows } from '../../../test/support/production-rows.ts';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import { type Database, openDatabase } from '../../platform/database.ts';
import { followingRuns } from './index.ts';

interface Run {
  readonly id: number;
  readonly version: number;
  readonly from: string;
  readonly to: string | null;
  readonly plcOrder: string | null;
  readonly workOrderNumber: string | null;
  readonly materialCode: string | null;
  readonly source: string;
  readonly corrected: boolean;
}

const HOUR = 3_600_000;
const start = Math.floor(Date.now() / HOUR) * HOUR - 24 * HOUR;
/** Minutes after the begin of the story. */
const at = (minutes: number) => new Date(start + minutes * 60_000);
const minutes = (time: string | null) => (time === null ? null : (Date.parse(time) - start) / 60_000);

describe.each(databaseKinds)('a machine that its PLC tells what it makes, on %s', (on) => {
  let story: Story<'lea' | 'sid'>;
  let lea: ApiUser;
  let sid: ApiUser;
  let plant: ProductionRows;
  let worker: Database;
  let machineId: number;
  let order: Awaited<ReturnType<typeof insertTextTag>>;
  let material: typeof order;
  let count = 0;

  beforeAll(async () => {
    story = await startStory({ lea: 'North', sid: 'South' }, { on });
    ({ lea, sid } = story.users);
    plant = await insertProduction(story.database.ownerUrl, story.plants.lea);
    worker = openDatabase({
      url: story.database.workerUrl,
      max: 2,
      statementTimeoutMs: 30_000,
      log: { warn: () => {} },
    });
  });
  afterAll(async () => {
    await worker?.destroy();
    await story?.stop();
  });

  /** A new machine with its tags for each story. */
  beforeEach(async () => {
    count += 1;
    const [row] = await asOwner(
      story.database.ownerUrl,
      'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $4) RETURNING id',
      [plant.organizationId, plant.plantId, `m${count}`, `Machine ${count}`],
    );
    machineId = Number(row?.['id']);
    order = await tag('order', 'order');
    material = await tag('material', 'material');
  });

  const tag = (role: 'order' | 'material', name: string) =>
    insertTextTag(story.database.ownerUrl, story.plants.lea, { machineId, role, name: `m${count}/${name}` });
  const follow = () => followingRuns().run(worker, new AbortController().signal);
  const runs = async (): Promise<Run[]> => {
    const { items } = (await lea.get(`/machine-runs?machineId=${machineId}`)).body as { items: Run[] };
    return items.toReversed();
  };
  const told = async () => {
    await follow();
    return (await runs()).map((run) => [minutes(run.from), minutes(run.to), run.plcOrder]);
  };
  const makeOrder = async (number: string, more: object = {}): Promise<number> => {
    const body = {
      plantId: plant.plantId,
      number,
      materialId: plant.materials['COLA'],
      quantity: 100,
      promisedDate: '2026-03-06',
      ...more,
    };
    const answer = await lea.ask('POST', '/work-orders', body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return (answer.body as { id: number }).id;
  };
  const marks = async () =>
    Number(
      (
        await asOwner(story.database.ownerUrl, 'SELECT count(*) FROM mes.dirty_marks WHERE machine_id = $1', [
          machineId,
        ])
      )[0]?.['count'],
    );
  const detail = (answer: Answer) => (answer.body as { detail: string }).detail;

  it('runs what it says, with the order and material of that name, and marks its figures', async () => {
    const id = await makeOrder(`KNOWN-${count}`);
    await order.says(`KNOWN-${count}`, at(0));
    await material.says('COLA', at(0));
    await order.says('', at(30));
    await order.says('', at(31));
    expect(await told()).toEqual([[0, 30, `KNOWN-${count}`]]);
    expect((await runs())[0]).toMatchObject({ workOrderNumber: `KNOWN-${count}`, materialCode: 'COLA', source: 'plc' });
    expect(await marks()).toBe(1);
    const after = (await lea.get(`/work-orders/${id}`)).body;
    expect(after).toMatchObject({ status: 'paused', actualFrom: at(0).toISOString() });
    await follow();
    expect(await marks()).toBe(1);
  });

  it('has the same runs whatever the order in which its values arrive, and however often it is looked', async () => {
    const values: [typeof order, string, number][] = [
      [order, 'A', 0],
      [material, 'COLA', 0.02],
      [order, 'B', 20],
      [material, 'WATER', 20.05],
      [order, 'A', 40],
      [order, '', 50],
      [order, 'C', 60],
    ];
    const expected = [
      [0, 20, 'A'],
      [20, 40, 'B'],
      [40, 50, 'A'],
      [60, null, 'C'],
    ];
    const orders = [
      values,
      values.toReversed(),
      [3, 0, 6, 1, 5, 2, 4].map((index) => values[index] as (typeof values)[number]),
    ];
    for (const [turn, sequence] of orders.entries()) {
      if (turn > 0) {
        count += 1000;
        const [row] = await asOwner(
          story.database.ownerUrl,
          'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $3) RETURNING id',
          [plant.organizationId, plant.plantId, `m${count}`],
        );
        machineId = Number(row?.['id']);
        const before = [order, material];
        order = await tag('order', 'order');
        material = await tag('material', 'material');
        for (const one of sequence) one[0] = one[0] === before[0] ? order : material;
      }
      for (const [which, text, minute] of sequence) {
        await which.says(text, at(minute));
        await follow();
      }
      expect(await told(), `turn ${turn}`).toEqual(expected);
      expect((await runs()).map(({ materialCode }) => materialCode)).toEqual(['COLA', 'WATER', 'WATER', 'WATER']);
    }
  });

  it('keeps a name that nobody knows, asks for it, and has the order as soon as somebody makes or links it', async () => {
    const [made, linked] = [`NEW-${count}`, `ODD-${count}`];
    await order.says(made, at(0));
    await material.says('MYSTERY', at(0));
    await order.says(linked, at(10));
    await follow();
    const tasks = async () =>
      (await lea.get(`/machine-runs/tasks?plantId=${plant.plantId}`)).body as { unknownOrders: { name: string }[] };
    expect(await tasks()).toMatchObject({
      unknownOrders: expect.arrayContaining([
        expect.objectContaining({ name: made, runs: 1 }),
        expect.objectContaining({ name: linked }),
      ]),
      unknownMaterials: [expect.objectContaining({ name: 'MYSTERY', runs: 2 })],
    });
    const cola = await lea.get(`/materials/${plant.materials['COLA']}`);
    const { unitId } = cola.body as { unitId: number };
    const mystery = await lea.ask('POST', '/materials', { code: 'MYSTERY', name: 'Mystery', unitId });
    const materialId = (mystery.body as { id: number }).id;
    // At once, before the runs have it: who makes the order of it is not asked for it again.
    expect(await tasks()).toMatchObject({
      unknownOrders: expect.arrayContaining([
        expect.objectContaining({ name: made, materialId }),
        expect.objectContaining({ name: linked, materialId }),
      ]),
      unknownMaterials: [],
    });
    const id = await makeOrder(made);
    const other = await makeOrder(`REAL-${count}`);
    const link = { plantId: plant.plantId, name: linked, workOrderId: other };
    expect((await sid.ask('POST', '/machine-runs/link-order', link)).status).toBe(400);
    expect((await lea.ask('POST', '/machine-runs/link-order', link)).status).toBe(204);
    expect((await lea.ask('POST', '/machine-runs/link-order', link)).status).toBe(409);
    await follow();
    expect((await runs()).map(({ workOrderNumber, materialCode }) => [workOrderNumber, materialCode])).toEqual([
      [made, 'MYSTERY'],
      [`REAL-${count}`, 'MYSTERY'],
    ]);
    expect((await tasks()).unknownOrders.map(({ name }) => name)).not.toContain(made);
    expect((await lea.get(`/work-orders/${id}`)).body).toMatchObject({ status: 'paused' });
    expect((await lea.get(`/work-orders/${other}`)).body).toMatchObject({ status: 'running' });
  });

  it('moves a boundary when a value comes late, and keeps what a bad value says out of it', async () => {
    await order.says('A', at(0));
    await order.says('B', at(30));
    expect(await told()).toEqual([
      [0, 30, 'A'],
      [30, null, 'B'],
    ]);
    const [first] = await runs();
    await order.says('B', at(25));
    await order.says(null, at(27), 0x8000_0000);
    expect(await told()).toEqual([
      [0, 25, 'A'],
      [25, null, 'B'],
    ]);
    expect((await runs())[0]?.id).toBe(first?.id);
  });

  it('leaves alone what people have put right, and goes on where the PLC says something new', async () => {
    const right = await makeOrder(`RIGHT-${count}`);
    await order.says('WRONG', at(0));
    await follow();
    const [run] = await runs();
    const reason = 'the operator forgot to change the order';
    const body = { version: run?.version, workOrderId: right, reason };
    const put = await lea.ask('POST', `/machine-runs/${run?.id}/assign`, body);
    expect(put.body).toMatchObject({
      workOrderNumber: `RIGHT-${count}`,
      materialCode: 'COLA',
      corrected: true,
      reason,
    });
    await order.says('EARLIER', at(-30));
    await order.says('WRONG', at(5));
    expect(await told()).toEqual([
      [-30, 0, 'EARLIER'],
      [0, null, 'WRONG'],
    ]);
    expect((await runs())[1]).toMatchObject({ workOrderNumber: `RIGHT-${count}`, corrected: true });
    const next = new Date(Date.now() + 1_000);
    await order.says('NEXT', next);
    await follow();
    expect((await runs()).map(({ plcOrder, to }) => [plcOrder, to])).toEqual([
      ['EARLIER', at(0).toISOString()],
      ['WRONG', next.toISOString()],
      ['NEXT', null],
    ]);
    const gone = (await runs())[0];
    expect(
      (await lea.ask('DELETE', `/machine-runs/${gone?.id}?version=${gone?.version}&reason=test%20piece`)).status,
    ).toBe(204);
    await order.says('EARLIER', at(-20));
    await follow();
    expect((await runs()).map(({ plcOrder }) => plcOrder)).toEqual(['WRONG', 'NEXT']);
  });

  it('runs for one of two tags that start orders at once; the other is on record', async () => {
    const second = await tag('order', 'panel');
    await order.says('A', at(0));
    await second.says('B', at(0));
    await second.says('D', at(10));
    await order.says('', at(20));
    expect(await told()).toEqual([
      [0, 20, 'A'],
      [20, null, 'D'],
    ]);
    const { conflicts } = (await lea.get(`/machine-runs/tasks?plantId=${plant.plantId}`)).body as {
      conflicts: { machineId: number }[];
    };
    expect(conflicts.filter((one) => one.machineId === machineId)).toMatchObject([
      { order: 'D', heldBy: 'A', time: at(10).toISOString() },
      { order: 'B', heldBy: 'A', time: at(0).toISOString() },
    ]);
  });

  it('is started by its PLC and by nobody else, until somebody says so', async () => {
    const id = await makeOrder(`HAND-${count}`);
    await lea.ask('POST', `/work-orders/${id}/release`, { version: 1 });
    const refused = await lea.ask('POST', '/machine-runs', { machineId, workOrderId: id });
    expect([refused.status, detail(refused)]).toEqual([409, expect.stringContaining('opened by its PLC')]);
    await asOwner(story.database.ownerUrl, "UPDATE mes.machines SET run_source = 'operator' WHERE id = $1", [
      machineId,
    ]);
    await order.says('A', at(0));
    expect(await told()).toEqual([]);
    const begun = await lea.ask('POST', '/machine-runs', { machineId, workOrderId: id });
    expect(begun.status).toBe(201);
    // From here on the PLC leads again: what it shows ends what the operator began.
    await asOwner(story.database.ownerUrl, "UPDATE mes.machines SET run_source = 'plc' WHERE id = $1", [machineId]);
    await follow();
    const after = await runs();
    expect(after.map(({ source, plcOrder, to }) => [source, plcOrder, to === null])).toEqual([
      ['operator', null, false],
      ['plc', 'A', true],
    ]);
    expect(after[0]?.to).toBe(after[1]?.from);
  });

  it('follows the schedule where that leads', async () => {
    const id = await makeOrder(`PLAN-${count}`, {
      laneId: plant.laneId,
      plannedFrom: at(0).toISOString(),
      plannedTo: new Date(Date.now() + HOUR).toISOString(),
    });
    await lea.ask('POST', `/work-orders/${id}/release`, { version: 1 });
    await asOwner(story.database.ownerUrl, "UPDATE mes.machines SET run_source = 'schedule' WHERE id = $1", [
      plant.machines['packer'],
    ]);
    machineId = plant.machines['packer'] ?? 0;
    await follow();
    await follow();
    expect(await runs()).toMatchObject([{ workOrderNumber: `PLAN-${count}`, source: 'schedule', to: null }]);
    expect((await lea.get(`/work-orders/${id}`)).body).toMatchObject({ status: 'running' });
  });
});
