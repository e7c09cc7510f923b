// Calendars over HTTP, on both kinds of database: the shifts that come of them, read as everything else
// reads them, on nights on which clocks change, too.

import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import type { ApiUser } from '../../../test/web/api-client.ts';
import { type CalendarStage, calendarStage, detail, idOf, reason, type Shown, ZONE } from './test-stage.ts';

describe.each(databaseKinds)('the shifts of a calendar (%s)', (on) => {
  let stage: CalendarStage;
  beforeAll(async () => {
    stage = await calendarStage(on);
  });
  afterAll(() => stage?.stop());

  describe('the nights on which clocks change', () => {
    it('have 7 h and 9 h in Berlin, and 6.5 h and 8.5 h without the break at 02:00', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00', '22:00-06:00 02:00+30']);
      expect((await stage.follow({ plantId }, id)).status).toBe(201);
      for (const [day, minutes, workMinutes] of [
        ['2026-03-28', 420, 390],
        ['2026-10-24', 540, 510],
        ['2026-06-10', 480, 450],
      ] as const) {
        const done = await stage.lea.ask('POST', '/shift-instances/correct', { plantId, from: day, to: day, reason });
        expect(done.body).toEqual({ removed: 0, added: 3 });
        const night = (await stage.startingOn(machine, day)).at(-1);
        expect(night).toMatchObject({
          name: 'Night',
          startDay: day,
          businessDate: day,
          minutes,
          workMinutes,
          state: 'ended',
        });
      }
    });

    it.each([
      ['Asia/Kathmandu', '2026-03-28', 480],
      ['Australia/Lord_Howe', '2026-10-03', 450],
      ['Australia/Lord_Howe', '2026-04-04', 510],
      ['Pacific/Auckland', '2026-04-04', 540],
      ['America/Santiago', '2026-09-05', 420],
      ['Pacific/Kiritimati', '2026-03-28', 480],
      ['Europe/Berlin', '2024-02-29', 480],
    ])('in %s have on %s %d minutes', async (zone, day, minutes) => {
      const { plantId, machine } = await stage.newPlant({ zone });
      const { id } = await stage.newCalendar(plantId, ['22:00-06:00']);
      await stage.follow({ plantId }, id);
      await stage.lea.ask('POST', '/shift-instances/correct', { plantId, from: day, to: day, reason });
      expect((await stage.startingOn(machine, day, zone)).map((shift) => shift.minutes)).toEqual([minutes]);
    });

    it('are foreseen by the preview, with how long each day is', async () => {
      const { plantId } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['22:00-06:00 02:00+30']);
      const { body } = await stage.lea.get(`/calendars/${id}/preview?from=2028-03-25&to=2028-03-28`);
      expect(body).toMatchObject({
        timeZone: ZONE,
        days: [{ minutes: 1_440 }, { minutes: 1_380 }, { minutes: 1_440 }],
        items: [{ minutes: 420, workMinutes: 390 }, { minutes: 480 }, { minutes: 480 }],
        overlaps: [],
      });
    });
  });

  describe('the shifts of a machine', () => {
    it('go on without a hole 60 days ahead, and 06:00 sharp belongs to the next', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00', '22:00-06:00']);
      await stage.follow({ plantId }, id);
      const all = await stage.shiftsOf(machine, stage.inDays(0), stage.inDays(70));
      expect(all.at(-1)?.startDay).toBe(stage.inDays(59));
      for (const [at, shift] of all.entries()) if (at > 0) expect(shift.from).toBe(all[at - 1]?.to);
      const six = Temporal.PlainDateTime.from(`${stage.inDays(3)}T06:00`)
        .toZonedDateTime(ZONE)
        .toInstant();
      const instant = (ms: number) => encodeURIComponent(six.add({ milliseconds: ms }).toString());
      const sharp = await stage.lea.get(`/shift-instances?machine=${machine}&from=${instant(0)}&to=${instant(1)}`);
      expect((sharp.body as { items: Shown[] }).items.map(({ name }) => name)).toEqual(['Early']);
      const before = await stage.lea.get(`/shift-instances?machine=${machine}&from=${instant(-1)}&to=${instant(0)}`);
      expect((before.body as { items: Shown[] }).items.map(({ name }) => name)).toEqual(['Night']);
    });

    it('come page by page, none twice', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
      await stage.follow({ plantId }, id);
      const range = `machine=${machine}&from=${stage.inDays(1)}T00:00:00Z&to=${stage.inDays(11)}T00:00:00Z`;
      const whole = (await stage.lea.get(`/shift-instances?${range}&limit=500`)).body as { items: Shown[] };
      const paged: Shown[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const answer = await stage.lea.get(
          `/shift-instances?${range}&limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
        const page = answer.body as { items: Shown[]; nextCursor: string | null };
        paged.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(whole.items);
      expect((await stage.lea.get(`/shift-instances?${range}&cursor=nonsense`)).status).toBe(400);
      expect(
        (
          await stage.lea.get(
            `/shift-instances?machine=${machine}&from=${stage.inDays(1)}T00:00:00Z&to=${stage.inDays(0)}T00:00:00Z`,
          )
        ).status,
      ).toBe(400);
    });

    it('are its own calendar’s before its lane’s before the plant’s, each from its day on', async () => {
      const { plantId, laneId, machineIds } = await stage.newPlant({ machines: 2 });
      const [first = 0, second = 0] = machineIds;
      const plants = await stage.newCalendar(plantId, ['06:00-14:00']);
      const lanes = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
      const machines = await stage.newCalendar(plantId, ['08:00-12:00']);
      await stage.follow({ plantId }, plants.id);
      await stage.follow({ plantId, laneId }, lanes.id, stage.inDays(3));
      await stage.follow({ plantId, machineId: second }, machines.id, stage.inDays(5));
      const hours = async (machine: number, day: string) =>
        (await stage.startingOn(machine, day)).map(({ minutes }) => minutes / 60);
      expect([
        await hours(first, stage.inDays(2)),
        await hours(first, stage.inDays(3)),
        await hours(first, stage.inDays(5)),
      ]).toEqual([[8], [8, 8], [8, 8]]);
      expect([
        await hours(second, stage.inDays(2)),
        await hours(second, stage.inDays(4)),
        await hours(second, stage.inDays(5)),
      ]).toEqual([[8], [8, 8], [4]]);
      // Who is given another one, follows the former until then.
      await stage.follow({ plantId, machineId: second }, plants.id, stage.inDays(10));
      expect([await hours(second, stage.inDays(9)), await hours(second, stage.inDays(10))]).toEqual([[4], [8]]);
      const again = await stage.follow({ plantId, machineId: second }, lanes.id, stage.inDays(10));
      expect(again.status).toBe(409);
      const used = await stage.lea.ask('DELETE', `/calendars/${plants.id}?version=2`);
      expect([used.status, detail(used)]).toEqual([409, expect.stringContaining('follows this calendar')]);
    });

    it('keep what has ended, whatever the calendar says later; a correction changes it, with a reason', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
      await stage.follow({ plantId }, id);
      const day = stage.inDays(-10);
      const correct = (more: object = {}) =>
        stage.lea.ask('POST', '/shift-instances/correct', { plantId, from: day, to: day, reason, ...more });
      expect((await correct()).body).toEqual({ removed: 0, added: 2 });
      await stage.savePlan(id, plan.version, ['06:00-18:00']);
      expect((await stage.startingOn(machine, day)).map(stage.brief)).toEqual(['Early 8 h', 'Late 8 h']);
      expect((await stage.startingOn(machine, stage.inDays(2))).map(stage.brief)).toEqual(['Early 12 h']);
      await stage.owner(
        "UPDATE mes.shift_instances SET state = 'closed' WHERE machine_id = $1 AND start_day = $2 AND name = 'Early'",
        [machine, day],
      );
      const marksBefore = await marksOf(machine);
      expect((await correct({ reason: undefined })).status).toBe(400);
      expect((await correct()).body).toEqual({ removed: 2, added: 1 });
      expect(await stage.startingOn(machine, day)).toMatchObject([
        { name: 'Early', minutes: 720, state: 'restated', version: 2 },
      ]);
      expect(await marksOf(machine)).toBeGreaterThan(marksBefore);
      expect((await correct()).body).toEqual({ removed: 0, added: 0 });
      expect((await correct({ to: stage.inDays(1) })).status).toBe(400);
      expect((await correct({ from: stage.inDays(-200) })).status).toBe(400);
    });

    it('that were signed stay readable after a correction, as they were and why they are not any more', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00 10:00+30', '14:00-22:00']);
      await stage.follow({ plantId }, id);
      const day = stage.inDays(-10);
      const correct = async (why: string) =>
        expect(
          (await stage.lea.ask('POST', '/shift-instances/correct', { plantId, from: day, to: day, reason: why }))
            .status,
        ).toBe(200);
      await correct('forgotten');
      const signed = "UPDATE mes.shift_instances SET state = 'closed' WHERE machine_id = $1 AND start_day = $2";
      await stage.owner(signed, [machine, day]);
      await stage.savePlan(id, plan.version, ['06:00-18:00']);
      await correct('one long shift');
      const holiday = { plantId, kind: 'holiday', name: 'Fair', fromDay: day, toDay: day };
      const off = idOf(await stage.lea.ask('POST', '/calendar-exceptions', holiday));
      await correct('nobody worked');
      expect(await stage.startingOn(machine, day)).toEqual([]);
      const range = `machine=${machine}&from=${day}T00:00:00Z&to=${stage.inDays(-8)}T00:00:00Z`;
      const read = async (as: ApiUser, more = '') =>
        (await as.get(`/shift-instances/versions?${range}${more}`)).body as { items: object[]; nextAfter: number };
      const kept = { replacedBy: 'lea', machineId: machine, startDay: day };
      const { items } = await read(stage.lea);
      expect(items).toMatchObject([
        { ...kept, name: 'Early', minutes: 480, workMinutes: 450, state: 'closed', version: 1, outcome: 'restated' },
        { ...kept, name: 'Late', minutes: 480, state: 'closed', version: 1, outcome: 'cancelled' },
        { ...kept, name: 'Early', minutes: 720, state: 'restated', version: 2, outcome: 'cancelled' },
      ]);
      expect(items.map((one) => (one as { reason: string }).reason)).toEqual([
        'one long shift',
        'one long shift',
        'nobody worked',
      ]);
      const first = await read(stage.lea, '&limit=1');
      expect([...first.items, ...(await read(stage.lea, `&after=${first.nextAfter}`)).items]).toEqual(items);
      expect((await read(stage.sid)).items).toEqual([]);
      // Who finds that it took place after all goes on counting.
      await stage.lea.ask('DELETE', `/calendar-exceptions/${off}?version=1`);
      await correct('it was worked');
      expect(await stage.startingOn(machine, day)).toMatchObject([{ name: 'Early', state: 'restated', version: 3 }]);
      await expect(stage.owner('DELETE FROM mes.shift_instance_versions', [])).rejects.toThrow('append-only');
    });

    it('are made anew only for the machines that a change is about', async () => {
      const { plantId, machineIds } = await stage.newPlant({ machines: 2 });
      const [first = 0, second = 0] = machineIds;
      const mine = await stage.newCalendar(plantId, ['06:00-14:00']);
      const other = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId, machineId: first }, mine.id);
      await stage.follow({ plantId, machineId: second }, other.id);
      const day = stage.inDays(5);
      // A row that is not as it would be made shows whether it was made.
      await stage.owner("UPDATE mes.shift_instances SET name = 'Left alone' WHERE machine_id = $1 AND start_day = $2", [
        second,
        day,
      ]);
      const names = async (machine: number) => (await stage.startingOn(machine, day)).map(stage.brief);
      const body = { plantId, kind: 'holiday', name: 'Fair', fromDay: day, toDay: day };
      const fair = await stage.lea.ask('POST', '/calendar-exceptions', { ...body, calendarId: mine.id });
      expect([await names(first), await names(second)]).toEqual([[], ['Left alone 8 h']]);
      // From who follows one calendar to a machine of another: both are made.
      const moved = { version: 1, calendarId: null, machineId: second };
      await stage.lea.ask('PATCH', `/calendar-exceptions/${idOf(fair)}`, moved);
      expect([await names(first), await names(second)]).toEqual([['Early 8 h'], []]);
      await stage.lea.ask('DELETE', `/calendar-exceptions/${idOf(fair)}?version=2`);
      await stage.owner("UPDATE mes.shift_instances SET name = 'Left alone' WHERE machine_id = $1 AND start_day = $2", [
        second,
        day,
      ]);
      await stage.savePlan(mine.id, mine.plan.version, ['06:00-18:00']);
      expect([await names(first), await names(second)]).toEqual([['Early 12 h'], ['Left alone 8 h']]);
    });

    const marksOf = async (machine: number) =>
      Number(
        (await stage.owner('SELECT count(*) AS n FROM mes.dirty_marks WHERE machine_id = $1', [machine]))[0]?.['n'],
      );

    it('that do not change keep their ids when others do', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00 10:00+30', '14:00-22:00']);
      await stage.follow({ plantId }, id);
      const before = await stage.startingOn(machine, stage.inDays(5));
      await stage.savePlan(id, plan.version, ['06:00-14:00 10:00+30', '14:00-22:00 18:00+15']);
      const after = await stage.startingOn(machine, stage.inDays(5));
      expect(after[0]).toEqual(before[0]);
      expect(after[1]?.id).not.toBe(before[1]?.id);
      expect(after.map(({ workMinutes }) => workMinutes)).toEqual([450, 465]);
    });
  });

  it('nobody of another organisation sees or changes', async () => {
    const { plantId, machine } = await stage.newPlant();
    const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00']);
    await stage.follow({ plantId }, id);
    expect((await stage.sid.get(`/calendars/${id}`)).status).toBe(404);
    expect((await stage.sid.get(`/calendars/${id}/plan`)).status).toBe(404);
    expect((await stage.sid.get(`/calendars/${id}/preview?from=2026-01-01&to=2026-01-02`)).status).toBe(404);
    expect((await stage.savePlan(id, plan.version, ['06:00-07:00'], stage.sid)).status).toBe(404);
    const now = Date.now();
    const range = `from=${new Date(now).toISOString()}&to=${new Date(now + 7 * 86_400_000).toISOString()}`;
    expect((await stage.sid.get(`/shift-instances?machine=${machine}&${range}`)).body).toEqual({
      items: [],
      nextCursor: null,
    });
    expect(
      (await stage.sid.ask('POST', '/shifts/overtime', { plantId, day: stage.inDays(1), start: '01:00', end: '02:00' }))
        .status,
    ).toBe(404);
    expect(
      (
        await stage.sid.ask('POST', '/shift-instances/correct', {
          plantId,
          from: stage.inDays(-2),
          to: stage.inDays(-2),
          reason,
        })
      ).status,
    ).toBe(404);
    expect(
      (await stage.sid.ask('POST', '/calendar-exceptions/holidays', { plantId, text: '2026-12-25, Christmas' })).status,
    ).toBe(404);
  });
});
