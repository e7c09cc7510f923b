// The life of shifts, through a broker, an ingestor and a worker: closed when all is there, restated by what
// comes later with its cause, signed, and every version readable; and what a silent agent leaves to know.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../test/support/road.ts';
import { extendShifts } from '../domains/calendars/index.ts';
import type { ShiftReport, ShiftVersionPage } from '../domains/shift-reports/index.ts';
import { closeShifts, followTime } from './shift-life.ts';
import { KpiStage, type MachineCase } from './test-stage.ts';

const HOUR = 3_600_000;
const hoursAgo = (hours: number): string => new Date((Math.floor(Date.now() / HOUR) - hours) * HOUR).toISOString();
const shifts = [{ from: 0, to: 480 }];
const made = { runs: [[0, null, 'cap']], idealCycles: { cap: 60 } } as const;

const yesterday = 0;
const today = 1;
const lastWeek = 2;
const cases: readonly MachineCase[] = [
  {
    says: 'a shift that is over',
    begin: hoursAgo(30),
    shifts,
    ...made,
    states: [
      [0, 'Execute'],
      [400, 'Stopped'],
    ],
    counts: {
      good_count: [
        [0, 0],
        [100, 90],
        [300, 280],
      ],
    },
    until: 480,
  },
  { says: 'a shift that lasts', begin: hoursAgo(2), shifts, ...made, states: [[0, 'Execute']], until: 60 },
  { says: 'a shift of last week', begin: hoursAgo(150), shifts, ...made, states: [[0, 'Execute']], until: 480 },
];

describe('the life of a shift', () => {
  let stage: KpiStage;
  beforeAll(async () => {
    stage = await KpiStage.open('embedded', cases);
    // The last count comes when the shift is long closed.
    await stage.send(stage.samples().filter(({ value }) => value !== 280));
    await stage.computed();
    await stage.turn(extendShifts);
  }, 120_000);
  afterAll(() => stage?.close());

  const dayOf = (index: number): string =>
    new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' }).format(stage.at(index, 0));
  const report = async (index: number): Promise<ShiftReport> => {
    const query = `plant=${stage.road.organization.plantId}&machine=${stage.machineId(index)}`;
    const { body } = await stage.lea.get(`/shift-reports?${query}&fromDay=${dayOf(index)}&toDay=${dayOf(index)}`);
    return (body as { items: ShiftReport[] }).items[0] as ShiftReport;
  };
  const versions = async (index: number): Promise<ShiftVersionPage['items']> => {
    const query = `plant=${stage.road.organization.plantId}&machine=${stage.machineId(index)}`;
    const { body } = await stage.lea.get(`/shift-reports/versions?${query}&day=${dayOf(index)}&shift=Shift`);
    return (body as ShiftVersionPage).items;
  };
  const good = async (index: number, version?: number): Promise<number> => {
    const figures = await stage.figures(index, version === undefined ? '' : `&group=shift&version=${version}`);
    return figures.pieces.good;
  };
  const sign = (index: number) =>
    stage.lea.ask('POST', '/shift-reports/signatures', {
      plantId: stage.road.organization.plantId,
      day: dayOf(index),
      shift: 'Shift',
    });
  /** Until when the agent has told everything. */
  const tell = (time: number) => stage.road.owner.query('UPDATE mes.edge_states SET watermark = $1', [new Date(time)]);
  const close = () => stage.turn(closeShifts({ settledMs: 0, longestMs: 60_000 }));

  it('is open while it lasts, and cannot be signed', async () => {
    expect(await report(today)).toMatchObject({ state: 'open', version: null, signedBy: null });
    const answer = await sign(today);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'conflict', errors: [{ code: 'shift_not_over' }] });
  });

  it('stays ended as long as something may still come', async () => {
    const { rows } = await stage.road.owner.query<{ watermark: Date }>('SELECT watermark FROM mes.edge_states');
    await tell(stage.at(yesterday, 479));
    await close();
    expect(await report(yesterday)).toMatchObject({ state: 'ended', version: null });
    await tell(rows[0]?.watermark.getTime() ?? 0);
  });

  it('is closed by itself when all is there, with the figures that it has', async () => {
    await close();
    expect(await report(yesterday)).toMatchObject({ state: 'closed', version: 1, cause: 'closed', closesBy: null });
    expect(await good(yesterday, 1)).toBe(90);
    expect((await stage.figures(yesterday, '&group=shift&version=1')).ratios).toEqual(
      (await stage.figures(yesterday, '&group=shift')).ratios,
    );
    await close();
    expect(await versions(yesterday)).toHaveLength(1);
  });

  it('is restated by what comes late, and says so; the first version stays', async () => {
    await stage.send(stage.samples().filter(({ value }) => value === 280));
    await stage.computed();
    // Data that may go on coming makes no version before it rests.
    await stage.turn(closeShifts({ settledMs: 60_000, longestMs: 60_000 }));
    expect(await report(yesterday)).toMatchObject({ state: 'closed', version: 1, isChanging: true });
    await close();
    expect(await report(yesterday)).toMatchObject({
      state: 'restated',
      version: 2,
      cause: 'late_data',
      causedBy: null,
      isChanging: false,
    });
    expect([await good(yesterday, 1), await good(yesterday, 2), await good(yesterday)]).toEqual([90, 280, 280]);
    // As of a version that it has not reached yet, it is as it was last.
    expect(await good(yesterday, 9)).toBe(280);
  });

  it('is restated at once by what somebody does, with the name', async () => {
    const reasons = await stage.lea.get('/loss-reasons?search=jam');
    const [reason] = (reasons.body as { items: { id: number }[] }).items;
    const at = (minute: number) => new Date(stage.at(yesterday, minute)).toISOString();
    const said = { machineId: stage.machineId(yesterday), from: at(400), to: at(480), lossReasonId: reason?.id };
    const answer = await stage.lea.ask('POST', '/stop-classifications', said);
    expect(answer.status).toBe(201);
    await until(async () => (await report(yesterday)).version === 3, 'no third version came');
    expect(await report(yesterday)).toMatchObject({ cause: 'classification', causedBy: 'lea' });
    expect((await versions(yesterday)).map(({ version, cause }) => [version, cause])).toEqual([
      [1, 'closed'],
      [2, 'late_data'],
      [3, 'classification'],
    ]);
  });

  it('is signed in the version that it has, once; a later version is not signed', async () => {
    const answer = await sign(yesterday);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ version: 3, signedBy: 'lea' });
    const again = await sign(yesterday);
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ errors: [{ code: 'shift_signed', params: { who: 'lea' } }] });
    const list = await stage.lea.get(`/stop-classifications?machine=${stage.machineId(yesterday)}`);
    const [said] = (list.body as { items: { id: number }[] }).items;
    await stage.lea.ask('POST', `/stop-classifications/${said?.id}/reversal`, {});
    await until(async () => (await report(yesterday)).version === 4, 'no fourth version came');
    expect(await report(yesterday)).toMatchObject({ version: 4, signedBy: null });
    expect((await versions(yesterday)).map(({ signedBy }) => signedBy)).toEqual([null, null, 'lea', null]);
  });

  it('tells who watches how much was computed anew, and what waits', async () => {
    await stage.computed();
    const told = await stage.registry.metrics();
    expect(told).toMatch(/^unison_recompute_machines_waiting 0$/m);
    expect(told).toMatch(/^unison_recompute_behind_seconds 0$/m);
    expect(Number(/^unison_recompute_rows_total (\d+)$/m.exec(told)?.[1])).toBeGreaterThan(50);
  });

  it('has no hours in a version', async () => {
    const query = `machine=${stage.machineId(yesterday)}&fromDay=${dayOf(yesterday)}&toDay=${dayOf(yesterday)}`;
    expect((await stage.lea.get(`/metrics?${query}&group=hour&version=1`)).status).toBe(400);
  });

  it('goes on without an agent that is silent for long, as unknown, until it speaks again', async () => {
    const { rows } = await stage.road.owner.query<{ watermark: Date }>('SELECT watermark FROM mes.edge_states');
    const known = async () => (await stage.figures(lastWeek)).time;
    expect(await known()).toMatchObject({ running: 480 * 60e6, unknown: 0 });
    const before = await versions(lastWeek);
    await tell(stage.at(lastWeek, 240));
    await stage.turn(followTime);
    await stage.computed();
    expect(await known()).toMatchObject({ running: 240 * 60e6, unknown: 240 * 60e6 });
    // It speaks again, and has seen everything.
    await tell(rows[0]?.watermark.getTime() ?? 0);
    await stage.turn(followTime);
    await stage.computed();
    expect(await known()).toMatchObject({ running: 480 * 60e6, unknown: 0 });
    await close();
    // What was in between was never written.
    expect(await versions(lastWeek)).toEqual(before);
  });
});
