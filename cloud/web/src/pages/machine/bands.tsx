// The bands of a time line as pictures: time by category, pieces, alarms. Each begins at the same left edge and
// has the same scale, so that one cursor goes through all of them.

import { memo, useId } from 'react';
import type { Alarm, Interval, Timeline } from '../../../../domains/stops/index.ts';
import { lengthOf, msOf, type TimeWindow } from './window.ts';

export const TIME_HEIGHT = 56;
export const PIECES_HEIGHT = 64;
export const ALARM_HEIGHT = 14;

/** From below: what added value first, what nobody knows last. */
export const categories = [
  'running',
  'rework_run',
  'setup',
  'idle',
  'no_order',
  'minor_stop',
  'unplanned_stop',
  'planned_stop',
  'unscheduled_run',
  'not_scheduled',
  'unknown',
] as const;

export interface Scale {
  readonly window: TimeWindow;
  /** Of the picture, in pixels. */
  readonly width: number;
}

const xOf = (ms: number, { window, width }: Scale): number =>
  Math.max(0, Math.min(width, ((ms - window.from) / lengthOf(window)) * width));

function spanOf({ from, to }: { from: string; to: string }, scale: Scale): { x: number; width: number } {
  const x = xOf(msOf(from), scale);
  return { x, width: xOf(msOf(to), scale) - x };
}

/** Nothing of it lies in the picture. */
const isOut = ({ from, to }: { from: string; to: string }, { window }: Scale): boolean =>
  msOf(to) <= window.from || msOf(from) >= window.to;

interface BoxProps {
  readonly category: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly hatch: string;
}

/** A category in its form: solid, hollow, half height, empty or hatched. */
function Box({ category, x, y, height, hatch, ...rest }: BoxProps) {
  const width = Math.max(1, rest.width);
  if (category === 'unknown')
    return <rect className="cat-unknown" {...{ x, y, width, height }} fill={`url(#${hatch})`} />;
  if (category === 'not_scheduled')
    return <rect className="cat-not_scheduled" {...{ x, width }} y={y + height - 1} height={1} />;
  // Where an outline has no room, the colour is all there is.
  if ((category === 'no_order' || category === 'unscheduled_run') && width > 3 && height > 3)
    return <rect className={`cat-${category} hollow`} x={x + 1} y={y + 1} width={width - 2} height={height - 2} />;
  return <rect className={`cat-${category}`} {...{ x, y, width, height }} />;
}

function Hatch({ id }: { id: string }) {
  return (
    <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <line className="hatch-line" x1="0" y1="0" x2="0" y2="8" />
    </pattern>
  );
}

export const TimeBand = memo(function TimeBand({
  timeline: { intervals, shares },
  scale,
  selected,
}: {
  timeline: Timeline;
  scale: Scale;
  selected: Pick<TimeWindow, 'from' | 'to'> | null;
}) {
  const hatch = useId();
  return (
    <svg className="band time-band" width={scale.width} height={TIME_HEIGHT} aria-hidden="true">
      <defs>
        <Hatch id={hatch} />
      </defs>
      {intervals
        ?.filter((one) => !isOut(one, scale))
        .map((one) => {
          const half = one.category === 'minor_stop' ? TIME_HEIGHT / 2 : 0;
          return (
            <Box
              key={one.from}
              category={one.category}
              {...spanOf(one, scale)}
              y={half}
              height={TIME_HEIGHT - half}
              hatch={hatch}
            />
          );
        })}
      {shares?.items
        .filter((one) => !isOut(one, scale))
        .map((one) => (
          <Stack key={one.from} share={one} {...{ scale, hatch }} />
        ))}
      {intervals
        ?.filter((one) => isUnexplained(one) && !isOut(one, scale) && spanOf(one, scale).width > 14)
        .map(({ from, to }) => {
          const { x, width } = spanOf({ from, to }, scale);
          return (
            <text key={from} className="ask" x={x + width / 2} y={TIME_HEIGHT / 2 + 8}>
              ?
            </text>
          );
        })}
      {selected && (
        <rect
          className="selected"
          x={xOf(selected.from, scale)}
          y={1}
          width={Math.max(3, xOf(selected.to, scale) - xOf(selected.from, scale))}
          height={TIME_HEIGHT - 2}
        />
      )}
    </svg>
  );
});

/** A stop that waits for a reason. */
export const isUnexplained = ({ category, reason, machineReason }: Interval): boolean =>
  category === 'unplanned_stop' && reason === null && machineReason === null;

type Share = NonNullable<Timeline['shares']>['items'][number];

function Stack({ share, scale, hatch }: { share: Share; scale: Scale; hatch: string }) {
  const { x, width } = spanOf(share, scale);
  const whole = (msOf(share.to) - msOf(share.from)) * 1_000;
  let y = TIME_HEIGHT;
  return categories.flatMap((category) => {
    const us = share.time[category];
    if (us === undefined) return [];
    const height = (us / whole) * TIME_HEIGHT;
    y -= height;
    return [
      <Box key={category} {...{ category, x, y, height, hatch }} width={Math.max(1, width - (width > 4 ? 1 : 0))} />,
    ];
  });
}

/** Good pieces as bars from zero, with what was rejected on top; a bucket without pieces stays empty. */
export const PiecesBand = memo(function PiecesBand({ counts, scale }: { counts: Timeline['counts']; scale: Scale }) {
  const top = mostPieces(counts);
  return (
    <svg className="band pieces-band" width={scale.width} height={PIECES_HEIGHT} aria-hidden="true">
      <line className="base" x1={0} x2={scale.width} y1={PIECES_HEIGHT - 0.5} y2={PIECES_HEIGHT - 0.5} />
      {counts.items
        .filter((one) => !isOut(one, scale))
        .map((one) => {
          const { x, width } = spanOf(one, scale);
          const bar = { x: x + (width > 4 ? 1 : 0), width: Math.max(1, width - (width > 4 ? 2 : 0)) };
          const good = (Math.max(0, one.good) / top) * (PIECES_HEIGHT - 2);
          const rejected = (Math.max(0, one.rejected) / top) * (PIECES_HEIGHT - 2);
          return (
            <g key={one.from}>
              <rect className="good" {...bar} y={PIECES_HEIGHT - good} height={good} />
              <rect className="rejected" {...bar} y={PIECES_HEIGHT - good - rejected} height={rejected} />
            </g>
          );
        })}
    </svg>
  );
});

export const mostPieces = ({ items }: Timeline['counts']): number =>
  Math.max(1, ...items.map(({ good, rejected }) => Math.max(0, good) + Math.max(0, rejected)));

/** When alarms were there; several at once lie over each other, and the reading line names them. */
export const AlarmBand = memo(function AlarmBand({
  alarms,
  from: known,
  scale,
}: {
  alarms: readonly Alarm[];
  /** Before it there are more than can be told. */
  from: string | null;
  scale: Scale;
}) {
  const end = new Date(scale.window.to).toISOString();
  return (
    <svg className="band alarm-band" width={scale.width} height={ALARM_HEIGHT} aria-hidden="true">
      {known !== null && (
        <line
          className="not-told"
          x1={0}
          x2={Math.max(0, xOf(msOf(known), scale))}
          y1={ALARM_HEIGHT - 2}
          y2={ALARM_HEIGHT - 2}
        />
      )}
      {alarms
        .map(({ tagId, from, to }) => ({ tagId, from, to: to ?? end }))
        .filter((one) => !isOut(one, scale))
        .map((one) => {
          const { x, width } = spanOf(one, scale);
          return (
            <g key={`${one.tagId} ${one.from}`}>
              <rect className="there" x={x} y={ALARM_HEIGHT - 4} width={Math.max(2, width)} height={4} />
              <path className="came" d={`M${x} ${ALARM_HEIGHT - 4}l-4 -7h8z`} />
            </g>
          );
        })}
    </svg>
  );
});
