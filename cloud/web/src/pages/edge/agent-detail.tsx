// What is an agent's own beside the fields: its enrolment, its devices, what could not be seen.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Overview } from '../../../../domains/edge-agents/index.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { type Column, ListTable } from '../../kit/list-table.tsx';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { usePages } from '../../kit/use-pages.ts';
import { useWords } from '../../kit/use-words.ts';
import { kitWords } from '../../kit/words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useMoment } from '../../shell/zone.ts';
import { Once } from '../users/user-detail.tsx';
import { edgeWords } from './edge-words.ts';
import { UnmappedValues } from './unmapped-values.tsx';

const REFETCH_MS = 5_000;

export function AgentDetail({ record }: { record: KitRecord }) {
  return (
    <>
      {record.archivedAt === null && <Enrolment record={record} />}
      <Devices record={record} />
      <UnmappedValues query={`agent=${record.id}`} />
      <Gaps record={record} />
    </>
  );
}

function Enrolment({ record }: { record: KitRecord }) {
  const words = useWords(edgeWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment();
  const queries = useQueryClient();
  const command = useCommand();
  const [made, setMade] = useState<{ token: string; expiresAt: string } | null>(null);
  const [asks, setAsks] = useState(false);
  const name = String(record['edgeId']);
  const plantId = Number(record['plantId']);
  const key = ['list', 'edge-agents', 'overview', plantId];
  const asked = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => session.get<Overview>(`/edge-agents/overview?plant=${plantId}`, signal),
    refetchInterval: REFETCH_MS,
  });
  const credential = asked.data?.agents.find(({ id }) => id === record.id)?.credential;
  const again = async () => {
    await queries.invalidateQueries({ queryKey: key });
    await queries.invalidateQueries({ queryKey: ['record', 'edge-agents', record.id] });
    await queries.invalidateQueries({ queryKey: ['history', 'edge-agents', record.id] });
  };
  const offer = () =>
    command.run(async () => {
      setMade(await session.send('POST', `/edge-agents/${record.id}/token`));
      await again();
    });
  const facts = (
    [
      [words.enrolledAt, credential?.enrolledAt],
      [words.usedAt, credential?.usedAt],
      [words.previousUntil, credential?.previousUntil],
      [words.tokenUntil, credential?.tokenExpiresAt],
    ] as const
  ).filter(([label, time]) => label === words.enrolledAt || time);
  return (
    <section className="stack">
      <h2>{words.enrolment}</h2>
      <dl className="fields">
        {facts.map(([label, time]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{time ? moment(time, plantId) : words.notEnrolled}</dd>
          </div>
        ))}
      </dl>
      {access.may('edge-agents.enrol') && (
        <>
          <p>{words.offerHint}</p>
          <div className="actions">
            <button type="button" onClick={() => void offer()}>
              {credential?.state === 'enrolled' ? words.offerAgain : words.offer}
            </button>
            {access.may('edge-agents.revoke') && credential?.state === 'enrolled' && (
              <button type="button" onClick={() => setAsks(true)}>
                {words.revoke}
              </button>
            )}
          </div>
        </>
      )}
      <div aria-live="polite">
        {made && credential?.tokenExpiresAt !== null && (
          <>
            <Once
              text={`unison-edge enrol edge.yaml --url ${location.origin} --token ${made.token}`}
              label={words.token}
              says={words.tokenOnce(moment(made.expiresAt, plantId))}
            />
            <p>{words.commandHint}</p>
          </>
        )}
        {credential?.state === 'enrolled' && credential.usedAt === null && <p>{words.nextHint}</p>}
      </div>
      {command.error && <Problem error={command.error} />}
      {asks && (
        <Revoke
          name={name}
          close={() => setAsks(false)}
          revoke={async () => {
            await session.send('POST', `/edge-agents/${record.id}/revoke`);
            setMade(null);
            await again();
          }}
        />
      )}
    </section>
  );
}

function Revoke({ name, close, revoke }: { name: string; close(): void; revoke(): Promise<void> }) {
  const words = useWords(edgeWords);
  const kit = useWords(kitWords);
  const command = useCommand();
  return (
    <Dialog title={words.revokeTitle(name)} close={close}>
      <p>{words.revokeExplain}</p>
      {command.error && <Problem error={command.error} />}
      <div className="actions">
        <button
          type="button"
          className="main"
          onClick={() => void command.run(revoke).then((went) => (went ? close() : undefined))}
        >
          {words.revoke}
        </button>
        <button type="button" onClick={close}>
          {kit.cancel}
        </button>
      </div>
    </Dialog>
  );
}

interface Device {
  readonly id: number;
  readonly name: string;
  readonly tags: number;
  readonly unmapped: number;
  readonly coverage: { readonly state: string; readonly since: string } | null;
}

function Devices({ record }: { record: KitRecord }) {
  const words = useWords(edgeWords);
  const session = useSession();
  const moment = useMoment(true);
  const plantId = Number(record['plantId']);
  const asked = useQuery({
    queryKey: ['list', 'edge-agents', record.id, 'devices'],
    queryFn: ({ signal }) => session.get<{ items: Device[] }>(`/edge-agents/${record.id}/devices`, signal),
    refetchInterval: REFETCH_MS,
  });
  const said: Readonly<Record<string, string>> = { up: words.up, down: words.down, unknown: words.unknown };
  const columns: Column<Device>[] = [
    { key: 'name', label: words.device, show: ({ name }) => name },
    {
      key: 'coverage',
      label: words.coverage,
      show: ({ coverage }) =>
        coverage === null
          ? words.unknown
          : `${said[coverage.state] ?? coverage.state} ${words.since} ${moment(coverage.since, plantId)}`,
    },
    {
      key: 'tags',
      label: words.tags,
      width: '14rem',
      show: ({ tags, unmapped }) => (unmapped > 0 ? `${tags}, ${words.unmapped(unmapped)}` : tags),
    },
  ];
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  return (
    <section className="stack">
      <h2>{words.devices}</h2>
      {asked.data?.items.length === 0 ? (
        <p>{words.noDevices}</p>
      ) : (
        <>
          <ListTable
            label={words.devices}
            columns={columns}
            rows={asked.data?.items}
            keyOf={({ id }) => id}
            hrefOf={({ id }) => `/plant-setup/tags?plant=${plantId}&device=${id}`}
          />
          <p>
            <Link href={`/plant-setup/tags?plant=${plantId}&agent=${record.id}`}>{words.mapTags}</Link>
          </p>
        </>
      )}
    </section>
  );
}

interface Gap {
  readonly id: number;
  readonly device: string | null;
  readonly tag: string | null;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  readonly lostCount: number | null;
}

function Gaps({ record }: { record: KitRecord }) {
  const words = useWords(edgeWords);
  const kit = useWords(kitWords);
  const moment = useMoment(true);
  const plantId = Number(record['plantId']);
  const [cause, setCause] = useState('');
  const filter = cause === '' ? '' : `?cause=${cause}`;
  const gaps = usePages<Gap>({ name: 'gaps', path: `/edge-agents/${record.id}/gaps${filter}`, by: 'before' });
  const columns: Column<Gap>[] = [
    { key: 'from', label: words.from, width: '15rem', show: ({ from }) => moment(from, plantId) },
    { key: 'to', label: words.to, width: '15rem', show: ({ to }) => moment(to, plantId) },
    { key: 'cause', label: words.cause, width: '10rem', show: (gap) => words.causes[gap.cause] ?? gap.cause },
    { key: 'tag', label: words.tag, show: ({ device, tag }) => [device, tag].filter(Boolean).join(' / ') || words.all },
    { key: 'lost', label: words.lost, width: '8rem', numeric: true, show: ({ lostCount }) => lostCount ?? words.none },
  ];
  return (
    <section className="stack">
      <h2>{words.gapLedger}</h2>
      <label className="filter">
        <span>{words.cause}</span>
        <select value={cause} onChange={(event) => setCause(event.target.value)}>
          <option value="">{words.allCauses}</option>
          {Object.entries(words.causes).map(([one, label]) => (
            <option key={one} value={one}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {gaps.error && <Problem error={gaps.error} retry={gaps.retry} />}
      {gaps.items?.length === 0 ? (
        <p>{words.noGaps}</p>
      ) : (
        <ListTable
          label={words.gapLedger}
          columns={columns}
          rows={gaps.items}
          keyOf={({ id }) => id}
          stale={gaps.stale}
        />
      )}
      {gaps.more && (
        <button type="button" className="more" onClick={gaps.more}>
          {kit.more}
        </button>
      )}
    </section>
  );
}
