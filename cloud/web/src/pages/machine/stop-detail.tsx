// One stretch of a machine's time, opened from the time line or the list: what is known of it, what people
// said of it, the reasons to choose from, and the way to its samples.

import { useState } from 'react';
import type { Classification, Interval, Stop } from '../../../../domains/stops/index.ts';
import { InstantInput } from '../../kit/instant-input.tsx';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { duration } from '../../shell/format.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { useReasonName, useReasonText } from './reading-line.tsx';
import { ReasonChoice } from './reason-choice.tsx';
import { SamplesPanel } from './samples-panel.tsx';
import type { Saying } from './use-saying.ts';
import { msOf, type TimeWindow } from './window.ts';

/** An uncut stop, or any other stretch of time. */
export type Stretch = Pick<
  Interval,
  'from' | 'category' | 'state' | 'reason' | 'machineReason' | 'classification' | 'run' | 'shift'
> &
  Partial<Pick<Stop, 'duration' | 'unclassified'>> & { readonly to: string | null };

export interface DetailProps {
  readonly machineId: number;
  readonly plant: AccessPlant;
  readonly stretch: Stretch;
  readonly said: readonly Classification[];
  readonly saying: Saying;
  readonly nowMs: number;
  zoomTo(window: TimeWindow): void;
  close(): void;
}

/** Time that a person can give a reason for: not running, or nobody knows. */
const isToSay = ({ category }: Stretch): boolean =>
  ['unplanned_stop', 'minor_stop', 'idle', 'setup', 'no_order', 'unknown', 'planned_stop'].includes(category);

export function StopDetail({ machineId, plant, stretch, said, saying, nowMs, zoomTo, close }: DetailProps) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const access = useAccess();
  const [samples, setSamples] = useState(false);
  const [part, setPart] = useState<{ readonly from: string; readonly to: string } | null>(null);
  // A moment of this device's clock may lie ahead of the server's.
  const end = stretch.to ?? new Date(nowMs).toISOString();
  const wanted = part ?? { from: stretch.from, to: end };
  const isBad = !(msOf(wanted.from) < msOf(wanted.to) && msOf(wanted.from) >= msOf(stretch.from) - 60_000);
  const time = (instant: string) => format.time(msOf(instant), plant.timeZone);
  const choose = (lossReasonId: number): void => {
    if (isBad) return;
    const lasts = part === null && stretch.to === null;
    void saying.say({ ...wanted, lossReasonId, lasts }).then((went) => went && close());
  };
  const window = { from: msOf(stretch.from), to: msOf(end) };
  const margin = (window.to - window.from) / 4 + 30_000;
  return (
    <div className="stop-detail" data-from={stretch.from}>
      <header>
        <h3>
          {words.categories[stretch.category]}{' '}
          <span className="unit">
            {time(stretch.from)} – {stretch.to ? time(end) : words.lasts}
          </span>{' '}
          {duration(stretch.duration === undefined ? window.to - window.from : stretch.duration / 1_000)}
        </h3>
        <p>{[stretch.run?.orderNumber, stretch.run?.materialCode, stretch.shift?.name].filter(Boolean).join(' · ')}</p>
        <div className="does">
          <button type="button" onClick={() => zoomTo({ from: window.from - margin, to: window.to + margin })}>
            {words.zoomTo}
          </button>
          {access.may('telemetry.read') && (
            <button type="button" aria-expanded={samples} onClick={() => setSamples(!samples)}>
              {words.samples}
            </button>
          )}
          <button type="button" onClick={close}>
            {words.close}
          </button>
        </div>
      </header>
      <Said stretch={stretch} said={said} saying={saying} plant={plant} />
      {isToSay(stretch) &&
        (access.may('stop-classifications.create') ? (
          <>
            <div className="of-part">
              <button
                type="button"
                className="quiet"
                aria-expanded={part !== null}
                onClick={() => setPart(part ? null : wanted)}
              >
                {part ? words.whole : words.part}
              </button>
              {part && (
                <>
                  <label>
                    {words.partFrom}{' '}
                    <InstantInput
                      value={part.from}
                      plantId={plant.id}
                      onChange={(from) => from && setPart({ ...part, from })}
                    />
                  </label>
                  <label>
                    {words.partTo}{' '}
                    <InstantInput
                      value={part.to}
                      plantId={plant.id}
                      onChange={(to) => to && setPart({ ...part, to })}
                    />
                  </label>
                  {isBad && <p role="alert">{words.badPart}</p>}
                </>
              )}
            </div>
            <ReasonChoice machineId={machineId} busy={saying.command.busy} choose={choose} />
          </>
        ) : (
          <p className="unit">{words.mayNot}</p>
        ))}
      {saying.command.error && <Problem error={saying.command.error} />}
      {samples && <SamplesPanel machineId={machineId} plant={plant} from={stretch.from} to={end} />}
    </div>
  );
}

/** Who said what of this time and when, also what was taken back. */
function Said({ stretch, said, saying, plant }: Pick<DetailProps, 'stretch' | 'said' | 'saying' | 'plant'>) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const access = useAccess();
  const nameOf = useReasonName();
  const reasonOf = useReasonText();
  const moment = (instant: string) => format.moment(msOf(instant), plant.timeZone);
  const time = (instant: string) => format.time(msOf(instant), plant.timeZone);
  const end = stretch.to === null ? Number.POSITIVE_INFINITY : msOf(stretch.to);
  const here = said.filter(({ from, to }) => msOf(from) < end && msOf(to) > msOf(stretch.from));
  const machineOnly = stretch.reason === null ? reasonOf(stretch) : null;
  if (here.length === 0 && machineOnly === null) return null;
  return (
    <ul className="said" aria-label={words.saidBefore}>
      {machineOnly !== null && <li>{machineOnly}</li>}
      {here.map(({ id, reason, from, to, lasts, by, at, remarks, reversal }) => (
        <li key={id} className={reversal ? 'taken-back' : undefined}>
          <strong>{nameOf(reason)}</strong>{' '}
          <span>
            {time(from)} – {lasts ? words.untilItRuns : time(to)}
          </span>{' '}
          <span className="unit">{words.saidBy(by, moment(at))}</span>
          {remarks && <span> “{remarks}”</span>}
          {reversal && <span className="unit"> {words.takenBack(reversal.by, moment(reversal.at))}</span>}
          {!reversal && access.may('stop-classifications.create') && (
            <button type="button" aria-label={words.undoOf(nameOf(reason))} onClick={() => void saying.takeBack(id)}>
              {words.undo}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
