// One stretch of a machine's time, opened from the time line or the list: what is known of it, what people
// said of it, the reasons to choose from, and the way to its samples.

import { useState } from 'react';
import type { Classification, Interval, Stop } from '../../../../domains/stops/index.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { duration } from '../../shell/format.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { useReasonName, useReasonText } from './reading-line.tsx';
import { SamplesPanel } from './samples-panel.tsx';
import { Overrule, type SayProps, SayWhy } from './say-why.tsx';
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
  // A moment of this device's clock may lie ahead of the server's.
  const end = stretch.to ?? new Date(nowMs).toISOString();
  const time = (instant: string) => format.time(msOf(instant), plant.timeZone);
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
      <Choice {...{ machineId, plant, stretch, end, saying, close }} />
      {saying.command.error && <Problem error={saying.command.error} />}
      {samples && <SamplesPanel machineId={machineId} plant={plant} from={stretch.from} to={end} />}
    </div>
  );
}

/** What one may say of it: why it stood; of time in which the machine says it ran, only who may overrule it. */
function Choice(props: SayProps) {
  const words = useWords(machineWords);
  const access = useAccess();
  const { stretch } = props;
  const may = access.may('stop-classifications.create');
  if (stretch.state === 'running')
    return may && access.may('stop-classifications.overrule') ? <Overrule {...props} /> : null;
  if (!isToSay(stretch)) return null;
  return may ? <SayWhy {...props} /> : <p className="unit">{words.mayNot}</p>;
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
  const here = said.filter(
    ({ from, until }) => msOf(from) < end && (until === null || msOf(until) > msOf(stretch.from)),
  );
  const mayTakeBack = ({ overrulesRunning }: Classification) =>
    access.may('stop-classifications.create') && (!overrulesRunning || access.may('stop-classifications.overrule'));
  const machineOnly = stretch.reason === null ? reasonOf(stretch) : null;
  if (here.length === 0 && machineOnly === null) return null;
  return (
    <ul className="said" aria-label={words.saidBefore}>
      {machineOnly !== null && <li>{machineOnly}</li>}
      {here.map((one) => (
        <li key={one.id} className={one.reversal ? 'taken-back' : undefined}>
          <strong>{nameOf(one.reason)}</strong>{' '}
          <span>
            {time(one.from)} – {one.until === null ? words.untilItRuns : time(one.until)}
          </span>{' '}
          {one.overrulesRunning && <span>{words.overrules}</span>}{' '}
          <span className="unit">{words.saidBy(one.by, moment(one.at))}</span>
          {one.remarks && <span> {words.quoted(one.remarks)}</span>}
          {one.reversal && <span className="unit"> {words.takenBack(one.reversal.by, moment(one.reversal.at))}</span>}
          {!one.reversal && mayTakeBack(one) && (
            <button
              type="button"
              aria-label={words.undoOf(nameOf(one.reason))}
              onClick={() => void saying.takeBack(one.id)}
            >
              {words.undo}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
