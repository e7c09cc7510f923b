// From what is known to what a tile must say: which agents and devices cannot be heard, which state a
// machine shows, which values are old.

import type { Now, NowMachine, NowTag } from '../../../domains/telemetry/index.ts';
import type { GlyphName } from '../shell/glyphs.tsx';
import { type Staleness, silenceOf, stalenessOf } from './freshness.ts';
import type { LiveStore, MachineStateNow, TagValue } from './live-store.ts';

/** Why a device's values cannot be trusted, and since when (null: never heard). */
export interface Unseen {
  readonly kind: 'agent_silent' | 'device_unseen';
  readonly since: number | null;
}

export interface Situation {
  readonly now: Now;
  readonly store: LiveStore;
  readonly nowMs: number;
  readonly cutOffSince: number | null;
  /** By device id; devices that are seen are not in it. */
  readonly unseen: ReadonlyMap<number, Unseen>;
  /** Agent of each device. */
  readonly agentOf: ReadonlyMap<number, number>;
}

export function situationOf(now: Now, store: LiveStore): Situation {
  const cutOffSince = store.cutOffSince();
  // While the page is cut off, it cannot tell whether agents talk: what it knew when it was cut off holds.
  const nowMs = store.serverNow();
  const knownMs = cutOffSince ?? store.feedCutSince() ?? nowMs;
  const unseen = new Map<number, Unseen>();
  for (const device of now.devices) {
    const agent = store.agent(device.agentId);
    const silence = agent ? silenceOf(agent, knownMs) : { at: null };
    if (silence) unseen.set(device.id, { kind: 'agent_silent', since: silence.at });
    else if (device.coverage && device.coverage.state !== 'up') {
      unseen.set(device.id, { kind: 'device_unseen', since: Date.parse(device.coverage.since) });
    }
  }
  const agentOf = new Map(now.devices.map((device) => [device.id, device.agentId]));
  return { now, store, nowMs, cutOffSince, unseen, agentOf };
}

export type Look = 'running' | 'setup' | 'idle' | 'stopped' | 'unknown' | 'no_data' | 'no_signal';

export const lookGlyphs: Readonly<Record<Look, GlyphName | null>> = {
  running: 'running',
  setup: 'setup',
  idle: 'idle',
  stopped: 'stopped',
  unknown: 'unknown',
  no_data: 'unknown',
  no_signal: null,
};

export interface MachineView {
  readonly look: Look;
  readonly state: MachineStateNow | undefined;
  /** Begin of the state, or of having no data. */
  readonly since: number | null;
}

export function machineView({ store, unseen }: Situation, machine: NowMachine): MachineView {
  const tag = machine.tags.find((one) => one.id === machine.state?.tagId);
  if (!tag) return { look: 'no_signal', state: undefined, since: null };
  const state = store.machine(machine.id);
  const gone = unseen.get(tag.deviceId);
  if (gone) return { look: 'no_data', state, since: gone.since };
  const value = store.tag(tag.id);
  if (!value || !state || state.word === null) return { look: 'no_data', state, since: value?.time ?? null };
  return { look: state.state, state, since: state.since };
}

export interface ValueView {
  readonly value: TagValue | undefined;
  readonly stale: Staleness | null;
  readonly ageMs: number;
}

export function valueView({ store, nowMs, unseen, cutOffSince, agentOf }: Situation, tag: NowTag): ValueView {
  const value = store.tag(tag.id);
  if (!value) return { value, stale: null, ageMs: 0 };
  const gone = unseen.get(tag.deviceId);
  const stale = stalenessOf({
    nowMs,
    timeMs: value.time,
    pollMs: tag.pollMs,
    watermarkMs: store.agent(agentOf.get(tag.deviceId) ?? 0)?.watermarkMs ?? null,
    status: value.status,
    pageCutOff: cutOffSince !== null,
    agentSilent: gone?.kind === 'agent_silent',
    deviceUnseen: gone?.kind === 'device_unseen',
  });
  return { value, stale, ageMs: nowMs - value.time };
}

export function isActive(value: TagValue | undefined): boolean {
  return value?.value === true || value?.value === 1;
}

/** Text of the tag of this role, or whose name ends so; null for none or an empty one. */
export function textOf({ store }: Situation, tag: NowTag | undefined): string | null {
  const text = tag === undefined ? null : (store.tag(tag.id)?.value ?? null);
  return text === null || String(text).trim() === '' ? null : String(text).trim();
}
