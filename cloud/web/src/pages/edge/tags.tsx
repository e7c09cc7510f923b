// Tags of a plant with their live values, and what each is: machine and role with two presses each, for one
// or for all that are selected, with undo. The agent's own word is shown beside a person's.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Tag } from '../../../../domains/tags/index.ts';
import { type ListState, useListState } from '../../kit/list-state.ts';
import { type Column, ListTable } from '../../kit/list-table.tsx';
import { ChoiceFilter, SearchInput, Toolbar } from '../../kit/list-toolbar.tsx';
import { Problem } from '../../kit/problem.tsx';
import { usePages } from '../../kit/use-pages.ts';
import { useWords } from '../../kit/use-words.ts';
import { kitWords } from '../../kit/words.ts';
import { silenceOf } from '../../now/freshness.ts';
import { createLiveStore, type LiveStore } from '../../now/live-store.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { age } from '../../shell/format.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { useMoment } from '../../shell/zone.ts';
import { edgeWords } from './edge-words.ts';
import { type MapTags, type Role, useMapping } from './tag-mapping.ts';
import { TagMeaning } from './tag-meaning.tsx';

/** The live stream takes no more; further pages show the value of their loading. */
const MAX_LIVE = 500;
const PAGE = 100;
/** The agents' declarations change seldom. */
const REFETCH_MS = 30_000;

export function TagsPage() {
  const { id } = usePlant('one');
  return id === null ? null : <PlantTags key={id} plantId={id} />;
}

function PlantTags({ plantId }: { plantId: number }) {
  const words = useWords(edgeWords);
  const kit = useWords(kitWords);
  const access = useAccess();
  const list = useListState(['agent', 'device', 'machine', 'role', 'mapped']);
  // The URL also says how other lists are sorted.
  const asked = new URLSearchParams(list.query);
  for (const name of ['archived', 'sort']) asked.delete(name);
  const path = `/tags?plant=${plantId}&limit=${PAGE}&${asked}`;
  const tags = usePages<Tag>({ name: 'tags', path, refetchMs: REFETCH_MS });
  const { map, error } = useMapping();
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const selected = tags.items?.filter(({ id }) => chosen.has(id)) ?? [];
  const machines = useMachines(plantId);
  const store = useTagStore(plantId, tags.items);
  const columns = useTagColumns({
    store,
    machines,
    map: access.may('tags.map') ? map : null,
    chosen,
    choose: setChosen,
    shown: tags.items ?? [],
  });
  useTitle(words.tags);
  return (
    <div className="page tags">
      <Toolbar title={words.tags}>
        <Filters list={list} />
      </Toolbar>
      <p className="unit">{words.rule}</p>
      {access.may('tags.map') && <Together key={selected.length} selected={selected} machines={machines} map={map} />}
      {tags.error && <Problem error={tags.error} retry={tags.retry} />}
      {error && <Problem error={error} />}
      <ListTable label={words.tags} columns={columns} rows={tags.items} keyOf={({ id }) => id} stale={tags.stale} />
      {tags.items?.length === 0 && (
        <div className="empty">
          <p>{list.narrowed ? kit.nothingFound : words.noTags}</p>
        </div>
      )}
      {tags.more && (
        <button type="button" className="more" onClick={tags.more}>
          {kit.more}
        </button>
      )}
    </div>
  );
}

function Filters({ list }: { list: ListState }) {
  const words = useWords(edgeWords);
  const roles = Object.entries(words.roles).map(([value, label]) => ({ value, label }));
  const mapped = [
    { value: 'no', label: words.onlyUnmapped },
    { value: 'yes', label: words.onlyMapped },
    { value: 'screen', label: words.onlyScreen },
    { value: 'differs', label: words.onlyDiffers },
  ];
  return (
    <div className="filters">
      <SearchInput state={list} />
      <ChoiceFilter state={list} name="mapped" label={words.show} options={mapped} all={words.all} />
      <ChoiceFilter state={list} name="role" label={words.role} options={roles} all={words.all} />
    </div>
  );
}

interface Machine {
  readonly id: number;
  readonly displayName: string;
}

function useMachines(plantId: number): readonly Machine[] {
  const session = useSession();
  const access = useAccess();
  const asked = useQuery({
    queryKey: ['list', 'machines', 'options', plantId],
    queryFn: ({ signal }) => session.get<{ items: Machine[] }>(`/machines?plantId=${plantId}&limit=500`, signal),
    enabled: access.may('machines.read'),
  });
  return asked.data?.items ?? [];
}

/** One store for the tags that are shown; another page of them is another stream. */
function useTagStore(plantId: number, items: readonly Tag[] | undefined): LiveStore {
  const session = useSession();
  const ids = (items ?? [])
    .slice(0, MAX_LIVE)
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
  const store = useMemo(
    () =>
      createLiveStore({
        session,
        plantId,
        tagIds: ids.split(',').map(Number),
        onStructureChanged() {},
      }),
    [session, plantId, ids],
  );
  useEffect(() => {
    if (ids === '') return;
    store.start();
    return () => store.stop();
  }, [store, ids]);
  useSyncExternalStore(store.subscribe, store.version);
  return store;
}

/** For all that are selected; its place is kept while nothing is. */
function Together({
  selected,
  machines,
  map,
}: {
  selected: readonly Tag[];
  machines: readonly Machine[];
  map: MapTags;
}) {
  const words = useWords(edgeWords);
  const none = selected.length === 0;
  return (
    <fieldset className={none ? 'together hidden-space' : 'together'} disabled={none}>
      <legend className="hidden">{words.selected(selected.length)}</legend>
      <span>{words.selected(selected.length)}</span>
      <Choice
        label={words.machineForAll}
        first={`${words.machine}: ${words.choose}`}
        options={machines.map(({ id, displayName }) => [String(id), displayName])}
        choose={(value) => map(selected, { machineId: Number(value) })}
      />
      <Choice
        label={words.roleForAll}
        first={`${words.role}: ${words.choose}`}
        options={Object.entries(words.roles)}
        choose={(value) => map(selected, { role: value as Role })}
      />
      <button type="button" onClick={() => map(selected, 'agent')}>
        {words.asAgentSays}
      </button>
    </fieldset>
  );
}

function Choice(props: {
  label: string;
  /** The word for no choice. */
  first: string;
  value?: string;
  options: readonly (readonly [string, string])[];
  choose(value: string): void;
}) {
  const { label, first, value = '', options, choose } = props;
  const known = value === '' || options.some(([id]) => id === value);
  return (
    <select aria-label={label} value={known ? value : ''} onChange={(event) => choose(event.target.value)}>
      <option value="">{first}</option>
      {options.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

interface ColumnOptions {
  readonly store: LiveStore;
  readonly machines: readonly Machine[];
  /** Null: one may not. */
  readonly map: MapTags | null;
  readonly chosen: ReadonlySet<number>;
  choose(ids: ReadonlySet<number>): void;
  readonly shown: readonly Tag[];
}

function useTagColumns({ store, machines, map, chosen, choose, shown }: ColumnOptions): Column<Tag>[] {
  const words = useWords(edgeWords);
  const live = useLiveColumns(store);
  const toggle = (id: number, on: boolean) =>
    choose(new Set(on ? [...chosen, id] : [...chosen].filter((one) => one !== id)));
  const selection: Column<Tag> = {
    key: 'select',
    label: '',
    width: '2.5rem',
    head: (
      <input
        type="checkbox"
        aria-label={words.selectAll}
        checked={shown.length > 0 && shown.every(({ id }) => chosen.has(id))}
        onChange={(event) => choose(new Set(event.target.checked ? shown.map(({ id }) => id) : []))}
      />
    ),
    show: ({ id, name }) => (
      <input
        type="checkbox"
        aria-label={words.select(name)}
        checked={chosen.has(id)}
        onChange={(event) => toggle(id, event.target.checked)}
      />
    ),
  };
  const who = ({ mapping, differs, declared }: Tag): string => {
    if (mapping === 'agent') return (declared.machine ?? declared.role) ? words.byAgent : words.none;
    if (!differs) return words.byScreen;
    const role = declared.role === null ? null : words.roles[declared.role];
    return words.agentSays([declared.machine, role].filter(Boolean).join(', ') || words.nothingSaid);
  };
  return [
    ...(map ? [selection] : []),
    {
      key: 'tag',
      label: words.tag,
      show: ({ name, deviceName }) => (
        <>
          {name} <span className="unit">{deviceName}</span>
        </>
      ),
    },
    ...live,
    {
      key: 'machine',
      label: words.machine,
      width: '9rem',
      show: (tag) =>
        map ? (
          <Choice
            label={words.machineOf(tag.name)}
            first={words.none}
            value={tag.machineId === null ? '' : String(tag.machineId)}
            options={machines.map(({ id, displayName }) => [String(id), displayName])}
            choose={(value) => map([tag], { machineId: value === '' ? null : Number(value) })}
          />
        ) : (
          (tag.machineName ?? words.none)
        ),
    },
    {
      key: 'role',
      label: words.role,
      width: '9.5rem',
      show: (tag) =>
        map ? (
          <Choice
            label={words.roleOf(tag.name)}
            first={words.none}
            value={tag.role ?? ''}
            options={Object.entries(words.roles)}
            choose={(value) => map([tag], { role: value === '' ? null : (value as Role) })}
          />
        ) : (
          (words.roles[tag.role ?? ''] ?? words.none)
        ),
    },
    {
      key: 'meaning',
      label: words.meaning,
      width: '10.5rem',
      show: (tag) => <TagMeaning tag={tag} change={map && ((to) => map([tag], to))} />,
    },
    {
      key: 'says',
      label: words.says,
      width: '12rem',
      show: (tag) => (
        <span className="row-actions" title={who(tag)}>
          <span>{who(tag)}</span>
          {map && tag.mapping === 'screen' && (
            <button type="button" className="in-row" onClick={() => map([tag], 'agent')}>
              {words.giveBack}
            </button>
          )}
        </span>
      ),
    },
  ];
}

/** Value, quality and age: what the stream said last, or what was there when the page was loaded. */
function useLiveColumns(store: LiveStore): Column<Tag>[] {
  const words = useWords(edgeWords);
  const { format } = useSettings();
  const moment = useMoment(true);
  const now = store.serverNow();
  const seen = (tag: Tag) => {
    const known = store.tag(tag.id);
    const loaded = tag.time === null ? null : { time: Date.parse(tag.time), value: tag.value, status: tag.status };
    return known && (!loaded || known.time >= loaded.time) ? known : loaded;
  };
  const isSilent = ({ agentId }: Tag): boolean => {
    const agent = store.agent(agentId);
    return agent !== undefined && silenceOf(agent, now) !== null;
  };
  const shown = (value: number | string | boolean | null): string =>
    typeof value === 'number'
      ? format.value(value, Number.isInteger(value))
      : value === null
        ? words.none
        : String(value);
  return [
    {
      key: 'value',
      label: words.value,
      width: '9rem',
      numeric: true,
      show: (tag) => {
        const last = seen(tag);
        if (!last) return <span className="unit">{words.noValue}</span>;
        return (
          <span className={isSilent(tag) ? 'old' : undefined}>
            {shown(last.value)} {tag.unit && <span className="unit">{tag.unit}</span>}
          </span>
        );
      },
    },
    {
      key: 'quality',
      label: words.quality,
      width: '6rem',
      show: (tag) => {
        const last = seen(tag);
        if (isSilent(tag)) return words.silent;
        if (!last) return words.none;
        return last.status >>> 30 === 2 ? words.bad : last.status >>> 30 === 1 ? words.uncertain : words.good;
      },
    },
    {
      key: 'age',
      label: words.age,
      width: '5.2rem',
      numeric: true,
      show: (tag) => {
        const last = seen(tag);
        return last && <span title={moment(last.time, tag.plantId)}>{age(now - last.time)}</span>;
      },
    },
  ];
}
