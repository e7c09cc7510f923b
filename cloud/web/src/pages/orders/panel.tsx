// The operator's panel, for a tablet at the machine: what runs, start and end, and what was made in one tap.

import { useId, useState } from 'react';
import { useSearchParams } from 'wouter';
import { FormRow } from '../../kit/field-input.tsx';
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
import { orderWords } from './words.ts';

const FREQUENT = 6;
const amounts = [1, 10, 100];

interface Plant {
  readonly id: number;
  readonly timeZone: string;
}

export function PanelPage() {
  const words = useWords(orderWords);
  const { plant } = usePlant('one');
  const [parameters, setParameters] = useSearchParams();
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
      {chosen && (
        <div key={chosen.id} className="panel-parts">
          <RunNow machine={chosen} plant={plant} />
          <Declare machine={chosen} />
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

interface Reason {
  readonly id: number;
  readonly name: string;
  readonly nameDe: string | null;
  readonly category: string;
  readonly frequentPosition: number | null;
}

function Declare({ machine }: { machine: RunMachine }) {
  const words = useWords(orderWords);
  const { language, format } = useSettings();
  const access = useAccess();
  const session = useSession();
  const command = useCommand();
  const reload = useReload();
  const id = useId();
  const [typed, setTyped] = useState('1');
  const reasons = useLive<{ items: Reason[] }>(
    '/loss-reasons?category=scrap&category=rework&category=startup&limit=100',
    access.may('loss-reasons.read'),
  );
  const quantity = format.parseNumber(typed);
  const enter = async (
    kind: 'good' | 'scrap' | 'rework',
    amount: number | null,
    lossReasonId?: number,
  ): Promise<void> => {
    const body = {
      machineId: machine.id,
      kind,
      quantity: amount ?? 0,
      ...(lossReasonId === undefined ? {} : { lossReasonId }),
    };
    if (
      await command.run(() => session.send('POST', '/production-logs', { body, idempotencyKey: crypto.randomUUID() }))
    )
      setTyped('1');
    await reload();
  };
  if (!access.may('production-logs.create')) return null;
  const sorted = (reasons.data?.items ?? []).toSorted(
    (a, b) => (a.frequentPosition ?? 1e9) - (b.frequentPosition ?? 1e9) || a.id - b.id,
  );
  const group = (kind: 'scrap' | 'rework', of: readonly string[]) => (
    <ReasonTaps
      title={words[kind]}
      reasons={sorted.filter(({ category }) => of.includes(category))}
      label={(reason) => (language === 'de' && reason.nameDe) || reason.name}
      amount={typed}
      tap={(reason) => void enter(kind, quantity, reason)}
    />
  );
  return (
    <section aria-label={words.good}>
      <fieldset className="taps">
        <legend>{words.good}</legend>
        {amounts.map((amount) => (
          <button key={amount} type="button" aria-disabled={command.busy} onClick={() => void enter('good', amount)}>
            + {format.number(amount)}
          </button>
        ))}
        <button type="button" aria-disabled={command.busy} onClick={() => void enter('good', quantity)}>
          + {typed === '' ? '…' : typed} {words.good}
        </button>
      </fieldset>
      <FormRow id={id} label={words.howMany} fault={command.faults['quantity']}>
        <input id={id} inputMode="decimal" value={typed} onChange={(event) => setTyped(event.target.value)} />
      </FormRow>
      {group('scrap', ['scrap', 'startup'])}
      {group('rework', ['rework'])}
      {command.error && <Problem error={command.error} />}
    </section>
  );
}

function ReasonTaps(props: {
  title: string;
  reasons: readonly Reason[];
  label(reason: Reason): string;
  amount: string;
  tap(id: number): void;
}) {
  const words = useWords(orderWords);
  const { title, reasons, label, amount, tap } = props;
  const button = (reason: Reason) => (
    <button key={reason.id} type="button" onClick={() => tap(reason.id)}>
      + {amount} {label(reason)}
    </button>
  );
  return (
    <fieldset className="taps">
      <legend>
        {title}: {words.why}
      </legend>
      {reasons.length === 0 && <p className="unit">{words.noReasons}</p>}
      {reasons.slice(0, FREQUENT).map(button)}
      {reasons.length > FREQUENT && (
        <details>
          <summary>…</summary>
          {reasons.slice(FREQUENT).map(button)}
        </details>
      )}
    </fieldset>
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

export function LogList({ logs, timeZone }: { logs: readonly Log[]; timeZone: string }) {
  const words = useWords(orderWords);
  const access = useAccess();
  const session = useSession();
  const { format } = useSettings();
  const command = useCommand();
  const reload = useReload();
  const nowMs = useNow();
  const takeBack = async (id: number): Promise<void> => {
    await command.run(() => session.send('POST', `/production-logs/${id}/reverse`, { body: {} }));
    await reload();
  };
  return (
    <>
      <ul className="logs">
        {logs.map((log) => (
          <li key={log.id} className={log.reversedById === null ? undefined : 'gone'}>
            <span>
              <strong>{format.number(log.quantity)}</strong> {words[log.kind]}
              {log.lossReasonName && ` · ${log.lossReasonName}`}
              {log.workOrderNumber && ` · ${log.workOrderNumber}`}{' '}
              <span className="unit">
                {format.instant(Date.parse(log.time), { timeZone, nowMs })} · {log.operatorName}
                {log.reversesId !== null && ` · ${words.reversal}`}
                {log.reversedById !== null && ` · ${words.takenBack}`}
              </span>
            </span>
            {log.reversesId === null && log.reversedById === null && access.may('production-logs.create') && (
              <button type="button" aria-disabled={command.busy} onClick={() => void takeBack(log.id)}>
                {words.takeBack}
              </button>
            )}
          </li>
        ))}
      </ul>
      {command.error && <Problem error={command.error} />}
    </>
  );
}
