// From calendars to shift instances: which shifts a machine has, from when to when, by its plant's clock.
// Pure: the same calendars and exceptions, in any order, give the same instances.
//
// 1. Each day of the rotation says which shifts start on it.
// 2. Holidays and shutdowns take shifts of the rotation away; changed hours move them (a machine's before
//    its lane's before the plant's); extra shifts are added, on holidays too.
// 3. Local times become instants as Temporal's `compatible` has it. Where the clock leaps forward, a shift
//    that ended inside the leap ends when the next one begins.
// 4. Overtime makes shifts longer, in elapsed minutes; several of them add up.
// What then overlaps is a conflict: two names and the day.

import { Temporal } from 'temporal-polyfill';

/** A break: local start, elapsed minutes. */
export interface Break {
  readonly start: string;
  readonly minutes: number;
}

export interface Shift {
  readonly id: number;
  readonly name: string;
  /** Local, `22:00`. */
  readonly start: string;
  /** Not after the start: on the next day. */
  readonly end: string;
  readonly breaks: readonly Break[];
}

export interface CalendarPlan {
  readonly id: number;
  readonly name: string;
  readonly businessDay: 'start' | 'end';
  /** Day 0 of the rotation, `2026-01-05`. */
  readonly anchor: string;
  /** Which shifts start on each day of the rotation. */
  readonly days: readonly (readonly { readonly shiftId: number; readonly team: string | null }[])[];
  readonly shifts: readonly Shift[];
}

export interface DayException {
  readonly kind: 'holiday' | 'shutdown' | 'extra_shift' | 'changed_hours' | 'overtime';
  readonly name: string;
  /** Days on which shifts start, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  /** Only for who follows this calendar; null: for all. */
  readonly calendarId: number | null;
  /** 0 the plant's, 1 a lane's, 2 a machine's: the highest wins among changed hours. */
  readonly rank: number;
  readonly shiftId: number | null;
  readonly start: string | null;
  readonly end: string | null;
  readonly minutesBefore: number;
  readonly minutesAfter: number;
}

/** Days from `from` until before `to` (null: open-ended) on which one calendar is followed. */
export interface Following {
  readonly from: string;
  readonly to: string | null;
  readonly calendar: CalendarPlan | null;
}

/** Half-open, in ms since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Instance extends Span {
  readonly calendarId: number | null;
  readonly name: string;
  readonly team: string | null;
  readonly kind: 'regular' | 'extra' | 'overtime';
  /** The local day on which it starts, and the one it is counted on. */
  readonly startDay: string;
  readonly businessDate: string;
  /** Within the shift, in order, apart from one another. */
  readonly breaks: readonly Span[];
}

export interface Overlap {
  readonly first: Instance;
  readonly second: Instance;
}

/** A shift as answers name it. */
export const named = ({ name, from, to }: Instance): { name: string; from: string; to: string } => ({
  name,
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

export interface Question {
  readonly zone: string;
  readonly following: readonly Following[];
  readonly exceptions: readonly DayException[];
  /** Days on which shifts start: from, until before. */
  readonly from: string;
  readonly to: string;
}

/** A shift on one day before clocks come into it. */
interface Planned {
  readonly calendar: CalendarPlan | null;
  readonly shiftId: number | null;
  readonly name: string;
  readonly team: string | null;
  readonly kind: Instance['kind'];
  readonly start: string;
  readonly end: string;
  readonly breaks: readonly Break[];
}

const MINUTE_MS = 60_000;

/** Instances in order of their start, and what of them overlaps. */
export function instancesOf(question: Question): { instances: Instance[]; overlaps: Overlap[] } {
  const { zone, from, to } = question;
  const drafts: Draft[] = [];
  for (const day of daysBetween(from, to)) {
    if (!existsIn(zone, day)) continue;
    for (const planned of plannedOn(question, day)) drafts.push(draftOf(planned, day, zone));
  }
  drafts.sort((a, b) => a.from - b.from || a.nominal.from - b.nominal.from || compareText(a.name, b.name));
  endWithinLeaps(drafts);
  const instances = drafts
    .map((draft) => lengthened(draft, question))
    .filter((instance) => instance.from < instance.to)
    .sort((a, b) => a.from - b.from || a.to - b.to || compareText(a.name, b.name));
  return { instances, overlaps: overlapsOf(instances) };
}

/** `2026-03-28`, … until before `to`. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = Temporal.PlainDate.from(from); day.toString() < to; day = day.add({ days: 1 })) {
    days.push(day.toString());
  }
  return days;
}

export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** The day that a plant's calendar shows at an instant. */
export function dayAt(zone: string, ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/** From a day's midnight to the next one's: 23, 24 or 25 h where clocks change by an hour. */
export function lengthOfDay(zone: string, day: string): number {
  return instantOf(zone, addDays(day, 1), '00:00') - instantOf(zone, day, '00:00');
}

/** Minutes of a shift by its local times: 22:00–06:00 is 480, 06:00–06:00 is 1440. */
export function localMinutes({ start, end }: { start: string; end: string }): number {
  const minutes = minuteOf(end) - minuteOf(start);
  return minutes > 0 ? minutes : minutes + 1_440;
}

/** Minutes from the shift's start to a local time of it. */
export function minutesInto(shift: { start: string }, time: string): number {
  return (minuteOf(time) - minuteOf(shift.start) + 1_440) % 1_440;
}

function plannedOn({ following, exceptions }: Question, day: string): Planned[] {
  const calendar = following.find(({ from, to }) => from <= day && (to === null || day < to))?.calendar ?? null;
  const valid = exceptions.filter(
    ({ fromDay, toDay, calendarId }) =>
      fromDay <= day && day <= toDay && (calendarId === null || calendarId === calendar?.id),
  );
  const regular = calendar ? regularOn(calendar, valid, day) : [];
  return [...regular, ...extraOn(calendar, valid)];
}

function regularOn(calendar: CalendarPlan, exceptions: readonly DayException[], day: string): Planned[] {
  const cycle = calendar.days.length;
  if (cycle === 0) return [];
  const since = Temporal.PlainDate.from(calendar.anchor).until(Temporal.PlainDate.from(day)).days;
  const planned: Planned[] = [];
  for (const { shiftId, team } of calendar.days[((since % cycle) + cycle) % cycle] ?? []) {
    const shift = calendar.shifts.find(({ id }) => id === shiftId);
    const about = exceptions.filter((one) => one.shiftId === null || one.shiftId === shiftId);
    if (!shift || about.some(({ kind }) => kind === 'holiday' || kind === 'shutdown')) continue;
    const changed = about
      .filter(({ kind }) => kind === 'changed_hours')
      .sort((a, b) => b.rank - a.rank || compareText(`${a.start}${a.end}`, `${b.start}${b.end}`))[0];
    const { name, breaks } = shift;
    const start = changed?.start ?? shift.start;
    const end = changed?.end ?? shift.end;
    planned.push({ calendar, shiftId, name, team, kind: 'regular', start, end, breaks });
  }
  return planned;
}

function extraOn(calendar: CalendarPlan | null, exceptions: readonly DayException[]): Planned[] {
  return exceptions.flatMap(({ kind, name, start, end }) => {
    if (start === null || end === null || (kind !== 'extra_shift' && kind !== 'overtime')) return [];
    const as = kind === 'overtime' ? ('overtime' as const) : ('extra' as const);
    return [{ calendar, shiftId: null, name, team: null, kind: as, start, end, breaks: [] }];
  });
}

interface Draft extends Omit<Instance, 'businessDate' | 'breaks'> {
  from: number;
  to: number;
  /** By the clock on the wall, as if every day had 24 hours: tells overlaps of people from those of clocks. */
  readonly nominal: Span;
  readonly planned: Planned;
}

function draftOf(planned: Planned, day: string, zone: string): Draft {
  const { calendar, name, team, kind, start } = planned;
  const from = instantOf(zone, day, start);
  const to = localAfter(zone, day, { start, minutes: localMinutes(planned) });
  const nominalFrom = Date.parse(`${day}T${start}Z`);
  const nominal = { from: nominalFrom, to: nominalFrom + localMinutes(planned) * MINUTE_MS };
  return { calendarId: calendar?.id ?? null, name, team, kind, startDay: day, from, to, nominal, planned };
}

/**
 * A time inside a leap of the clock is read as so much later, and may pass the start of the next shift,
 * which lies behind the leap. Nobody planned that: the earlier one ends there.
 */
function endWithinLeaps(drafts: Draft[]): void {
  for (const [at, draft] of drafts.entries()) {
    const next = drafts[at + 1];
    if (next && draft.to > next.from && draft.nominal.to <= next.nominal.from) draft.to = next.from;
  }
}

function lengthened(draft: Draft, { zone, exceptions }: Question): Instance {
  const { planned, calendarId, name, team, kind, startDay } = draft;
  const { calendar, shiftId } = planned;
  const overtime = exceptions.filter(
    (one) =>
      one.kind === 'overtime' &&
      shiftId !== null &&
      one.shiftId === shiftId &&
      one.fromDay <= startDay &&
      startDay <= one.toDay &&
      (one.calendarId === null || one.calendarId === calendar?.id),
  );
  const from = draft.from - sum(overtime.map(({ minutesBefore }) => minutesBefore)) * MINUTE_MS;
  const to = draft.to + sum(overtime.map(({ minutesAfter }) => minutesAfter)) * MINUTE_MS;
  const businessDate = calendar?.businessDay === 'end' ? dayAt(zone, to - 1) : startDay;
  const breaks = breaksOf(draft, { zone, from, to });
  return { calendarId, name, team, kind, startDay, businessDate, from, to, breaks };
}

function breaksOf({ planned, startDay }: Draft, { zone, from, to }: Span & { zone: string }): Span[] {
  const spans = planned.breaks
    .map(({ start, minutes }) => {
      const begin = localAfter(zone, startDay, { start: planned.start, minutes: minutesInto(planned, start) });
      return { from: Math.max(from, begin), to: Math.min(to, begin + minutes * MINUTE_MS) };
    })
    .filter((span) => span.from < span.to)
    .sort((a, b) => a.from - b.from);
  const apart: { from: number; to: number }[] = [];
  for (const span of spans) {
    const last = apart.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else apart.push(span);
  }
  return apart;
}

function overlapsOf(instances: readonly Instance[]): Overlap[] {
  const overlaps: Overlap[] = [];
  let latest: Instance | undefined;
  for (const second of instances) {
    if (latest && second.from < latest.to) overlaps.push({ first: latest, second });
    if (!latest || second.to > latest.to) latest = second;
  }
  return overlaps;
}

/** The instant of a local time so many minutes by the clock on the wall after a day's `start`. */
function localAfter(zone: string, day: string, { start, minutes }: { start: string; minutes: number }): number {
  const local = Temporal.PlainDateTime.from(`${day}T${start}`).add({ minutes });
  return local.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

function instantOf(zone: string, day: string, time: string): number {
  return localAfter(zone, day, { start: time, minutes: 0 });
}

/** Some places have left out a day when they moved over the date line. */
function existsIn(zone: string, day: string): boolean {
  return dayAt(zone, instantOf(zone, day, '00:00')) === day;
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
