// The month that comes of a calendar: each day with its shifts, holidays as days without, days on which clocks
// change with their real hours. A shift pressed, and one more press: overtime.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Preview } from '../../../../domains/calendars/index.ts';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { useSettings } from '../../shell/settings.ts';
import type { PlanShift } from './plan.ts';
import { calendarWords } from './words.ts';

type Shown = Preview['items'][number];
const WHOLE_DAY = 1_440;
const CLOCK_MS = 10_000;
const steps = [30, 60, 120];

const monthOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);
const plus = (month: string, months: number): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return monthOf(Date.UTC(year, number - 1 + months, 1));
};

/** The time, looked at often enough for a clock with minutes. */
function useClock(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), CLOCK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function MonthOverview({
  calendar,
  shifts,
  version,
}: {
  calendar: KitRecord;
  shifts: readonly PlanShift[];
  version: number;
}) {
  const words = useWords(calendarWords);
  const session = useSession();
  const { format, language } = useSettings();
  const [month, setMonth] = useState(() => monthOf(Date.now()));
  const [chosen, setChosen] = useState<Shown | null>(null);
  const now = useClock();
  const asked = useQuery({
    queryKey: ['calendar-preview', calendar.id, version, month],
    queryFn: ({ signal }) =>
      session.get<Preview>(`/calendars/${calendar.id}/preview?from=${month}-01&to=${plus(month, 1)}-01`, signal),
    placeholderData: (before) => before,
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  const zone = asked.data?.timeZone ?? 'UTC';
  const clock = (instant: string): string => format.time(Date.parse(instant), zone).slice(0, 5);
  const named = ({ name, from, to }: { name: string; from: string; to: string }): string =>
    `${name} (${format.date(Date.parse(from), zone)}, ${clock(from)}–${clock(to)})`;
  const days = asked.data?.days ?? [];
  const title = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    Date.parse(`${month}-01`),
  );
  const weekday = (day: string): string =>
    new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }).format(Date.parse(day));
  const first = (new Date(days[0]?.day ?? 0).getUTCDay() + 6) % 7;
  return (
    <section className="month" aria-busy={asked.isFetching}>
      <h2>
        {words.month}: {title}
      </h2>
      <p className="actions">
        <button type="button" onClick={() => setMonth(plus(month, -1))}>
          {words.earlier}
        </button>
        <button type="button" onClick={() => setMonth(plus(month, 1))}>
          {words.later}
        </button>
        <span className="unit">
          {words.plantClock}: {format.time(now, zone).slice(0, 5)} {format.zone(now, zone)} ({zone})
        </span>
      </p>
      {(asked.data?.overlaps.length ?? 0) > 0 && (
        <p role="alert">
          {words.overlaps}{' '}
          {asked.data?.overlaps.map((pair) => `${named(pair.first)} – ${named(pair.second)}`).join('; ')}
        </p>
      )}
      <ol className="month-days">
        {days.map(({ day, minutes, exceptions }, at) => {
          const on = asked.data?.items.filter(({ startDay }) => startDay === day) ?? [];
          return (
            <li key={day} style={at === 0 ? { gridColumnStart: first + 1 } : {}}>
              <strong>
                {Number(day.slice(8))} <span className="unit">{weekday(day)}</span>
              </strong>
              {minutes !== WHOLE_DAY && (
                <span className="clock-change">{words.clockChange(format.number(minutes / 60))}</span>
              )}
              {[...new Set(exceptions)].map((name) => (
                <em key={name}>{name}</em>
              ))}
              {on.length === 0 && <span className="unit">{words.noShift}</span>}
              {on.map((shift) => (
                <button
                  type="button"
                  key={shift.from}
                  className={`month-shift ${shift.kind} shift-${
                    Math.max(
                      0,
                      shifts.findIndex(({ name }) => name === shift.name),
                    ) % 6
                  }`}
                  aria-pressed={chosen?.from === shift.from}
                  onClick={() => setChosen(shift)}
                >
                  {shift.name} {shift.team}
                  <span className="unit">
                    {clock(shift.from)}–{clock(shift.to)} · {format.number(shift.minutes / 60)} h
                  </span>
                </button>
              ))}
            </li>
          );
        })}
      </ol>
      <Overtime calendar={calendar} shifts={shifts} chosen={chosen} close={() => setChosen(null)} />
    </section>
  );
}

interface Named {
  readonly id: number;
  readonly name: string;
  readonly displayName?: string;
}

function Overtime({
  calendar,
  shifts,
  chosen,
  close,
}: {
  calendar: KitRecord;
  shifts: readonly PlanShift[];
  chosen: Shown | null;
  close: () => void;
}) {
  const words = useWords(calendarWords);
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const command = useCommand();
  const tell = useNotice();
  const { format } = useSettings();
  const now = useClock();
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const plantId = Number(calendar['plantId']);
  const list = (name: string) => ({
    queryKey: ['list', name, 'of plant', plantId],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      session.get<{ items: Named[] }>(`/${name}?plantId=${plantId}&limit=500`, signal),
    enabled: chosen !== null && access.may(`${name}.read`),
  });
  const lanes = useQuery(list('lanes')).data?.items ?? [];
  const machines = useQuery(list('machines')).data?.items ?? [];
  if (!access.may('shifts.overtime')) return null;
  const shiftId = shifts.find(({ name }) => name === chosen?.name)?.id;
  if (!chosen || shiftId === undefined) return <p className="unit overtime">{words.overtimeHow}</p>;
  const day = format.day(chosen.startDay);
  const past = Date.parse(chosen.to) < now;
  const [kind, id] = target.split(' ');
  const fresh = () => queries.invalidateQueries({ queryKey: ['calendar-preview'] });
  const add = (minutes: number, before: boolean): void =>
    void command.run(async () => {
      const scope = kind === 'lane' ? { laneId: Number(id) } : kind === 'machine' ? { machineId: Number(id) } : {};
      const body = {
        plantId,
        ...scope,
        day: chosen.startDay,
        shiftId,
        minutes,
        before,
        name: words.overtime,
        ...(reason ? { reason } : {}),
      };
      const made = await session.send<{ id: number }>('POST', '/shifts/overtime', { body });
      close();
      const undo = async (): Promise<void> => {
        await session.send('DELETE', `/calendar-exceptions/${made.id}?version=1`);
        await fresh();
      };
      tell({ text: words.overtimeAdded(chosen.name, day), ...(past ? {} : { undo }) });
      await fresh();
    });
  const long = (minutes: number): string => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);
  return (
    <fieldset className="overtime">
      <legend>
        {words.overtime}: {words.longer(chosen.name, day)}
      </legend>
      <label>
        {words.for}{' '}
        <select value={target} onChange={(event) => setTarget(event.target.value)}>
          <option value="">{words.everybody}</option>
          {lanes.map((lane) => (
            <option key={`lane ${lane.id}`} value={`lane ${lane.id}`}>
              {lane.name}
            </option>
          ))}
          {machines.map((machine) => (
            <option key={`machine ${machine.id}`} value={`machine ${machine.id}`}>
              {machine.displayName ?? machine.name}
            </option>
          ))}
        </select>
      </label>
      {past && (
        <label>
          {words.reason} <input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        </label>
      )}
      <span className="actions">
        {steps.map((minutes) => (
          <button key={minutes} type="button" aria-disabled={command.busy} onClick={() => add(minutes, false)}>
            {words.endsLater(long(minutes))}
          </button>
        ))}
        <button type="button" aria-disabled={command.busy} onClick={() => add(60, true)}>
          {words.startsEarlier('1 h')}
        </button>
        <button type="button" onClick={close}>
          {words.close}
        </button>
      </span>
      {command.error && <Problem error={command.error} />}
    </fieldset>
  );
}
