// Runs by people over HTTP, on both kinds of database: begin and end, two at one machine, and corrections.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { insertProduction, type ProductionRows } from '../../../test/support/production-rows.ts';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

interface Run {
  readonly id: number;
  readonly version: number;
  readonly from: string;
  readonly to: string | null;
  readonly workOrderNumber: string | null;
}
const run = (answer: Answer) => answer.body as Run;
const detail = (answer: Answer) => (answer.body as { detail: string }).detail;
const start = Math.floor(Date.now() / 60_000) * 60_000 - 10 * 3_600_000;
const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
const reason = 'the order was started too late';

describe.each(databaseKinds)('runs by people, on %s', (on) => {
  let story: Story<'lea' | 'max' | 'sid'>;
  let lea: ApiUser;
  let max: ApiUser;
  let sid: ApiUser;
  let plant: ProductionRows;
  let machineId: number;
  let workOrderId: number;
  let number: string;
  let count = 0;

  beforeAll(async () => {
    story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { on });
    ({ lea, max, sid } = story.users);
    plant = await insertProduction(story.database.ownerUrl, story.plants.lea);
  });
  afterAll(() => story?.stop());
  beforeEach(async () => {
    count += 1;
    const [row] = await asOwner(
      story.database.ownerUrl,
      'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $4) RETURNING id',
      [plant.organizationId, plant.plantId, `m${count}`, `Machine ${count}`],
    );
    machineId = Number(row?.['id']);
    number = `WO-${count}`;
    const body = {
      plantId: plant.plantId,
      number,
      materialId: plant.materials['COLA'],
      quantity: 10,
      promisedDate: '2026-03-06',
    };
    workOrderId = (run(await lea.ask('POST', '/work-orders', body)) as { id: number }).id;
    await lea.ask('POST', `/work-orders/${workOrderId}/release`, { version: 1 });
  });

  const runs = async () =>
    ((await lea.get(`/machine-runs?machineId=${machineId}`)).body as { items: Run[] }).items.toReversed();
  const shape = async () => (await runs()).map(({ from, to, workOrderNumber }) => [from, to, workOrderNumber]);
  const add = async (from: number, to: number, more: object = {}) => {
    const answer = await lea.ask('POST', '/machine-runs/add', {
      machineId,
      from: at(from),
      to: at(to),
      reason,
      ...more,
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return run(answer);
  };
  const dirty = async () =>
    Number(
      (
        await asOwner(story.database.ownerUrl, 'SELECT count(*) FROM mes.dirty_marks WHERE machine_id = $1', [
          machineId,
        ])
      )[0]?.['count'],
    );

  it('begin and end, move their order along, and mark the figures', async () => {
    const begun = await lea.ask('POST', '/machine-runs', { machineId, workOrderId });
    expect(begun.body).toMatchObject({
      workOrderNumber: number,
      materialCode: 'COLA',
      kind: 'production',
      source: 'operator',
      createdByName: 'lea',
      to: null,
    });
    expect((await lea.get(`/work-orders/${workOrderId}`)).body).toMatchObject({
      status: 'running',
      actualFrom: run(begun).from,
    });
    const ended = await max.ask('POST', `/machine-runs/${run(begun).id}/end`, { version: 1 });
    expect(run(ended).to).not.toBeNull();
    expect((await lea.get(`/work-orders/${workOrderId}`)).body).toMatchObject({ status: 'paused' });
    expect(await dirty()).toBeGreaterThan(0);
    const again = await lea.ask('POST', `/machine-runs/${run(begun).id}/end`, { version: 1 });
    expect([again.status, detail(again)]).toEqual([409, expect.stringContaining('max has changed this run')]);
  });

  it('are begun by one of two at one machine; the other reads what runs and who began it', async () => {
    const answers = await Promise.all(
      [lea, max].map((user) => user.ask('POST', '/machine-runs', { machineId, workOrderId })),
    );
    const lost = answers.find(({ status }) => status === 409) as Answer;
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    expect(detail(lost)).toMatch(new RegExp(`runs ${number} since .+, begun by (lea|max)\\. End it first`));
    expect(await runs()).toHaveLength(1);
  });

  it('are refused where they make no sense', async () => {
    const wrong: [object, number][] = [
      [{ machineId, workOrderId: 2_000_000 }, 400],
      [{ machineId: 2_000_000 }, 404],
      [{ machineId, from: new Date(Date.now() + 3_600_000).toISOString() }, 400],
      [{ machineId, operationId: 1, workOrderId }, 400],
      [{ machineId, kind: 'lunch' }, 400],
    ];
    for (const [body, status] of wrong)
      expect((await lea.ask('POST', '/machine-runs', body)).status, JSON.stringify(body)).toBe(status);
    expect((await sid.ask('POST', '/machine-runs', { machineId })).status).toBe(404);
    expect((await lea.ask('POST', '/machine-runs/add', { machineId, from: at(0), to: at(10) })).status).toBe(400);
    await lea.ask('POST', `/work-orders/${workOrderId}/cancel`, { version: 2, reason });
    const cancelled = await lea.ask('POST', '/machine-runs', { machineId, workOrderId });
    expect([cancelled.status, detail(cancelled)]).toEqual([409, expect.stringContaining('is cancelled')]);
  });

  it('are cut in two, and the second part is of another order', async () => {
    const made = await add(0, 60);
    const second = await lea.ask('POST', `/machine-runs/${made.id}/split`, {
      version: 1,
      at: at(20),
      second: { workOrderId },
      reason,
    });
    expect(second.body).toMatchObject({ workOrderNumber: number, materialCode: 'COLA', corrected: true, reason });
    expect(await shape()).toEqual([
      [at(0), at(20), null],
      [at(20), at(60), number],
    ]);
    expect((await lea.ask('POST', `/machine-runs/${made.id}/split`, { version: 2, at: at(20), reason })).status).toBe(
      400,
    );
    const { items } = (await lea.get(`/machine-runs/${made.id}/history`)).body as { items: object[] };
    expect(items[0]).toMatchObject({
      action: 'update',
      reason,
      old: { to: at(60) },
      new: { to: at(20) },
      actorName: 'lea',
    });
  });

  it('take along the neighbour whose boundary moves, and never cover a whole one', async () => {
    const [first, second] = [await add(0, 30), await add(30, 60, { workOrderId })];
    await add(90, 100);
    const move = (id: number, body: object) => lea.ask('POST', `/machine-runs/${id}/move`, { reason, ...body });
    expect((await move(second.id, { version: 1, from: at(10) })).status).toBe(200);
    expect((await shape()).slice(0, 2)).toEqual([
      [at(0), at(10), null],
      [at(10), at(60), number],
    ]);
    expect((await move(first.id, { version: 2, to: at(40) })).status).toBe(200);
    expect((await shape()).slice(0, 2)).toEqual([
      [at(0), at(40), null],
      [at(40), at(60), number],
    ]);
    const covers = await move(second.id, { version: 3, to: at(120) });
    expect([covers.status, detail(covers)]).toEqual([409, expect.stringContaining('would cover the run')]);
    expect((await move(first.id, { version: 3, to: at(80) })).status).toBe(409);
    expect((await shape())[1]).toEqual([at(40), at(60), number]);
  });

  it('become another order’s and are deleted, each with a reason', async () => {
    const made = await add(0, 30);
    const assigned = await lea.ask('POST', `/machine-runs/${made.id}/assign`, {
      version: 1,
      workOrderId,
      kind: 'rework',
      reason,
    });
    expect(assigned.body).toMatchObject({ workOrderNumber: number, kind: 'rework' });
    expect((await lea.ask('DELETE', `/machine-runs/${made.id}?version=2`)).status).toBe(400);
    expect((await sid.ask('DELETE', `/machine-runs/${made.id}?version=2&reason=mine`)).status).toBe(404);
    expect((await lea.ask('DELETE', `/machine-runs/${made.id}?version=1&reason=late`)).status).toBe(409);
    expect((await lea.ask('DELETE', `/machine-runs/${made.id}?version=2&reason=never`)).status).toBe(204);
    expect(await runs()).toEqual([]);
    const kept = await asOwner(
      story.database.ownerUrl,
      'SELECT action, reason FROM mes.machine_run_corrections WHERE machine_id = $1 ORDER BY id',
      [machineId],
    );
    expect(kept.map(({ action }) => action)).toEqual(['add', 'assign', 'delete']);
  });

  it('are put right by one of two people at a time', async () => {
    const made = await add(0, 60);
    const answers = await Promise.all([
      lea.ask('POST', `/machine-runs/${made.id}/split`, { version: 1, at: at(20), reason }),
      max.ask('POST', `/machine-runs/${made.id}/move`, { version: 1, to: at(50), reason }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  it('never overlap, whoever writes them', async () => {
    await add(0, 60);
    const overlapping = asOwner(
      story.database.ownerUrl,
      "INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, from_time, source) VALUES ($1, $2, $3, $4, 'plc')",
      [plant.organizationId, plant.plantId, machineId, at(59)],
    );
    await expect(overlapping).rejects.toThrow('one_run_at_a_time');
  });
});
