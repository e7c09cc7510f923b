// One thing that is asked of the server at a time: whether it is under way, what went wrong, what is
// wrong with which field.

import { useState } from 'react';
import { ApiError } from '../shell/session.ts';
import { fieldPath, useFaultText } from './problem.tsx';

export interface Command {
  readonly busy: boolean;
  readonly error: Error | null;
  /** By the names of the body's fields. */
  readonly faults: Readonly<Record<string, string>>;
  /** Says whether it went well. Nothing happens while the one before is under way. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  fail(faults: Readonly<Record<string, string>>): void;
}

export function useCommand(): Command {
  const textOf = useFaultText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  return {
    busy,
    error,
    faults,
    fail(found) {
      setError(null);
      setFaults(found);
    },
    async run(work) {
      if (busy) return false;
      setBusy(true);
      setError(null);
      setFaults({});
      try {
        await work();
        return true;
      } catch (cause) {
        setError(cause as Error);
        if (cause instanceof ApiError)
          setFaults(Object.fromEntries(cause.errors.map((wrong) => [fieldPath(wrong), textOf(wrong)])));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
