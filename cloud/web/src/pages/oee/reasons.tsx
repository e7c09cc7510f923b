// What time was lost to, longest or most often first.

import { useState } from 'react';
import { Link } from 'wouter';
import type { ParetoPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { Choice } from './choice.tsx';
import { hoursMinutes } from './figure-text.ts';
import type { OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';

const FIRST = 10;

interface ReasonsProps {
  readonly page: ParetoPage;
  readonly state: Pick<OeeState, 'reasons' | 'change'>;
  /** Where the stops themselves are; null: where one looks already, or of several machines. */
  readonly opens: string | null;
}

export function Reasons({ page, state, opens }: ReasonsProps) {
  const words = useWords(oeeWords);
  const { format, language } = useSettings();
  const [all, setAll] = useState(false);
  const amountOf = (item: ParetoPage['items'][number]) =>
    state.reasons === 'count' ? item.occurrences : item.duration;
  const items = page.items.toSorted((a, b) => amountOf(b) - amountOf(a));
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
      {items.length === 0 && <p className="unit">{words.noLosses}</p>}
      <ol>
        {items.slice(0, all ? undefined : FIRST).map((item) => (
          <li key={`${item.category} ${item.reason?.id}`}>
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
            <span className="amount">{hoursMinutes(item.duration)}</span>
            <span className="count">{words.times(format.number(item.occurrences))}</span>
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
