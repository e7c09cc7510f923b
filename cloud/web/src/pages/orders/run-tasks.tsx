// What PLCs name and nobody knows: create the order, link it to one, or make the material.

import { useId, useState } from 'react';
import { workOrders } from '../../../../domains/work-orders/resource.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { FormRow } from '../../kit/field-input.tsx';
import { Problem } from '../../kit/problem.tsx';
import { ReferencePicker } from '../../kit/reference-picker.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { kitWords } from '../../kit/words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { useMoment } from '../../shell/zone.ts';
import { type Tasks, todayIn, useLive, useReload } from './api.ts';
import { orderWords } from './words.ts';

type UnknownOrder = Tasks['unknownOrders'][number];

export const orderReference = { kind: 'reference', to: 'work-orders', title: 'number' } as const;
export const materialReference = workOrders.fields.materialId;

export function RunTasks({ plantId }: { plantId: number }) {
  const words = useWords(orderWords);
  const access = useAccess();
  const moment = useMoment(true);
  const asked = useLive<Tasks>(`/machine-runs/tasks?plantId=${plantId}`, access.may('machine-runs.read'));
  const [open, setOpen] = useState<{ what: 'create' | 'link'; task: UnknownOrder } | null>(null);
  const tasks = asked.data;
  if (!tasks || tasks.unknownOrders.length + tasks.unknownMaterials.length + tasks.conflicts.length === 0) return null;
  const close = (): void => setOpen(null);
  return (
    <details className="tasks" open={tasks.unknownOrders.length <= 3}>
      <summary>
        ▲ {words.tasks}{' '}
        <span className="unit">
          {tasks.unknownOrders.length + tasks.unknownMaterials.length + tasks.conflicts.length}
        </span>
      </summary>
      <ul>
        {tasks.unknownOrders.map((task) => (
          <li key={task.name}>
            <span>
              {words.unknownTask(task.name, task.machines.join(', '))}{' '}
              <span className="unit">{words.since(moment(task.since, plantId))}</span>
            </span>
            {access.may('work-orders.create') && (
              <button type="button" onClick={() => setOpen({ what: 'create', task })}>
                {words.createIt}
              </button>
            )}
            {access.may('machine-runs.correct') && (
              <button type="button" onClick={() => setOpen({ what: 'link', task })}>
                {words.linkIt}
              </button>
            )}
          </li>
        ))}
        {tasks.unknownMaterials.map(({ name, machines }) => (
          <li key={`material ${name}`}>{words.materialTask(name, machines.join(', '))}</li>
        ))}
        {tasks.conflicts.map(({ machineId, machineName, order, heldBy, time }) => (
          <li key={`${machineId} ${time}`}>
            {words.conflictTask(machineName, order, heldBy)} <span className="unit">{moment(time, plantId)}</span>
          </li>
        ))}
      </ul>
      {open?.what === 'create' && <CreateOrder plantId={plantId} task={open.task} close={close} />}
      {open?.what === 'link' && <LinkOrder plantId={plantId} task={open.task} close={close} />}
    </details>
  );
}

interface TaskProps {
  readonly plantId: number;
  readonly task: UnknownOrder;
  close(): void;
}

function CreateOrder({ plantId, task, close }: TaskProps) {
  const words = useWords(orderWords);
  const kit = useWords(kitWords);
  const session = useSession();
  const { format } = useSettings();
  const { plants } = useAccess();
  const command = useCommand();
  const reload = useReload();
  const id = useId();
  const zone = plants.find((plant) => plant.id === plantId)?.timeZone ?? 'UTC';
  const [materialId, setMaterial] = useState(task.materialId);
  const [quantity, setQuantity] = useState('');
  const [promisedDate, setPromised] = useState(todayIn(zone));
  const create = async (): Promise<void> => {
    const missing = Object.entries({ materialId: materialId ?? '', quantity, promisedDate }).filter(
      ([, is]) => is === '',
    );
    if (missing.length > 0)
      return command.fail(Object.fromEntries(missing.map(([name]) => [name, kit.faults.missing])));
    const body = { plantId, number: task.name, materialId, quantity: format.parseNumber(quantity), promisedDate };
    if (!(await command.run(() => session.send('POST', '/work-orders', { body })))) return;
    await reload();
    close();
  };
  const fault = command.faults;
  return (
    <Dialog title={words.createTitle(task.name)} close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <FormRow id={`${id}m`} label={words.material} fault={fault['materialId']} required>
          <ReferencePicker id={`${id}m`} field={materialReference} value={materialId} onChange={setMaterial} required />
        </FormRow>
        <FormRow id={`${id}q`} label={words.quantity} fault={fault['quantity']} required>
          <input
            id={`${id}q`}
            inputMode="decimal"
            value={quantity}
            onChange={(event) => setQuantity(event.target.value)}
          />
        </FormRow>
        <FormRow id={`${id}p`} label={words.promisedDay} fault={fault['promisedDate']} required>
          <input id={`${id}p`} type="date" value={promisedDate} onChange={(event) => setPromised(event.target.value)} />
        </FormRow>
        {command.error && <Problem error={command.error} atFields={['materialId', 'quantity', 'promisedDate']} />}
        <div className="actions">
          <button type="submit" className="main" aria-disabled={command.busy}>
            {words.create}
          </button>
          <button type="button" onClick={close}>
            {words.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function LinkOrder({ plantId, task, close }: TaskProps) {
  const words = useWords(orderWords);
  const session = useSession();
  const command = useCommand();
  const reload = useReload();
  const id = useId();
  const [workOrderId, setOrder] = useState<number | null>(null);
  const link = async (): Promise<void> => {
    const body = { plantId, name: task.name, workOrderId };
    if (workOrderId === null || !(await command.run(() => session.send('POST', '/machine-runs/link-order', { body }))))
      return;
    await reload();
    close();
  };
  return (
    <Dialog title={words.linkTitle(task.name)} close={close}>
      <div className="stack">
        <FormRow id={id} label={words.order} required>
          <ReferencePicker id={id} field={orderReference} value={workOrderId} onChange={setOrder} required />
        </FormRow>
        {command.error && <Problem error={command.error} />}
        <div className="actions">
          <button
            type="button"
            className="main"
            aria-disabled={command.busy || workOrderId === null}
            onClick={() => void link()}
          >
            {words.link}
          </button>
          <button type="button" onClick={close}>
            {words.cancel}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
