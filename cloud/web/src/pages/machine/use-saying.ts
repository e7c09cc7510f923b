// Saying why a machine stood, and taking it back: done at once, without a question; who and when stay in sight.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Classification } from '../../../../domains/stops/index.ts';
import { type Command, useCommand } from '../../kit/use-command.ts';
import { useSession } from '../../shell/context.ts';

/** Figures follow what was said within a second or two; so long it is looked for. */
const SOON_MS = 12_000;

export interface Saying {
  readonly command: Command;
  /** What was done last, until somebody closes it. */
  readonly done: Classification | null;
  /** Look again soon. */
  readonly soon: boolean;
  /** `lasts`: it holds until the machine runs again. */
  say(stop: {
    readonly from: string;
    readonly to: string;
    readonly lossReasonId: number;
    readonly lasts: boolean;
    /** Also where the machine says that it ran; takes remarks. */
    readonly overrulesRunning?: boolean;
    readonly remarks?: string;
  }): Promise<boolean>;
  takeBack(id: number): Promise<boolean>;
  close(): void;
}

export function useSaying(machineId: number): Saying {
  const session = useSession();
  const queries = useQueryClient();
  const command = useCommand();
  const [done, setDone] = useState<Classification | null>(null);
  const [soon, setSoon] = useState(false);
  useEffect(() => {
    if (!soon) return;
    const timer = setTimeout(() => setSoon(false), SOON_MS);
    return () => clearTimeout(timer);
  }, [soon]);
  const run = (work: () => Promise<Classification>): Promise<boolean> =>
    command.run(async () => {
      setDone(await work());
      setSoon(true);
      await queries.invalidateQueries({ queryKey: ['said'] });
    });
  return {
    command,
    done,
    soon,
    say: (stop) =>
      run(() => session.send<Classification>('POST', '/stop-classifications', { body: { machineId, ...stop } })),
    takeBack: (id) =>
      run(() => session.send<Classification>('POST', `/stop-classifications/${id}/reversal`, { body: {} })),
    close: () => setDone(null),
  };
}
