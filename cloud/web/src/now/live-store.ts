// What is known of a plant now: the newest value of each tag, each machine's state, each agent's link, the
// figures; fed by GET /now and by the live stream, whichever knows better.
//
// One stream at a time, except while the access token changes: the new stream is opened first, and the old
// one is dropped when the new one's snapshot has arrived. A stream that says nothing (not even its
// heartbeat) is given up and opened again.

import type { MachineFigures, NowFigures } from '../../../domains/now-figures/index.ts';
import type { LiveEvent, LiveHeartbeat, Now } from '../../../domains/telemetry/index.ts';
import type { Session } from '../shell/session.ts';
import type { AgentLink } from './freshness.ts';
import { readEvents } from './sse.ts';

export interface TagValue {
  readonly time: number;
  readonly value: number | string | boolean | null;
  readonly status: number;
}

export interface MachineStateNow {
  readonly state: 'running' | 'setup' | 'idle' | 'stopped' | 'unknown';
  readonly word: string | null;
  readonly reason: string | null;
  readonly since: number | null;
  readonly atLeast: boolean;
}

export interface LiveStore {
  start(): void;
  stop(): void;
  subscribe(listener: () => void): () => void;
  /** Rises with every change. */
  version(): number;
  merge(now: Now): void;
  tag(id: number): TagValue | undefined;
  machine(id: number): MachineStateNow | undefined;
  agent(id: number): AgentLink | undefined;
  /** Another number when a tag or the state of this machine has changed. */
  stampOf(machineId: number): number;
  figuresOf(machineId: number): MachineFigures | undefined;
  /** The newest figures of the plant; none until they were told. */
  figures(): NowFigures | undefined;
  mergeFigures(figures: NowFigures): void;
  /** The server's clock, ms. */
  serverNow(): number;
  /** Null: in touch. Otherwise since when (server time) the page hears nothing of the server. */
  cutOffSince(): number | null;
  /** The same for the server's own source of live values. */
  feedCutSince(): number | null;
}

export interface LiveStoreOptions {
  readonly session: Session;
  readonly plantId: number;
  /** Only these, mapped or not; left out: what the plant's machines have. */
  readonly tagIds?: readonly number[];
  /** Something came that GET /now has not told of: a new tag, or an agent that went or came. */
  onStructureChanged(): void;
}

/** The server says something every 5 s. */
const SILENCE_MS = 8_000;
const CHECK_MS = 1_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000];

interface Stream {
  readonly token: string;
  readonly abort: AbortController;
  hasSnapshot: boolean;
}

export function createLiveStore(options: LiveStoreOptions): LiveStore {
  const { session, plantId, tagIds } = options;
  const path = `/live?plant=${plantId}${tagIds ? `&tags=${tagIds.join()}` : ''}`;
  const tags = new Map<number, TagValue>();
  const machines = new Map<number, MachineStateNow>();
  const agents = new Map<number, AgentLink>();
  const stamps = new Map<number, number>();
  let figures: NowFigures | undefined;
  let figuresOf = new Map<number, MachineFigures>();
  let homeOfTag = new Map<number, { readonly agentId: number; readonly machineId: number }>();
  const listeners = new Set<() => void>();
  let version = 0;
  let clockOffset = 0;
  let lastHeard = Date.now();
  let feedCutSince: number | null = null;
  let failures = 0;
  let current: Stream | null = null;
  let next: Stream | null = null;
  let timers: ReturnType<typeof setTimeout>[] = [];
  let unsubscribe: (() => void) | null = null;
  let running = false;

  const serverNow = () => Date.now() + clockOffset;
  const changed = () => {
    version += 1;
    for (const listener of listeners) listener();
  };

  const setTag = (id: number, value: TagValue): boolean => {
    const known = tags.get(id);
    if (known && known.time > value.time) return false;
    tags.set(id, value);
    return true;
  };

  const setFigures = (told: NowFigures): void => {
    if (figures && told.at <= figures.at) return;
    figures = told;
    figuresOf = new Map(told.machines.map((machine) => [machine.id, machine]));
  };

  const stamp = (machineId: number): void => {
    stamps.set(machineId, (stamps.get(machineId) ?? 0) + 1);
  };

  const heardAgent = (id: number, agent: AgentLink): void => {
    const known = agents.get(id);
    const lastMessageMs = Math.max(known?.lastMessageMs ?? 0, agent.lastMessageMs ?? 0) || null;
    const watermarkMs = Math.max(known?.watermarkMs ?? 0, agent.watermarkMs ?? 0) || null;
    agents.set(id, { online: agent.online, lastMessageMs, watermarkMs });
    if (known && known.online !== agent.online) options.onStructureChanged();
  };

  const apply = (event: LiveEvent, isSnapshot: boolean): void => {
    let unknownTag = false;
    for (const [id, time, value, status] of event.tags) {
      setTag(id, { time, value, status });
      const home = homeOfTag.get(id);
      if (home === undefined) {
        unknownTag = homeOfTag.size > 0;
        continue;
      }
      stamp(home.machineId);
      // What an agent's tag says, the agent has just said.
      if (!isSnapshot) heardAgent(home.agentId, { online: true, lastMessageMs: event.at, watermarkMs: null });
    }
    for (const [id, state, word, reason, since, atLeast] of event.states) {
      stamp(id);
      machines.set(id, { state: state as MachineStateNow['state'], word, reason, since, atLeast });
    }
    for (const [id, online, lastMessageMs, watermarkMs] of event.agents) {
      heardAgent(id, { online, lastMessageMs, watermarkMs });
    }
    if (unknownTag) options.onStructureChanged();
  };

  const receive = (stream: Stream, name: string, data: string): void => {
    lastHeard = Date.now();
    if (name === 'end') {
      stream.abort.abort();
      return;
    }
    if (name === 'figures') {
      setFigures(JSON.parse(data) as NowFigures);
      changed();
      return;
    }
    const event = JSON.parse(data) as LiveEvent | LiveHeartbeat;
    clockOffset = event.at - Date.now();
    if ('live' in event) {
      feedCutSince = event.live ? null : (feedCutSince ?? event.at);
    } else {
      apply(event, name === 'snapshot');
      if (name === 'snapshot') {
        stream.hasSnapshot = true;
        failures = 0;
        if (stream === next) {
          current?.abort.abort();
          current = next;
          next = null;
        }
      }
    }
    changed();
  };

  const open = (): Stream => {
    const state = session.state();
    const token = state.status === 'signed_in' ? state.signedIn.accessToken : '';
    const stream: Stream = { token, abort: new AbortController(), hasSnapshot: false };
    void (async () => {
      try {
        const response = await session.fetch(path, { signal: stream.abort.signal });
        if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
        await readEvents(response.body, (name, data) => receive(stream, name, data));
      } catch {
        // told by silence; opened again below
      }
      over(stream);
    })();
    return stream;
  };

  const over = (stream: Stream): void => {
    stream.abort.abort();
    if (stream === next) next = null;
    if (stream !== current) return;
    current = next;
    next = null;
    if (running && !current)
      later(
        () => {
          if (running && !current) current = open();
        },
        RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0,
      );
  };

  const later = (what: () => void, ms: number): void => {
    const timer = setTimeout(() => {
      timers = timers.filter((one) => one !== timer);
      what();
    }, ms);
    timers.push(timer);
  };

  const check = (): void => {
    // A stream that went silent is aborted, which opens a new one.
    if (Date.now() - lastHeard > SILENCE_MS && current?.hasSnapshot) current.abort.abort();
    changed();
    later(check, CHECK_MS);
  };

  const tokenChanged = (): void => {
    const state = session.state();
    if (!running || state.status !== 'signed_in' || !current?.hasSnapshot || next) return;
    if (state.signedIn.accessToken !== current.token) next = open();
  };

  return {
    start() {
      if (running) return;
      running = true;
      lastHeard = Date.now();
      current = open();
      unsubscribe = session.subscribe(tokenChanged);
      later(check, CHECK_MS);
    },
    stop() {
      running = false;
      unsubscribe?.();
      for (const timer of timers) clearTimeout(timer);
      timers = [];
      for (const stream of [current, next]) stream?.abort.abort();
      current = null;
      next = null;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: () => version,
    merge(now) {
      const agentOfDevice = new Map(now.devices.map((device) => [device.id, device.agentId]));
      const shown = now.lanes.flatMap((lane) => lane.machines);
      homeOfTag = new Map(
        shown.flatMap((machine) =>
          machine.tags.map((tag) => [tag.id, { agentId: agentOfDevice.get(tag.deviceId) ?? 0, machineId: machine.id }]),
        ),
      );
      for (const machine of shown) {
        for (const tag of machine.tags) {
          if (tag.time) setTag(tag.id, { time: Date.parse(tag.time), value: tag.value, status: tag.status });
        }
        const { state } = machine;
        const stream = state ? tags.get(state.tagId)?.time : undefined;
        const told = machine.tags.find((tag) => tag.id === state?.tagId)?.time;
        if (state && (!machines.has(machine.id) || (told && stream === Date.parse(told)))) {
          machines.set(machine.id, { ...state, since: state.since === null ? null : Date.parse(state.since) });
        }
      }
      for (const agent of now.agents) {
        const ms = (instant: string | null) => (instant === null ? null : Date.parse(instant));
        const link = { online: agent.online, lastMessageMs: ms(agent.lastMessageAt), watermarkMs: ms(agent.watermark) };
        const known = agents.get(agent.id);
        if (!known || (link.lastMessageMs ?? 0) > (known.lastMessageMs ?? 0)) agents.set(agent.id, link);
      }
      if (version === 0) clockOffset = Date.parse(now.serverTime) - Date.now();
      changed();
    },
    tag: (id) => tags.get(id),
    machine: (id) => machines.get(id),
    agent: (id) => agents.get(id),
    stampOf: (machineId) => stamps.get(machineId) ?? 0,
    figuresOf: (machineId) => figuresOf.get(machineId),
    figures: () => figures,
    mergeFigures(told) {
      setFigures(told);
      changed();
    },
    serverNow,
    cutOffSince: () => (Date.now() - lastHeard > SILENCE_MS ? lastHeard + clockOffset : null),
    feedCutSince: () => feedCutSince,
  };
}
