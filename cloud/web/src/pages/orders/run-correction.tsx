// Putting a run right: another order or material, other boundaries, cut in two, deleted, or added where nobody
// began one. Each wants a reason.

import { type ReactNode, useId, useState } from 'react';
import { FormRow } from '../../kit/field-input.tsx';
import { InstantInput } from '../../kit/instant-input.tsx';
import { Problem } from '../../kit/problem.tsx';
import { ReferencePicker } from '../../kit/reference-picker.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { nameOfRun, type Run, type RunMachine, useReload } from './api.ts';
import { materialReference, orderReference } from './run-tasks.tsx';
import { type OrderWords, orderWords } from './words.ts';

type Kind = keyof OrderWords['kinds'];

interface What {
  readonly workOrderId: number | null;
  readonly materialId: number | null;
  readonly kind: Kind;
}

const ways = ['assign', 'move', 'split', 'delete'] as const;
type Way = (typeof ways)[number];

export function CorrectRun({ run, close }: { run: Run; close(): void }) {
  const words = useWords(orderWords);
  const [way, setWay] = useState<Way>('assign');
  const [what, setWhat] = useState<What>({ workOrderId: run.workOrderId, materialId: run.materialId, kind: run.kind });
  const [times, setTimes] = useState({ from: run.from, to: run.to ?? '', at: '' });
  const correction = useCorrection(close);
  const id = useId();
  const path = `/machine-runs/${run.id}`;
  const save = (reason: string): Promise<void> => {
    const { version } = run;
    switch (way) {
      case 'assign':
        return correction.send('POST', `${path}/assign`, { version, ...chosen(run, what), reason });
      case 'move':
        return correction.send('POST', `${path}/move`, { version, from: times.from, to: times.to || null, reason });
      case 'split':
        return correction.send('POST', `${path}/split`, { version, at: times.at, second: chosen(run, what), reason });
      case 'delete':
        return correction.send('DELETE', `${path}?version=${version}&reason=${encodeURIComponent(reason)}`);
    }
  };
  return (
    <Frame title={nameOfRun(run, words)} correction={correction} save={save} close={close}>
      <fieldset className="ways">
        <legend className="hidden">{words.save}</legend>
        {ways.map((one) => (
          <label key={one}>
            <input type="radio" name={`${id}way`} checked={way === one} onChange={() => setWay(one)} />
            {words.correct[one]}
          </label>
        ))}
      </fieldset>
      {way === 'move' && (
        <>
          <Time
            id={`${id}f`}
            label={words.from}
            value={times.from}
            plantId={run.plantId}
            onChange={(from) => setTimes({ ...times, from })}
          />
          <Time
            id={`${id}t`}
            label={words.to}
            value={times.to}
            plantId={run.plantId}
            onChange={(to) => setTimes({ ...times, to })}
          />
        </>
      )}
      {way === 'split' && (
        <>
          <Time
            id={`${id}a`}
            label={words.cutAt}
            value={times.at}
            plantId={run.plantId}
            onChange={(at) => setTimes({ ...times, at })}
          />
          <p className="unit">{words.secondPart}</p>
        </>
      )}
      {(way === 'assign' || way === 'split') && <WhatInputs what={what} onChange={setWhat} />}
    </Frame>
  );
}

export function AddRun({ machine, plantId, close }: { machine: RunMachine; plantId: number; close(): void }) {
  const words = useWords(orderWords);
  const [what, setWhat] = useState<What>({ workOrderId: null, materialId: null, kind: 'production' });
  const [times, setTimes] = useState({ from: '', to: '' });
  const correction = useCorrection(close);
  const id = useId();
  const { materialId, ...rest } = what;
  const body = { machineId: machine.id, ...rest, ...(materialId === null ? {} : { materialId }), ...times };
  return (
    <Frame
      title={`${machine.name}: ${words.addRun}`}
      correction={correction}
      save={(reason) => correction.send('POST', '/machine-runs/add', { ...body, reason })}
      close={close}
    >
      <Time
        id={`${id}f`}
        label={words.from}
        value={times.from}
        plantId={plantId}
        onChange={(from) => setTimes({ ...times, from })}
      />
      <Time
        id={`${id}t`}
        label={words.to}
        value={times.to}
        plantId={plantId}
        onChange={(to) => setTimes({ ...times, to })}
      />
      <WhatInputs what={what} onChange={setWhat} />
    </Frame>
  );
}

/** What differs: with another order and no word of the material, the order says it. */
function chosen(run: Run, { workOrderId, materialId, kind }: What): object {
  return {
    workOrderId,
    kind,
    ...(materialId === run.materialId && workOrderId !== run.workOrderId ? {} : { materialId }),
  };
}

function useCorrection(close: () => void) {
  const words = useWords(orderWords);
  const session = useSession();
  const notice = useNotice();
  const reload = useReload();
  const command = useCommand();
  return {
    command,
    async send(method: 'POST' | 'DELETE', path: string, body?: object): Promise<void> {
      const went = await command.run(() => session.send(method, path, body ? { body } : {}));
      await reload();
      if (!went) return;
      notice({ text: words.wasCorrected });
      close();
    },
  };
}

function Frame({
  title,
  correction,
  save,
  close,
  children,
}: {
  title: string;
  correction: ReturnType<typeof useCorrection>;
  save(reason: string): Promise<void>;
  close(): void;
  children: ReactNode;
}) {
  const words = useWords(orderWords);
  const { command } = correction;
  const [reason, setReason] = useState('');
  const id = useId();
  const submit = (): void => {
    if (reason.trim() === '') command.fail({ reason: words.reasonMissing });
    else void save(reason.trim());
  };
  return (
    <form
      className="correction"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h2>{title}</h2>
      {children}
      <FormRow id={id} label={words.reason} hint={words.reasonHint} fault={command.faults['reason']} required>
        <input
          id={id}
          maxLength={500}
          aria-describedby={`${id}-says`}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </FormRow>
      {command.error && <Problem error={command.error} />}
      <div className="actions">
        <button type="submit" className="main" aria-disabled={command.busy}>
          {words.save}
        </button>
        <button type="button" onClick={close}>
          {words.cancel}
        </button>
      </div>
    </form>
  );
}

function Time(props: { id: string; label: string; value: string; plantId: number; onChange(value: string): void }) {
  const { id, label, ...rest } = props;
  return (
    <FormRow id={id} label={label}>
      <InstantInput id={id} {...rest} />
    </FormRow>
  );
}

function WhatInputs({ what, onChange }: { what: What; onChange(what: What): void }) {
  const words = useWords(orderWords);
  const id = useId();
  return (
    <>
      <FormRow id={`${id}o`} label={words.order}>
        <ReferencePicker
          id={`${id}o`}
          field={orderReference}
          value={what.workOrderId}
          nothing={words.noOrder}
          onChange={(workOrderId) => onChange({ ...what, workOrderId })}
        />
      </FormRow>
      <FormRow id={`${id}m`} label={words.material}>
        <ReferencePicker
          id={`${id}m`}
          field={materialReference}
          value={what.materialId}
          onChange={(materialId) => onChange({ ...what, materialId })}
        />
      </FormRow>
      <FormRow id={`${id}k`} label={words.kind}>
        <select
          id={`${id}k`}
          value={what.kind}
          onChange={(event) => onChange({ ...what, kind: event.target.value as Kind })}
        >
          {Object.entries(words.kinds).map(([kind, word]) => (
            <option key={kind} value={kind}>
              {word}
            </option>
          ))}
        </select>
      </FormRow>
    </>
  );
}
