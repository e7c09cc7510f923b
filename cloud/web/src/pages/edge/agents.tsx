// Agents of a plant: how each is doing, at a glance; behind each its enrolment, devices and gaps.

import { useQuery } from '@tanstack/react-query';
import { Link, Route, Switch, useSearchParams } from 'wouter';
import type { Overview } from '../../../../domains/edge-agents/index.ts';
import { edgeAgents } from '../../../../domains/edge-agents/resource.ts';
import { type Column, ListTable } from '../../kit/list-table.tsx';
import { Toolbar } from '../../kit/list-toolbar.tsx';
import { definePage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { age } from '../../shell/format.ts';
import { usePlant } from '../../shell/plant.ts';
import { useTitle } from '../../shell/use-title.ts';
import { useMoment } from '../../shell/zone.ts';
import { ResourcePages } from '../resource-pages.tsx';
import { AgentDetail } from './agent-detail.tsx';
import { edgeWords } from './edge-words.ts';
import { UnmappedValues } from './unmapped-values.tsx';

const REFETCH_MS = 5_000;

const agentsPage = definePage({
  resource: edgeAgents,
  columns: ['edgeId', 'plantId', 'groupId', 'description'],
  form: ['plantId', 'edgeId', 'description'],
  Detail: AgentDetail,
  words: {
    en: {
      many: 'Agents',
      one: 'Agent',
      create: 'New agent',
      empty: 'No agent here.',
      fields: { plantId: 'Plant', edgeId: 'Name', groupId: 'Group', description: 'Description' },
      choices: {},
      hints: { edgeId: 'As its configuration calls it, such as edge-1' },
    },
    de: {
      many: 'Agenten',
      one: 'Agent',
      create: 'Neuer Agent',
      empty: 'Hier ist kein Agent.',
      fields: { plantId: 'Werk', edgeId: 'Name', groupId: 'Gruppe', description: 'Beschreibung' },
      choices: {},
      hints: { edgeId: 'Wie seine Konfiguration ihn nennt, etwa edge-1' },
    },
  },
});

/** `base` shows the agents as they are; archived ones are the kit's list. */
export function AgentPages({ base }: { base: string }) {
  const [parameters] = useSearchParams();
  return (
    <Switch>
      {!parameters.has('archived') && (
        <Route path={base}>
          <AgentList base={base} />
        </Route>
      )}
      <Route>
        <ResourcePages page={agentsPage} base={base} />
      </Route>
    </Switch>
  );
}

type Agent = Overview['agents'][number];

function AgentList({ base }: { base: string }) {
  const words = useWords(edgeWords);
  const session = useSession();
  const access = useAccess();
  const { id: plantId } = usePlant('one');
  const moment = useMoment(true);
  const asked = useQuery({
    queryKey: ['list', 'edge-agents', 'overview', plantId],
    queryFn: ({ signal }) => session.get<Overview>(`/edge-agents/overview?plant=${plantId}`, signal),
    refetchInterval: REFETCH_MS,
    enabled: plantId !== null,
  });
  const columns = useAgentColumns();
  useTitle(words.agents);
  const unknown = asked.data?.unknown ?? [];
  return (
    <div className="page">
      <Toolbar title={words.agents}>
        <div className="does">
          <Link href={`${base}?archived=only`}>{words.archived}</Link>
          {access.may('edge-agents.create') && (
            <Link href={`${base}/new`} className="button main">
              {words.newAgent}
            </Link>
          )}
        </div>
      </Toolbar>
      {asked.error && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      <ListTable
        label={words.agents}
        columns={columns}
        rows={asked.error ? [] : asked.data?.agents}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => `${base}/${id}`}
      />
      {asked.data?.agents.length === 0 && (
        <div className="empty">
          <p>{words.noAgents}</p>
        </div>
      )}
      {unknown.length > 0 && (
        <section className="stack">
          <h2>{words.unknownEdges}</h2>
          <ul>
            {unknown.map(({ groupId, edgeId, lastAt }) => (
              <li key={`${groupId}/${edgeId}`}>{words.unknownEdge(edgeId, groupId, moment(lastAt))}</li>
            ))}
          </ul>
        </section>
      )}
      {plantId !== null && <UnmappedValues query={`plant=${plantId}`} />}
    </div>
  );
}

function useAgentColumns(): Column<Agent>[] {
  const words = useWords(edgeWords);
  const moment = useMoment(true);
  const stateOf = ({ credential, online }: Agent): string => {
    if (credential.state !== 'enrolled') return credential.state === 'offered' ? words.offered : words.notEnrolled;
    return online ? words.online : words.offline;
  };
  return [
    { key: 'name', label: words.agent, show: ({ edgeId }) => edgeId },
    { key: 'state', label: words.state, width: '8rem', show: stateOf },
    {
      key: 'lag',
      label: words.lag,
      width: '5rem',
      numeric: true,
      show: ({ lagSeconds }) => (lagSeconds === null ? words.none : age(lagSeconds * 1_000)),
    },
    {
      key: 'last',
      label: words.lastMessage,
      width: '14rem',
      show: ({ lastMessageAt }) => (lastMessageAt === null ? words.never : moment(lastMessageAt)),
    },
    {
      key: 'buffer',
      label: words.buffer,
      width: '11rem',
      show: ({ bufferBytes, bufferOldest }) => {
        if (bufferBytes === null) return words.none;
        return bufferOldest === null ? words.nothingWaits : words.waitsSince(bytes(bufferBytes), moment(bufferOldest));
      },
    },
    { key: 'version', label: words.version, width: '5rem', show: ({ version }) => version ?? words.none },
    { key: 'devices', label: words.devices, width: '5rem', numeric: true, show: ({ devices }) => devices },
    {
      key: 'tags',
      label: words.tags,
      width: '10rem',
      show: ({ tags, unmappedTags }) => (unmappedTags > 0 ? `${tags}, ${words.unmapped(unmappedTags)}` : tags),
    },
    { key: 'gaps', label: words.gaps, width: '6.5rem', numeric: true, show: ({ gaps24h }) => gaps24h },
    {
      key: 'letters',
      label: words.letters,
      width: '7.5rem',
      numeric: true,
      show: ({ deadLetters24h }) => deadLetters24h,
    },
  ];
}

function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${Math.round(count / 1024 ** power)} ${units[power]}`;
}
