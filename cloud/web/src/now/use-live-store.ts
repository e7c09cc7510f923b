// The live store of the plant that a page shows.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Now } from '../../../domains/telemetry/index.ts';
import type { Session } from '../shell/session.ts';
import { createLiveStore, type LiveStore } from './live-store.ts';

/** Of what came in a burst, one question. */
const STRUCTURE_DELAY_MS = 1_000;

/** One store per plant, fed by what GET /now says; the component draws again whenever something changed. */
export function useLiveStore({
  session,
  plantId,
  now,
}: {
  session: Session;
  plantId: number;
  now: Now | undefined;
}): LiveStore {
  const queries = useQueryClient();
  const [store] = useState(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onStructureChanged = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ['now', plantId] });
      }, STRUCTURE_DELAY_MS);
    };
    return createLiveStore({ session, plantId, onStructureChanged });
  });
  // The stream tells only of machines that were there when it began.
  const machines = useMemo(
    () =>
      now?.lanes
        .flatMap((lane) => lane.machines.map((machine) => machine.id))
        .sort((a, b) => a - b)
        .join(),
    [now],
  );
  useEffect(() => {
    if (now) store.merge(now);
  }, [store, now]);
  useEffect(() => {
    if (machines === undefined) return;
    store.start();
    return () => store.stop();
  }, [store, machines]);
  useSyncExternalStore(store.subscribe, store.version);
  return store;
}
