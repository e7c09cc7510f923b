// The past of one tag, opened from its tile: minimum to maximum as a band, the mean as a line, and what
// could not be seen as hatch.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { History, NowTag, Plant } from '../../../domains/telemetry/index.ts';
import { spoken } from '../shell/format.ts';
import { Glyph } from '../shell/glyphs.tsx';
import type { Session } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { drawChart } from './chart.ts';
import type { Situation } from './situation.ts';

const HOUR_MS = 3_600_000;
const periods = { '1h': HOUR_MS, '8h': 8 * HOUR_MS, '24h': 24 * HOUR_MS, '7d': 168 * HOUR_MS } as const;
type Period = keyof typeof periods;
const BUCKETS = 300;
const REFETCH_MS = 15_000;

export interface HistoryPanelProps {
  readonly session: Session;
  readonly situation: Situation;
  readonly tag: NowTag;
  readonly machine: string;
  readonly period: string | null;
  choosePeriod(period: string): void;
  close(): void;
}

export function HistoryPanel({ session, situation, tag, machine, period, choosePeriod, close }: HistoryPanelProps) {
  const { words } = useSettings();
  const chosen: Period = period !== null && Object.hasOwn(periods, period) ? (period as Period) : '1h';
  const { store } = situation;
  const history = useQuery({
    queryKey: ['history', tag.id, chosen],
    queryFn: ({ signal }) => {
      const to = store.serverNow();
      const from = to - periods[chosen];
      const query = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&buckets=${BUCKETS}`;
      return session.get<History>(`/tags/${tag.id}/history?${query}`, signal);
    },
    refetchInterval: REFETCH_MS,
  });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [close]);
  const title = tag.role === 'reject_count' && tag.reason ? words.reject(spoken(tag.reason)) : spoken(tag.name);
  return (
    <section className="history" aria-label={`${words.history}: ${machine}, ${title}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {machine} · {title} <span className="unit">{tag.unit}</span>
        </h2>
        <fieldset className="periods">
          <legend className="hidden">{words.period}</legend>
          {(Object.keys(periods) as Period[]).map((name) => (
            <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choosePeriod(name)}>
              {words.periods[name]}
            </button>
          ))}
        </fieldset>
        <button type="button" className="close" onClick={close}>
          <Glyph name="close" />
          {words.close}
        </button>
      </header>
      {history.data ? (
        <Body history={history.data} situation={situation} title={title} />
      ) : (
        <div className="chart">
          {history.isError && (
            <p role="alert" className="notice">
              {words.historyFailed}{' '}
              <button type="button" onClick={() => void history.refetch()}>
                {words.retry}
              </button>
            </p>
          )}
        </div>
      )}
    </section>
  );
}

function Body({ history, situation, title }: { history: History; situation: Situation; title: string }) {
  const { theme } = useSettings();
  return (
    <>
      {/* The chart takes its colours from the theme when it is drawn. */}
      <Chart key={theme} history={history} plant={situation.now.plant} title={title} />
      <Summary history={history} situation={situation} />
    </>
  );
}

function Chart({ history, plant, title }: { history: History; plant: Plant; title: string }) {
  const { words, format } = useSettings();
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!box.current) return;
    return drawChart(box.current, { history, plant, format });
  }, [history, plant, format]);
  return (
    <figure className="chart" aria-label={words.chartOf(title)} ref={box}>
      {history.buckets.length === 0 && <p className="notice">{words.noValues}</p>}
    </figure>
  );
}

/** The chart in figures: for those who cannot see it, and for the telephone. */
function Summary({ history, situation }: { history: History; situation: Situation }) {
  const { words, format } = useSettings();
  const { buckets, tag, gaps } = history;
  const { timeZone } = situation.now.plant;
  const integer = /Int/.test(tag.datatype);
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const mean = buckets.reduce((sum, bucket) => sum + bucket.mean * bucket.count, 0) / count;
  const counts = tag.role?.endsWith('_count') ?? false;
  const figures: [string, number | undefined][] = counts
    ? [
        [words.first, buckets[0]?.first],
        [words.last, buckets.at(-1)?.last],
      ]
    : [
        [words.minimum, Math.min(...buckets.map((bucket) => bucket.min))],
        [words.mean, mean],
        [words.maximum, Math.max(...buckets.map((bucket) => bucket.max))],
      ];
  const at = (instant: string) => format.instant(Date.parse(instant), { timeZone, nowMs: situation.nowMs });
  const shown = gaps.slice(-3).reverse();
  return (
    <dl className="summary">
      {buckets.length > 0 &&
        figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {format.value(value ?? 0, integer)} <span className="unit">{tag.unit}</span>
            </dd>
          </div>
        ))}
      <div>
        <dt>{words.values}</dt>
        <dd>{format.value(count, true)}</dd>
      </div>
      {shown.length > 0 && (
        <div className="gaps">
          <dt>{words.gapsTitle}</dt>
          {shown.map((gap) => (
            <dd key={`${gap.from} ${gap.cause}`}>
              {at(gap.from)} – {at(gap.to)} ({words.gapCauses[gap.cause] ?? spoken(gap.cause)})
            </dd>
          ))}
          {gaps.length > shown.length && <dd>{words.moreGaps(gaps.length - shown.length)}</dd>}
        </div>
      )}
    </dl>
  );
}
