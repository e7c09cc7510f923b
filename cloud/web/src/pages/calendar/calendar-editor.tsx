// Under a calendar's fields: its rotation to paint, the month that comes of it, who follows it, holidays.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useLeaveGuard } from '../../kit/leave-guard.tsx';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { useSettings } from '../../shell/settings.ts';
import { MonthOverview } from './month.tsx';
import { addedShift, type Plan, withoutShift, withShift } from './plan.ts';
import { ShiftFields } from './shift-fields.tsx';
import { WeekPicture } from './week-picture.tsx';
import { calendarWords } from './words.ts';

const patterns = ['3x8', '2x8', '4-team-12h'] as const;
const MAX_STEPS = 50;

export function CalendarEditor({ record }: { record: KitRecord }) {
  const session = useSession();
  const asked = useQuery({
    queryKey: ['record', 'calendars', record.id, 'plan'],
    queryFn: ({ signal }) => session.get<Plan>(`/calendars/${record.id}/plan`, signal),
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return null;
  return (
    <>
      <Rotation key={asked.data.version} calendar={record} saved={asked.data} />
      <MonthOverview calendar={record} shifts={asked.data.shifts} version={asked.data.version} />
      <Followers calendar={record} />
      <Holidays plantId={Number(record['plantId'])} />
    </>
  );
}

const withoutLast = (steps: readonly Plan[]): readonly Plan[] => (steps.length > 1 ? steps.slice(0, -1) : steps);

function Rotation({ calendar, saved }: { calendar: KitRecord; saved: Plan }) {
  const words = useWords(calendarWords);
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const tell = useNotice();
  const command = useCommand();
  const [steps, setSteps] = useState<readonly Plan[]>([saved]);
  const plan = steps.at(-1) ?? saved;
  const dirty = steps.length > 1;
  const guard = useLeaveGuard(dirty);
  const may = access.may('calendars.update') && calendar.archivedAt === null;
  const change = (next: Plan): void => {
    if (next !== plan) setSteps((before) => [...before.slice(-MAX_STEPS), next]);
  };
  const undoStep = (): void => setSteps(withoutLast);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // In a text field the keys undo what was typed.
      if (event.key !== 'z' || !(event.ctrlKey || event.metaKey) || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      setSteps(withoutLast);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const fresh = () => queries.invalidateQueries({ queryKey: ['record', 'calendars', calendar.id] });
  const put = async (wanted: Plan): Promise<Plan> => {
    const { version, anchor, shifts, days } = wanted;
    return session.send<Plan>('PUT', `/calendars/${calendar.id}/plan`, { body: { version, anchor, shifts, days } });
  };
  /** After a change: says so, and takes it back on wish. */
  const done = async (after: Plan): Promise<void> => {
    guard.release();
    tell({
      text: words.saved,
      undo: async () => {
        await put({ ...saved, version: after.version });
        await fresh();
      },
    });
    await fresh();
  };
  const save = (): void => void command.run(async () => done(await put(plan)));
  const begin = (pattern: (typeof patterns)[number]): void =>
    void command.run(async () => {
      const body = { version: plan.version, pattern, names: words.names[pattern] };
      await done(await session.send<Plan>('POST', `/calendars/${calendar.id}/apply-pattern`, { body }));
    });
  return (
    <section className="rotation">
      <h2>{words.rotation}</h2>
      {may && (
        <p className="starters">
          {words.begin}
          {patterns.map((pattern) => (
            <button key={pattern} type="button" aria-disabled={command.busy} onClick={() => begin(pattern)}>
              {words.patterns[pattern]}
            </button>
          ))}
        </p>
      )}
      {may && <p className="unit">{words.how}</p>}
      <WeekPicture plan={plan} change={change} may={may} />
      {may && (
        <>
          <div className="shift-list">
            {plan.shifts.map((shift, at) => (
              <ShiftFields
                // biome-ignore lint/suspicious/noArrayIndexKey: its name changes while it is typed
                key={at}
                shift={shift}
                at={at}
                change={(next) => change(withShift(plan, at, next))}
                remove={() => change(withoutShift(plan, shift.name))}
              />
            ))}
          </div>
          <p className="actions">
            <button
              type="button"
              onClick={() =>
                change(
                  addedShift(plan, {
                    name: words.newName(plan.shifts.length + 1),
                    start: '06:00',
                    end: '14:00',
                    breaks: [],
                  }),
                )
              }
            >
              {words.addShift}
            </button>
            <button type="button" onClick={() => change({ ...plan, days: [...plan.days, []] })}>
              {words.addDay}
            </button>
            <button
              type="button"
              onClick={() => plan.days.length > 1 && change({ ...plan, days: plan.days.slice(0, -1) })}
            >
              {words.removeDay}
            </button>
            <label className="with-unit">
              {words.firstDay}
              <input
                type="date"
                value={plan.anchor}
                onChange={(event) => event.target.value && change({ ...plan, anchor: event.target.value })}
              />
            </label>
          </p>
          <p className="actions">
            <button
              type="button"
              className="main"
              aria-disabled={!dirty || command.busy}
              onClick={() => dirty && save()}
            >
              {words.save}
            </button>
            <button type="button" aria-disabled={!dirty} onClick={undoStep}>
              {words.undoStep}
            </button>
            <span className="unit">{dirty ? words.unsaved : ''}</span>
          </p>
        </>
      )}
      {command.error && <Problem error={command.error} />}
      {guard.question}
    </section>
  );
}

interface Follower {
  readonly id: number;
  readonly laneName: string | null;
  readonly machineName: string | null;
  readonly validFrom: string;
  readonly validTo: string | null;
}

function Followers({ calendar }: { calendar: KitRecord }) {
  const words = useWords(calendarWords);
  const session = useSession();
  const access = useAccess();
  const { format } = useSettings();
  const asked = useQuery({
    queryKey: ['list', 'work-center-shifts', 'of', calendar.id],
    queryFn: ({ signal }) =>
      session.get<{ items: Follower[] }>(`/work-center-shifts?calendarId=${calendar.id}&limit=500`, signal),
    enabled: access.may('work-center-shifts.read'),
  });
  const items = asked.data?.items ?? [];
  return (
    <section>
      <h2>{words.followers}</h2>
      {asked.error && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data && items.length === 0 && <p>{words.nobody}</p>}
      <ul className="followers">
        {items.map(({ id, machineName, laneName, validFrom, validTo }) => (
          <li key={id}>
            <Link href={`/plant-setup/work-center-shifts/${id}`}>{machineName ?? laneName ?? words.wholePlant}</Link>{' '}
            <span className="unit">
              {words.from(format.day(validFrom))} {validTo && words.until(format.day(validTo))}
            </span>
          </li>
        ))}
      </ul>
      {access.may('work-center-shifts.create') && (
        <p>
          <Link href={`/plant-setup/work-center-shifts/new?calendarId=${calendar.id}`}>{words.follow}</Link>
        </p>
      )}
    </section>
  );
}

function Holidays({ plantId }: { plantId: number }) {
  const words = useWords(calendarWords);
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const command = useCommand();
  const tell = useNotice();
  const [text, setText] = useState('');
  if (!access.may('calendar-exceptions.create')) return null;
  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    void command.run(async () => {
      const answer = await session.send<{ added: number; known: number }>('POST', '/calendar-exceptions/holidays', {
        body: { plantId, text },
      });
      setText('');
      tell({ text: words.holidaysAdded(answer.added, answer.known) });
      await queries.invalidateQueries({ queryKey: ['calendar-preview'] });
      await queries.invalidateQueries({ queryKey: ['list', 'calendar-exceptions'] });
    });
  };
  return (
    <section>
      <h2>{words.holidays}</h2>
      <form onSubmit={add} className="holidays">
        <label htmlFor="holidays">{words.holidaysHow}</label>
        <textarea
          id="holidays"
          rows={3}
          value={text}
          placeholder="2026-12-25, Christmas"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" aria-disabled={command.busy}>
          {words.addHolidays}
        </button>
      </form>
      {command.error && <Problem error={command.error} />}
    </section>
  );
}
