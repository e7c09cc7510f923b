// Calendars over HTTP, on both kinds of database: rotations, exceptions, holidays and overtime, what is
// refused, and two people at once.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import { type CalendarStage, calendarStage, detail, fieldsOf, idOf, type Planned, reason } from './test-stage.ts';

describe.each(databaseKinds)('changes of a calendar (%s)', (on) => {
  let stage: CalendarStage;
  beforeAll(async () => {
    stage = await calendarStage(on);
  });
  afterAll(() => stage?.stop());

  describe('exceptions', () => {
    it('take shifts away, change and add them, for the plant, a lane or a machine; archived, they are undone', async () => {
      const { plantId, laneId, machineIds } = await stage.newPlant({ machines: 2 });
      const [first = 0, second = 0] = machineIds;
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
      await stage.follow({ plantId }, id);
      const [early, late] = plan.shifts.map((shift) => shift.id);
      const day = stage.inDays(7);
      const except = (more: object) =>
        stage.lea.ask('POST', '/calendar-exceptions', { plantId, name: 'Said', fromDay: day, toDay: day, ...more });
      const both = async () => [
        (await stage.startingOn(first, day)).map(stage.brief),
        (await stage.startingOn(second, day)).map(stage.brief),
      ];

      const holiday = await except({ kind: 'holiday' });
      expect(await both()).toEqual([[], []]);
      const extra = await except({
        kind: 'extra_shift',
        machineId: second,
        name: 'Stocktaking',
        startTime: '08:00',
        endTime: '12:00',
      });
      expect(await both()).toEqual([[], ['Stocktaking 4 h']]);
      for (const made of [extra, holiday])
        expect((await stage.lea.ask('DELETE', `/calendar-exceptions/${idOf(made)}?version=1`)).status).toBe(200);
      expect(await both()).toEqual([
        ['Early 8 h', 'Late 8 h'],
        ['Early 8 h', 'Late 8 h'],
      ]);

      await except({ kind: 'shutdown', laneId, shiftId: late });
      const hours = await except({
        kind: 'changed_hours',
        machineId: first,
        shiftId: early,
        startTime: '07:00',
        endTime: '13:00',
      });
      expect(await both()).toEqual([['Early 6 h'], ['Early 8 h']]);
      await stage.lea.ask('PATCH', `/calendar-exceptions/${idOf(hours)}`, { version: 1, endTime: '12:00' });
      expect(await both()).toEqual([['Early 5 h'], ['Early 8 h']]);
    });

    it.each([
      ['body/startTime', { kind: 'extra_shift' }],
      ['body/shiftId', { kind: 'changed_hours', startTime: '06:00', endTime: '07:00' }],
      ['body/toDay', { kind: 'holiday', toDay: '2026-01-01', fromDay: '2026-01-02' }],
      ['body/toDay', { kind: 'holiday', toDay: '2029-01-01', fromDay: '2026-01-02' }],
      ['body/endTime', { kind: 'extra_shift', startTime: '06:00' }],
      ['body/minutesAfter', { kind: 'holiday', minutesAfter: 5 }],
      ['body/startTime', { kind: 'extra_shift', startTime: '6 o’clock', endTime: '07:00' }],
      ['body/machineId', { kind: 'holiday', machineId: 2_000_000_000 }],
    ])('that make no sense are refused at %s', async (path, wrong) => {
      const { plantId } = stage.story.plants.lea;
      const answer = await stage.lea.ask('POST', '/calendar-exceptions', {
        plantId,
        name: 'Wrong',
        fromDay: stage.inDays(1),
        toDay: stage.inDays(1),
        ...wrong,
      });
      expect([answer.status, fieldsOf(answer)[0]]).toEqual([400, path]);
    });

    it('of another plant’s machine are refused', async () => {
      const here = await stage.newPlant();
      const there = await stage.newPlant();
      const answer = await stage.lea.ask('POST', '/calendar-exceptions', {
        plantId: here.plantId,
        kind: 'holiday',
        name: 'Wrong',
        fromDay: stage.inDays(1),
        toDay: stage.inDays(1),
        machineId: there.machine,
      });
      expect([answer.status, fieldsOf(answer)]).toEqual([400, ['body/machineId']]);
    });

    it('come as a list of holidays, pasted or as CSV; known days are left out', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId }, id);
      const text = `date;name\n${stage.inDays(4)};"Founders' Day"\n${stage.inDays(6)}, Fair\n`;
      const added = await stage.lea.ask('POST', '/calendar-exceptions/holidays', { plantId, text });
      expect([added.status, added.body]).toEqual([200, { added: 2, known: 0 }]);
      const again = await stage.lea.ask('POST', '/calendar-exceptions/holidays', {
        plantId,
        text: `${text}${stage.inDays(300)}\tFar away`,
      });
      expect(again.body).toEqual({ added: 1, known: 2 });
      expect((await stage.shiftsOf(machine, stage.inDays(3), stage.inDays(8))).map(({ startDay }) => startDay)).toEqual(
        [stage.inDays(3), stage.inDays(5), stage.inDays(7)],
      );
      const wrong = await stage.lea.ask('POST', '/calendar-exceptions/holidays', {
        plantId,
        text: `${stage.inDays(1)}, Fine\n2026-02-30, Never`,
      });
      expect([wrong.status, detail(wrong)]).toEqual([400, expect.stringContaining('line 2')]);
    });

    it('are imported as CSV, all or none', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId }, id);
      const name = `Plant ${await plantNumber(plantId)}`;
      const csv = `plantId,kind,name,fromDay,toDay\n${name},holiday,Fair,${stage.inDays(4)},${stage.inDays(5)}\n`;
      expect((await stage.lea.ask('POST', '/calendar-exceptions/import', csv)).status).toBe(200);
      expect((await stage.shiftsOf(machine, stage.inDays(3), stage.inDays(7))).map(({ startDay }) => startDay)).toEqual(
        [stage.inDays(3), stage.inDays(6)],
      );
    });

    it('are imported by the hundred, and shifts are made once', async () => {
      const { plantId, machine } = await stage.newPlant({ machines: 3 });
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId }, id);
      // Each time that shifts are made, what differs is deleted by one statement.
      await stage.owner('CREATE TABLE public.made (plant_id int)', []);
      await stage.owner(
        `CREATE FUNCTION public.note_made() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
         $$ BEGIN INSERT INTO public.made SELECT min(plant_id) FROM gone; RETURN NULL; END $$`,
        [],
      );
      await stage.owner(
        `CREATE TRIGGER note_made AFTER DELETE ON mes.shift_instances REFERENCING OLD TABLE AS gone
         FOR EACH STATEMENT EXECUTE FUNCTION public.note_made()`,
        [],
      );
      const name = `Plant ${await plantNumber(plantId)}`;
      const days = Array.from({ length: 300 }, (_, at) => stage.inDays(2 + at));
      const csv = `plantId,kind,name,fromDay,toDay\n${days.map((day) => `${name},holiday,Off ${day},${day},${day}`).join('\n')}\n`;
      const answer = await stage.lea.ask('POST', '/calendar-exceptions/import', csv);
      await stage.owner('DROP TRIGGER note_made ON mes.shift_instances', []);
      expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ created: 300, faults: [] })]);
      expect(await stage.shiftsOf(machine, stage.inDays(2), stage.inDays(30))).toEqual([]);
      expect(await stage.owner('SELECT plant_id FROM public.made WHERE plant_id = $1', [plantId])).toHaveLength(1);
      // One that cannot be is told by its line, and nothing of the file is there.
      const { shifts } = (await stage.lea.get(`/calendars/${id}/plan`)).body as Planned;
      expect(shifts).toHaveLength(1);
      const far = stage.inDays(350);
      const overlapping = `plantId,kind,name,fromDay,toDay,startTime,endTime\n${name},holiday,Fine,${stage.inDays(340)},${stage.inDays(340)},,\n${name},extra_shift,Meets,${far},${far},13:00,15:00\n`;
      const refused = await stage.lea.ask('POST', '/calendar-exceptions/import', overlapping);
      expect(refused.body).toMatchObject({ faults: [{ line: 3, code: 'shifts_overlap' }] });
    });

    const plantNumber = async (plantId: number) =>
      Number(((await stage.lea.get(`/plants/${plantId}`)).body as { name: string }).name.slice(6));
  });

  it('come with samples to import, which are followed by shifts', async () => {
    const { plantId, machine } = await stage.newPlant({ name: 'Plant North', lane: 'Line 1' });
    // The samples are of an organisation with one line of that name.
    await stage.owner("UPDATE mes.lanes SET name = 'Other' WHERE plant_id <> $1 AND name = 'Line 1'", [plantId]);
    for (const name of ['calendars', 'calendar-exceptions', 'work-center-shifts']) {
      const csv = await readFile(new URL(`../../../docs/samples/${name}.csv`, import.meta.url), 'utf8');
      const answer = await stage.lea.ask('POST', `/${name}/import`, csv);
      expect([name, answer.status, answer.body]).toEqual([name, 200, expect.objectContaining({ faults: [] })]);
    }
    const text = await readFile(new URL('../../../docs/samples/holidays.csv', import.meta.url), 'utf8');
    const holidays = await stage.lea.ask('POST', '/calendar-exceptions/holidays', { plantId, text });
    expect(holidays.body).toEqual({ added: 5, known: 1 });
    expect(machine).toBeGreaterThan(0);
  });

  describe('overtime', () => {
    it('makes a shift longer or adds one, for a machine, a lane or the plant', async () => {
      const { plantId, laneId, machineIds } = await stage.newPlant({ machines: 2 });
      const [first = 0, second = 0] = machineIds;
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00 10:00+30']);
      await stage.follow({ plantId }, id);
      const shiftId = plan.shifts[0]?.id;
      const day = stage.inDays(3);
      const overtime = (more: object) => stage.lea.ask('POST', '/shifts/overtime', { plantId, day, ...more });
      expect((await overtime({ machineId: first, shiftId, minutes: 60 })).status).toBe(201);
      expect((await overtime({ laneId, shiftId, minutes: 30, before: true })).status).toBe(201);
      expect((await overtime({ start: '16:00', end: '18:00' })).status).toBe(201);
      expect((await stage.startingOn(first, day)).map(stage.brief)).toEqual(['Early 9.5 h', 'Overtime 2 h']);
      expect((await stage.startingOn(second, day)).map((shift) => `${stage.brief(shift)} ${shift.kind}`)).toEqual([
        'Early 8.5 h regular',
        'Overtime 2 h overtime',
      ]);
      expect((await stage.startingOn(second, day))[0]?.workMinutes).toBe(480);
      expect((await overtime({ shiftId })).status).toBe(400);
      expect((await overtime({ minutes: 30 })).status).toBe(400);
    });

    it('that would run into the next shift is refused, and both are named', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
      await stage.follow({ plantId }, id);
      for (const day of [stage.inDays(3), stage.inDays(200)]) {
        const answer = await stage.lea.ask('POST', '/shifts/overtime', {
          plantId,
          machineId: machine,
          day,
          shiftId: plan.shifts[0]?.id,
          minutes: 60,
        });
        expect(answer.status).toBe(409);
        expect(detail(answer)).toMatch(
          /On Machine 1, Early \(.*06:00–15:00\) and Late \(.*14:00–22:00\) would overlap/,
        );
      }
      expect((await stage.startingOn(machine, stage.inDays(3))).map(stage.brief)).toEqual(['Early 8 h', 'Late 8 h']);
      expect(
        ((await stage.lea.get(`/calendar-exceptions?plantId=${plantId}`)).body as { items: unknown[] }).items,
      ).toEqual([]);
    });

    it('on a day that is past is a correction, and needs a reason', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId }, id);
      const day = stage.inDays(-3);
      await stage.lea.ask('POST', '/shift-instances/correct', { plantId, from: day, to: day, reason });
      const body = { plantId, machineId: machine, day, shiftId: plan.shifts[0]?.id, minutes: 90 };
      const without = await stage.lea.ask('POST', '/shifts/overtime', body);
      expect([without.status, fieldsOf(without)]).toEqual([400, ['body/reason']]);
      expect((await stage.lea.ask('POST', '/shifts/overtime', { ...body, reason })).status).toBe(201);
      expect(await stage.startingOn(machine, day)).toMatchObject([{ minutes: 570, state: 'ended', version: 2 }]);
    });
  });

  describe('a rotation', () => {
    it.each([
      ['3x8', ['Early', 'Late', 'Night'], 7, 15],
      ['2x8', ['Early', 'Late'], 7, 10],
      ['4-team-12h', ['Day', 'Night'], 8, 16],
    ])('begins as %s with one click, and is edited like any other', async (pattern, names, cycle, starts) => {
      const { plantId } = await stage.newPlant();
      const id = idOf(await stage.lea.ask('POST', '/calendars', { plantId, name: 'Started' }));
      const answer = await stage.lea.ask('POST', `/calendars/${id}/apply-pattern`, { version: 1, pattern });
      const plan = answer.body as Planned;
      expect(answer.status).toBe(200);
      expect([plan.shifts.map(({ name }) => name), plan.days.length, plan.days.flat().length]).toEqual([
        names,
        cycle,
        starts,
      ]);
      const { version, anchor, shifts, days } = plan;
      const edited = await stage.lea.ask('PUT', `/calendars/${id}/plan`, {
        version,
        anchor,
        shifts: shifts.map((shift) => ({ ...shift, breaks: [] })),
        days,
      });
      expect(edited.body).toEqual({
        ...plan,
        version: version + 1,
        shifts: shifts.map((shift) => ({ ...shift, breaks: [] })),
      });
    });

    it('of four teams gives each team two days, two nights and four days off', async () => {
      const { plantId, machine } = await stage.newPlant();
      const id = idOf(await stage.lea.ask('POST', '/calendars', { plantId, name: 'Teams' }));
      await stage.lea.ask('POST', `/calendars/${id}/apply-pattern`, {
        version: 1,
        pattern: '4-team-12h',
        names: ['Tag', 'Nacht'],
      });
      await stage.follow({ plantId }, id);
      const all = (await stage.shiftsOf(machine, stage.inDays(2), stage.inDays(26))).filter(
        ({ startDay }) => startDay >= stage.inDays(2),
      );
      const minutes = (team: string) =>
        all.filter((shift) => shift.team === team).reduce((total, shift) => total + shift.minutes, 0);
      expect(['A', 'B', 'C', 'D'].map(minutes)).toEqual([0, 1, 2, 3].map(() => 12 * 60 * 12));
      expect(new Set(all.map(({ name }) => name))).toEqual(new Set(['Tag', 'Nacht']));
    });

    it.each([
      [
        'a break outside its shift',
        {
          shifts: [{ name: 'A', start: '06:00', end: '14:00', breaks: [{ start: '13:45', minutes: 30 }] }],
          days: [[]],
        },
        400,
      ],
      [
        'two breaks at once',
        {
          shifts: [
            {
              name: 'A',
              start: '06:00',
              end: '14:00',
              breaks: [
                { start: '09:00', minutes: 30 },
                { start: '09:15', minutes: 30 },
              ],
            },
          ],
          days: [[]],
        },
        400,
      ],
      ['an unknown shift', { shifts: [], days: [[{ shift: 'A' }]] }, 400],
      [
        'one name twice',
        { shifts: [1, 2].map(() => ({ name: 'A', start: '06:00', end: '14:00', breaks: [] })), days: [[]] },
        400,
      ],
      ['a time that is none', { shifts: [{ name: 'A', start: '25:00', end: '14:00', breaks: [] }], days: [[]] }, 400],
      [
        'shifts that overlap',
        {
          shifts: [
            { name: 'A', start: '06:00', end: '14:00', breaks: [] },
            { name: 'B', start: '13:00', end: '15:00', breaks: [] },
          ],
          days: [[{ shift: 'A' }, { shift: 'B' }]],
        },
        409,
      ],
      [
        'a last day that runs into the first',
        {
          shifts: [
            { name: 'A', start: '22:00', end: '08:00', breaks: [] },
            { name: 'B', start: '06:00', end: '14:00', breaks: [] },
          ],
          days: [[{ shift: 'B' }], [{ shift: 'A' }]],
        },
        409,
      ],
    ])('with %s is refused, and nothing is changed', async (_, plan, status) => {
      const { plantId } = await stage.newPlant();
      const { id, plan: before } = await stage.newCalendar(plantId, ['06:00-14:00']);
      const answer = await stage.lea.ask('PUT', `/calendars/${id}/plan`, {
        version: before.version,
        anchor: '2026-01-05',
        ...plan,
      });
      expect(answer.status).toBe(status);
      if (status === 409) expect(detail(answer)).toMatch(/^A of day \d and B of day \d|^B of day \d and A of day \d/);
      expect((await stage.lea.get(`/calendars/${id}/plan`)).body).toEqual(before);
    });

    it('is saved by one of two people at a time', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId }, id);
      const answers = await Promise.all([
        stage.savePlan(id, plan.version, ['06:00-12:00'], stage.lea),
        stage.savePlan(id, plan.version, ['06:00-18:00'], stage.max),
      ]);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
      expect((await stage.startingOn(machine, stage.inDays(2))).map(stage.brief)).toEqual([
        answers[0]?.status === 200 ? 'Early 6 h' : 'Early 12 h',
      ]);
    });

    it('and exceptions changed by many at once end in the same shifts as one after the other', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00']);
      await stage.follow({ plantId }, id);
      const day = stage.inDays(9);
      const made = await Promise.all(
        [15, 20, 25, 30].map((minutes, at) =>
          (at % 2 ? stage.max : stage.lea).ask('POST', '/shifts/overtime', {
            plantId,
            day,
            shiftId: plan.shifts[0]?.id,
            minutes,
          }),
        ),
      );
      expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      expect((await stage.startingOn(machine, day)).map(({ minutes }) => minutes)).toEqual([480 + 90]);
    });

    it('gives a shift that was taken out back with its id, and none goes that overtime is about', async () => {
      const { plantId } = await stage.newPlant();
      const { id, plan } = await stage.newCalendar(plantId, ['06:00-14:00', '16:00-20:00']);
      const late = plan.shifts[1];
      const without = await stage.savePlan(id, plan.version, ['06:00-14:00']);
      const { version } = without.body as Planned;
      const { anchor, shifts, days } = plan;
      const back = await stage.lea.ask('PUT', `/calendars/${id}/plan`, { version, anchor, shifts, days });
      expect((back.body as Planned).shifts[1]).toEqual(late);
      await stage.lea.ask('POST', '/shifts/overtime', {
        plantId,
        day: stage.inDays(2),
        shiftId: late?.id,
        minutes: 30,
      });
      const refused = await stage.savePlan(id, version + 1, ['06:00-14:00']);
      expect([refused.status, detail(refused)]).toEqual([409, expect.stringContaining('Late')]);
    });

    it('counts a night on the day it ends where the calendar says so', async () => {
      const { plantId, machine } = await stage.newPlant();
      const { id } = await stage.newCalendar(plantId, ['22:00-06:00'], { businessDay: 'end' });
      await stage.follow({ plantId }, id);
      expect(await stage.startingOn(machine, stage.inDays(2))).toMatchObject([
        { startDay: stage.inDays(2), businessDate: stage.inDays(3) },
      ]);
    });
  });
});
