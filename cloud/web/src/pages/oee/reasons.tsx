// What time was lost to, longest or most often first.

import { useState } from 'react';
import { Link } from 'wouter';
import type { ParetoPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { Choice } from './choice.tsx';
import { useDays } from './difference.tsx';
import { hoursMinutes } from './figure-text.ts';
import type { Days, OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';

const FIRST = 10;

type Item = ParetoPage['items'][number];
const keyOf = ({ category, reason }: Item): string => `${category} ${reason?.id}`;

interface ReasonsProps {
  readonly page: ParetoPage;
  /** What was lost in the period it is compared with. */
  readonly other?: (Days & { readonly losses: ParetoPage }) | null;
  readonly state: Pick<OeeState, 'reasons' | 'change'>;
  /** Where the stops themselves are; null: where one looks already, or of several machines. */
  readonly opens: string | null;
}

export function Reasons({ page, other = null, state, opens }: ReasonsProps) {
  const words = useWords(oeeWords);
  const days = useDays();
  const { format, language } = useSettings();
  const [all, setAll] = useState(false);
  const amountOf = (item: Item) => (state.reasons === 'count' ? item.occurrences : item.duration);
  const before = new Map(other?.losses.items.map((item) => [keyOf(item), item]));
  const known = new Set(page.items.map(keyOf));
  // What was lost then and is no more says as much: it stands last.
  const gone = other?.losses.items.filter((item) => !known.has(keyOf(item))) ?? [];
  const items = [
    ...page.items.toSorted((a, b) => amountOf(b) - amountOf(a)),
    ...gone.map((item): Item => ({ ...item, duration: 0, occurrences: 0 })),
  ];
  const most = Math.max(1, ...items.map(amountOf));
  return (
    <section className="oee-part reasons" aria-labelledby="oee-reasons">
      <header>
        <h2 id="oee-reasons">{words.reasons}</h2>
        {opens !== null && <Link href={opens}>{words.opensStops}</Link>}
        <Choice
          label={words.reasons}
          names={words.sortedBy}
          chosen={state.reasons}
          choose={(name) => state.change({ reasons: name === 'time' ? null : name })}
        />
      </header>
      {other && <p className="unit">{words.inBrackets(days(other))}</p>}
      {items.length === 0 && <p className="unit">{words.noLosses}</p>}
      <ol className={other ? 'compared' : undefined}>
        {items.slice(0, all ? undefined : FIRST).map((item) => (
          <li key={keyOf(item)}>
            <span className="name">
              {item.reason ? (
                ((language === 'de' ? item.reason.nameDe : null) ?? item.reason.name)
              ) : (
                <>
                  {words.categories[item.category] ?? item.category}
                  {item.category.endsWith('stop') && <span className="unit">, {words.noReason}</span>}
                </>
              )}
            </span>
            <span className="track" aria-hidden="true">
              <i className={`step-${item.category}`} style={{ width: `${(amountOf(item) / most) * 100}%` }} />
            </span>
            <span className="amount">
              {hoursMinutes(item.duration)}
              {other && <span className="unit"> ({hoursMinutes(before.get(keyOf(item))?.duration ?? 0)})</span>}
            </span>
            <span className="count">
              {words.times(format.number(item.occurrences))}
              {other && <span className="unit"> ({format.number(before.get(keyOf(item))?.occurrences ?? 0)})</span>}
            </span>
          </li>
        ))}
      </ol>
      {!all && items.length > FIRST && (
        <button type="button" onClick={() => setAll(true)}>
          {words.allReasons(format.number(items.length))}
        </button>
      )}
    </section>
  );
}
