// The page Now: a plant's lanes and machines as they are, each value with its age.

import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useSearchParams } from 'wouter';
import type { Now } from '../../../domains/telemetry/index.ts';
import { useAccess } from '../shell/context.ts';
import { NoMachines } from '../shell/no-machines.tsx';
import { usePlant } from '../shell/plant.ts';
import { ApiError, type Session } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { HistoryPanel } from './history-panel.tsx';
import { situationOf } from './situation.ts';
import { Banner, Strip } from './strip.tsx';
import { Tile } from './tile.tsx';
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
  const store = useLiveStore({ session, plantId, now: now.data });
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
  const columns = Math.min(6, Math.max(1, ...lanes.map((lane) => lane.machines.length)));
  return (
    <div className="now" style={{ '--columns': columns } as React.CSSProperties}>
      <h1 className="hidden">
        {words.now}: {now.data.plant.name}
      </h1>
      <Strip situation={situation} />
      <div className="lanes">
        {machines.length === 0 && <NoMachines />}
        {lanes
          .filter((lane) => lane.machines.length > 0)
          .map((lane) => (
            <section key={lane.id} className="lane" aria-label={lane.name ?? words.withoutLane}>
              <h2>{lane.name ?? words.withoutLane}</h2>
              <div className="tiles">
                {lane.machines.map((machine) => (
                  <Tile
                    key={machine.id}
                    situation={situation}
                    machine={machine}
                    openTagId={openTag?.id ?? null}
                    openTag={(id) => change('tag', String(id))}
                  />
                ))}
              </div>
            </section>
          ))}
      </div>
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
