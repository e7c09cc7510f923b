// The page Now: a plant's lanes and machines as they are, each value with its age.

import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
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
import type { TileProps } from './tile.tsx';
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

function PlantNow({ session, plantId }: { session: Session; plantId: number }) {
  const { words } = useSettings();
  const [parameters, setParameters] = useSearchParams();
  const now = useQuery({
    queryKey: ['now', plantId],
    queryFn: ({ signal }) => session.get<Now>(`/now?plant=${plantId}`, signal),
    refetchInterval: REFETCH_MS,
  });
  const access = useAccess();
  const showsFigures = access.may('metrics.read');
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
  useEffect(() => {
    if (now.data) document.title = `${words.now} – ${now.data.plant.name} – ${words.appName}`;
  }, [now.data, words]);

  if (!now.data) {
    if (now.error instanceof ApiError && now.error.status < 500) return <p className="notice">{words.plantGone}</p>;
    return <Skeleton failed={now.isError} />;
  }
  const situation = situationOf(now.data, store);
  const { lanes } = now.data;
  const machines = lanes.flatMap((lane) => lane.machines);
  const openTag = machines.flatMap((machine) => machine.tags).find((tag) => tag.id === Number(parameters.get('tag')));
  const change = (name: string, value: string | null) =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      if (value === null) after.delete(name);
      else after.set(name, value);
      return after;
    });
  const columns = Math.min(MOST_COLUMNS, Math.max(1, ...lanes.map((lane) => lane.machines.length)));
  const isTv = parameters.get('tv') === '1' || access.userId === null;
  return (
    <div className={isTv ? 'now tv' : 'now'} style={{ '--columns': columns } as React.CSSProperties}>
      <h1 className="hidden">
        {words.now}: {now.data.plant.name}
      </h1>
      <Board
        situation={situation}
        lanes={lanes.filter((lane) => lane.machines.length > 0)}
        columns={columns}
        isTv={isTv}
        showsFigures={showsFigures}
        showsReadings={!isTv && (!showsFigures || parameters.get('readings') === '1')}
        openTagId={openTag?.id ?? null}
        openTag={(id) => change('tag', String(id))}
        showReadings={isTv || !showsFigures ? null : (shown) => change('readings', shown ? '1' : null)}
      />
      {openTag && (
        <HistoryPanel
          key={openTag.id}
          session={session}
          situation={situation}
          tag={openTag}
          machine={machines.find((machine) => machine.tags.includes(openTag))?.displayName ?? ''}
          period={parameters.get('period')}
          choosePeriod={(period) => change('period', period)}
          close={() => change('tag', null)}
        />
      )}
      <Banner situation={situation} />
    </div>
  );
}

interface BoardProps extends Omit<TileProps, 'machine'> {
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
