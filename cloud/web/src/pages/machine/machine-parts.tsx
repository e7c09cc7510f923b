// Everything of a machine's page that hangs on the window of time: the time line and what follows from it.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Interval, Stop, Timeline } from '../../../../domains/stops/index.ts';
import type { Now } from '../../../../domains/telemetry/index.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useMoment } from '../../shell/zone.ts';
import { hoursMinutes } from '../oee/figure-text.ts';
import { Trend } from '../oee/trend.tsx';
import { DoneStrip } from './done-strip.tsx';
import { machineWords } from './machine-words.ts';
import { Measurements } from './measurements.tsx';
import { totalsOf } from './reading.ts';
import { StopDetail, type Stretch } from './stop-detail.tsx';
import { StopList } from './stop-list.tsx';
import { TimeLine } from './timeline.tsx';
import {
  type Machine,
  MOST_STOP_DAYS,
  useSaid,
  useStops,
  useTimeline,
  useTotals,
  useTrend,
  type Wanted,
} from './use-machine.ts';
import { useSaying } from './use-saying.ts';
import { type ShownWindow, useWindow } from './use-window.ts';
import { whyText } from './why.ts';
import { bounded, lastDays, lengthOf, msOf, type TimeWindow, windowOfDays } from './window.ts';
import { WindowBar } from './window-bar.tsx';
import { WindowFigures } from './window-figures.tsx';

const DAY_MS = 86_400_000;

interface PartsProps {
  readonly machine: Machine;
  readonly plant: AccessPlant;
  readonly usual: TimeWindow;
  readonly hasShift: boolean;
  readonly nowMs: number;
}

/** What is open, and from where: the other place shows nothing of it. */
type Opened = { readonly at: 'line' | 'list'; readonly from: string };

export function MachineParts({ machine, plant, usual, hasShift, nowMs }: PartsProps) {
  const words = useWords(machineWords);
  const view = useWindow(usual);
  const [cursor, setCursor] = useState<number | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const saying = useSaying(machine.id);
  const wanted: Wanted = { machineId: machine.id, window: view.asked, soon: saying.soon };
  const timeline = useTimeline(wanted);
  const stops = useStops(wanted);
  const listed = useStops(wanted, view.why);
  const said = useSaid(wanted);
  const trend = useTrend(wanted, plant.timeZone);
  const shifts = (trend.asked.data?.items ?? []).flatMap(({ key }) => (key.shift ? [key.shift] : []));
  const isShift =
    (hasShift && isSame(usual, view.asked)) ||
    shifts.some(({ from, to }) => isSame({ from: msOf(from), to: msOf(to) }, view.asked));
  const shift = isShift ? shiftOf(timeline.data, view.asked) : null;
  const { total, losses } = useTotals(wanted, shift, plant.timeZone);
  const isTooLong = lengthOf(view.asked) > MOST_STOP_DAYS * DAY_MS;
  const items = isTooLong ? [] : (stops.data?.items ?? []);
  const stretch = opened?.at === 'line' && timeline.data ? stretchAt(opened.from, items, timeline.data) : null;
  const detail = { machineId: machine.id, plant, said: said.data?.items ?? [], saying, nowMs };
  const zoomTo = (window: TimeWindow) => view.show(bounded(window, nowMs));
  const openAt = ({ from }: Interval) =>
    setOpened({ at: 'line', from: items.find((stop) => holds(stop, from))?.from ?? from });
  return (
    <>
      <WindowBar view={view} plant={plant} nowMs={nowMs} />
      {timeline.error && <Problem error={timeline.error} retry={() => void timeline.refetch()} />}
      <section
        className="oee-part"
        aria-labelledby="machine-time"
        aria-busy={!timeline.data || timeline.isPlaceholderData}
      >
        <h2 id="machine-time" className="hidden">
          {words.timeline}
        </h2>
        {timeline.data ? (
          <>
            <TimeLine
              timeline={timeline.data}
              window={view.shown}
              nowMs={nowMs}
              plant={plant}
              cursor={cursor}
              selected={stretch && { from: msOf(stretch.from), to: stretch.to === null ? nowMs : msOf(stretch.to) }}
              moveCursor={setCursor}
              follow={view.follow}
              show={zoomTo}
              open={openAt}
            />
            <Key timeline={timeline.data} window={view.shown} plant={plant} />
          </>
        ) : (
          <div className="time-line-space" />
        )}
        {stretch && <StopDetail {...detail} stretch={stretch} zoomTo={zoomTo} close={() => setOpened(null)} />}
      </section>
      <DoneStrip saying={saying} plant={plant} />
      <StopList
        {...detail}
        stops={listed.data}
        why={view.why}
        allStops={view.href({ why: null })}
        isTooLong={isTooLong}
        opened={opened?.at === 'list' ? opened.from : null}
        open={(from) => setOpened(from === null ? null : { at: 'list', from })}
        showLastDays={() => view.show(lastDays(MOST_STOP_DAYS - 1, nowMs, plant.timeZone))}
        zoomTo={zoomTo}
      />
      <WindowFigures
        machineId={machine.id}
        plant={plant}
        window={view.asked}
        shift={shift}
        total={total}
        losses={losses}
        stopsOf={(item) => view.href({ why: whyText(item) })}
        reasons={view.reasons}
        change={view.change}
      />
      <WeekTrend trend={trend} plant={plant} view={view} />
      <Measured machine={machine} wanted={wanted} view={view} cursor={cursor} />
    </>
  );
}

const isSame = (one: TimeWindow, other: TimeWindow): boolean => one.from === other.from && one.to === other.to;

const holds = ({ from, to }: { from: string; to: string | null }, instant: string): boolean =>
  msOf(from) <= msOf(instant) && (to === null || msOf(to) > msOf(instant));

/** The stop that was opened as it is by now, or the interval where it is none. */
function stretchAt(from: string, stops: readonly Stop[], { intervals }: Timeline): Stretch | null {
  return stops.find((stop) => holds(stop, from)) ?? intervals?.find((one) => holds(one, from)) ?? null;
}

/** The shift that the window is, as its intervals name it: figures are asked for that shift and no other. */
function shiftOf(timeline: Timeline | undefined, asked: TimeWindow) {
  const inside = timeline?.intervals?.filter(({ from, to }) => msOf(from) < asked.to && msOf(to) > asked.from) ?? [];
  const named = inside.flatMap(({ shift }) => (shift ? [shift] : []));
  const [first] = named;
  if (!first || named.some(({ id }) => id !== first.id)) return null;
  return { id: first.id, name: first.name, day: first.businessDate };
}

/** What is in the picture, in words: each category with its form and its time; and until when it is final. */
function Key({ timeline, window, plant }: { timeline: Timeline; window: TimeWindow; plant: AccessPlant }) {
  const words = useWords(machineWords);
  const moment = useMoment();
  const { finalUntil } = timeline;
  return (
    <div className="key">
      <ul>
        {totalsOf(timeline, window).map(([category, us]) => (
          <li key={category} data-category={category}>
            <i className={`swatch cat-${category}`} aria-hidden="true" /> {words.categories[category]}{' '}
            <strong>{hoursMinutes(us)}</strong>
          </li>
        ))}
      </ul>
      <p className="unit">
        {finalUntil === null
          ? words.notFinal
          : msOf(finalUntil) < window.to && words.finalUntil(moment(finalUntil, plant.id))}
      </p>
      <p className="unit hint">{words.timelineHint}</p>
    </div>
  );
}

function WeekTrend({
  trend: { asked, fromDay, toDay },
  plant,
  view,
}: {
  trend: ReturnType<typeof useTrend>;
  plant: AccessPlant;
  view: ShownWindow;
}) {
  if (!asked.data || asked.data.items.length === 0) return null;
  return (
    <Trend
      key={fromDay}
      page={asked.data}
      asked={{ by: 'shift', fromDay, toDay }}
      state={{ by: 'shift', byChoices: [], change: () => {} }}
      open={({ fromDay: first, toDay: last, row }) => {
        const { shift } = row?.key ?? {};
        view.show(
          shift
            ? { from: msOf(shift.from), to: msOf(shift.to) }
            : windowOfDays({ fromDay: first, toDay: last }, plant.timeZone),
        );
      }}
    />
  );
}

/** The tags of the machine as the header has asked for them. */
function Measured({
  machine,
  wanted,
  view,
  cursor,
}: {
  machine: Machine;
  wanted: Wanted;
  view: ShownWindow;
  cursor: number | null;
}) {
  const queries = useQueryClient();
  const now = queries.getQueryData<Now>(['now', machine.plantId]);
  const tags = now?.lanes.flatMap((lane) => lane.machines).find(({ id }) => id === machine.id)?.tags;
  return <Measurements tags={tags} wanted={wanted} window={view.shown} cursor={cursor} />;
}
