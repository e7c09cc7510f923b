// Figures as a shift lead reads them: each row of DEFINITIONS 2 goes in as samples, runs, shifts and
// classifications, and is read from the API; in any order, twice, late, with the same result.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../test/support/database.ts';
import { furtherDefinitions } from '../domains/metrics/definitions.ts';
import type { MetricsPage, ParetoPage } from '../domains/metrics/schema.ts';
import { cases } from './test-cases.ts';
import { KpiStage } from './test-stage.ts';

const minutes = (us: number) => us / 60_000_000;
const digits = (value: number) => String(value).split('.')[1]?.length ?? 0;

describe.each(databaseKinds)('figures, on %s', (kind) => {
  let stage: KpiStage;

  beforeAll(async () => {
    stage = await KpiStage.open(kind, cases);
    await stage.reportGaps();
    await stage.send(stage.samples());
    await stage.classify();
    await stage.computed();
  }, 120_000);
  afterAll(() => stage?.close());

  it.each(cases.map(({ says }, index) => [says, index] as const))('%s', async (_, index) => {
    const { ratios = {}, tpm = {}, time = {}, losses = {}, pieces = {}, flags } = cases[index]?.gives ?? {};
    const figures = await stage.figures(index);
    for (const [name, minute] of Object.entries(time))
      expect([name, minutes((figures.time as Record<string, number>)[name] ?? -1)]).toEqual([name, minute]);
    for (const [name, minute] of Object.entries(losses))
      expect([name, minutes((figures.losses as Record<string, number>)[name] ?? -1)]).toEqual([name, minute]);
    expect(figures.pieces).toMatchObject(pieces);
    const check = (of: typeof figures, wanted: Readonly<Record<string, number | null>>) => {
      for (const [name, value] of Object.entries(wanted)) {
        const given = (of.ratios as Record<string, { value: number | null }>)[name]?.value;
        if (value === null) expect([name, given]).toEqual([name, null]);
        else expect(given, name).toBeCloseTo(value, Math.min(digits(value), 12));
      }
    };
    check(figures, ratios);
    if (Object.keys(tpm).length > 0) check(await stage.figures(index, '&profile=tpm'), tpm);
    if (flags) expect(figures.flags).toEqual(expect.arrayContaining([...flags]));
  });

  it('leaves no hole and no overlap, to the microsecond, and counts each piece once', async () => {
    const { rows } = await stage.road.owner.query<Record<string, string>>(
      `SELECT (SELECT count(*) FROM mes.machine_intervals AS one JOIN LATERAL (
                 SELECT next.from_time FROM mes.machine_intervals AS next
                 WHERE next.machine_id = one.machine_id AND next.from_time > one.from_time ORDER BY next.from_time LIMIT 1) AS next ON true
               WHERE next.from_time <> one.to_time) AS "holes or overlaps",
              (SELECT count(*) FROM (
                 SELECT machine_id, bucket, sum(duration_us) AS us FROM mes.time_facts GROUP BY 1, 2) AS hours
               JOIN (SELECT machine_id, min(from_time) AS first, max(to_time) AS last FROM mes.machine_intervals GROUP BY 1) AS known USING (machine_id)
               WHERE us <> extract(epoch FROM least(bucket + interval '1 hour', last) - greatest(bucket, first)) * 1000000) AS "hours that are not full",
              (SELECT count(*) FROM mes.count_facts WHERE target_s <> value_s + scrap_s + rework_s + startup_s AND unexplained = 0) AS "pieces whose time is not theirs",
              (SELECT count(*) FROM (
                 SELECT machine_id, lag(f) OVER w IS NOT DISTINCT FROM f AS same FROM (
                   SELECT machine_id, from_time, to_jsonb(i) - 'from_time' - 'to_time' - 'said_at' - 'stopped_before_us' - 'begins' AS f FROM mes.machine_intervals AS i) AS said
                 WINDOW w AS (PARTITION BY machine_id ORDER BY from_time)) AS neighbours WHERE same) AS "neighbours that are one"`,
    );
    expect(rows[0]).toEqual({
      'holes or overlaps': '0',
      'hours that are not full': '0',
      'pieces whose time is not theirs': '0',
      'neighbours that are one': '0',
    });
  });

  it('counts a stop once, in the shift in which it begins', async () => {
    const index = cases.findIndex(({ says }) => says.startsWith('a stop over the change'));
    const hours = (from: number, to: number) =>
      `from=${new Date(stage.at(index, from)).toISOString()}&to=${new Date(stage.at(index, to)).toISOString()}`;
    const lost = async (period: string) => {
      const { body } = await stage.lea.get(`/metrics/losses?machine=${stage.machineId(index)}&${period}`);
      return (body as { items: object[] }).items;
    };
    const stop = { category: 'unplanned_stop', reason: null };
    expect(await lost(hours(0, 60))).toEqual([{ ...stop, duration: 120_000_000, occurrences: 1 }]);
    expect(await lost(hours(60, 120))).toEqual([{ ...stop, duration: 300_000_000, occurrences: 0 }]);
  });

  it('says on which machines time was lost; together they are what the plant lost', async () => {
    type Lost = ParetoPage['items'];
    const lost = async (more: string): Promise<Lost> => {
      const period = `fromDay=${new Date(Date.now() - 60 * 86_400_000).toISOString().slice(0, 10)}&toDay=${new Date().toISOString().slice(0, 10)}`;
      const { status, body } = await stage.lea.get(`/metrics/losses?plant=${plantId()}&${period}${more}`);
      expect([status, body]).toEqual([200, expect.anything()]);
      return (body as ParetoPage).items;
    };
    const plantId = () => stage.road.organization.plantId;
    const sums = (items: Lost) => {
      const all = Map.groupBy(items, ({ category, reason }) => `${category} ${reason?.code ?? 'none'}`);
      return new Map(
        [...all].map(([key, of]) => [
          key,
          {
            duration: of.reduce((sum, one) => sum + one.duration, 0),
            occurrences: of.reduce((sum, one) => sum + one.occurrences, 0),
          },
        ]),
      );
    };
    for (const basis of ['line', 'machine']) {
      const byMachine = await lost(`&basis=${basis}&group=machine`);
      expect(sums(byMachine)).toEqual(sums(await lost(`&basis=${basis}`)));
      expect(new Set(byMachine.map(({ machine }) => machine?.id)).size).toBeGreaterThan(10);
    }
  });

  it('gives a piece to the shift that begins with it', async () => {
    const index = cases.findIndex(({ says }) => says.startsWith('a count at exactly'));
    const period = `from=${new Date(stage.at(index, 0)).toISOString()}&to=${new Date(stage.at(index, 120)).toISOString()}`;
    const { body } = await stage.lea.get(`/metrics?machine=${stage.machineId(index)}&group=shift&${period}`);
    const rows = (body as MetricsPage).items.map(({ key, pieces }) => [key.shift?.from, pieces.good]);
    expect(rows).toEqual([
      [new Date(stage.at(index, 0)).toISOString(), 5],
      [new Date(stage.at(index, 60)).toISOString(), 3],
    ]);
  });

  it('ends start-ups elsewhere when a material wants another number of good pieces', async () => {
    const { lea } = stage;
    const rejects = async () =>
      Promise.all(
        cases.flatMap(({ startups }, index) =>
          startups ? [stage.figures(index).then(({ pieces }) => (pieces as { startup: number }).startup)] : [],
        ),
      );
    const { items } = (await lea.get('/materials?code=SYRUP')).body as { items: { id: number; version: number }[] };
    const { id, version = 0 } = items[0] ?? {};
    expect(await rejects()).toEqual([2, 2, 4]);
    expect((await lea.ask('PATCH', `/materials/${id}`, { version, startupGoodInARow: 2 })).status).toBe(200);
    await stage.computed();
    expect(await rejects()).toEqual([0, 2, 0]);
    await lea.ask('PATCH', `/materials/${id}`, { version: version + 1, startupGoodInARow: 5 });
    await stage.computed();
    expect(await rejects()).toEqual([2, 2, 4]);
  });

  it('refuses what it cannot answer', async () => {
    const status = async (query: string) => (await stage.lea.get(`/metrics?${query}`)).status;
    expect(await status('')).toBe(400);
    expect(await status('fromDay=2026-02-30&toDay=2026-03-01')).toBe(400);
    expect(await status('fromDay=2026-03-02&toDay=2026-03-01')).toBe(400);
    expect(await status('fromDay=2010-03-02&toDay=2026-03-01')).toBe(400);
    expect(await status('fromDay=2026-03-01&toDay=2026-03-02&group=weather')).toBe(400);
    expect(await status('fromDay=2026-03-01&toDay=2026-03-02&group=day,day')).toBe(400);
    expect(await status('fromDay=2026-03-01&toDay=2026-03-02&group=day,material')).toBe(200);
  });

  it('says what every figure means', async () => {
    const { body } = await stage.lea.get('/metrics/definitions');
    const { ratios } = await stage.figures(0);
    expect((body as { figures: { key: string }[] }).figures.map(({ key }) => key)).toEqual([
      ...Object.keys(ratios),
      ...furtherDefinitions.map(({ key }) => key),
    ]);
  });
});
