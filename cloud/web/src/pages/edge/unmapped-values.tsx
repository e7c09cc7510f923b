// The task "map this value": what state tags said and no map knows, mended with one press each. Nothing is
// there where nothing waits.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Column, ListTable } from '../../kit/list-table.tsx';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { useMoment } from '../../shell/zone.ts';
import { edgeWords } from './edge-words.ts';
import { LossReason } from './tag-meaning.tsx';

const REFETCH_MS = 5_000;
const states = ['running', 'setup', 'idle', 'stopped'] as const;

interface UnmappedValue {
  readonly plantId: number;
  readonly machineId: number;
  readonly machineName: string;
  readonly tagId: number;
  readonly tagName: string;
  readonly value: string;
  readonly lastSeenAt: string;
}

const keyOf = ({ tagId, value }: UnmappedValue): string => `${tagId} ${value}`;

/** `query`: `machine=3`, `agent=7` or `plant=1`. */
export function UnmappedValues({ query }: { query: string }) {
  const words = useWords(edgeWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment(true);
  const queries = useQueryClient();
  const notify = useNotice();
  const command = useCommand();
  /** Chosen before the state is pressed, by tag and value. */
  const [reasons, setReasons] = useState<ReadonlyMap<string, number | null>>(new Map());
  const asked = useQuery({
    queryKey: ['list', 'state-maps', 'unmapped', query],
    queryFn: ({ signal }) =>
      session.get<{ count: number; items: UnmappedValue[] }>(`/state-maps/unmapped?${query}`, signal),
    refetchInterval: REFETCH_MS,
    enabled: access.may('state-maps.read'),
  });
  if (!asked.data || asked.data.count === 0) return null;
  const map = (row: UnmappedValue, state: (typeof states)[number]) =>
    void command.run(async () => {
      const { machineId, value } = row;
      const lossReasonId = reasons.get(keyOf(row)) ?? null;
      const made = await session.send<{ id: number; version: number }>('POST', '/state-maps', {
        body: { machineId, value, state, ...(lossReasonId === null ? {} : { lossReasonId }) },
      });
      const again = async () => {
        await queries.invalidateQueries({ queryKey: ['list', 'state-maps'] });
        await queries.invalidateQueries({ queryKey: ['record', 'machines', machineId, 'checklist'] });
      };
      notify({
        text: words.valueMapped(value, words.states[state]),
        undo: async () => {
          await session.send('DELETE', `/state-maps/${made.id}?version=${made.version}`);
          await again();
        },
      });
      await again();
    });
  const columns: Column<UnmappedValue>[] = [
    { key: 'value', label: words.value, width: '12rem', show: ({ value }) => value },
    { key: 'where', label: words.tag, show: ({ machineName, tagName }) => words.valueOn(machineName, tagName) },
    { key: 'seen', label: words.lastSeen, width: '15rem', show: ({ lastSeenAt }) => moment(lastSeenAt) },
    {
      key: 'reason',
      label: words.lossReason,
      width: '11rem',
      // oxlint-disable-next-line react/no-unstable-nested-components -- a cell of a table, drawn and never mounted
      show: (row) =>
        access.may('state-maps.create') && (
          <LossReason
            label={row.value}
            value={reasons.get(keyOf(row)) ?? null}
            change={(id) => setReasons((before) => new Map(before).set(keyOf(row), id))}
          />
        ),
    },
    {
      key: 'means',
      label: words.means,
      width: '22rem',
      // oxlint-disable-next-line react/no-unstable-nested-components -- a cell of a table, drawn and never mounted
      show: (row) =>
        access.may('state-maps.create') && (
          <span className="row-actions">
            {states.map((state) => (
              <button
                key={state}
                type="button"
                className="in-row"
                aria-label={`${row.machineName}: ${row.value} → ${words.states[state]}`}
                onClick={() => map(row, state)}
              >
                {words.states[state]}
              </button>
            ))}
          </span>
        ),
    },
  ];
  return (
    <section className="stack unmapped">
      <h2>{words.unmappedValues(asked.data.count)}</h2>
      <p>{words.unmappedHint}</p>
      <ListTable
        label={words.unmappedValues(asked.data.count)}
        columns={columns}
        rows={asked.data.items}
        keyOf={keyOf}
      />
      {command.error && <Problem error={command.error} />}
    </section>
  );
}
