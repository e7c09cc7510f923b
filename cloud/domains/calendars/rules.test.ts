// Shift instances from calendars: clocks that change, days that are missing, and what must hold for any
// calendar at all.

import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  type CalendarPlan,
  type DayException,
  dayAt,
  type Instance,
  instancesOf,
  lengthOfDay,
  localMinutes,
} from './rules.ts';

const HOUR = 3_600_000;
const nothing = { calendarId: null, rank: 0, shiftId: null, start: null, end: null, minutesBefore: 0, minutesAfter: 0 };

/** Every day the same shifts, `22:00-06:00 02:00+30`: times, then breaks. */
function daily(...shifts: string[]): CalendarPlan {
  const made = shifts.map((text, at) => {
    const [times = '', ...breaks] = text.split(' ');
    const [start = '', end = ''] = times.split('-');
    return {
      id: at + 1,
      name: `Shift ${at + 1}`,
      start,
      end,
      breaks: breaks.map((one) => ({ start: one.slice(0, 5), minutes: Number(one.slice(6)) })),
    };
  });
  const days = [made.map(({ id }) => ({ shiftId: id, team: null }))];
  return { id: 1, name: 'Plan', businessDay: 'start', anchor: '2026-01-05', days, shifts: made };
}

function on(
  calendar: CalendarPlan,
  { zone, day, days = 1, exceptions = [] }: { zone: string; day: string; days?: number; exceptions?: DayException[] },
) {
  const following = [{ from: '0001-01-01', to: null, calendar }];
  return instancesOf({ zone, following, exceptions, from: day, to: addDays(day, days) });
}

const hours = ({ from, to }: { from: number; to: number }) => (to - from) / HOUR;
const breakHours = ({ breaks }: Instance) => breaks.reduce((total, one) => total + hours(one), 0);
const local = (zone: string, ms: number) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime().toString();

describe('a night in Berlin', () => {
  it.each([
    ['2026-03-28', 7, 6.5],
    ['2026-10-24', 9, 8.5],
    ['2026-06-01', 8, 7.5],
    ['2028-02-29', 8, 7.5],
  ])('that begins on %s has %d h, and %d h without its break at 02:00', (day, long, worked) => {
    const { instances } = on(daily('22:00-06:00 02:00+30'), { zone: 'Europe/Berlin', day });
    expect(instances.map(hours)).toEqual([long]);
    expect(instances.map((one) => hours(one) - breakHours(one))).toEqual([worked]);
    expect(instances[0]).toMatchObject({ startDay: day, businessDate: day });
  });
});

describe('clocks of other places', () => {
  it.each([
    ['Asia/Kathmandu', '2026-03-28', 8],
    ['Australia/Lord_Howe', '2026-10-03', 7.5],
    ['Australia/Lord_Howe', '2026-04-04', 8.5],
    ['America/Asuncion', '2024-10-05', 7],
    ['Pacific/Auckland', '2026-04-04', 9],
    ['America/Sao_Paulo', '2018-11-03', 7],
    ['America/St_Johns', '2026-03-07', 7],
  ])('in %s the night of %s has %d h', (zone, day, long) => {
    const { instances } = on(daily('22:00-06:00'), { zone, day });
    expect(instances.map(hours)).toEqual([long]);
  });

  it('a day that was left out at the date line has no shifts, and the night before it loses nothing', () => {
    const zone = 'Pacific/Apia';
    const { instances, overlaps } = on(daily('06:00-14:00', '14:00-22:00', '22:00-06:00'), {
      zone,
      day: '2011-12-29',
      days: 3,
    });
    expect(overlaps).toEqual([]);
    expect([...new Set(instances.map(({ startDay }) => startDay))]).toEqual(['2011-12-29', '2011-12-31']);
    expect(instances.map(hours)).toEqual([8, 8, 8, 8, 8, 8]);
    expect(local(zone, instances[3]?.from ?? 0)).toBe('2011-12-31T06:00:00');
    expect(instances[2]?.to).toBe(instances[3]?.from);
  });

  it('a shift that would end inside the leap ends when the next begins', () => {
    const calendar = daily('22:00-02:30', '03:00-06:00');
    const { instances, overlaps } = on(calendar, { zone: 'Europe/Berlin', day: '2026-03-28', days: 2 });
    expect(overlaps).toEqual([]);
    expect(instances.slice(1, 3).map(({ to, from }) => [from, to].map((ms) => local('Europe/Berlin', ms)))).toEqual([
      ['2026-03-28T22:00:00', '2026-03-29T03:00:00'],
      ['2026-03-29T03:00:00', '2026-03-29T06:00:00'],
    ]);
  });

  it('says how long a day is', () => {
    expect(['2026-03-28', '2026-03-29', '2026-10-25'].map((day) => lengthOfDay('Europe/Berlin', day) / HOUR)).toEqual([
      24, 23, 25,
    ]);
  });
});

describe('exceptions', () => {
  const zone = 'Europe/Berlin';
  const threeByEight = daily('06:00-14:00 10:00+30', '14:00-22:00', '22:00-06:00');
  const day = '2026-06-01';
  const except = (one: Partial<DayException> & Pick<DayException, 'kind'>): DayException => ({
    ...nothing,
    name: 'Said',
    fromDay: day,
    toDay: day,
    ...one,
  });
  const names = (exceptions: DayException[]) =>
    on(threeByEight, { zone, day, exceptions }).instances.map((one) => `${one.name} ${hours(one)}`);

  it('take shifts away, all or one', () => {
    expect(names([except({ kind: 'holiday' })])).toEqual([]);
    expect(names([except({ kind: 'shutdown', shiftId: 2 })])).toEqual(['Shift 1 8', 'Shift 3 8']);
  });

  it('add shifts, on a holiday too', () => {
    const extra = except({ kind: 'extra_shift', name: 'Stocktaking', start: '08:00', end: '12:00' });
    expect(names([except({ kind: 'holiday' }), extra])).toEqual(['Stocktaking 4']);
  });

  it('change hours, the machine before its plant', () => {
    const plants = except({ kind: 'changed_hours', shiftId: 1, start: '07:00', end: '14:00' });
    const machines = { ...plants, rank: 2, start: '08:00' };
    expect(names([plants])).toEqual(['Shift 1 7', 'Shift 2 8', 'Shift 3 8']);
    expect(names([plants, machines])).toEqual(['Shift 1 6', 'Shift 2 8', 'Shift 3 8']);
    expect(names([machines, plants])).toEqual(['Shift 1 6', 'Shift 2 8', 'Shift 3 8']);
  });

  it('make a shift longer, and name what it would run into', () => {
    const late = except({ kind: 'overtime', shiftId: 3, minutesAfter: 60 });
    const { overlaps } = on(threeByEight, { zone, day, days: 2, exceptions: [late] });
    expect(overlaps.map(({ first, second }) => [first.name, second.name, second.startDay])).toEqual([
      ['Shift 3', 'Shift 1', '2026-06-02'],
    ]);
    const twoShifts = daily('06:00-14:00', '14:00-22:00');
    const longer = on(twoShifts, {
      zone,
      day,
      exceptions: [
        { ...late, shiftId: 2 },
        { ...late, shiftId: 2 },
      ],
    });
    expect(longer.instances.map(hours)).toEqual([8, 10]);
    expect(longer.overlaps).toEqual([]);
  });

  it('counts a night on the day it ends where the calendar says so', () => {
    const nights = { ...daily('22:00-06:00', '16:00-00:00'), businessDay: 'end' as const };
    const { instances } = on(nights, { zone, day });
    expect(instances.map(({ businessDate }) => businessDate)).toEqual(['2026-06-01', '2026-06-02']);
  });
});

describe('any calendar', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];
  const time = (minutes: number) =>
    `${String(Math.floor((minutes % 1_440) / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  /** Round the clock without a hole: cuts of the day, the first of which begins it. */
  const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 287 }), { minLength: 1, maxLength: 5 }).map((five) =>
    five
      .toSorted((a, b) => a - b)
      .map((at) => at * 5)
      .map((at, index, all) => ({ start: time(at), end: time(all[index + 1] ?? all[0] ?? 0) })),
  );
  const zone = fc.constantFrom(...zones);
  const day = fc.integer({ min: 0, max: 6_000 }).map((days) => addDays('2011-06-01', days));
  const plan = fc.tuple(cuts, fc.integer({ min: 1, max: 90 })).map(([pieces, minutes]) => ({
    ...daily(...pieces.map(({ start, end }) => `${start}-${end}`)),
    shifts: pieces.map(({ start, end }, at) => ({
      id: at + 1,
      name: `Shift ${at + 1}`,
      start,
      end,
      breaks: localMinutes({ start, end }) > minutes + 5 ? [{ start: time(minuteOf(start) + 5), minutes }] : [],
    })),
  }));
  const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const exception = fc.record({
    kind: fc.constantFrom('holiday', 'changed_hours', 'overtime', 'extra_shift', 'shutdown'),
    rank: fc.integer({ min: 0, max: 2 }),
    shiftId: fc.option(fc.integer({ min: 1, max: 5 })),
    offset: fc.integer({ min: 0, max: 3 }),
    start: fc.integer({ min: 0, max: 1_439 }).map(time),
    minutesAfter: fc.integer({ min: 0, max: 120 }),
  });

  it('round the clock covers the time there is, to the millisecond, and nothing twice', () => {
    fc.assert(
      fc.property(plan, zone, day, (calendar, inZone, from) => {
        const { instances, overlaps } = on(calendar, { zone: inZone, day: from, days: 8 });
        expect(overlaps).toEqual([]);
        for (const [at, one] of instances.entries()) {
          if (at > 0) expect(one.from).toBe(instances[at - 1]?.to);
          for (const [index, pause] of one.breaks.entries()) {
            expect(pause.from).toBeGreaterThanOrEqual(index === 0 ? one.from : (one.breaks[index - 1]?.to ?? 0));
            expect(pause.to).toBeLessThanOrEqual(one.to);
          }
          expect(dayAt(inZone, one.from)).toBe(one.startDay);
        }
        const covered = instances.reduce((total, one) => total + one.to - one.from, 0);
        expect(covered).toBe((instances.at(-1)?.to ?? 0) - (instances[0]?.from ?? 0));
      }),
    );
  });

  it('gives the same instances in whatever order its exceptions were made', () => {
    fc.assert(
      fc.property(
        plan,
        zone,
        day,
        fc.array(exception, { maxLength: 6 }),
        fc.integer(),
        (calendar, inZone, from, made, seed) => {
          const exceptions = made.map(({ kind, rank, shiftId, offset, start, minutesAfter }): DayException => {
            const fromDay = addDays(from, offset);
            const about = {
              ...nothing,
              kind,
              name: kind,
              fromDay,
              toDay: addDays(fromDay, 1),
              rank,
            };
            if (kind === 'overtime') return { ...about, shiftId: shiftId ?? 1, minutesAfter };
            if (kind === 'changed_hours') return { ...about, shiftId: shiftId ?? 1, start, end: '23:59' };
            if (kind === 'extra_shift') return { ...about, start, end: '12:00' };
            return { ...about, shiftId };
          });
          const shuffled = exceptions.toSorted((a, b) => hash(JSON.stringify(a), seed) - hash(JSON.stringify(b), seed));
          const asked = { zone: inZone, day: from, days: 6 };
          expect(on(calendar, { ...asked, exceptions: shuffled })).toEqual(on(calendar, { ...asked, exceptions }));
        },
      ),
    );
  });

  const hash = (text: string, seed: number) =>
    Array.from(text).reduce((total, letter) => Math.imul(total ^ letter.charCodeAt(0), 16_777_619), seed | 1);
});
