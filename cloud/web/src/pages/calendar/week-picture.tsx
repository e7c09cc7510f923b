// The rotation as a picture one can paint: a row for each day, a column to paint for each shift, and the
// hours of the day with breaks. Every stroke of the pointer has its keys.

import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { addedShift, barsOf, minuteOf, type Plan, painted, timeOf } from './plan.ts';
import { calendarWords } from './words.ts';

const STEP_MINUTES = 30;
const DAY = 1_440;

/** `Monday`, where the rotation is whole weeks; else the day's number with its first date. */
export function useDayName(plan: Pick<Plan, 'anchor' | 'days'>): (day: number) => string {
  const words = useWords(calendarWords);
  const { language } = useSettings();
  return (day) => {
    if (plan.days.length % 7 !== 0) return `${words.day} ${day + 1}`;
    const date = new Date(Date.parse(`${plan.anchor}T00:00:00Z`) + day * 86_400_000);
    const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(date);
    return plan.days.length === 7 ? name : `${name} ${Math.floor(day / 7) + 1}`;
  };
}

export function WeekPicture({ plan, change, may }: { plan: Plan; change: (plan: Plan) => void; may: boolean }) {
  const words = useWords(calendarWords);
  const dayName = useDayName(plan);
  const table = useRef<HTMLTableElement>(null);
  // What a stroke puts in or takes out, while the pointer is down.
  const [stroke, setStroke] = useState<boolean | null>(null);
  const paint = (day: number, shift: string, on: boolean): void => change(painted(plan, day, { shift, on }));
  const move = (event: KeyboardEvent, row: number, column: number): void => {
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    table.current?.querySelector<HTMLElement>(`[data-cell="${row + step[0]} ${column + step[1]}"]`)?.focus();
  };
  return (
    <div className="week-scroll">
      <table
        className="week-picture"
        ref={table}
        onPointerUp={() => setStroke(null)}
        onPointerLeave={() => setStroke(null)}
      >
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            {plan.shifts.map(({ name, start, end }, at) => (
              <th scope="col" key={name}>
                <span className={`swatch shift-${at % 6}`} aria-hidden="true" /> {name}
                <span className="unit">
                  {start}–{end}
                </span>
              </th>
            ))}
            <th scope="col" className="hours">
              <span className="hidden">{words.hours}</span>
              {[0, 6, 12, 18, 24].map((hour) => (
                <span key={hour} aria-hidden="true" style={{ left: `${(hour / 24) * 100}%` }}>
                  {String(hour).padStart(2, '0')}
                </span>
              ))}
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.days.map((on, day) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a day of the rotation is its number
            <tr key={day}>
              <th scope="row">{dayName(day)}</th>
              {plan.shifts.map(({ name }, at) => {
                const there = on.find(({ shift }) => shift === name);
                return (
                  <td key={name}>
                    <button
                      type="button"
                      className={`cell shift-${at % 6}`}
                      data-cell={`${day} ${at}`}
                      aria-pressed={there !== undefined}
                      aria-label={words.starts(name, dayName(day))}
                      aria-disabled={!may}
                      onPointerDown={(event) => {
                        if (!may || event.button !== 0) return;
                        event.currentTarget.releasePointerCapture(event.pointerId);
                        setStroke(!there);
                        paint(day, name, !there);
                      }}
                      onPointerEnter={() => stroke !== null && paint(day, name, stroke)}
                      onClick={(event) => {
                        // With keys; the pointer has painted already.
                        if (may && event.detail === 0) paint(day, name, !there);
                      }}
                      onKeyDown={(event) => move(event, day, at)}
                    >
                      {there ? (there.team ?? '●') : ''}
                    </button>
                  </td>
                );
              })}
              <Hours
                plan={plan}
                day={day}
                add={may ? (from, to) => change(newShift(plan, { day, from, to, name: words.newName })) : null}
              />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function newShift(
  plan: Plan,
  { day, from, to, name }: { day: number; from: number; to: number; name: (number: number) => string },
): Plan {
  let number = plan.shifts.length + 1;
  while (plan.shifts.some((shift) => shift.name === name(number))) number += 1;
  return addedShift(plan, { name: name(number), start: timeOf(from), end: timeOf(to), breaks: [] }, day);
}

function Hours({ plan, day, add }: { plan: Plan; day: number; add: ((from: number, to: number) => void) | null }) {
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const minuteAt = (event: PointerEvent<HTMLElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return Math.round((share * DAY) / STEP_MINUTES) * STEP_MINUTES;
  };
  const place = (from: number, to: number) => ({
    left: `${(from / DAY) * 100}%`,
    width: `${((to - from) / DAY) * 100}%`,
  });
  const begin = Math.min(drag?.from ?? 0, drag?.to ?? 0);
  const end = Math.max(drag?.from ?? 0, drag?.to ?? 0);
  return (
    <td
      className={add ? 'hours paintable' : 'hours'}
      onPointerDown={(event) => {
        if (!add || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = minuteAt(event);
        setDrag({ from: at, to: at });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: minuteAt(event) })}
      onPointerCancel={() => setDrag(null)}
      onPointerUp={() => {
        setDrag(null);
        if (add && end > begin) add(begin, end);
      }}
    >
      {barsOf(plan, day).map((bar) => (
        <span
          key={`${bar.shift} ${bar.from} ${bar.isBreak} ${bar.continued}`}
          className={
            bar.isBreak ? 'bar break' : `bar shift-${plan.shifts.findIndex(({ name }) => name === bar.shift) % 6}`
          }
          style={place(bar.from, bar.to)}
          title={`${bar.shift} ${timeOf(bar.from)}–${timeOf(bar.to)}`}
        >
          {!bar.isBreak && bar.to - bar.from >= 180 && (
            <span className="bar-name">
              {bar.shift} {bar.team}
            </span>
          )}
        </span>
      ))}
      {drag && <span className="bar stroke" style={place(begin, end)} />}
    </td>
  );
}

/** Sorted as the clock goes, for lists of breaks. */
export function byClock<T extends { readonly start: string }>(items: readonly T[], from: string): T[] {
  const into = (time: string): number => (minuteOf(time) - minuteOf(from) + DAY) % DAY;
  return items.toSorted((a, b) => into(a.start) - into(b.start));
}
