// What time was lost to, longest or most often first; of several machines, on which of them, and from there to
// the stops themselves.

import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import type { ParetoPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { Choice } from './choice.tsx';
import { useDays } from './difference.tsx';
import { hoursMinutes } from './figure-text.ts';
import type { Days, OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';
import { useLossesByMachine } from './use-oee.ts';

const FIRST = 10;

type Item = ParetoPage['items'][number];
const keyOf = ({ category, reason }: Item): string => `${category} ${reason?.id}`;

interface ReasonsProps {
  readonly page: ParetoPage;
  /** What was lost in the period it is compared with. */
  readonly other?: (Days & { readonly losses: ParetoPage }) | null;
  readonly state: Pick<OeeState, 'reasons' | 'change'>;
  /** Asked for several machines: what of, so that each reason can say on which of them. */
  readonly asked?: URLSearchParams | null;
  /** Where all stops are; null: where one looks already, or of several machines. */
  readonly opens?: string | null;
  /** Where the stops of an item are; null: they are told nowhere one by one. */
  stopsOf(item: Item): string | null;
}

export function Reasons({ page, other = null, state, asked = null, opens = null, stopsOf }: ReasonsProps) {
  const words = useWords(oeeWords);
  const days = useDays();
  const { format } = useSettings();
  const [all, setAll] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
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
  const shareOf = (item: Item) => amountOf(item) / most;
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
        {items.slice(0, all ? undefined : FIRST).map((item) => {
          const key = keyOf(item);
          const name = <LossName item={item} />;
          return (
            <li key={key}>
              <Bar item={item} share={shareOf(item)} before={other && (before.get(key) ?? NOTHING)}>
                {asked && item.duration > 0 ? (
                  <button
                    type="button"
                    aria-expanded={opened === key}
                    onClick={() => setOpened(opened === key ? null : key)}
                  >
                    {name}
                  </button>
                ) : (
                  <Leading href={stopsOf(item)}>{name}</Leading>
                )}
              </Bar>
              {asked && opened === key && (
                <OnMachines
                  asked={asked}
                  isIn={(one) => keyOf(one) === key}
                  {...{ amountOf, shareOf, stopsOf }}
                  isCompared={other !== null}
                />
              )}
            </li>
          );
        })}
      </ol>
      {!all && items.length > FIRST && (
        <button type="button" onClick={() => setAll(true)}>
          {words.allReasons(format.number(items.length))}
        </button>
      )}
    </section>
  );
}

type Amount = Pick<Item, 'duration' | 'occurrences'>;
const NOTHING: Amount = { duration: 0, occurrences: 0 };

interface OnMachinesProps extends Pick<ReasonsProps, 'stopsOf'> {
  readonly asked: URLSearchParams;
  readonly isCompared: boolean;
  isIn(item: Item): boolean;
  amountOf(item: Item): number;
  shareOf(item: Item): number;
}

/** The machines of one reason, that with the most first. */
function OnMachines({ asked, isIn, amountOf, shareOf, stopsOf, isCompared }: OnMachinesProps) {
  const { words } = useSettings();
  const items = useLossesByMachine(asked);
  if (!items) return <p className="unit">{words.loading} …</p>;
  return (
    <ol className={isCompared ? 'machines compared' : 'machines'}>
      {items
        .filter(isIn)
        .toSorted((a, b) => amountOf(b) - amountOf(a))
        .map((item) => (
          <li key={item.machine?.id}>
            <Bar item={item} share={shareOf(item)} before={null}>
              <Leading href={stopsOf(item)}>{item.machine?.name}</Leading>
            </Bar>
          </li>
        ))}
    </ol>
  );
}

function Leading({ href, children }: { href: string | null; children: ReactNode }) {
  return href === null ? children : <Link href={href}>{children}</Link>;
}

function LossName({ item: { reason, category } }: { item: Item }) {
  const words = useWords(oeeWords);
  const { language } = useSettings();
  if (reason) return (language === 'de' ? reason.nameDe : null) ?? reason.name;
  return (
    <>
      {words.categories[category] ?? category}
      {category.endsWith('stop') && <span className="unit">, {words.noReason}</span>}
    </>
  );
}

function Bar({
  item,
  share,
  before,
  children,
}: {
  item: Item;
  share: number;
  /** What it was in the other period; null: it is compared with nothing. */
  before: Amount | null;
  children: ReactNode;
}) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  return (
    <div className="loss">
      <span className="name">{children}</span>
      <span className="track" aria-hidden="true">
        <i className={`step-${item.category}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="amount">
        {hoursMinutes(item.duration)}
        {before && <span className="unit"> ({hoursMinutes(before.duration)})</span>}
      </span>
      <span className="count">
        {words.times(format.number(item.occurrences))}
        {before && <span className="unit"> ({format.number(before.occurrences)})</span>}
      </span>
    </div>
  );
}
