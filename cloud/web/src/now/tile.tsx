// One machine: its name, state, how long and why; order and material, good against target, rejects, this
// shift's OEE and the newest alarm; on demand what its tags read.

import { memo } from 'react';
import { Link } from 'wouter';
import type { MachineFigures } from '../../../domains/now-figures/index.ts';
import type { NowMachine, NowTag } from '../../../domains/telemetry/index.ts';
import { useWords } from '../kit/use-words.ts';
import { useAccess } from '../shell/context.ts';
import { duration, spoken } from '../shell/format.ts';
import { Glyph } from '../shell/glyphs.tsx';
import { useSettings } from '../shell/settings.ts';
import { nowWords } from './now-words.ts';
import { isActive, type MachineView, machineView, type Situation, textOf, valueView } from './situation.ts';
import { TileFigures } from './tile-figures.tsx';
import { stopNow, type TileLook, tileGlyphs, tileLook } from './tile-look.ts';
import { Readings, type ReadingsProps } from './tile-readings.tsx';

/** Letters that have room in one line. */
const LONG_NAME = 20;

export interface TileProps extends ReadingsProps {
  readonly showsFigures: boolean;
  readonly showsReadings: boolean;
  readonly figures: MachineFigures | undefined;
  /** Of what the store knows of the machine. */
  readonly stamp: number;
}

/** What differs from tile to tile. */
export type MachineProps = 'machine' | 'figures' | 'stamp';

/** Neighbours tick at another quarter of a second, so that not all of a large plant are drawn at once. */
const QUARTER_MS = 250;

/** Drawn when something of its machine changed, and each second for the clocks on it. */
export const Tile = memo(DrawnTile, looksTheSame);

function looksTheSame({ situation: before, ...one }: TileProps, { situation: after, ...other }: TileProps): boolean {
  const second = ({ nowMs }: Situation): number => Math.floor((nowMs + (other.machine.id % 4) * QUARTER_MS) / 1_000);
  const names = Object.keys(other) as (keyof typeof other)[];
  return (
    second(before) === second(after) &&
    before.cutOffSince === after.cutOffSince &&
    before.unseen.size === after.unseen.size &&
    [...after.unseen].every(([device, { kind }]) => before.unseen.get(device)?.kind === kind) &&
    names.every((name) => one[name] === other[name])
  );
}

function DrawnTile({ showsFigures, showsReadings, figures, ...reading }: TileProps) {
  const { situation, machine } = reading;
  const view = machineView(situation, machine);
  const look = tileLook(view, stopNow(view, figures));
  const part = { situation, machine, view, look, figures };
  const alarms = machine.tags.filter((tag) => tag.role === 'alarm');
  const cut = situation.cutOffSince === null ? '' : ' cut-off';
  return (
    <article className={`tile look-${look}${cut}`} aria-label={machine.displayName}>
      <Head {...part} />
      <div className="sheet">
        <Facts {...part} />
        {showsFigures && <TileFigures situation={situation} machine={machine} figures={figures} />}
        {showsReadings && <Readings {...reading} />}
        {alarms.length > 0 && <AlarmRow situation={situation} alarms={alarms} />}
      </div>
    </article>
  );
}

interface PartProps {
  readonly situation: Situation;
  readonly machine: NowMachine;
  readonly view: MachineView;
  readonly look: TileLook;
  readonly figures: MachineFigures | undefined;
}

/** Large enough to be read on a fill, in every state, so that nothing moves when the state changes. */
function Head(part: PartProps) {
  const { situation, machine, view, look } = part;
  const { words } = useSettings();
  const own = useWords(nowWords);
  const access = useAccess();
  const glyph = tileGlyphs[look];
  const named: Readonly<Record<string, string>> = {
    ...words.states,
    ...own.looks,
    no_data: words.noData,
    no_signal: words.noStateSignal,
  };
  const lasts = view.since === null || look === 'no_data' ? '' : duration(situation.nowMs - view.since);
  return (
    <div className="head">
      <h3 className={machine.displayName.length > LONG_NAME ? 'long' : undefined}>
        {access.may('intervals.read') ? (
          <Link href={machinePath(situation, machine)}>{machine.displayName}</Link>
        ) : (
          machine.displayName
        )}
      </h3>
      <p className="state">
        <span className="word">
          {glyph && <Glyph name={glyph} />}
          <span>{named[look]}</span>
        </span>
        <span className="lasts" role="timer" aria-live="off">
          {lasts}
        </span>
      </p>
      <Reason {...part} />
    </div>
  );
}

const machinePath = ({ now }: Situation, machine: NowMachine): string =>
  `/machines/${machine.id}?plant=${now.plant.id}`;

function Reason(part: PartProps) {
  const { situation, machine, look } = part;
  const { words } = useSettings();
  const own = useWords(nowWords);
  const access = useAccess();
  const text = useReason(part);
  if (text === '' && look === 'stopped' && access.may('stop-classifications.create'))
    return (
      <p className="reason">
        <Link href={machinePath(situation, machine)}>
          {words.why}
          <span className="hidden"> {own.sayWhy(machine.displayName)}</span>
        </Link>
      </p>
    );
  const said = text === '' && look === 'stopped' ? words.why : text;
  return (
    <p className="reason" title={said}>
      {said || '\u00a0'}
    </p>
  );
}

/** What is known of why: a person's word before the machine's; empty where nobody knows or there is nothing to ask. */
function useReason({ situation, machine, view, figures }: PartProps): string {
  const { words, format, language } = useSettings();
  const { timeZone } = situation.now.plant;
  if (view.look === 'no_data') {
    const at = view.since === null ? null : format.instant(view.since, { timeZone, nowMs: situation.nowMs });
    return at === null ? '' : words.noDataSince(at);
  }
  if (view.look === 'unknown') return words.unmapped(view.state?.word ?? '');
  if (view.look !== 'stopped' && view.look !== 'idle') return '';
  const stop = stopNow(view, figures);
  if (stop?.reason) return (language === 'de' && stop.reason.nameDe) || stop.reason.name;
  const cause = textOf(
    situation,
    machine.tags.find((tag) => tag.name.toLowerCase().endsWith('cause')),
  );
  if (cause !== null) return spoken(cause);
  const reason = view.state?.reason ?? null;
  const known = words.reasons as Readonly<Record<string, string>>;
  return reason === null ? '' : (known[reason] ?? spoken(reason));
}

/** Since when, order and material. */
function Facts({ situation, machine, view }: PartProps) {
  const { words, format } = useSettings();
  const { nowMs, now } = situation;
  const instant = (ms: number) => format.instant(ms, { timeZone: now.plant.timeZone, nowMs });
  const tagOf = (role: string) => machine.tags.find((tag) => tag.role === role);
  const [order, material] = [tagOf('order'), tagOf('material')];
  const stale = (tag: NowTag) => (valueView(situation, tag).stale === null ? '' : 'stale');
  return (
    <dl className="facts">
      {machine.state &&
        (view.look === 'no_data' ? (
          <div>
            <dt>{words.before}</dt>
            <dd className="stale">{view.state ? words.states[view.state.state] : '–'}</dd>
          </div>
        ) : (
          <div>
            <dt>{words.since}</dt>
            <dd>
              {view.since === null ? '–' : instant(view.since)}
              {view.state?.atLeast && view.since !== null ? ` ${words.atLeast}` : ''}
            </dd>
          </div>
        ))}
      {order && (
        <div>
          <dt>{words.order}</dt>
          <dd className={stale(order)}>{textOf(situation, order) ?? words.none}</dd>
        </div>
      )}
      {material && (
        <div>
          <dt>{words.material}</dt>
          <dd className={stale(material)}>{textOf(situation, material) ?? '–'}</dd>
        </div>
      )}
    </dl>
  );
}

function AlarmRow({ situation, alarms }: { situation: Situation; alarms: readonly NowTag[] }) {
  const { words, format } = useSettings();
  const { store, nowMs, now } = situation;
  const active = alarms
    .filter((tag) => isActive(store.tag(tag.id)))
    .map((tag) => ({ tag, since: alarmSince(tag, store.tag(tag.id)?.time ?? nowMs) }))
    .sort((one, other) => other.since - one.since);
  const [newest] = active;
  if (!newest) return <p className="alarm none">{words.noAlarm}</p>;
  const stale = valueView(situation, newest.tag).stale === null ? '' : ' stale';
  return (
    <p className={`alarm${stale}`} aria-live="polite">
      <Glyph name="alarm" />
      <span className="text">
        <span className="hidden">{words.alarm}: </span>
        {newest.tag.reason ?? spoken(newest.tag.name)}
        {active.length > 1 && <span className="unit"> {words.moreAlarms(active.length - 1)}</span>}
      </span>
      <span className="age">{format.instant(newest.since, { timeZone: now.plant.timeZone, nowMs })}</span>
    </p>
  );
}

/** What GET /now told, while it is still the same alarm; a later value is its begin. */
function alarmSince(tag: NowTag, valueTime: number): number {
  const wasActive = tag.value === true || tag.value === 1;
  return wasActive && tag.since !== null ? Date.parse(tag.since) : valueTime;
}
