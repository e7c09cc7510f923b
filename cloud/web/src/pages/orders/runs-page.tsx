// What a machine made when: a day on a time line, and every run on it can be put right, with a reason.

import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { Problem } from '../../kit/problem.tsx';
import { useNow } from '../../kit/use-now.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess } from '../../shell/context.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { addDays, dayBounds, materialOfRun, nameOfRun, type Run, type RunMachine, todayIn, useLive } from './api.ts';
import { AddRun, CorrectRun } from './run-correction.tsx';
import { RunTasks } from './run-tasks.tsx';
import { orderWords } from './words.ts';

export function RunsPage() {
  const words = useWords(orderWords);
  const { plant } = usePlant('one');
  const machines = useLive<{ items: RunMachine[] }>(
    `/machine-runs/machines?plantId=${plant?.id ?? 0}`,
    plant !== undefined,
  );
  useTitle(words.runs);
  if (machines.error && !machines.data) return <Problem error={machines.error} retry={() => void machines.refetch()} />;
  if (!plant || !machines.data) return <div className="page" aria-busy="true" />;
  const [first] = machines.data.items;
  if (!first) return <p className="notice">{words.noMachines}</p>;
  return <MachineRuns key={plant.id} plant={plant} machines={machines.data.items} first={first} />;
}

interface MachineRunsProps {
  readonly plant: { readonly id: number; readonly timeZone: string };
  readonly machines: readonly RunMachine[];
  /** Shown unless another is chosen. */
  readonly first: RunMachine;
}

function MachineRuns({ plant, machines, first }: MachineRunsProps) {
  const words = useWords(orderWords);
  const access = useAccess();
  const { format } = useSettings();
  const [parameters, setParameters] = useSearchParams();
  const machine = machines.find(({ id }) => id === Number(parameters.get('machine'))) ?? first;
  const today = todayIn(plant.timeZone);
  const given = parameters.get('day') ?? '';
  const day = /^\d{4}-\d{2}-\d{2}$/.test(given) ? given : today;
  const { from, to } = dayBounds(day, plant.timeZone);
  const asked = useLive<{ items: Run[] }>(`/machine-runs?machineId=${machine.id}&from=${from}&to=${to}&limit=500`);
  const [chosen, setChosen] = useState<number | 'add' | null>(null);
  const set = (name: string, value: string): void => {
    setChosen(null);
    setParameters((before) => {
      const after = new URLSearchParams(before);
      after.set(name, value);
      return after;
    });
  };
  const runs = asked.data?.items.filter(({ machineId }) => machineId === machine.id).toReversed();
  const run = runs?.find(({ id }) => id === chosen);
  const mayCorrect = access.may('machine-runs.correct');
  return (
    <div className="page runs-page">
      <header className="toolbar">
        <h1>{words.runs}</h1>
        <div className="does">
          <label className="inline">
            {words.machine}
            <select value={machine.id} onChange={(event) => set('machine', event.target.value)}>
              {machines.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button type="button" onClick={() => set('day', addDays(day, -1))}>
            {words.earlier}
          </button>
          <label className="inline">
            {words.day}
            <input type="date" value={day} onChange={(event) => event.target.value && set('day', event.target.value)} />
          </label>
          <button type="button" onClick={() => set('day', addDays(day, 1))}>
            {words.later}
          </button>
          {mayCorrect && (
            <button type="button" onClick={() => setChosen('add')}>
              {words.addRun}
            </button>
          )}
        </div>
      </header>
      <RunTasks plantId={plant.id} />
      <p className="unit">
        {words.source}: {words.sources[machine.source]} · {format.date(Date.parse(from), plant.timeZone)} ·{' '}
        {format.zone(Date.parse(from), plant.timeZone)}
      </p>
      {asked.error && !asked.data && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {runs && (
        <TimeLine runs={runs} from={from} to={to} timeZone={plant.timeZone} chosen={chosen} choose={setChosen} />
      )}
      {runs?.length === 0 && <p className="unit">{words.noRunsThatDay}</p>}
      {run && mayCorrect && <CorrectRun key={`${run.id} ${run.version}`} run={run} close={() => setChosen(null)} />}
      {chosen === 'add' && <AddRun machine={machine} plantId={plant.id} close={() => setChosen(null)} />}
      {runs && runs.length > 0 && <RunTable runs={runs} />}
      {mayCorrect && chosen === null && runs && runs.length > 0 && <p className="unit">{words.chooseRun}</p>}
    </div>
  );
}

interface TimeLineProps {
  readonly runs: readonly Run[];
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  readonly chosen: number | 'add' | null;
  choose(id: number): void;
}

const HOUR_MS = 3_600_000;
const TICK_HOURS = 3;

function TimeLine({ runs, from, to, timeZone, chosen, choose }: TimeLineProps) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const now = useNow();
  const percent = (ms: number): number => (100 * (Math.min(Math.max(ms, begin), end) - begin)) / (end - begin);
  const ticks = Array.from(
    { length: Math.floor((end - begin) / (TICK_HOURS * HOUR_MS)) + 1 },
    (_, at) => begin + at * TICK_HOURS * HOUR_MS,
  );
  const clock = (ms: number): string => format.time(ms, timeZone).slice(0, 5);
  return (
    <div className="time-line">
      <ul aria-label={words.runs}>
        {runs.map((run) => {
          const left = percent(Date.parse(run.from));
          const right = percent(run.to === null ? now : Date.parse(run.to));
          const unknown = run.workOrderId === null && run.plcOrder !== null;
          const name = nameOfRun(run, words);
          const span = `${clock(Date.parse(run.from))}–${run.to === null ? words.goesOn : clock(Date.parse(run.to))}`;
          return (
            <li key={run.id} style={{ left: `${left}%`, width: `max(${right - left}%, 6px)` }}>
              <button
                type="button"
                className={`run-bar kind-${run.kind}${unknown ? ' unknown' : ''}`}
                aria-pressed={chosen === run.id}
                aria-label={`${name}, ${span}`}
                title={`${name}, ${span}`}
                onClick={() => choose(run.id)}
              >
                {unknown ? '? ' : ''}
                {name}
              </button>
            </li>
          );
        })}
      </ul>
      <div className="ticks" aria-hidden="true">
        {ticks.map((ms) => (
          <span key={ms} style={{ left: `${percent(ms)}%` }}>
            {clock(ms)}
          </span>
        ))}
      </div>
    </div>
  );
}

export function RunTable({ runs }: { runs: readonly Run[] }) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const { plants } = useAccess();
  const now = useNow();
  const when = (run: Run, time: string): string => {
    const zone = plants.find(({ id }) => id === run.plantId)?.timeZone ?? 'UTC';
    return format.instant(Date.parse(time), { timeZone: zone, nowMs: now });
  };
  return (
    <div className="scroll">
      <table className="list plain">
        <thead>
          <tr>
            <th scope="col">{words.machine}</th>
            <th scope="col">{words.from}</th>
            <th scope="col">{words.to}</th>
            <th scope="col">{words.order}</th>
            <th scope="col">{words.material}</th>
            <th scope="col">{words.kind}</th>
            <th scope="col">{words.source}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>{run.machineName}</td>
              <td>{when(run, run.from)}</td>
              <td>{run.to === null ? words.goesOn : when(run, run.to)}</td>
              <td>{nameOfRun(run, words)}</td>
              <td>{materialOfRun(run, words)}</td>
              <td>{words.kinds[run.kind]}</td>
              <td>
                {words.sources[run.source]}
                {run.corrected && `, ${words.corrected}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
