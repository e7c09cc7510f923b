// What was said or taken back last, with who and when, and the way back. It stays until somebody closes it.

import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { useReasonName } from './reading-line.tsx';
import type { Saying } from './use-saying.ts';
import { msOf } from './window.ts';

export function DoneStrip({ saying: { done, takeBack, close }, plant }: { saying: Saying; plant: AccessPlant }) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const nameOf = useReasonName();
  const time = (instant: string) => format.time(msOf(instant), plant.timeZone);
  const who = done?.reversal ?? done;
  return (
    <output className={done ? 'banner done-strip' : 'banner hidden'}>
      {done && (
        <>
          <span>
            {done.reversal
              ? words.undone(nameOf(done.reason))
              : words.done(
                  nameOf(done.reason),
                  time(done.from),
                  done.until === null ? words.untilItRuns : time(done.until),
                )}{' '}
            {who && words.saidBy(who.by, format.moment(msOf(who.at), plant.timeZone))}
          </span>
          {!done.reversal && (
            <button type="button" onClick={() => void takeBack(done.id)}>
              {words.undo}
            </button>
          )}
          <button type="button" onClick={close}>
            {words.close}
          </button>
        </>
      )}
    </output>
  );
}
