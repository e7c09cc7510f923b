// One machine: its name, state, how long and why; then order, counters, measurements and the newest alarm.

import type { NowMachine, NowTag } from '../../../domains/telemetry/index.ts';
import { age, duration, spoken } from '../shell/format.ts';
import { Glyph } from '../shell/glyphs.tsx';
import { useSettings } from '../shell/settings.ts';
import { isActive, lookGlyphs, type MachineView, machineView, type Situation, textOf, valueView } from './situation.ts';

export interface TileProps {
  readonly situation: Situation;
  readonly machine: NowMachine;
  readonly openTagId: number | null;
  openTag(id: number): void;
}

export function Tile({ situation, machine, openTagId, openTag }: TileProps) {
  const view = machineView(situation, machine);
  const of = (role: string) => machine.tags.filter((tag) => tag.role === role);
  const good = of('good_count');
  const counters = [...(good.length > 0 ? good : of('total_count')), ...of('reject_count')];
  const measurements = of('measurement');
  const { words } = useSettings();
  const row = (tag: NowTag, label: string) => (
    <ValueRow
      key={tag.id}
      {...{ situation, tag, label }}
      machine={machine.displayName}
      open={tag.id === openTagId}
      openTag={() => openTag(tag.id)}
    />
  );
  const cut = situation.cutOffSince === null ? '' : ' cut-off';
  return (
    <article className={`tile look-${view.look}${cut}`} aria-label={machine.displayName}>
      <Head situation={situation} machine={machine} view={view} />
      <div className="sheet">
        <Facts situation={situation} machine={machine} view={view} />
        {counters.length > 0 && (
          <>
            <h4>{words.counterReadings}</h4>
            <ul className="values">{counters.map((tag) => row(tag, counterLabel(tag, words)))}</ul>
          </>
        )}
        {measurements.length > 0 && (
          <>
            <h4>{words.measurements}</h4>
            <ul className="values">{measurements.map((tag) => row(tag, spoken(tag.name)))}</ul>
          </>
        )}
        {of('alarm').length > 0 && <AlarmRow situation={situation} alarms={of('alarm')} />}
      </div>
    </article>
  );
}

function counterLabel(
  tag: NowTag,
  words: { good: string; total: string; rejects: string; reject(reason: string): string },
): string {
  if (tag.role === 'good_count') return words.good;
  if (tag.role === 'total_count') return words.total;
  return tag.reason ? words.reject(spoken(tag.reason)) : words.rejects;
}

interface PartProps {
  readonly situation: Situation;
  readonly machine: NowMachine;
  readonly view: MachineView;
}

/** Large enough to be read on a fill, in every state, so that nothing moves when the state changes. */
function Head({ situation, machine, view }: PartProps) {
  const { words } = useSettings();
  const glyph = lookGlyphs[view.look];
  const word =
    view.look === 'no_data' ? words.noData : view.look === 'no_signal' ? words.noStateSignal : words.states[view.look];
  const lasts = view.since === null || view.look === 'no_data' ? '' : duration(situation.nowMs - view.since);
  return (
    <div className="head">
      <h3>{machine.displayName}</h3>
      <p className="state">
        <span className="word">
          {glyph && <Glyph name={glyph} />}
          <span>{word}</span>
        </span>
        <span className="lasts" role="timer" aria-live="off">
          {lasts}
        </span>
      </p>
      <Reason situation={situation} machine={machine} view={view} />
    </div>
  );
}

function Reason({ situation, machine, view }: PartProps) {
  const { words, format } = useSettings();
  const cause = textOf(
    situation,
    machine.tags.find((tag) => tag.name.toLowerCase().endsWith('cause')),
  );
  const { timeZone } = situation.now.plant;
  let text = '';
  if (view.look === 'no_data') {
    const at = view.since === null ? null : format.instant(view.since, { timeZone, nowMs: situation.nowMs });
    text = at === null ? '' : words.noDataSince(at);
  } else if (view.look === 'unknown') text = words.unmapped(view.state?.word ?? '');
  else if (view.look === 'stopped' || view.look === 'idle') {
    const reason = view.state?.reason ?? null;
    const known = words.reasons as Readonly<Record<string, string>>;
    if (cause !== null) text = spoken(cause);
    else if (reason !== null) text = known[reason] ?? spoken(reason);
    else if (view.look === 'stopped') text = words.why;
  }
  return (
    <p className="reason" title={text}>
      {text || '\u00a0'}
    </p>
  );
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

interface ValueRowProps {
  readonly situation: Situation;
  readonly tag: NowTag;
  readonly label: string;
  readonly machine: string;
  readonly open: boolean;
  openTag(): void;
}

function ValueRow({ situation, tag, label, machine, open, openTag }: ValueRowProps) {
  const { words, format } = useSettings();
  const { value, stale, ageMs } = valueView(situation, tag);
  const integer = /Int/.test(tag.datatype);
  const number = typeof value?.value === 'number' ? format.value(value.value, integer) : value?.value;
  const shown = number === null || number === undefined ? words.noValue : String(number);
  const { timeZone } = situation.now.plant;
  const exact = value ? format.instant(value.time, { timeZone, nowMs: situation.nowMs }) : '';
  const how = stale === 'bad_quality' ? words.badQuality : stale === null ? age(ageMs) : `${age(ageMs)} ${words.old}`;
  return (
    <li>
      <button
        type="button"
        className={stale === null ? 'value' : 'value stale'}
        aria-expanded={open}
        title={exact}
        data-tag={tag.id}
        onClick={openTag}
      >
        <span className="name">{label}</span>
        <span className="figure">
          {shown}
          <span className="unit">{value && tag.unit ? ` ${tag.unit}` : ''}</span>
        </span>
        <span className="age">
          <span className="hidden">{words.age} </span>
          {value ? how : ''}
        </span>
        <span className="hidden">, {words.openHistory(label, machine)}</span>
      </button>
    </li>
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
