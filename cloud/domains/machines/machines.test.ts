// Machines over HTTP: what their settings do, their targets, and the check list from a bare machine to one
// that has all that OEE needs.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner, type PlantRows } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import type { CheckList } from './schema.ts';

let story: Story<'lea' | 'sid'>;
let lea: ApiUser;
let sid: ApiUser;
let plant: PlantRows;

beforeAll(async () => {
  story = await startStory({ lea: 'North', sid: 'South' });
  ({ lea, sid } = story.users);
  plant = story.plants.lea;
});

afterAll(() => story?.stop());

let made = 0;
const id = ({ body }: Answer) => (body as { id: number }).id;
async function machine(displayName: string, fields: object = {}): Promise<number> {
  const name = `m${(made += 1)}`;
  const answer = await lea.ask('POST', '/machines', { plantId: plant.plantId, name, displayName, ...fields });
  expect(answer.status).toBe(201);
  return id(answer);
}
async function insert(table: string, row: Readonly<Record<string, unknown>>): Promise<number> {
  const values = { organization_id: plant.organizationId, ...row };
  const places = Object.keys(values).map((_, at) => `$${at + 1}`);
  const rows = await asOwner(
    story.database.ownerUrl,
    `INSERT INTO mes.${table} (${Object.keys(values).join(', ')}) VALUES (${places.join(', ')}) RETURNING *`,
    Object.values(values),
  );
  return Number(rows[0]?.['id']);
}
const here = (row: object) => ({ plant_id: plant.plantId, ...row });
const tag = (machine_id: number, role: string, row: object = {}) =>
  insert(
    'tags',
    here({ device_id: plant.deviceId, name: `t${(made += 1)}`, datatype: 'UInt32', machine_id, role, ...row }),
  );
const marks = (machineId: number) =>
  asOwner(story.database.ownerUrl, 'DELETE FROM mes.dirty_marks WHERE machine_id = $1 RETURNING from_time', [
    machineId,
  ]);
const days = (offset: number) => new Date(Date.now() + offset * 86_400_000);

const listOf = async (machineId: number) => (await lea.get(`/machines/${machineId}/checklist`)).body as CheckList;
/** What is open, as `code why`. */
const openOf = ({ checks }: CheckList) => checks.filter(({ done }) => !done).map(({ code, why }) => `${code} ${why}`);
const check = ({ checks }: CheckList, code: string) => checks.find((one) => one.code === code);

describe('the check list of a machine', () => {
  it('names all that a bare machine lacks, each point once', async () => {
    const list = await listOf(await machine('Bare'));
    expect(openOf(list)).toEqual([
      'agent no_agent',
      'state_tag no_state_tag',
      'counts no_counts',
      'ideal_cycle no_material',
      'calendar no_shift',
      'target no_target',
    ]);
    expect(list).toMatchObject({ displayName: 'Bare', open: 6, blocking: 5 });
  });

  it('becomes shorter with each thing that is mended, until nothing is left', async () => {
    const press = await machine('Press');
    await tag(press, 'total_count', { counter_kind: 'cumulative' });
    expect(openOf(await listOf(press))).toEqual([
      'state_tag by_counts',
      'counts total_only',
      'modulus no_modulus',
      'ideal_cycle no_material',
      'calendar no_shift',
      'target no_target',
    ]);
    await tag(press, 'good_count', { counter_kind: 'cumulative', counter_modulus: 65_536 });
    await asOwner(story.database.ownerUrl, 'UPDATE mes.tags SET counter_modulus = 65536 WHERE machine_id = $1', [
      press,
    ]);
    await tag(press, 'state', { datatype: 'String' });
    const unit_id = await insert('units_of_measure', { code: 'pcs', name: 'Pieces' });
    const cola = await insert('materials', { code: 'COLA', name: 'Cola', unit_id });
    const water = await insert('materials', { code: 'WATER', name: 'Water', unit_id });
    const run = { machine_id: press, material_id: cola, source: 'operator', from_time: days(-2), to_time: days(-1) };
    await insert('machine_runs', here(run));
    await insert('machine_runs', here({ ...run, material_id: water, from_time: days(-90), to_time: days(-60) }));
    const two = await listOf(press);
    expect(openOf(two)).toEqual(['ideal_cycle no_standard', 'calendar no_shift', 'target no_target']);
    expect(check(two, 'ideal_cycle')?.params).toEqual({ count: 1, materials: [{ id: cola, code: 'COLA' }] });
    const standard = { machine_id: press, ideal_cycle_s: 1, valid_from: '2026-01-01' };
    await insert('production_standards', here({ ...standard, material_id: cola, valid_from: '2199-01-01' }));
    expect(openOf(await listOf(press))).toContain('ideal_cycle no_standard');
    await insert('production_standards', here({ ...standard, material_id: cola }));
    expect(openOf(await listOf(press))).not.toContain('ideal_cycle no_standard');
    await lea.ask('PATCH', `/machines/${press}`, { version: 1, defaultMaterialId: water });
    expect(check(await listOf(press), 'ideal_cycle')?.params).toMatchObject({ materials: [{ code: 'WATER' }] });
    await insert('production_standards', here({ ...standard, material_id: water }));
    const day = days(3).toISOString().slice(0, 10);
    const shift = { name: 'Early', kind: 'regular', start_day: day, business_date: day };
    await insert('shift_instances', here({ machine_id: press, ...shift, from_time: days(3), to_time: days(3.3) }));
    await lea.ask('POST', '/machine-targets', { machineId: press, validFrom: '2026-01-01', targetPercent: 85 });
    expect(await listOf(press)).toMatchObject({ open: 0, blocking: 0 });
  });

  it('names the codes that no map knows, and an agent that fell silent', async () => {
    const odd = await machine('Odd');
    const state = await tag(odd, 'state');
    const times = { first_seen_at: days(-1), last_seen_at: days(0) };
    await asOwner(
      story.database.ownerUrl,
      `INSERT INTO mes.state_values (organization_id, plant_id, tag_id, value, first_seen_at, last_seen_at)
       VALUES ($1, $2, $3, '117', $4, $5)`,
      [plant.organizationId, plant.plantId, state, times.first_seen_at, times.last_seen_at],
    );
    const list = await listOf(odd);
    expect(check(list, 'state_values')).toMatchObject({ done: false, severity: 'blocks', params: { values: ['117'] } });
    expect(check(list, 'agent')).toMatchObject({ done: true });
    const fell = days(-1);
    await asOwner(story.database.ownerUrl, 'UPDATE mes.edge_states SET last_message_at = $1', [fell]);
    const silent = check(await listOf(odd), 'agent');
    expect(silent).toMatchObject({ why: 'silent', params: { agent: 'bottling', since: fell.toISOString() } });
    await asOwner(story.database.ownerUrl, 'UPDATE mes.edge_states SET last_message_at = now()');
  });

  it('needs no tag for what operators count, and asks no parallel lane for a constraint', async () => {
    const bench = await machine('Bench', { goodSource: 'operator', rejectSource: 'operator' });
    expect(check(await listOf(bench), 'counts')).toMatchObject({ done: true });
    for (const [kind, why] of [
      ['serial', 'no_constraint_no_outfeed'],
      ['parallel', null],
    ] as const) {
      const one = await machine(`In ${kind}`);
      const lane = id(await lea.ask('POST', '/lanes', { plantId: plant.plantId, name: `Line ${kind}`, kind }));
      await lea.ask('PUT', `/lanes/${lane}/arrangement`, { version: 1, from: null, machines: [{ machineId: one }] });
      expect(check(await listOf(one), 'lane')).toMatchObject({ done: why === null, why });
    }
  });

  it('is told for all machines of a plant at a glance, and to no other organisation', async () => {
    const { items } = (await lea.get(`/machine-checklists?plant=${plant.plantId}`)).body as { items: CheckList[] };
    expect(items.map(({ displayName }) => displayName)).toEqual(expect.arrayContaining(['Bare', 'Press', 'Odd']));
    const bare = items.find(({ displayName }) => displayName === 'Bare');
    const { checkedAt: _, ...alone } = await listOf(bare?.machineId ?? 0);
    expect(bare).toMatchObject(alone);
    expect((await sid.get(`/machine-checklists?plant=${plant.plantId}`)).status).toBe(404);
    expect((await sid.get(`/machines/${bare?.machineId}/checklist`)).status).toBe(404);
    expect((await lea.get('/machine-checklists')).status).toBe(400);
    expect((await lea.get('/machine-checklists?plant=all')).status).toBe(400);
  });
});

describe('the samples of docs/samples', () => {
  it.each([
    ['machines', 5],
    ['lanes', 3],
    ['loss-reasons', 6],
  ])('%s.csv goes in as it is', async (name, count) => {
    const text = await readFile(new URL(`../../../docs/samples/${name}.csv`, import.meta.url), 'utf8');
    const answer = await lea.ask('POST', `/${name}/import`, text.replaceAll('Plant North', 'Plant'));
    expect(answer.body).toMatchObject({ created: count, faults: [] });
    expect((await sid.get(`/${name}?total=true`)).body).toMatchObject({ total: { count: name === 'lanes' ? 2 : 0 } });
  });
});

describe('a machine', () => {
  it('has its figures computed anew when a setting changes what they mean, and else not', async () => {
    const one = await machine('Judged');
    await lea.ask('PATCH', `/machines/${one}`, { version: 1, description: 'by the window' });
    expect(await marks(one)).toEqual([]);
    await lea.ask('PATCH', `/machines/${one}`, { version: 2, minorStopS: 120 });
    expect(await marks(one)).toEqual([{ from_time: new Date(0) }]);
    const { body } = await lea.get(`/plants/${plant.plantId}`);
    const { version } = body as { version: number };
    await lea.ask('PATCH', `/plants/${plant.plantId}`, { version, noOrder: 'planned' });
    expect(await marks(one)).toHaveLength(1);
  });

  it.each([
    [{ name: 'Filler 1' }, 'body/name'],
    [{ minorStopS: -1 }, 'body/minorStopS'],
    [{ goodSource: 'nobody' }, 'body/goodSource'],
    [{ defaultMaterialId: 999_999 }, 'body/defaultMaterialId'],
    [{ displayName: '' }, 'body/displayName'],
  ])('is not made of %j', async (fields, path) => {
    const answer = await lea.ask('POST', '/machines', {
      plantId: plant.plantId,
      name: 'fine',
      displayName: 'Fine',
      ...fields,
    });
    expect([answer.status, (answer.body as { errors: { path: string }[] }).errors[0]?.path]).toEqual([400, path]);
  });

  it('has a target from a day on, in its own plant, once a day', async () => {
    const one = await machine('Aimed');
    const target = { machineId: one, validFrom: '2026-02-01', targetPercent: 82.5 };
    const first = await lea.ask('POST', '/machine-targets', target);
    expect(first.body).toMatchObject({ plantId: plant.plantId, machineName: 'Aimed', targetPercent: 82.5 });
    expect((await lea.ask('POST', '/machine-targets', target)).status).toBe(409);
    for (const targetPercent of [0, 101])
      expect((await lea.ask('POST', '/machine-targets', { ...target, targetPercent })).status).toBe(400);
    expect((await sid.ask('POST', '/machine-targets', target)).status).toBe(400);
    const [stored] = await asOwner(
      story.database.ownerUrl,
      'SELECT target_oee FROM mes.machine_targets WHERE id = $1',
      [id(first)],
    );
    expect(Number(stored?.['target_oee'])).toBe(0.825);
  });
});
