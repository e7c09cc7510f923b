// The time line of a machine: one axis, three bands, one cursor. Pointer: hover reads, press opens, drag chooses
// a time, Ctrl with the wheel zooms. Keys: see `keys` below. It is a slider along time for who cannot see it.
/* oxlint-disable jsx-a11y/prefer-tag-over-role -- an input has no bands in it */

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import type { Interval, Timeline } from '../../../../domains/stops/index.ts';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useSettings } from '../../shell/settings.ts';
import { AlarmBand, mostPieces, PiecesBand, type Scale, TimeBand } from './bands.tsx';
import { machineWords } from './machine-words.ts';
import { nextStop, readingAt } from './reading.ts';
import { ReadingLine } from './reading-line.tsx';
import { lengthOf, moved, msOf, type TimeWindow, ticksOf, zoomed } from './window.ts';

/** Moved less than this, a press is a press. */
const PRESS_PX = 6;
const TICK_PX = 84;
const WHEEL = 1.0016;
const STEP = 0.5;

export interface TimelineProps {
  readonly timeline: Timeline;
  readonly window: TimeWindow;
  readonly nowMs: number;
  readonly plant: AccessPlant;
  readonly cursor: number | null;
  readonly selected: TimeWindow | null;
  moveCursor(ms: number | null): void;
  follow(window: TimeWindow): void;
  show(window: TimeWindow): void;
  open(interval: Interval): void;
}

export function TimeLine(props: TimelineProps) {
  const { timeline, window, plant, cursor, selected } = props;
  const words = useWords(machineWords);
  const { format } = useSettings();
  const [box, width] = useWidth();
  const scale: Scale = { window, width };
  const { brush, pointers, onKeyDown } = useHand(props, box, width);
  const at = cursor ?? restOf(props);
  const top = mostPieces(timeline.counts);
  const unit = words.units[timeline.counts.unit] ?? '';
  return (
    <div className="time-line">
      <p className="reading" aria-hidden="true">
        <ReadingLine timeline={timeline} at={at} plant={plant} />
      </p>
      <div
        ref={box}
        className="bands"
        role="slider"
        tabIndex={0}
        aria-label={words.timeline}
        aria-valuemin={window.from}
        aria-valuemax={window.to}
        aria-valuenow={Math.round(at)}
        aria-valuetext={textOf(format.moment(at, plant.timeZone), timeline, at, words.categories, words.notKnown)}
        onKeyDown={onKeyDown}
        {...pointers}
      >
        <Axis scale={scale} plant={plant} />
        <p className="band-name">
          {timeline.shares ? words.sharesOf(words.units[timeline.shares.unit] ?? '') : words.time}
        </p>
        <TimeBand timeline={timeline} scale={scale} selected={selected} />
        <p className="band-name">
          {words.pieces(unit)} <span className="most">{format.number(top)}</span>
        </p>
        <PiecesBand counts={timeline.counts} scale={scale} />
        <p className="band-name">
          <AlarmsName timeline={timeline} moment={(ms) => format.moment(ms, plant.timeZone)} />
        </p>
        {timeline.alarms && timeline.alarms.length > 0 && (
          <AlarmBand alarms={timeline.alarms} from={timeline.alarmsFrom} scale={scale} />
        )}
        <Line className="now-line" ms={props.nowMs} scale={scale} />
        {cursor !== null && <Line className="cursor-line" ms={cursor} scale={scale} />}
        {brush && (
          <span
            className="brush"
            style={{ left: Math.min(...brush), width: Math.abs(brush[1] - brush[0]) }}
            aria-hidden="true"
          />
        )}
      </div>
    </div>
  );
}

function AlarmsName({ timeline: { alarms, alarmsFrom }, moment }: { timeline: Timeline; moment(ms: number): string }) {
  const words = useWords(machineWords);
  if (alarms === null) return words.alarmsZoom;
  if (alarms.length === 0) return words.noAlarms;
  return alarmsFrom === null ? words.alarms : words.alarmsFrom(moment(msOf(alarmsFrom)));
}

function textOf(
  moment: string,
  timeline: Timeline,
  at: number,
  categories: Readonly<Record<string, string>>,
  nothing: string,
): string {
  const { interval, share } = readingAt(timeline, at);
  const most = share && Object.entries(share.time).toSorted(([, one], [, other]) => other - one)[0];
  const category = interval?.category ?? most?.[0];
  return `${moment}: ${category === undefined ? nothing : (categories[category] ?? category)}`;
}

/** Where the cursor is when nobody moves it: at the last that is known. */
function restOf({ window, timeline, nowMs }: TimelineProps): number {
  const known = timeline.knownTo === null ? nowMs : msOf(timeline.knownTo) - 1;
  return Math.min(window.to - 1, Math.max(window.from, Math.min(nowMs, known)));
}

/** The element's width as the browser gives it, at least something to divide by. */
export function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(100, Math.floor(element.clientWidth))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

/** Pointer, wheel and keys. */
function useHand(props: TimelineProps, box: React.RefObject<HTMLDivElement | null>, width: number) {
  const { timeline, window, nowMs, cursor } = props;
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const xOf = (event: PointerEvent): number =>
    Math.max(0, Math.min(width, event.clientX - event.currentTarget.getBoundingClientRect().left));
  const timeAt = (x: number): number => window.from + (x / width) * lengthOf(window);
  const open = (ms: number): void => {
    const { interval, share } = readingAt(timeline, ms);
    if (interval) props.open(interval);
    else if (share) props.show({ from: msOf(share.from), to: msOf(share.to) });
  };
  useWheel(box, (delta, x) =>
    props.follow(zoomed(window, { factor: WHEEL ** Math.max(-300, Math.min(300, delta)), anchor: timeAt(x), nowMs })),
  );
  const at = cursor ?? restOf(props);
  const zoom = (factor: number) => props.follow(zoomed(window, { factor, anchor: at, nowMs }));
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => props.moveCursor(nextStop(timeline, { at, forward: false, window })),
    ArrowRight: () => props.moveCursor(nextStop(timeline, { at, forward: true, window })),
    'Shift ArrowLeft': () => props.follow(moved(window, -STEP / 2, nowMs)),
    'Shift ArrowRight': () => props.follow(moved(window, STEP / 2, nowMs)),
    Home: () => props.moveCursor(window.from),
    End: () => props.moveCursor(window.to - 1),
    '+': () => zoom(STEP),
    'Shift +': () => zoom(STEP),
    '=': () => zoom(STEP),
    '-': () => zoom(1 / STEP),
    Enter: () => open(at),
    ' ': () => open(at),
    Escape: () => props.moveCursor(null),
  };
  return {
    brush: drag && Math.abs(drag.to - drag.from) > PRESS_PX ? ([drag.from, drag.to] as const) : null,
    onKeyDown(event: KeyboardEvent) {
      const act = keys[`${event.shiftKey ? 'Shift ' : ''}${event.key}`];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    },
    pointers: {
      onPointerDown(event: PointerEvent) {
        if (event.button !== 0) return;
        setDrag({ from: xOf(event), to: xOf(event) });
        event.currentTarget.setPointerCapture(event.pointerId);
      },
      onPointerMove(event: PointerEvent) {
        const x = xOf(event);
        props.moveCursor(timeAt(x));
        if (drag) setDrag({ ...drag, to: x });
      },
      onPointerUp(event: PointerEvent) {
        const to = xOf(event);
        setDrag(null);
        if (!drag) return;
        if (Math.abs(to - drag.from) <= PRESS_PX) open(timeAt(to));
        else {
          const [from, until] = [drag.from, to].map(timeAt).toSorted((a, b) => a - b);
          props.show({ from: Math.round(from ?? 0), to: Math.round(until ?? 0) });
        }
      },
      onPointerCancel: () => setDrag(null),
      onPointerLeave: (event: PointerEvent) => event.pointerType === 'mouse' && !drag && props.moveCursor(null),
    },
  };
}

/** React listens to wheels passively; zooming must keep the page where it is. */
function useWheel(box: React.RefObject<HTMLDivElement | null>, zoom: (delta: number, x: number) => void): void {
  const latest = useRef(zoom);
  useEffect(() => {
    latest.current = zoom;
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current(event.deltaY, event.clientX - element.getBoundingClientRect().left);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [box]);
}

export function Line({ className, ms, scale: { window, width } }: { className: string; ms: number; scale: Scale }) {
  if (ms < window.from || ms > window.to) return null;
  const left = ((ms - window.from) / lengthOf(window)) * width;
  return <span className={className} style={{ left }} aria-hidden="true" />;
}

function Axis({ scale: { window, width }, plant }: { scale: Scale; plant: AccessPlant }) {
  const { format } = useSettings();
  const { timeZone } = plant;
  const ticks = ticksOf(window, timeZone, Math.max(2, Math.floor(width / TICK_PX)));
  return (
    <div className="axis" aria-hidden="true">
      {ticks.map(({ at, kind }) => {
        const left = ((at - window.from) / lengthOf(window)) * width;
        const time = format.time(at, timeZone);
        const label =
          kind === 'day' ? format.shortDay(dayIn(at, timeZone)) : kind === 'second' ? time : time.slice(0, 5);
        return (
          <span key={at} className={kind === 'day' ? 'tick day' : 'tick'} style={{ left }}>
            {left < width - 44 && <span>{label}</span>}
          </span>
        );
      })}
    </div>
  );
}

const dayIn = (ms: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(ms);
