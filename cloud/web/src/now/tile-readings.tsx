// What a machine's tags read: counters and measurements, each with its age, each opening its history.

import type { NowMachine, NowTag } from '../../../domains/telemetry/index.ts';
import { age, spoken } from '../shell/format.ts';
import { useSettings } from '../shell/settings.ts';
import { type Situation, valueView } from './situation.ts';

export interface ReadingsProps {
  readonly situation: Situation;
  readonly machine: NowMachine;
  readonly openTagId: number | null;
  openTag(id: number): void;
}

export function Readings({ situation, machine, openTagId, openTag }: ReadingsProps) {
  const { words } = useSettings();
  const of = (role: string) => machine.tags.filter((tag) => tag.role === role);
  const good = of('good_count');
  const counters = [...(good.length > 0 ? good : of('total_count')), ...of('reject_count')];
  const measurements = of('measurement');
  const row = (tag: NowTag, label: string) => (
    <ValueRow
      key={tag.id}
      {...{ situation, tag, label }}
      machine={machine.displayName}
      open={tag.id === openTagId}
      openTag={() => openTag(tag.id)}
    />
  );
  return (
    <>
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
    </>
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
