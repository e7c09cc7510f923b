// How far a figure is from that of the other period: in percentage points, with its sign. Never coloured: more
// is not always better.

import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { percent, points, type Row, ratioOf } from './figure-text.ts';
import type { Days } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';

/** The other period's row of the same place; null where it has none. */
export interface Other {
  readonly days: Days;
  readonly row: Row | null;
}

export function useDays(): (days: Days) => string {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  return ({ fromDay, toDay }) => words.plantDays(format.day(fromDay), format.day(toDay));
}

export function Difference({ row, other, name }: { row: Row; other: Other | null; name: string }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const days = useDays();
  if (!other) return null;
  const value = other.row && ratioOf(other.row, name).value;
  const own = ratioOf(row, name).value;
  if (value === null) return <p className="difference unit">{words.otherNone(days(other.days))}</p>;
  return (
    <p className="difference">
      {own !== null && (
        <>
          <strong>{points(own, value, format)}</strong> {words.points}{' '}
        </>
      )}
      <span className="unit">{words.against(percent(value, format), days(other.days))}</span>
    </p>
  );
}

/** In a table there is room for the points alone. */
export function ShortDifference({ row, other, name }: { row: Row; other: Row | undefined; name: string }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const value = other && ratioOf(other, name).value;
  const own = ratioOf(row, name).value;
  if (value === null || value === undefined || own === null) return null;
  return (
    <span className="difference">
      {points(own, value, format)} <span className="unit">{words.pointsShort}</span>
    </span>
  );
}
