// OEE over the period as bars from zero; a place without a figure stays empty. Arrow keys or the pointer
// move along it and what is there is told in words; a press leads to that day.

import { type KeyboardEvent, useState } from 'react';
import type { MetricsPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { Choice } from './choice.tsx';
import { useDays } from './difference.tsx';
import { minutes, percent, ratioOf } from './figure-text.ts';
import type { Days, OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';
import { othersOf, type Slot, slotsOf } from './trend-slots.ts';
import type { OeeAnswer } from './use-oee.ts';

/** Bars that have room for their figure, and labels below that have room for a day. */
const MOST_FIGURES = 14;
const MOST_LABELS = 7;
/** Bars of shifts that have room for a name: a week of three a day. */
const MOST_NAMES = 21;

interface TrendProps {
  readonly page: MetricsPage;
  readonly asked: Pick<OeeAnswer['asked'], 'by' | 'fromDay' | 'toDay'>;
  /** Without choices there are none to make. */
  readonly state: Pick<OeeState, 'by' | 'byChoices' | 'change'>;
  /** The period it is compared with. */
  readonly other?: OeeAnswer['other'];
  /** What is asked on a plant day, in [0, 1]. */
  targetOn?(day: string): number | null;
  /** What a press does; left out, it shows that day. */
  open?(slot: Slot): void;
}

export function Trend({ page, asked, state, other = null, targetOn = () => null, ...rest }: TrendProps) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const [cursor, setCursor] = useState<number | null>(null);
  const slots = slotsOf(page.items, asked);
  const others = other ? othersOf(slots, slotsOf(other.trend.items, { ...other, by: asked.by }), asked.by) : [];
  const oeeOf = (slot: Slot | undefined) => (slot?.row ? ratioOf(slot.row, 'oee').value : null);
  const highest = Math.max(1, ...[...slots, ...others].map((slot) => oeeOf(slot) ?? 0));
  const last = slots.length - 1;
  const at = Math.min(cursor ?? last, last);
  const days = [...new Set(slots.map(({ fromDay }) => fromDay))];
  const everyLabel = Math.ceil(days.length / MOST_LABELS);
  const isNamed = asked.by === 'shift' && slots.length <= MOST_NAMES;
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const bars = event.currentTarget.parentElement?.querySelectorAll('button');
    bars?.[Math.max(0, Math.min(last, next))]?.focus();
  };
  const open =
    rest.open ?? (({ fromDay, toDay }) => state.change({ period: 'own', from: fromDay, to: toDay, by: null }));
  const shown = slots[at];
  return (
    <section className="oee-part trend" aria-labelledby="oee-trend">
      <header>
        <h2 id="oee-trend">{words.trend}</h2>
        {state.byChoices.length > 0 && (
          <Choice
            label={words.trend}
            names={Object.fromEntries(state.byChoices.map((by) => [by, words.by[by]]))}
            chosen={state.by}
            choose={(by) => state.change({ by })}
          />
        )}
        {other && <Periods asked={asked} other={other} />}
        <p className="read-out-line" aria-hidden="true">
          {shown && <SlotText slot={shown} other={others[at]} target={targetOn(shown.toDay)} />}
        </p>
      </header>
      <div className={`bars${other ? ' compared' : ''}${isNamed ? ' named' : ''}`}>
        <span className="hundred unit" style={{ bottom: `${100 / highest}%` }} aria-hidden="true">
          100 %
        </span>
        {slots.map((slot, index) => {
          const value = oeeOf(slot);
          const before = oeeOf(others[index]);
          const target = targetOn(slot.toDay);
          const day = days.indexOf(slot.fromDay);
          const isFirst = slots[index - 1]?.fromDay !== slot.fromDay;
          const low = slot.row?.flags.includes('low_coverage');
          return (
            <button
              key={slot.key}
              type="button"
              tabIndex={index === at ? 0 : -1}
              className={index === at && cursor !== null ? 'at' : undefined}
              onFocus={() => setCursor(index)}
              onPointerEnter={() => setCursor(index)}
              onKeyDown={move}
              onClick={() => open(slot)}
            >
              <span className="hidden">
                <SlotText slot={slot} other={others[index]} target={target} />
              </span>
              {value !== null && (
                <span
                  className={`column${low ? ' hatched' : ''}`}
                  style={{ height: `${(value / highest) * 100}%` }}
                  aria-hidden="true"
                >
                  {slots.length <= MOST_FIGURES && <span className="figure">{percent(value, format)}</span>}
                </span>
              )}
              {before !== null && (
                <span className="column before" style={{ height: `${(before / highest) * 100}%` }} aria-hidden="true" />
              )}
              {target !== null && (
                <span className="target" style={{ bottom: `${(target / highest) * 100}%` }} aria-hidden="true" />
              )}
              {isNamed && (
                <span className="label name" aria-hidden="true">
                  {slot.name}
                </span>
              )}
              {isFirst && day % everyLabel === 0 && (
                <span
                  className={`label${(day / everyLabel) % 2 === 1 ? ' second' : ''}${index > 0 && day + everyLabel >= days.length && asked.by !== 'shift' ? ' end' : ''}`}
                  aria-hidden="true"
                >
                  {format.shortDay(slot.fromDay)}
                </span>
              )}
            </button>
          );
        })}
      </div>
      <p className="unit">{words.trendHint}</p>
    </section>
  );
}

/** Which bars are which. */
function Periods({ asked, other }: { asked: Days; other: Days }) {
  const days = useDays();
  return (
    <p className="which unit">
      <i aria-hidden="true" /> {days(asked)} <i className="before" aria-hidden="true" /> {days(other)}
    </p>
  );
}

function SlotText({ slot, other, target }: { slot: Slot; other: Slot | undefined; target: number | null }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const days = useDays();
  const { name, row } = slot;
  const ratio = row && ratioOf(row, 'oee');
  const before = other?.row ? ratioOf(other.row, 'oee').value : null;
  return (
    <>
      {days(slot)}
      {name !== null && `, ${name}`}:{' '}
      {ratio === null || ratio.value === null
        ? words.gap
        : `${percent(ratio.value, format)} %, ${words.ofMinutes(minutes(ratio.numerator, format), minutes(ratio.denominator, format))}`}
      {target !== null && `, ${words.target(percent(target, format))}`}
      {other && `; ${days(other)}: ${before === null ? words.gap : `${percent(before, format)} %`}`}
    </>
  );
}
