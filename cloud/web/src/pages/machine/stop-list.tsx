// The stops of the window: those that wait for a reason first, then the longest. One tap opens a stop in its
// place, the next one gives the reason.

import { Fragment, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import type { Stop, Stops } from '../../../../domains/stops/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { duration } from '../../shell/format.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { useReasonName, useReasonText } from './reading-line.tsx';
import { type DetailProps, StopDetail } from './stop-detail.tsx';
import { MOST_STOP_DAYS } from './use-machine.ts';
import type { Why } from './why.ts';
import { msOf } from './window.ts';

interface ListProps extends Omit<DetailProps, 'stretch' | 'close'> {
  readonly stops: Stops | undefined;
  readonly isTooLong: boolean;
  /** Only stops for this are listed. */
  readonly why: Why | null;
  /** This page with all of them. */
  readonly allStops: string;
  /** Where the opened stop begins. */
  readonly opened: string | null;
  open(from: string | null): void;
  showLastDays(): void;
}

export function StopList({ stops, isTooLong, why, allStops, opened, open, showLastDays, ...rest }: ListProps) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const reasonOf = useReasonText();
  const items = stops?.items ?? [];
  // Who asks for the stops of a reason further down or on another page wants to see them.
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = why && `${why.category}.${why.reason}`;
  useEffect(() => {
    if (shown !== null) heading.current?.focus();
  }, [shown]);
  const waiting = items.filter(({ unclassified }) => unclassified).length;
  return (
    <section className="oee-part stops" aria-labelledby="machine-stops">
      <header>
        <h2 id="machine-stops" ref={heading} tabIndex={-1}>
          {words.stops}
        </h2>
        {why && (
          <p>
            <strong>
              {words.onlyStops(words.categories[why.category] ?? why.category, items[0] ? reasonOf(items[0]) : null)}
            </strong>{' '}
            <Link href={allStops}>{words.allStops}</Link>
          </p>
        )}
        {!isTooLong && stops && stops.total > 0 && (
          <p>
            {!why && <strong>{words.waiting(waiting, format.number(waiting))}</strong>}{' '}
            <span className="unit">{words.stopsCount(stops.total, format.number(stops.total))}</span>
          </p>
        )}
      </header>
      {isTooLong ? (
        <p>
          {words.stopsZoom(MOST_STOP_DAYS)}{' '}
          <button type="button" onClick={showLastDays}>
            {words.showDays(MOST_STOP_DAYS - 1)}
          </button>
        </p>
      ) : (
        <>
          {stops?.total === 0 && <p className="unit">{words.noStops}</p>}
          <ul>
            {items.map((stop) => (
              <Row key={stop.from} stop={stop} opened={opened === stop.from} open={open} {...rest} />
            ))}
          </ul>
          {stops && stops.total > items.length && (
            <p className="unit">{words.moreStops(format.number(items.length), format.number(stops.total))}</p>
          )}
        </>
      )}
    </section>
  );
}

function Row({
  stop,
  opened,
  open,
  ...rest
}: Omit<DetailProps, 'stretch' | 'close'> & Pick<ListProps, 'open'> & { stop: Stop; opened: boolean }) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const reasonOf = useReasonText();
  const nameOf = useReasonName();
  const { timeZone } = rest.plant;
  const at = (instant: string) => format.instant(msOf(instant), { timeZone, nowMs: rest.nowMs });
  const end = stop.to === null ? words.lasts : format.time(msOf(stop.to), timeZone);
  // What was said a moment ago is not in the stop yet.
  const { done } = rest.saying;
  const fresh = done && !done.reversal && done.from === stop.from && stop.classification?.id !== done.id ? done : null;
  const reason = fresh ? nameOf(fresh.reason) : reasonOf(stop);
  const by = fresh ?? stop.classification;
  return (
    <li className={stop.unclassified && !fresh ? 'waits' : undefined}>
      <button
        type="button"
        className="stop"
        aria-expanded={opened}
        data-stop={stop.from}
        onClick={() => open(opened ? null : stop.from)}
      >
        <i className={`swatch cat-${stop.category}`} aria-hidden="true" />
        <span className="when">
          {at(stop.from)} – {end}
        </span>
        <span className="lasts">{duration(stop.duration / 1_000)}</span>
        <span className="category">{words.categories[stop.category]}</span>
        <span className="reason-said">{reason ?? (stop.unclassified ? words.why : '')}</span>
        <span className="who unit">
          {by && words.saidBy(by.by, at(by.at))}
          {fresh && `, ${words.computing}`}
        </span>
      </button>
      {opened && (
        <Fragment key={stop.from}>
          <StopDetail {...rest} stretch={stop} close={() => open(null)} />
        </Fragment>
      )}
    </li>
  );
}
