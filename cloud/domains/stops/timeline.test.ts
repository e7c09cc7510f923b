// A machine's time, pieces and alarms over any period, over HTTP, on both kinds of database: the machine of
// stops.test.ts.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { insertProduction, type ProductionRows } from '../../../test/support/production-rows.ts';
import type { ApiUser } from '../../../test/web/api-client.ts';
import { asOwner, storeSamples } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import type { Intervals } from './schema.ts';
import { at, begin, type Figures, MINUTE, stage, startFigures, WATERMARK } from './test-stage.ts';
import type { Samples, Timeline } from './timeline-schema.ts';

const us = (minutes: number): number => minutes * 60_000_000;

describe.each(databaseKinds)('the timeline of a machine, on %s', (on) => {
  let story: Story<'lea'>;
  let lea: ApiUser;
  let plant: ProductionRows;
  let machineId: number;
  let figures: Figures;

  beforeAll(async () => {
    story = await startStory({ lea: 'North' }, { on });
    lea = story.users.lea;
    plant = await insertProduction(story.database.ownerUrl, story.plants.lea);
    machineId = plant.machines['filler'] ?? 0;
    await stage(story, plant);
    figures = startFigures(story);
    await figures.computed();
  });
  afterAll(async () => {
    await figures?.stop();
    await story?.stop();
  });

  const timeline = async (from: string, to: string, more = '', of = machineId): Promise<Timeline> => {
    const answer = await lea.get(`/machines/${of}/timeline?from=${from}&to=${to}${more}`);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body as Timeline;
  };
  /** Microseconds since 1970, which no double loses here. */
  const micros = (instant: string): number =>
    Date.parse(instant) * 1000 + Number(/\.\d{3}(\d{3})Z/.exec(instant)?.[1] ?? 0);
  const lengthOf = (from: string, to: string): number => micros(to) - micros(from);
  /** Microseconds by category, of intervals as far as they lie in the period, or of shares. */
  const timeOf = ({ intervals: raw, shares }: Timeline, from: string, to: string): Record<string, number> => {
    const sums: Record<string, number> = {};
    const add = (category: string, amount: number) => (sums[category] = (sums[category] ?? 0) + amount);
    for (const one of raw ?? [])
      add(one.category, Math.min(micros(one.to), micros(to)) - Math.max(micros(one.from), micros(from)));
    for (const { time } of shares?.items ?? [])
      for (const [category, amount] of Object.entries(time)) add(category, amount);
    return sums;
  };
  const sumOf = (sums: Record<string, number>) => Object.values(sums).reduce((all, one) => all + one, 0);

  it('is a timeline that leaves out nothing, told as intervals or as shares', async () => {
    const [from, to] = [at(-30.05), at(331.1)];
    const raw = await timeline(from, to);
    const whole = (await lea.get(`/machines/${machineId}/intervals?from=${at(0)}&to=${at(360)}`)).body as Intervals;
    expect(raw.intervals).toEqual(whole.items);
    expect(raw).toMatchObject({ shares: null, knownTo: at(WATERMARK), finalUntil: at(WATERMARK) });
    const sums = timeOf(raw, from, to);
    expect(sumOf(sums) + raw.notKnown).toBe(lengthOf(from, to));
    expect(sums).toMatchObject({ running: us(60 + 40 + 26 + 40), minor_stop: us(4), planned_stop: us(4) });
    // In less pieces than there are intervals: by hours that the period cuts at both ends.
    const few = await timeline(at(31.5), at(233.25), '&most=10');
    expect([few.intervals, few.shares?.unit]).toEqual([null, expect.stringMatching(/hour|day/)]);
    const same = await timeline(at(31.5), at(233.25));
    expect(timeOf(few, at(31.5), at(233.25))).toEqual(timeOf(same, at(31.5), at(233.25)));
    expect(sumOf(timeOf(few, at(31.5), at(233.25)))).toBe(us(201.75));
    // Longer than intervals are told for.
    const long = at(-360 * 24 * 60);
    const year = await timeline(long, to, '&most=2000');
    expect([year.intervals, year.shares?.unit, year.alarms]).toEqual([null, 'day', null]);
    expect(timeOf(year, long, to)).toEqual(sums);
    expect(sumOf(sums) + year.notKnown).toBe(lengthOf(long, to));
    expect([year.shares?.items[0]?.from, year.shares?.items.at(-1)?.to]).toEqual([long, to]);
    const items = year.shares?.items ?? [];
    expect(items.slice(1).map((item) => item.from)).toEqual(items.slice(0, -1).map((item) => item.to));
    expect((await timeline(long, to, '&most=120')).shares?.unit).toBe('week');
  });

  it('tells a minute by its intervals, and many short ones by the minute, to the microsecond', async () => {
    const packer = plant.machines['packer'] ?? 0;
    await asOwner(
      story.database.ownerUrl,
      `INSERT INTO mes.machine_intervals (organization_id, plant_id, machine_id, from_time, to_time, category, state, begins, stretch_from, stopped_before_us)
       SELECT $1, $2, $3, begun.at, begun.at + interval '7.000001 seconds', CASE step % 2 WHEN 0 THEN 'running' ELSE 'minor_stop' END,
         CASE step % 2 WHEN 0 THEN 'running' ELSE 'stopped' END, true, begun.at, 0
       FROM generate_series(0, 199) AS step CROSS JOIN LATERAL (SELECT $4::timestamptz + step * interval '7.000001 seconds' AS at) AS begun`,
      [plant.organizationId, plant.plantId, packer, at(0)],
    );
    const [from, to] = [at(1.3), at(21.7)];
    const fine = await timeline(from, to, '&most=500', packer);
    const coarse = await timeline(from, to, '&most=100', packer);
    expect([fine.shares, coarse.intervals, coarse.shares?.unit]).toEqual([null, null, 'minute']);
    expect(coarse.shares?.items).toHaveLength(21);
    expect(timeOf(coarse, from, to)).toEqual(timeOf(fine, from, to));
    expect(sumOf(timeOf(coarse, from, to))).toBe(us(20.4));
    const minute = await timeline(at(1), at(2), '', packer);
    expect(minute.intervals?.length).toBe(10);
    await asOwner(story.database.ownerUrl, 'DELETE FROM mes.machine_intervals WHERE machine_id = $1', [packer]);
  });

  it('has the pieces of each step of the clock, and when an alarm was there', async () => {
    const tens = await timeline(at(0), at(240));
    expect(tens.counts.unit).toBe('ten_minutes');
    expect(tens.counts.items.map(({ from, good }) => [(Date.parse(from) - begin) / MINUTE, good])).toEqual([
      [0, 9],
      [10, 10],
      [20, 10],
      [30, 10],
      [40, 10],
      [50, 10],
      [60, 1],
    ]);
    const hours = await timeline(at(-24 * 60), at(240));
    expect(hours.counts).toEqual({
      unit: 'hour',
      items: [
        { from: at(0), to: at(60), good: 59, rejected: 0, unexplained: 0 },
        { from: at(60), to: at(120), good: 1, rejected: 0, unexplained: 0 },
      ],
    });
    // A period that begins within an hour counts from there, and the hour's own carry is not lost.
    const minutes = await timeline(at(30), at(33), '');
    expect(minutes.counts.items.map(({ good }) => good)).toEqual([1, 1, 1]);
    expect(hours.alarms).toMatchObject([
      { name: 'filler/jam', from: at(201), to: null },
      { name: 'filler/jam', from: at(55), to: at(63) },
    ]);
    expect((await timeline(at(60), at(62))).alarms).toMatchObject([{ from: at(55), to: null }]);
    expect((await timeline(at(64), at(66))).alarms).toEqual([]);
  });

  it('has the newest of more alarms than it tells, and says since when it tells all', async () => {
    const packer = plant.machines['packer'] ?? 0;
    const { ownerUrl } = story.database;
    const [tag] = await asOwner(
      ownerUrl,
      `INSERT INTO mes.tags (organization_id, plant_id, machine_id, device_id, name, datatype, role)
       VALUES ($1, $2, $3, $4, 'packer/door', 'Boolean', 'alarm') RETURNING id`,
      [plant.organizationId, plant.plantId, packer, story.plants.lea.deviceId],
    );
    const times = Array.from({ length: 1_200 }, (_, nth) => new Date(Date.parse(at(0)) + nth * 1_000));
    await storeSamples(
      ownerUrl,
      { organizationId: plant.organizationId, plantId: plant.plantId, tagId: Number(tag?.['id']) },
      times.map((time, nth) => ({ time, value: nth % 2 === 0 })),
    );
    const { alarms, alarmsFrom } = await timeline(at(0), at(20), '', packer);
    // Of six hundred, each two seconds after the one before.
    expect([alarms?.length, alarmsFrom]).toEqual([500, new Date(Date.parse(at(0)) + 200_000).toISOString()]);
    expect(alarms?.at(-1)?.from).toBe(alarmsFrom);
    const part = await timeline(at(2), at(18), '', packer);
    expect([part.alarms?.length, part.alarmsFrom]).toEqual([480, null]);
  });

  it('opens an interval to the samples it was made of', async () => {
    const samplesOf = async (from: string, to: string, more = '') =>
      (await lea.get(`/machines/${machineId}/samples?from=${from}&to=${to}${more}`)).body as Samples;
    const { before, items, more } = await samplesOf(at(59), at(80));
    expect(before).toMatchObject([
      { tag: 'filler/state', role: 'state', time: at(0), value: 'Execute', status: 0 },
      { tag: 'filler/good', time: at(58), value: 1058 },
    ]);
    expect(items).toMatchObject([
      { tag: 'filler/good', time: at(59), value: 1059 },
      { tag: 'filler/state', time: at(60), value: 'Stopped' },
      { tag: 'filler/good', time: at(60), value: 1060 },
    ]);
    expect(more).toBe(false);
    const first = await samplesOf(at(59), at(80), '&limit=1');
    expect([first.items.length, first.more]).toEqual([1, true]);
  });
});
