// The page Now: a plant's lanes and machines as they are, each value with its age.

import { useQuery } from '@tanstack/react-query';
import { useCallback, useDeferredValue, useEffect } from 'react';
import { useSearchParams } from 'wouter';
import type { NowFigures } from '../../../domains/now-figures/index.ts';
import type { Now } from '../../../domains/telemetry/index.ts';
import { useWords } from '../kit/use-words.ts';
import { useAccess } from '../shell/context.ts';
import { NoMachines } from '../shell/no-machines.tsx';
import { usePlant } from '../shell/plant.ts';
import { ApiError, type Session } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { HistoryPanel } from './history-panel.tsx';
import { Lanes, MOST_COLUMNS, tvPages, useTurningPage } from './lanes.tsx';
import { nowWords } from './now-words.ts';
import { situationOf } from './situation.ts';
import { Banner, Strip } from './strip.tsx';
import type { MachineProps, TileProps } from './tile.tsx';
import { useLiveStore } from './use-live-store.ts';

/** Structure and coverage change seldom; values come by the stream. */
const REFETCH_MS = 10_000;

export function NowPage({ session }: { session: Session }) {
  const { words } = useSettings();
  const { plants } = useAccess();
  const { id } = usePlant('one');
  if (plants.length === 0 || id === null) return <p className="notice">{words.noPlants}</p>;
  return <PlantNow key={id} session={session} plantId={id} />;
}

/** A plant as it is now: its structure, undefined until it is known, and the store that follows it. */
function useNow({ session, plantId, showsFigures }: { session: Session; plantId: number; showsFigures: boolean }) {
  const now = useQuery({
    queryKey: ['now', plantId],
    queryFn: ({ signal }) => session.get<Now>(`/now?plant=${plantId}`, signal),
    refetchInterval: REFETCH_MS,
  });
  // For the first paint; then the stream tells them.
  const figures = useQuery({
    queryKey: ['now-figures', plantId],
    queryFn: ({ signal }) => session.get<NowFigures>(`/now/figures?plant=${plantId}`, signal),
    enabled: showsFigures,
  });
  const store = useLiveStore({ session, plantId, now: now.data });
  useEffect(() => {
    if (figures.data) store.mergeFigures(figures.data);
  }, [store, figures.data]);
  // Drawn in between, as what the stream says: all tiles at once are many.
  const told = useDeferredValue(now.data);
  return { told, store, error: now.error };
}

function PlantNow({ session, plantId }: { session: Session; plantId: number }) {
  const { words } = useSettings();
  const [parameters, setParameters] = useSearchParams();
  const access = useAccess();
  const showsFigures = access.may('metrics.read');
  const { told, store, error } = useNow({ session, plantId, showsFigures });
  const plantName = told?.plant.name;
  useEffect(() => {
    if (plantName !== undefined) document.title = `${words.now} – ${plantName} – ${words.appName}`;
  }, [plantName, words]);
  const openTag = useCallback(
    (id: number) => setParameters((before) => changed(before, 'tag', String(id))),
    [setParameters],
  );

  if (!told) {
    if (error instanceof ApiError && error.status < 500) return <p className="notice">{words.plantGone}</p>;
    return <Skeleton failed={error !== null} />;
  }
  const situation = situationOf(told, store);
  const { lanes } = told;
  const machines = lanes.flatMap((lane) => lane.machines);
  const tag = machines.flatMap((machine) => machine.tags).find(({ id }) => id === Number(parameters.get('tag')));
  const change = (name: string, value: string | null) => setParameters((before) => changed(before, name, value));
  const columns = Math.min(MOST_COLUMNS, Math.max(1, ...lanes.map((lane) => lane.machines.length)));
  const isTv = parameters.get('tv') === '1' || access.userId === null;
  return (
    <div className={isTv ? 'now tv' : 'now'} style={{ '--columns': columns } as React.CSSProperties}>
      <h1 className="hidden">
        {words.now}: {told.plant.name}
      </h1>
      <Board
        situation={situation}
        lanes={lanes.filter((lane) => lane.machines.length > 0)}
        columns={columns}
        isTv={isTv}
        showsFigures={showsFigures}
        showsReadings={!isTv && (!showsFigures || parameters.get('readings') === '1')}
        openTagId={tag?.id ?? null}
        openTag={openTag}
        showReadings={isTv || !showsFigures ? null : (shown) => change('readings', shown ? '1' : null)}
      />
      {tag && (
        <HistoryPanel
          key={tag.id}
          session={session}
          situation={situation}
          tag={tag}
          machine={machines.find((machine) => machine.tags.includes(tag))?.displayName ?? ''}
          period={parameters.get('period')}
          choosePeriod={(period) => change('period', period)}
          close={() => change('tag', null)}
        />
      )}
      <Banner situation={situation} />
    </div>
  );
}

function changed(before: URLSearchParams, name: string, value: string | null): URLSearchParams {
  const after = new URLSearchParams(before);
  if (value === null) after.delete(name);
  else after.set(name, value);
  return after;
}

interface BoardProps extends Omit<TileProps, MachineProps> {
  readonly lanes: Now['lanes'];
  readonly columns: number;
  readonly isTv: boolean;
  /** Null where that is not to be chosen. */
  showReadings: ((shown: boolean) => void) | null;
}

function Board({ lanes, columns, isTv, showReadings, ...tile }: BoardProps) {
  const own = useWords(nowWords);
  const pages = isTv ? tvPages(lanes, columns) : [lanes];
  const page = useTurningPage(pages.length);
  return (
    <>
      <Strip situation={tile.situation} showsFigures={tile.showsFigures}>
        {pages.length > 1 && <p className="pages">{own.pageOf(String(page + 1), String(pages.length))}</p>}
        {showReadings && (
          <button
            type="button"
            aria-pressed={tile.showsReadings}
            title={own.readingsHint}
            onClick={() => showReadings(!tile.showsReadings)}
          >
            {own.showReadings}
          </button>
        )}
      </Strip>
      <div className="lanes">
        {lanes.length === 0 && <NoMachines />}
        <Lanes lanes={pages[page] ?? []} {...tile} />
      </div>
    </>
  );
}

function Skeleton({ failed = false }: { failed?: boolean }) {
  const { words } = useSettings();
  return (
    <div className="now" aria-busy="true" style={{ '--columns': 4 } as React.CSSProperties}>
      <div className="strip" />
      <div className="lanes">
        <section className="lane">
          <h2 role={failed ? 'alert' : 'status'}>{failed ? words.serverUnreachable : `${words.loading} …`}</h2>
          <div className="tiles">
            {[1, 2, 3, 4].map((at) => (
              <div key={at} className="tile skeleton" />
            ))}
          </div>
        </section>
      </div>
    </div>
  );
}
