// The live store of the plant that a page shows.

import { useQueryClient } from '@tanstack/react-query';
import { startTransition, useCallback, useEffect, useMemo, useRef, useState } from 'react';
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
  useDrawnAgain(store);
  return store;
}

/**
 * Draws again after each change of the store, as a transition: the browser does what people do in between, since
 * two hundred machines say something every second. One drawing at a time: what changes meanwhile is in the next
 * one, or a slow browser would begin anew for ever and show nothing.
 */
function useDrawnAgain({ subscribe }: LiveStore): void {
  const [drawings, count] = useState(0);
  const drawing = useRef({ goesOn: false, isOld: false });
  const draw = useCallback(() => {
    drawing.current = { goesOn: true, isOld: false };
    startTransition(() => count((before) => before + 1));
  }, []);
  useEffect(() => {
    // What changed before anybody listened.
    draw();
    return subscribe(() => {
      if (drawing.current.goesOn) drawing.current.isOld = true;
      else draw();
    });
  }, [subscribe, draw]);
  useEffect(() => {
    if (drawings === 0) return;
    drawing.current.goesOn = false;
    if (drawing.current.isOld) draw();
  }, [drawings, draw]);
}
