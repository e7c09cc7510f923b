// A rotation as the page edits it, and the changes that painting makes. Pure.

export interface PlanShift {
  readonly id?: number;
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly breaks: readonly { readonly start: string; readonly minutes: number }[];
}
export interface Plan {
  readonly version: number;
  readonly anchor: string;
  readonly shifts: readonly PlanShift[];
  readonly days: readonly (readonly { readonly shift: string; readonly team: string | null }[])[];
}

/** A piece of a day's hours, in minutes from midnight. */
export interface Bar {
  readonly shift: string;
  readonly team: string | null;
  readonly from: number;
  readonly to: number;
  /** Goes on from the day before. */
  readonly continued: boolean;
  readonly isBreak: boolean;
}

const DAY = 1_440;

export const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
export const timeOf = (minutes: number): string =>
  `${String(Math.floor((minutes % DAY) / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Puts a shift into a day of the rotation, or takes it out. */
export function painted(plan: Plan, day: number, { shift, on }: { shift: string; on: boolean }): Plan {
  const there = plan.days[day] ?? [];
  if (there.some((one) => one.shift === shift) === on) return plan;
  const after = on ? [...there, { shift, team: null }] : there.filter((one) => one.shift !== shift);
  return { ...plan, days: plan.days.map((one, at) => (at === day ? after : one)) };
}

export function withShift(plan: Plan, at: number, change: Partial<PlanShift>): Plan {
  const before = plan.shifts[at]?.name;
  const { name } = change;
  return {
    ...plan,
    shifts: plan.shifts.map((shift, index) => (index === at ? { ...shift, ...change } : shift)),
    days:
      name === undefined
        ? plan.days
        : plan.days.map((day) => day.map((one) => (one.shift === before ? { ...one, shift: name } : one))),
  };
}

export function withoutShift(plan: Plan, name: string): Plan {
  return {
    ...plan,
    shifts: plan.shifts.filter((shift) => shift.name !== name),
    days: plan.days.map((day) => day.filter((one) => one.shift !== name)),
  };
}

/** A new shift, on one day or on none. */
export function addedShift(plan: Plan, shift: PlanShift, day?: number): Plan {
  const more = { ...plan, shifts: [...plan.shifts, shift] };
  return day === undefined ? more : painted(more, day, { shift: shift.name, on: true });
}

/** The hours of one day of the rotation, with what goes on from the day before. */
export function barsOf(plan: Plan, day: number): Bar[] {
  const before = (day - 1 + plan.days.length) % plan.days.length;
  return [
    ...pieces(plan, before)
      .filter(({ from }) => from >= DAY)
      .map(backADay),
    ...pieces(plan, day).filter(({ from }) => from < DAY),
  ];
}

const backADay = (bar: Bar): Bar => ({ ...bar, from: bar.from - DAY, to: bar.to - DAY, continued: true });

/** All bars of the shifts that start on a day; what passes midnight is cut there. */
function pieces({ shifts, days }: Plan, day: number): Bar[] {
  return (days[day] ?? []).flatMap(({ shift: name, team }) => {
    const shift = shifts.find((one) => one.name === name);
    if (!shift) return [];
    const start = minuteOf(shift.start);
    const length = (minuteOf(shift.end) - start + DAY) % DAY || DAY;
    const cut = (from: number, to: number, isBreak: boolean): Bar[] =>
      [
        [from, Math.min(to, Math.max(from, DAY))],
        [Math.max(from, DAY), to],
      ]
        .filter(([begin = 0, end = 0]) => begin < end)
        .map(([begin = 0, end = 0]) => ({ shift: name, team, from: begin, to: end, continued: false, isBreak }));
    const breaks = shift.breaks.flatMap((pause) => {
      const from = start + ((minuteOf(pause.start) - start + DAY) % DAY);
      return cut(from, from + pause.minutes, true);
    });
    return [...cut(start, start + length, false), ...breaks];
  });
}
