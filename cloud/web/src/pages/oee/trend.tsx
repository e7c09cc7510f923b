// OEE over the period as bars from zero; a place without a figure stays empty. Arrow keys or the pointer
// move along it and what is there is told in words; a press leads to that day.

import { type KeyboardEvent, useState } from 'react';
import type { MetricsPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { Choice } from './choice.tsx';
import { minutes, percent, ratioOf } from './figure-text.ts';
import type { OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';
import { type Slot, slotsOf } from './trend-slots.ts';
import type { OeeAnswer } from './use-oee.ts';

/** Bars that have room for their figure, and labels below that have room for a day. */
const MOST_FIGURES = 14;
const MOST_LABELS = 7;

interface TrendProps {
  readonly page: MetricsPage;
  readonly asked: OeeAnswer['asked'];
  /** Without choices there are none to make. */
  readonly state: Pick<OeeState, 'by' | 'byChoices' | 'change'>;
  /** What a press does; left out, it shows that day. */
  open?(slot: Slot): void;
}

export function Trend({ page, asked, state, ...rest }: TrendProps) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const [cursor, setCursor] = useState<number | null>(null);
  const slots = slotsOf(page.items, asked);
  const highest = Math.max(1, ...slots.map(({ row }) => (row && ratioOf(row, 'oee').value) ?? 0));
  const last = slots.length - 1;
  const at = Math.min(cursor ?? last, last);
  const everyLabel = Math.ceil(slots.length / MOST_LABELS);
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
        <p className="read-out-line" aria-hidden="true">
          {shown && <SlotText slot={shown} />}
        </p>
      </header>
      <div className="bars">
        <span className="hundred unit" style={{ bottom: `${100 / highest}%` }} aria-hidden="true">
          100 %
        </span>
        {slots.map((slot, index) => {
          const value = slot.row && ratioOf(slot.row, 'oee').value;
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
                <SlotText slot={slot} />
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
              {index % everyLabel === 0 && (
                <span
                  className={`label${(index / everyLabel) % 2 === 1 ? ' second' : ''}${index + everyLabel > last ? ' end' : ''}`}
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

function SlotText({ slot: { fromDay, toDay, name, row } }: { slot: Slot }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const ratio = row && ratioOf(row, 'oee');
  return (
    <>
      {words.plantDays(format.day(fromDay), format.day(toDay))}
      {name !== null && `, ${name}`}:{' '}
      {ratio === null || ratio.value === null
        ? words.gap
        : `${percent(ratio.value, format)} %, ${words.ofMinutes(minutes(ratio.numerator, format), minutes(ratio.denominator, format))}`}
    </>
  );
}
