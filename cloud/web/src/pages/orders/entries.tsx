// What an operator taps is entered one after the other. A tap is never lost because the one before is still under
// way: it waits, and what waits or could not be entered stays on screen until it is in, or is put away.
//
//   waiting ──entered──▶ gone
//      │ ▲
//      ▼ └──try again──┐
//   refused, or not heard of ──put away──▶ gone

import { useRef, useState } from 'react';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useSession } from '../../shell/context.ts';
import { useReload } from './api.ts';
import { orderWords } from './words.ts';

/** More wait only where nothing has come through for long. */
const MOST_WAITING = 50;

export interface NewEntry {
  readonly machine: string;
  readonly text: string;
  readonly body: object;
}

interface Entry extends NewEntry {
  /** The same entry sent twice is entered once. */
  readonly key: string;
  readonly error: Error | null;
}

export interface Entries {
  readonly all: readonly Entry[];
  readonly full: boolean;
  add(entry: NewEntry): void;
  tryAgain(entry: Entry): void;
  putAway(entry: Entry): void;
}

export function useEntries(): Entries {
  const session = useSession();
  const reload = useReload();
  const [all, setAll] = useState<readonly Entry[]>([]);
  const before = useRef<Promise<void>>(Promise.resolve());
  const remove = (key: string): void => setAll((now) => now.filter((one) => one.key !== key));
  const fail = (key: string, error: Error | null): void =>
    setAll((now) => now.map((one) => (one.key === key ? { ...one, error } : one)));
  const send = ({ key, body }: Entry): void => {
    before.current = before.current.then(async () => {
      try {
        await session.send('POST', '/production-logs', { body, idempotencyKey: key });
        // It goes from here when the list has it; the next one need not wait for that.
        void reload().then(() => remove(key));
      } catch (cause) {
        fail(key, cause as Error);
      }
    });
  };
  const full = all.length >= MOST_WAITING;
  return {
    all,
    full,
    add(made) {
      if (full) return;
      const entry = { ...made, key: crypto.randomUUID(), error: null };
      setAll((now) => [...now, entry]);
      send(entry);
    },
    tryAgain(entry) {
      fail(entry.key, null);
      send(entry);
    },
    putAway: ({ key }) => remove(key),
  };
}

/** What waits, and what could not be entered and why. */
export function WaitingEntries({ entries }: { entries: Entries }) {
  const words = useWords(orderWords);
  if (entries.all.length === 0) return null;
  return (
    <ul className="logs waiting-entries" aria-label={words.waits}>
      {entries.all.map((entry) => (
        <li key={entry.key}>
          <span>
            {entry.machine}: <strong>{entry.text}</strong> {entry.error === null && <em>{words.beingEntered}</em>}
          </span>
          {entry.error && (
            <>
              <Problem error={entry.error} retry={() => entries.tryAgain(entry)} />
              <button type="button" onClick={() => entries.putAway(entry)}>
                {words.putAway}
              </button>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
