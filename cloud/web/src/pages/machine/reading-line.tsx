// What lies under the cursor, in one line: when, what the machine did and why, how many pieces, which alarms.

import type { Interval, Timeline } from '../../../../domains/stops/index.ts';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { duration, spoken } from '../../shell/format.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { readingAt } from './reading.ts';
import { msOf } from './window.ts';

const SHARES = 3;

export function ReadingLine({ timeline, at, plant }: { timeline: Timeline; at: number; plant: AccessPlant }) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const reasonOf = useReasonText();
  const { interval, share, count, alarms } = readingAt(timeline, at);
  const shares = Object.entries(share?.time ?? {}).toSorted(([, one], [, other]) => other - one);
  return (
    <>
      <strong>{format.moment(at, plant.timeZone)}</strong>
      {interval && (
        <span>
          {words.categories[interval.category]} {duration(msOf(interval.to) - msOf(interval.from))}
          {reasonOf(interval) && `, ${reasonOf(interval)}`}
        </span>
      )}
      {shares.slice(0, SHARES).map(([category, us]) => (
        <span key={category}>
          {words.categories[category]} {duration(us / 1_000)}
        </span>
      ))}
      {!interval && !share && <span className="unit">{words.notKnown}</span>}
      {count && (
        <span>
          {words.good(format.number(count.good))}
          {count.rejected !== 0 && `, ${words.rejected(format.number(count.rejected))}`}
        </span>
      )}
      {alarms.map(({ tagId, name }) => (
        <span key={tagId}>▲ {spoken(name)}</span>
      ))}
    </>
  );
}

export interface Named {
  readonly name: string;
  readonly nameDe: string | null;
}

/** A reason's name in the language of the page. */
export function useReasonName(): (reason: Named) => string {
  const { language } = useSettings();
  return ({ name, nameDe }) => (language === 'de' ? nameDe : null) ?? name;
}

/** The reason that a person gave, else the machine's own word; null without either. */
export function useReasonText(): (of: Pick<Interval, 'reason' | 'machineReason'>) => string | null {
  const words = useWords(machineWords);
  const { words: common } = useSettings();
  const nameOf = useReasonName();
  const known = common.reasons as Readonly<Record<string, string>>;
  return ({ reason, machineReason }) => {
    if (reason) return nameOf(reason);
    return machineReason === null ? null : words.machineSays(known[machineReason] ?? spoken(machineReason));
  };
}
