// The shifts of a rotation as fields: name, hours, breaks.

import { useWords } from '../../kit/use-words.ts';
import type { PlanShift } from './plan.ts';
import { byClock } from './week-picture.tsx';
import { calendarWords } from './words.ts';

export function ShiftFields({
  shift,
  at,
  change,
  remove,
}: {
  shift: PlanShift;
  at: number;
  change: (change: Partial<PlanShift>) => void;
  remove: () => void;
}) {
  const words = useWords(calendarWords);
  const breaks = byClock(shift.breaks, shift.start);
  const setBreak = (index: number, next: Partial<PlanShift['breaks'][number]>): void =>
    change({ breaks: breaks.map((pause, place) => (place === index ? { ...pause, ...next } : pause)) });
  return (
    <fieldset className="shift-fields">
      <legend>
        <span className={`swatch shift-${at % 6}`} aria-hidden="true" /> {shift.name}
      </legend>
      <label>
        {words.shift}
        <input value={shift.name} maxLength={60} onChange={(event) => change({ name: event.target.value })} />
      </label>
      <label>
        {words.start}
        <input
          type="time"
          value={shift.start}
          onChange={(event) => event.target.value && change({ start: event.target.value })}
        />
      </label>
      <label>
        {words.end}
        <input
          type="time"
          value={shift.end}
          onChange={(event) => event.target.value && change({ end: event.target.value })}
        />
      </label>
      {breaks.map((pause, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a break has no name but its place
        <span className="break-fields" key={index}>
          <label>
            {words.breakStart}
            <input
              type="time"
              value={pause.start}
              onChange={(event) => event.target.value && setBreak(index, { start: event.target.value })}
            />
          </label>
          <label>
            {words.minutes}
            <input
              type="number"
              min={1}
              max={720}
              value={pause.minutes}
              onChange={(event) => setBreak(index, { minutes: Math.round(event.target.valueAsNumber) || 1 })}
            />
          </label>
          <button
            type="button"
            aria-label={words.removeBreak(pause.start)}
            onClick={() => change({ breaks: breaks.filter((_, place) => place !== index) })}
          >
            ✕
          </button>
        </span>
      ))}
      <span className="shift-actions">
        <button type="button" onClick={() => change({ breaks: [...breaks, { start: shift.start, minutes: 30 }] })}>
          {words.addBreak}
        </button>
        <button type="button" onClick={remove}>
          {words.removeShift(shift.name)}
        </button>
      </span>
    </fieldset>
  );
}
