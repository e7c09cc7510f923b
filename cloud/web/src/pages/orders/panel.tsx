// The operator's panel, for a tablet at the machine: what runs, start and end, and what was made in one tap.

import { useSearchParams } from 'wouter';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useNow } from '../../kit/use-now.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import {
  dayBounds,
  type Log,
  materialOfRun,
  nameOfRun,
  type Run,
  type RunMachine,
  todayIn,
  useLive,
  useReload,
} from './api.ts';
import { Declare } from './declare.tsx';
import { useEntries, WaitingEntries } from './entries.tsx';
import { LogList } from './log-list.tsx';
import { orderWords } from './words.ts';

interface Plant {
  readonly id: number;
  readonly timeZone: string;
}

export function PanelPage() {
  const words = useWords(orderWords);
  const { plant } = usePlant('one');
  const [parameters, setParameters] = useSearchParams();
  // They outlive the choice of a machine: who has gone on to the next one still sees what was not entered.
  const entries = useEntries();
  const machines = useLive<{ items: RunMachine[] }>(
    `/machine-runs/machines?plantId=${plant?.id ?? 0}`,
    plant !== undefined,
  );
  useTitle(words.panel);
  if (machines.error && !machines.data) return <Problem error={machines.error} retry={() => void machines.refetch()} />;
  if (!plant || !machines.data) return <div className="page" aria-busy="true" />;
  const chosen = machines.data.items.find(({ id }) => id === Number(parameters.get('machine')));
  const choose = (id: number): void =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      after.set('machine', String(id));
      return after;
    });
  return (
    <div className="page panel">
      <h1>{words.panel}</h1>
      <fieldset className="taps">
        <legend>{words.chooseMachine}</legend>
        {machines.data.items.map(({ id, name }) => (
          <button key={id} type="button" aria-pressed={id === chosen?.id} onClick={() => choose(id)}>
            {name}
          </button>
        ))}
        {machines.data.items.length === 0 && <p>{words.noMachines}</p>}
      </fieldset>
      <WaitingEntries entries={entries} />
      {chosen && (
        <div key={chosen.id} className="panel-parts">
          <RunNow machine={chosen} plant={plant} />
          <Declare machine={chosen} entries={entries} />
          <Entries machine={chosen} plant={plant} />
        </div>
      )}
    </div>
  );
}

function RunNow({ machine, plant }: { machine: RunMachine; plant: Plant }) {
  const words = useWords(orderWords);
  const access = useAccess();
  const session = useSession();
  const { format } = useSettings();
  const command = useCommand();
  const reload = useReload();
  const nowMs = useNow();
  const runs = useLive<{ items: Run[] }>(`/machine-runs?machineId=${machine.id}&limit=1`);
  const orders = useLive<{ items: { id: number; number: string; materialName: string }[] }>(
    `/work-orders?plantId=${plant.id}&status=released&status=paused&status=running&sort=priority&limit=12`,
    machine.source === 'operator',
  );
  const run = runs.data?.items.find(({ to, machineId }) => to === null && machineId === machine.id);
  const ask = async (path: string, body: object): Promise<void> => {
    await command.run(() => session.send('POST', path, { body }));
    await reload();
  };
  return (
    <section aria-label={words.runsNow}>
      <h2>{words.runsNow}</h2>
      {run ? (
        <p className="run-now">
          <strong>{nameOfRun(run, words)}</strong> {materialOfRun(run, words)}{' '}
          <span className="unit">
            {words.since(format.instant(Date.parse(run.from), { timeZone: plant.timeZone, nowMs }))}
          </span>
        </p>
      ) : (
        <p className="run-now">{words.nothingRuns}</p>
      )}
      {machine.source === 'plc' && <p className="unit">{words.plcRuns}</p>}
      {machine.source === 'schedule' && <p className="unit">{words.scheduleRuns}</p>}
      {machine.source === 'operator' && run && access.may('machine-runs.end') && (
        <div className="taps">
          <button
            type="button"
            aria-disabled={command.busy}
            onClick={() => void ask(`/machine-runs/${run.id}/end`, { version: run.version })}
          >
            ■ {words.endRun}
          </button>
        </div>
      )}
      {machine.source === 'operator' && !run && access.may('machine-runs.start') && (
        <fieldset className="taps">
          <legend>{words.startOrder}</legend>
          {orders.data?.items.map(({ id, number, materialName }) => (
            <button
              key={id}
              type="button"
              aria-disabled={command.busy}
              onClick={() => void ask('/machine-runs', { machineId: machine.id, workOrderId: id })}
            >
              ▶ {words.startThis} {number} <span className="unit">{materialName}</span>
            </button>
          ))}
        </fieldset>
      )}
      {command.error && <Problem error={command.error} />}
    </section>
  );
}

interface Declared {
  readonly declared: { readonly good: number; readonly scrap: number; readonly rework: number };
  readonly counted: { readonly good: number; readonly rejects: number } | null;
  readonly difference: { readonly good: number; readonly rejects: number } | null;
}

function Entries({ machine, plant }: { machine: RunMachine; plant: Plant }) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const { from, to } = dayBounds(todayIn(plant.timeZone), plant.timeZone);
  const logs = useLive<{ items: Log[] }>(`/production-logs?machineId=${machine.id}&limit=12`);
  const sums = useLive<Declared>(`/machines/${machine.id}/declared-counts?from=${from}&to=${to}`);
  const { declared, counted, difference } = sums.data ?? {};
  return (
    <section aria-label={words.entered}>
      <h2>{words.declaredToday}</h2>
      {declared && (
        <p className="run-now">
          {words.good} <strong>{format.number(declared.good)}</strong> · {words.scrap}{' '}
          <strong>{format.number(declared.scrap)}</strong> · {words.rework}{' '}
          <strong>{format.number(declared.rework)}</strong>
        </p>
      )}
      {counted && difference && (
        <p className="unit">
          {words.counted}: {words.good} {format.number(counted.good)}, {words.rejects} {format.number(counted.rejects)}{' '}
          · {words.difference}: {format.number(difference.good)}, {format.number(difference.rejects)}
        </p>
      )}
      <h2>{words.entered}</h2>
      {logs.data?.items.length === 0 && <p className="unit">{words.noLogs}</p>}
      <LogList logs={logs.data?.items ?? []} timeZone={plant.timeZone} />
    </section>
  );
}
