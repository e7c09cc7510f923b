// Work orders as list, form and detail; the detail has the steps of an order, what is made of it, its
// operations, runs and declarations.

import { useId, useState } from 'react';
import { Link } from 'wouter';
import { workOrders } from '../../../../domains/work-orders/resource.ts';
import { FormRow } from '../../kit/field-input.tsx';
import { definePage, type KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { useSettings } from '../../shell/settings.ts';
import { type Log, type Run, useLive, useReload } from './api.ts';
import { LogList } from './log-list.tsx';
import { RunTable } from './runs-page.tsx';
import { type OrderWords, orderWords } from './words.ts';

type Status = keyof OrderWords['statuses'];
type Step = keyof OrderWords['steps'];

/** What may follow; the server decides. */
const steps: Readonly<Record<Status, readonly Step[]>> = {
  planned: ['release', 'cancel'],
  released: ['start', 'cancel'],
  running: ['pause', 'complete', 'cancel'],
  paused: ['resume', 'complete', 'cancel'],
  completed: ['close'],
  closed: [],
  cancelled: [],
};

function OrderDetail({ record }: { record: KitRecord }) {
  const words = useWords(orderWords);
  const access = useAccess();
  const runs = useLive<{ items: Run[] }>(`/machine-runs?workOrderId=${record.id}`, access.may('machine-runs.read'));
  const logs = useLive<{ items: Log[] }>(
    `/production-logs?workOrderId=${record.id}`,
    access.may('production-logs.read'),
  );
  const zone = access.plants.find(({ id }) => id === record['plantId'])?.timeZone ?? 'UTC';
  return (
    <>
      {record.archivedAt === null && <Steps record={record} />}
      <MadeSoFar id={record.id} />
      <Operations id={record.id} />
      <h2>{words.runsOfOrder}</h2>
      {runs.data && runs.data.items.length > 0 ? (
        <RunTable runs={runs.data.items} />
      ) : (
        <p className="unit">{words.noRuns}</p>
      )}
      <h2>{words.logs}</h2>
      {logs.data && logs.data.items.length > 0 ? (
        <LogList logs={logs.data.items} timeZone={zone} />
      ) : (
        <p className="unit">{words.noLogs}</p>
      )}
    </>
  );
}

function Steps({ record }: { record: KitRecord }) {
  const words = useWords(orderWords);
  const access = useAccess();
  const session = useSession();
  const notice = useNotice();
  const command = useCommand();
  const reload = useReload();
  const id = useId();
  const [cancelling, setCancelling] = useState(false);
  const [reason, setReason] = useState('');
  const status = record['status'] as Status;
  const take = async (step: Step): Promise<void> => {
    if (step === 'cancel' && !cancelling) {
      setCancelling(true);
      return;
    }
    const body = { version: record.version, ...(step === 'cancel' ? { reason } : {}) };
    const went = await command.run(async () => {
      const after = await session.send<{ status: Status }>('POST', `/work-orders/${record.id}/${step}`, { body });
      notice({ text: words.stepDone(String(record['number']), words.statuses[after.status]) });
    });
    if (went) setCancelling(false);
    await reload();
  };
  const open = steps[status].filter((step) => access.may(`work-orders.${step}`));
  return (
    <div className="steps">
      <div className="actions">
        {open.map((step) => (
          <button
            key={step}
            type="button"
            className={step === 'cancel' ? undefined : 'main'}
            aria-disabled={command.busy}
            onClick={() => void take(step)}
          >
            {words.steps[step]}
          </button>
        ))}
      </div>
      {cancelling && (
        <FormRow id={id} label={words.whyCancel} fault={command.faults['reason']} required>
          <input id={id} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        </FormRow>
      )}
      {command.error && <Problem error={command.error} />}
    </div>
  );
}

interface Quantities {
  readonly quantity: number;
  readonly unit: string;
  readonly done: number | null;
  readonly machines: readonly {
    readonly machineId: number;
    readonly machineName: string;
    readonly operationId: number | null;
    readonly operationName: string | null;
    readonly declared: { readonly good: number; readonly scrap: number; readonly rework: number };
    readonly counted: { readonly good: number; readonly rejects: number } | null;
    readonly good: number | null;
    readonly rejects: number | null;
  }[];
}

function MadeSoFar({ id }: { id: number }) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const asked = useLive<Quantities>(`/work-orders/${id}/quantities`);
  if (!asked.data) return null;
  const { quantity, unit, done, machines } = asked.data;
  const shown = (value: number | null): string => (value === null ? '–' : format.number(value));
  return (
    <>
      <h2>{words.quantities}</h2>
      <p>
        {done === null ? (
          <span className="unit">{words.nothingCounted}</span>
        ) : (
          <>
            <strong>{format.number(done)}</strong> {words.of} {format.number(quantity)}{' '}
            <span className="unit">{unit}</span>
          </>
        )}
      </p>
      {machines.length > 0 && (
        <div className="scroll">
          <table className="list plain">
            <thead>
              <tr>
                <th scope="col">{words.machine}</th>
                <th scope="col">{words.operation}</th>
                <th scope="col">{words.declared}</th>
                <th scope="col">{words.counted}</th>
                <th scope="col">{words.counts}</th>
              </tr>
            </thead>
            <tbody>
              {machines.map(
                ({ machineId, machineName, operationId, operationName, declared, counted, good, rejects }) => (
                  <tr key={`${machineId} ${operationId}`}>
                    <td>{machineName}</td>
                    <td>{operationName ?? '–'}</td>
                    <td>
                      {words.good} {format.number(declared.good)}, {words.scrap} {format.number(declared.scrap)},{' '}
                      {words.rework} {format.number(declared.rework)}
                    </td>
                    <td>
                      {counted === null
                        ? '–'
                        : `${words.good} ${format.number(counted.good)}, ${words.rejects} ${format.number(counted.rejects)}`}
                    </td>
                    <td>
                      {words.good} {shown(good)}, {words.rejects} {shown(rejects)}
                    </td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

interface Operation {
  readonly id: number;
  readonly sequence: number;
  readonly name: string;
  readonly machineName: string | null;
  readonly laneName: string | null;
  readonly plannedQuantity: number;
  readonly status: Status;
}

function Operations({ id }: { id: number }) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const access = useAccess();
  const asked = useLive<{ items: Operation[] }>(
    `/work-order-operations?workOrderId=${id}&limit=100`,
    access.may('work-order-operations.read'),
  );
  return (
    <>
      <h2>{words.operations}</h2>
      {asked.data?.items.length === 0 && <p className="unit">{words.noOperations}</p>}
      {asked.data && asked.data.items.length > 0 && (
        <div className="scroll">
          <table className="list plain">
            <tbody>
              {asked.data.items.map((one) => (
                <tr key={one.id}>
                  <td>{one.sequence}</td>
                  <td>
                    <Link href={`/orders/work-order-operations/${one.id}`}>{one.name}</Link>
                  </td>
                  <td>{one.machineName ?? one.laneName ?? '–'}</td>
                  <td>{format.number(one.plannedQuantity)}</td>
                  <td>{words.statuses[one.status]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

export const workOrdersPage = definePage({
  resource: workOrders,
  columns: [
    'number',
    'status',
    'materialId',
    'quantity',
    'unitId',
    'promisedDate',
    'priority',
    'laneId',
    'plannedFrom',
  ],
  form: [
    'plantId',
    'number',
    'materialId',
    'quantity',
    'unitId',
    'promisedDate',
    'priority',
    'laneId',
    'plannedFrom',
    'plannedTo',
    'erpReference',
    'remarks',
  ],
  filters: ['status', 'materialId', 'laneId'],
  Detail: OrderDetail,
  words: {
    en: {
      many: 'Work orders',
      one: 'Work order',
      create: 'New work order',
      empty:
        'No work order yet. Orders say what is to be made, how much, and by which day; press N for the first, or import a CSV file.',
      fields: {
        plantId: 'Plant',
        number: 'Number',
        materialId: 'Material',
        quantity: 'Quantity',
        unitId: 'Unit',
        promisedDate: 'Promised',
        priority: 'Priority',
        laneId: 'Lane',
        plannedFrom: 'Planned from',
        plannedTo: 'Planned to',
        status: 'Status',
        actualFrom: 'Begun',
        actualTo: 'Completed',
        erpReference: 'ERP reference',
        remarks: 'Remarks',
      },
      choices: { status: orderWords.en.statuses },
      hints: {
        number: 'As the PLC and the ERP call it',
        unitId: 'Left empty: the unit of the material',
        promisedDate: 'A day of the plant; on time is complete by its end',
        priority: '1 is first, 9 is last',
      },
    },
    de: {
      many: 'Aufträge',
      one: 'Auftrag',
      create: 'Neuer Auftrag',
      empty:
        'Noch kein Auftrag. Aufträge sagen, was in welcher Menge bis zu welchem Tag hergestellt wird; N legt den ersten an, oder lesen Sie eine CSV-Datei ein.',
      fields: {
        plantId: 'Werk',
        number: 'Nummer',
        materialId: 'Material',
        quantity: 'Menge',
        unitId: 'Einheit',
        promisedDate: 'Zugesagt',
        priority: 'Vorrang',
        laneId: 'Linie',
        plannedFrom: 'Geplant von',
        plannedTo: 'Geplant bis',
        status: 'Status',
        actualFrom: 'Begonnen',
        actualTo: 'Fertig',
        erpReference: 'ERP-Kennung',
        remarks: 'Bemerkungen',
      },
      choices: { status: orderWords.de.statuses },
      hints: {
        number: 'Wie SPS und ERP ihn nennen',
        unitId: 'Leer: die Einheit des Materials',
        promisedDate: 'Ein Tag des Werks; pünktlich ist, was an seinem Ende fertig ist',
        priority: '1 ist zuerst, 9 zuletzt',
      },
    },
  },
});
