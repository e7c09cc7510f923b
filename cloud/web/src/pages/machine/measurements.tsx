// The measurements of a machine over the same window: minimum to maximum as a band, the mean as a line that
// crosses no gap. The cursor of the time line goes through them.

import { memo, useId } from 'react';
import { Link } from 'wouter';
import type { History, NowTag } from '../../../../domains/telemetry/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { chartData } from '../../now/chart.ts';
import { useAccess } from '../../shell/context.ts';
import { spoken } from '../../shell/format.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { Line, useWidth } from './timeline.tsx';
import { useMeasurement, type Wanted } from './use-machine.ts';
import { lengthOf, msOf, type TimeWindow } from './window.ts';

const HEIGHT = 44;
const MOST = 12;

interface MeasurementsProps {
  readonly tags: readonly NowTag[] | undefined;
  readonly wanted: Wanted;
  readonly window: TimeWindow;
  readonly cursor: number | null;
}

export function Measurements({ tags, wanted, window, cursor }: MeasurementsProps) {
  const words = useWords(machineWords);
  const access = useAccess();
  const measured = tags?.filter(({ role }) => role === 'measurement').slice(0, MOST);
  return (
    <section className="oee-part measurements" aria-labelledby="machine-measurements">
      <header>
        <h2 id="machine-measurements">{words.measurements}</h2>
      </header>
      {measured?.length === 0 && (
        <p className="unit">
          {words.noMeasurements} {access.may('edge.read') && <Link href="/plant-setup/tags">{words.mapThem}</Link>}
        </p>
      )}
      {measured?.map((tag) => (
        <Measurement key={tag.id} tag={tag} wanted={wanted} window={window} cursor={cursor} />
      ))}
    </section>
  );
}

function Measurement({ tag, wanted, window, cursor }: Omit<MeasurementsProps, 'tags'> & { tag: NowTag }) {
  const { format, words } = useSettings();
  const [box, width] = useWidth();
  const { data } = useMeasurement(tag.id, wanted);
  const integer = /Int/.test(tag.datatype);
  const under = data && cursor !== null ? bucketAt(data, cursor) : undefined;
  const last = data?.buckets.at(-1);
  const shown = cursor === null ? last?.mean : under?.mean;
  return (
    <div className="measurement">
      <p>
        <span className="name">{spoken(tag.name)}</span>{' '}
        <strong>{shown === undefined ? '–' : format.value(shown, integer)}</strong>{' '}
        <span className="unit">{tag.unit}</span>
        {data && data.buckets.length > 0 && (
          <span className="unit">
            {' '}
            {words.minimum} {format.value(Math.min(...data.buckets.map(({ min }) => min)), integer)}, {words.maximum}{' '}
            {format.value(Math.max(...data.buckets.map(({ max }) => max)), integer)}
          </span>
        )}
      </p>
      <div className="bands" ref={box}>
        {data?.buckets.length === 0 && <span className="unit">{words.noValues}</span>}
        {data && <Curve history={data} window={window} width={width} />}
        {cursor !== null && <Line className="cursor-line" ms={cursor} scale={{ window, width }} />}
      </div>
    </div>
  );
}

const bucketAt = ({ buckets, bucketMs }: History, ms: number) =>
  buckets.find(({ time }) => msOf(time) <= ms && msOf(time) + bucketMs > ms);

const Curve = memo(function Curve({ history, window, width }: { history: History; window: TimeWindow; width: number }) {
  const hatch = useId();
  const [times, low, high, mean] = chartData(history);
  const values = [...(low ?? []), ...(high ?? [])].filter((value) => value !== null);
  if (values.length === 0 && history.gaps.length === 0) return null;
  const bottom = Math.min(...values);
  const span = Math.max(...values) - bottom || 1;
  const x = (seconds: number) => ((seconds * 1_000 - window.from) / lengthOf(window)) * width;
  const y = (value: number) => HEIGHT - 3 - ((value - bottom) / span) * (HEIGHT - 6);
  const runs = stretchesOf(times, (at) => mean?.[at] ?? null);
  return (
    <svg className="band curve" width={width} height={HEIGHT} aria-hidden="true">
      <defs>
        <pattern id={hatch} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line className="hatch-line" x1="0" y1="0" x2="0" y2="8" />
        </pattern>
      </defs>
      {history.gaps.map(({ from, to }) => (
        <rect
          key={from}
          className="gap"
          x={x(msOf(from) / 1_000)}
          width={Math.max(1, x(msOf(to) / 1_000) - x(msOf(from) / 1_000))}
          y={0}
          height={HEIGHT}
          fill={`url(#${hatch})`}
        />
      ))}
      {runs.map((run) => {
        const point = (at: number, of: readonly (number | null)[] | undefined) =>
          `${x(times[at] ?? 0).toFixed(1)},${y(of?.[at] ?? 0).toFixed(1)}`;
        const there = run.map((at) => point(at, high));
        const back = run.toReversed().map((at) => point(at, low));
        return (
          <g key={times[run[0] ?? 0]}>
            <polygon className="range" points={[...there, ...back].join(' ')} />
            <polyline className="mean" points={run.map((at) => point(at, mean)).join(' ')} />
          </g>
        );
      })}
    </svg>
  );
});

/** Indices of neighbours that a line may join. */
function stretchesOf(times: readonly number[], valueAt: (at: number) => number | null): number[][] {
  const runs: number[][] = [];
  let open: number[] | null = null;
  for (const at of times.keys()) {
    if (valueAt(at) === null) open = null;
    else if (open) open.push(at);
    else {
      open = [at];
      runs.push(open);
    }
  }
  return runs;
}
