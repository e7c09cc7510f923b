// Why a machine stood, over HTTP, on both kinds of database: a state tag says what it did, the worker makes
// intervals of it, and what people say of its stops recolours them, until they take it back.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { insertProduction, type ProductionRows } from '../../../test/support/production-rows.ts';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { asOwner, insertPerson } from '../../../test/web/plant-rows.ts';
import { password, type Story, startStory } from '../../../test/web/story.ts';
import type { Classification, Classifications, Interval, Intervals, LikelyReasons, Stops } from './schema.ts';
import { at, begin, type Figures, HOUR, MINUTE, stage, startFigures, WATERMARK } from './test-stage.ts';

const us = (minutes: number): number => minutes * 60_000_000;
const whole = `from=${at(0)}&to=${at(360)}`;

const detail = ({ body }: Answer) => (body as { detail: string }).detail;
const codes = ({ body }: Answer) => (body as { errors?: { code?: string }[] }).errors?.map(({ code }) => code);

describe.each(databaseKinds)('why a machine stood, on %s', (on) => {
  let story: Story<'lea' | 'max' | 'sid'>;
  let lea: ApiUser;
  let ole: ApiUser;
  let plant: ProductionRows;
  let machineId: number;
  let figures: Figures;
  const reasons: Record<string, number> = {};

  beforeAll(async () => {
    story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { on });
    lea = story.users.lea;
    const { ownerUrl } = story.database;
    plant = await insertProduction(ownerUrl, story.plants.lea);
    machineId = plant.machines['filler'] ?? 0;
    const ids = { organizationIds: [plant.organizationId], password };
    await insertPerson(ownerUrl, { ...ids, email: 'ole@example.com', name: 'ole', role: 'operator' });
    ole = await signIn(story.api.url, { email: 'ole@example.com', password });
    for (const [code, category] of [
      ['changeover', 'setup'],
      ['starved', 'idle'],
      ['service', 'planned_stop'],
      ['power', 'unplanned_stop'],
    ])
      reasons[code ?? ''] = await reason(code ?? '', category ?? '');
    await stage(story, plant);
    figures = startFigures(story);
    await computed();
  });
  afterAll(async () => {
    await figures?.stop();
    await story?.stop();
  });

  async function reason(code: string, category: string): Promise<number> {
    const answer = await lea.ask('POST', '/loss-reasons', { code, name: code, category });
    return (answer.body as { id: number }).id;
  }

  const computed = () => figures.computed();
  const classify = (user: ApiUser, body: object) => user.ask('POST', '/stop-classifications', { machineId, ...body });
  const made = async (user: ApiUser, body: object): Promise<Classification> => {
    const answer = await classify(user, body);
    expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
    await computed();
    return answer.body as Classification;
  };
  const undo = (user: ApiUser, id: number, body: object = {}) =>
    user.ask('POST', `/stop-classifications/${id}/reversal`, body);
  const intervals = async (more = whole): Promise<Intervals> =>
    (await lea.get(`/machines/${machineId}/intervals?${more}`)).body as Intervals;
  const stops = async (more = whole): Promise<Stops> =>
    (await lea.get(`/machines/${machineId}/stops?${more}`)).body as Stops;
  const between = async (from: number, to: number): Promise<Interval[]> =>
    (await intervals(`from=${at(from)}&to=${at(to)}`)).items;
  /** Category and begin, in minutes. */
  const told = (items: readonly Interval[]) =>
    items.map(({ from, category }) => [(Date.parse(from) - begin) / MINUTE, category]);

  it('tells what the machine did, cut where shift and break cut it, each stop counted once', async () => {
    const { items, finalUntil } = await intervals();
    expect(told(items)).toEqual([
      [0, 'running'],
      [60, 'unplanned_stop'],
      [70, 'unplanned_stop'],
      [72, 'planned_stop'],
      [76, 'unplanned_stop'],
      [80, 'running'],
      [120, 'minor_stop'],
      [124, 'running'],
      [150, 'unplanned_stop'],
      [160, 'running'],
      [200, 'unplanned_stop'],
    ]);
    expect(finalUntil).toBe(at(WATERMARK));
    expect(items[2]).toMatchObject({
      from: at(70),
      to: at(72),
      state: 'stopped',
      reason: null,
      classification: null,
      run: { orderNumber: 'WO-1', materialCode: 'COLA' },
      shift: { name: 'late', businessDate: '2026-03-04' },
      begins: false,
      stretchFrom: at(60),
    });
    expect(items[8]).toMatchObject({ machineReason: 'machine_fault', begins: true });
    expect(told(await between(71, 75))).toEqual([
      [70, 'unplanned_stop'],
      [72, 'planned_stop'],
    ]);
  });

  it('goes through pages forwards and backwards without losing one', async () => {
    const all = (await intervals()).items;
    const forwards: Interval[] = [];
    for (let page = await intervals(`${whole}&limit=4`); ; ) {
      forwards.push(...page.items);
      if (page.nextAfter === null) break;
      page = await intervals(`${whole}&limit=4&after=${page.nextAfter}`);
    }
    expect(forwards).toEqual(all);
    const backwards: Interval[] = [];
    for (let page = await intervals(`${whole}&limit=4&before=${at(360)}`); ; ) {
      backwards.unshift(...page.items);
      if (page.nextBefore === null) break;
      page = await intervals(`${whole}&limit=4&before=${page.nextBefore}`);
    }
    expect(backwards).toEqual(all);
  });

  it('lists each stop whole, those that wait for a reason first, then the longest', async () => {
    const { items, total } = await stops();
    expect(total).toBe(4);
    expect(items).toMatchObject([
      { from: at(200), to: null, duration: us(40), unclassified: true, category: 'unplanned_stop' },
      {
        from: at(60),
        to: at(80),
        duration: us(16),
        unclassified: true,
        shift: { name: 'early' },
        run: { orderNumber: 'WO-1' },
      },
      { from: at(150), to: at(160), duration: us(10), unclassified: false, machineReason: 'machine_fault' },
      { from: at(120), to: at(124), duration: us(4), unclassified: false, category: 'minor_stop' },
    ]);
    expect((await stops(`${whole}&unclassified=true&limit=1`)).items.map(({ from }) => from)).toEqual([at(200)]);
    // It touches the period, so it is told whole.
    expect((await stops(`from=${at(78)}&to=${at(79)}`)).items).toMatchObject([{ from: at(60), duration: us(16) }]);
  });

  it('is what somebody says of it: the latest word holds, and taking it back brings the one before', async () => {
    const stop = { from: at(60), to: at(80) };
    const first = await made(ole, { ...stop, lossReasonId: plant.reasons.stop, remarks: 'bottle in the star wheel' });
    expect(first).toMatchObject({ by: 'ole', reversal: null, reason: { code: 'jam' }, ...stop });
    expect((await stops()).items[1]).toMatchObject({
      from: at(60),
      to: at(80),
      duration: us(16),
      unclassified: false,
      reason: { code: 'jam' },
      classification: { id: first.id, by: 'ole' },
    });
    const begins = async (more: string) => (await stops(`${whole}&${more}`)).items.map(({ from }) => from);
    expect(await begins(`category=unplanned_stop&reason=${plant.reasons.stop}`)).toEqual([at(60)]);
    expect(await begins('category=unplanned_stop&reason=none')).toEqual([at(200), at(150)]);
    expect(await begins('category=minor_stop')).toEqual([at(120)]);
    expect(await begins('category=setup')).toEqual([]);
    const second = await made(lea, { ...stop, lossReasonId: reasons['changeover'] });
    expect(await begins('category=setup')).toEqual([at(60)]);
    expect(await begins(`category=unplanned_stop&reason=${plant.reasons.stop}`)).toEqual([]);
    const refused = await lea.get(`/machines/${machineId}/stops?${whole}&category=weather&reason=rain`);
    expect([refused.status, (refused.body as { errors: { path: string }[] }).errors.map(({ path }) => path)]).toEqual([
      400,
      ['query/category', 'query/reason'],
    ]);
    expect(told(await between(60, 80))).toEqual([
      [60, 'setup'],
      [70, 'setup'],
      [72, 'planned_stop'],
      [76, 'setup'],
    ]);
    expect((await undo(lea, second.id, { remarks: 'wrong machine' })).body).toMatchObject({
      id: second.id,
      reversal: { by: 'lea', remarks: 'wrong machine' },
    });
    await computed();
    expect((await between(60, 61))[0]).toMatchObject({ reason: { code: 'jam' }, classification: { id: first.id } });
    expect((await undo(ole, first.id)).status).toBe(201);
    await computed();
    expect((await between(60, 61))[0]).toMatchObject({
      category: 'unplanned_stop',
      reason: null,
      classification: null,
    });
    const list = (await lea.get(`/stop-classifications?machine=${machineId}&${whole}`)).body as Classifications;
    expect(list.items.map(({ id, by, reversal }) => [id, by, reversal?.by])).toEqual([
      [second.id, 'lea', 'lea'],
      [first.id, 'ole', 'ole'],
    ]);
    const page = (await lea.get(`/stop-classifications?machine=${machineId}&limit=1`)).body as Classifications;
    expect(page).toMatchObject({ items: [{ id: second.id }], nextBefore: second.id });
    const trail = await asOwner(
      story.database.ownerUrl,
      "SELECT action, actor_name FROM mes.audit_logs WHERE entity = 'stop-classifications' ORDER BY id",
    );
    expect(trail.map(({ action, actor_name }) => [action, actor_name])).toEqual([
      ['create', 'ole'],
      ['create', 'lea'],
      ['reverse', 'lea'],
      ['reverse', 'ole'],
    ]);
  });

  it('may be of a part of the stop only', async () => {
    const part = await made(lea, { from: at(60), to: at(66), lossReasonId: reasons['service'] });
    // A planned reason outside of its window is an overrun.
    expect((await between(60, 65))[0]).toMatchObject({
      to: at(66),
      category: 'unplanned_stop',
      reason: { code: 'service' },
    });
    expect((await stops(`from=${at(60)}&to=${at(80)}`)).items).toMatchObject([
      { from: at(66), to: at(80), duration: us(10), unclassified: true },
      { from: at(60), to: at(66), duration: us(6), unclassified: false },
    ]);
    await undo(lea, part.id);
    await computed();
  });

  it('holds of a stop that lasts until the machine runs again, and is listed as long as it holds', async () => {
    const over = await made(lea, { from: at(60), to: at(70), lossReasonId: reasons['power'], lasts: true });
    const still = await made(lea, { from: at(200), to: at(201), lossReasonId: reasons['power'], lasts: true });
    const listed = async (from: number) => {
      const { body } = await lea.get(`/stop-classifications?machine=${machineId}&from=${at(from)}&to=${at(360)}`);
      return (body as Classifications).items.filter(({ reversal }) => !reversal);
    };
    expect((await listed(75)).map(({ id, until: ends }) => [id, ends])).toEqual([
      [still.id, null],
      [over.id, at(80)],
    ]);
    expect((await listed(80)).map(({ id }) => id)).toEqual([still.id]);
    expect((await listed(239)).map(({ id }) => id)).toEqual([still.id]);
    expect((await between(239, 240)).map(({ classification }) => classification?.id)).toEqual([still.id]);
    for (const { id } of [over, still]) await undo(lea, id);
    await computed();
  });

  it('leaves time alone in which the machine ran, unless who may says so in words', async () => {
    const running = { from: at(20), to: at(30), lossReasonId: reasons['power'] };
    const before = (await intervals()).items;
    const vain = await made(ole, running);
    expect(told((await intervals()).items)).toEqual(told(before));
    await undo(ole, vain.id);
    const refused = await classify(ole, { ...running, overrulesRunning: true, remarks: 'the sensor was wet' });
    expect([refused.status, detail(refused)]).toEqual([403, expect.stringContaining('stop-classifications.overrule')]);
    for (const remarks of [undefined, null, ' ']) {
      const silent = await classify(lea, {
        ...running,
        overrulesRunning: true,
        ...(remarks !== undefined && { remarks }),
      });
      expect([silent.status, codes(silent)]).toEqual([400, ['overruled_without_words']]);
    }
    const overruled = await made(lea, { ...running, overrulesRunning: true, remarks: 'the sensor was wet' });
    expect(told(await between(0, 59))).toEqual([
      [0, 'running'],
      [20, 'unplanned_stop'],
      [30, 'running'],
    ]);
    expect((await stops(`from=${at(0)}&to=${at(59)}`)).items).toMatchObject([
      { from: at(20), to: at(30), duration: us(10), state: 'running', reason: { code: 'power' } },
    ]);
    expect((await undo(ole, overruled.id)).status).toBe(403);
    expect((await undo(lea, overruled.id)).status).toBe(201);
    await computed();
    expect((await intervals()).items).toEqual(before);
  });

  it('is taken back once, by one of two at a time', async () => {
    const { id } = await made(lea, { from: at(120), to: at(124), lossReasonId: plant.reasons.stop });
    const answers = await Promise.all([undo(lea, id), undo(story.users.max, id)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    const late = answers.find(({ status }) => status === 409) as Answer;
    expect(codes(late)).toEqual(['classification_taken_back']);
    expect(detail(late)).toMatch(/^(lea|max) has taken this back already at /);
    expect((await undo(lea, id)).status).toBe(409);
    // The row that takes it back is no classification of its own.
    const [reversal] = await asOwner(
      story.database.ownerUrl,
      'SELECT id FROM mes.stop_classifications WHERE reverses_id = $1',
      [id],
    );
    expect((await undo(lea, Number(reversal?.['id']))).status).toBe(404);
    await computed();
  });

  it('is never changed, not even by the owner of the database', async () => {
    for (const change of ['UPDATE mes.stop_classifications SET remarks = null', 'DELETE FROM mes.stop_classifications'])
      await expect(asOwner(story.database.ownerUrl, change)).rejects.toThrow('append-only');
  });

  it('is offered by six likely reasons: the frequent ones, then those given here most', async () => {
    const { ownerUrl } = story.database;
    await asOwner(ownerUrl, "UPDATE mes.loss_reasons SET frequent_position = 1 WHERE code = 'starved'");
    for (const minute of [61, 62]) await made(lea, { from: at(60), to: at(minute), lossReasonId: reasons['service'] });
    const { items } = (await ole.get(`/machines/${machineId}/likely-reasons`)).body as LikelyReasons;
    expect(items.slice(0, 2)).toMatchObject([
      { code: 'starved', isFrequent: true, uses: 0 },
      { code: 'service', isFrequent: false, uses: 2 },
    ]);
    expect(items.map(({ category }) => category)).not.toContain('scrap');
    expect(items).toHaveLength(5);
    await reason('sixth', 'idle');
    await reason('seventh', 'idle');
    const more = (await ole.get(`/machines/${machineId}/likely-reasons?at=${at(0)}`)).body as LikelyReasons;
    expect(more.items).toHaveLength(6);
    expect(more.items.map(({ uses }) => uses)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses what cannot be, and says what to do', async () => {
    const good = { from: at(60), to: at(80), lossReasonId: plant.reasons.stop };
    const ask = async (more: object) => {
      const answer = await classify(lea, { ...good, ...more });
      return [answer.status, codes(answer)];
    };
    const years = (back: number) => new Date(Date.now() - back * 365 * 24 * HOUR).toISOString();
    expect(await ask({ from: at(80) })).toEqual([400, ['ends_before_it_begins']]);
    expect(await ask({ from: at(-32 * 24 * 60) })).toEqual([400, ['within_days']]);
    expect(await ask({ to: new Date(Date.now() + HOUR).toISOString() })).toEqual([400, ['in_future']]);
    expect(await ask({ from: years(2), to: at(-1) })).toEqual([400, ['within_days']]);
    const old = { from: years(2), to: new Date(Date.parse(years(2)) + HOUR).toISOString() };
    expect(await ask(old)).toEqual([400, ['not_kept']]);
    expect(await ask({ lossReasonId: plant.reasons.scrap })).toEqual([400, ['no_stop_reason']]);
    expect(await ask({ lossReasonId: 2_000_000 })).toEqual([400, ['no_record']]);
    await asOwner(story.database.ownerUrl, "UPDATE mes.loss_reasons SET archived_at = now() WHERE code = 'power'");
    expect(await ask({ lossReasonId: reasons['power'] })).toEqual([400, ['archived_record']]);
    for (const list of ['intervals', 'stops']) {
      const path = `/machines/${machineId}/${list}`;
      expect((await lea.get(path)).status).toBe(400);
      expect(codes(await lea.get(`${path}?from=${at(1)}&to=${at(0)}`))).toEqual(['ends_before_it_begins']);
      expect(codes(await lea.get(`${path}?from=${years(1)}&to=${at(0)}`))).toEqual(['within_days']);
    }
    const lines = `/machines/${machineId}/timeline`;
    expect(codes(await lea.get(`${lines}?from=${at(1)}&to=${at(0)}`))).toEqual(['ends_before_it_begins']);
    expect(codes(await lea.get(`${lines}?from=${years(2)}&to=${at(0)}`))).toEqual(['within_days']);
    expect((await lea.get(`${lines}?${whole}&most=2001`)).status).toBe(400);
  });

  it('is nobody else’s', async () => {
    const { sid } = story.users;
    const body = { from: at(60), to: at(80), lossReasonId: plant.reasons.stop };
    expect((await classify(sid, body)).status).toBe(404);
    const list = (await lea.get('/stop-classifications')).body as Classifications;
    expect((await undo(sid, list.items[0]?.id ?? 0)).status).toBe(404);
    expect((await sid.get(`/stop-classifications?machine=${machineId}`)).body).toEqual({ items: [], nextBefore: null });
    for (const path of [
      `intervals?${whole}`,
      `timeline?${whole}`,
      `samples?${whole}`,
      `stops?${whole}`,
      'likely-reasons',
    ])
      expect((await sid.get(`/machines/${machineId}/${path}`)).status).toBe(404);
  });
});
