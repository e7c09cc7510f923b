// One browser's live stream, as server-sent events: a snapshot, then changes, conflated to the newest
// value per tag, as fast as the browser takes them but four times a second at most. A change after a quiet
// time is sent at once. The plant's figures come between them, each time whole, the newest only.
//
// A browser that is slow, or a broker that was away, never makes a queue: what waits is one value per tag,
// and where even that is too much, or something was missed, the next event is a new snapshot.
//
//   opening ──snapshot sent──▶ following ──resync wanted──▶ opening
//       └──────── end(): access ended, browser gone, server stops ─────────────▶ ended
//
// A stream goes on as long as the session behind it may look on, whatever becomes of the access token it
// began with: that is asked again at each change of access and at each heartbeat.

import type { ServerResponse } from 'node:http';
import type { NowFigures } from '../now-figures/index.ts';
import type { LiveFeed } from './live-feed.ts';
import type { AgentEntry, Snapshot, TagEntry } from './now-service.ts';
import { nextState, type StateNow } from './rules.ts';

/** Not faster than this for one browser. */
const FLUSH_MS = 250;
const HEARTBEAT_MS = 5_000;
/** A browser that takes nothing for so long is gone. */
const STALL_MS = 30_000;
/** Tags that wait for one browser, at most. */
const MAX_PENDING = 50_000;
/** A snapshot that failed is tried again after this. */
const RETRY_MS = 2_000;
/** mes.tag_last follows what was published within this time: then a second snapshot knows all of it. */
const SETTLED_MS = 3_000;
/** While nobody can say whether the user may still look on (the database is away), at most so long. */
const MAX_UNCERTAIN_MS = 300_000;

/** [machine id, state, the device's word, reason, since in ms, it may have begun earlier] */
export type StateEntry = [
  machineId: number,
  state: string,
  word: string | null,
  reason: string | null,
  sinceMs: number,
  atLeast: boolean,
];

/** `snapshot` and `change`: what a browser is told. */
export interface LiveEvent {
  /** Server time, ms. */
  readonly at: number;
  readonly tags: readonly TagEntry[];
  readonly states: readonly StateEntry[];
  readonly agents: readonly AgentEntry[];
}

/** `heartbeat`: the server's clock, and whether live values reach the server. */
export interface LiveHeartbeat {
  readonly at: number;
  readonly live: boolean;
}

/** `end`: open a new stream. */
export interface LiveEnd {
  readonly reason: 'access_ended' | 'server_stops';
}

export interface LiveStreamOptions {
  /** With its head written already. */
  readonly response: ServerResponse;
  readonly feed: LiveFeed;
  readonly organizationId: number;
  /** Whether this user may still look on. Rejects when that cannot be found out now. */
  mayLookOn(): Promise<boolean>;
  /** Calls the listener when `mayLookOn` may have changed, until the returned function is called. */
  followAccess(listener: () => void): () => void;
  /** Reads what this user may see now. */
  load(): Promise<Snapshot>;
  /** Tells of the plant's figures, as far as this user may see them, until the returned function is called. */
  followFigures(listener: (figures: NowFigures) => void): () => void;
  readonly log: { warn(data: object, message: string): void };
  onEnd(): void;
}

export interface LiveStream {
  end(reason: LiveEnd['reason']): void;
}

export function startLiveStream(options: LiveStreamOptions): LiveStream {
  const { response, feed, log } = options;
  let scope: Snapshot | null = null;
  let states = new Map<number, StateNow>();
  let resyncWanted = true;
  let loading = false;
  let ended = false;
  let lastProgress = performance.now();
  let flushedAt = Number.NEGATIVE_INFINITY;
  let lastCertain = performance.now();
  let checking = false;
  let checkWanted = false;
  let flushTimer: NodeJS.Timeout | null = null;
  let settleTimer: NodeJS.Timeout | null = null;
  let figures: NowFigures | null = null;
  const tags = new Map<number, { machineId: number | null; entry: TagEntry }>();
  const agents = new Map<number, AgentEntry>();

  const send = (event: string, data: LiveEvent | LiveHeartbeat | LiveEnd | NowFigures): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };

  const flushSoon = (delayMs = Math.max(0, flushedAt + FLUSH_MS - performance.now())): void => {
    if (!ended) flushTimer ??= setTimeout(flush, delayMs);
  };

  const flush = (): void => {
    flushTimer = null;
    if (ended || loading || response.writableNeedDrain) return; // each of these flushes when it is over
    if (resyncWanted) {
      void resync();
      return;
    }
    const event = takeChanges();
    if (!event && !figures) return;
    flushedAt = performance.now();
    if (event) send('change', event);
    if (figures) send('figures', figures);
    figures = null;
  };

  const resync = async (): Promise<void> => {
    loading = true;
    resyncWanted = false;
    try {
      const snapshot = await options.load();
      if (ended) return;
      scope = snapshot;
      states = new Map(snapshot.states);
      const entries = [...states].map(([machineId, state]) => stateEntry(machineId, state));
      flushedAt = performance.now();
      send('snapshot', { at: Date.now(), tags: snapshot.tags, states: entries, agents: snapshot.agents });
      loading = false;
      flushSoon();
    } catch (error) {
      log.warn({ err: error }, 'a live snapshot could not be read, trying again');
      loading = false;
      resyncWanted = true;
      flushSoon(RETRY_MS);
    }
  };

  const takeChanges = (): LiveEvent | null => {
    const visible = [...tags.values()].filter(({ machineId, entry: [tagId] }) =>
      scope?.tagIds ? scope.tagIds.has(tagId) : machineId !== null && scope?.machineIds.has(machineId),
    );
    const link = [...agents.values()].filter(([agentId]) => scope?.agentIds.has(agentId));
    tags.clear();
    agents.clear();
    if (visible.length === 0 && link.length === 0) return null;
    const changedStates = visible.flatMap(({ machineId, entry: [tagId, time, value, status] }) => {
      if (machineId === null || scope?.stateTags.get(tagId) !== machineId) return [];
      const state = nextState(states.get(machineId), { value, status, time }, scope.stateMaps.get(machineId));
      states.set(machineId, state);
      return [stateEntry(machineId, state)];
    });
    return {
      at: Date.now(),
      tags: visible.map(({ entry }) => withBoolean(entry)),
      states: changedStates,
      agents: link,
    };
  };

  const withBoolean = ([tagId, time, value, status]: TagEntry): TagEntry => {
    const isBoolean = typeof value === 'number' && scope?.booleanTags.has(tagId);
    return [tagId, time, isBoolean ? value !== 0 : value, status];
  };

  const unfollow = feed.follow(options.organizationId, {
    current() {
      if (ended) return;
      resyncWanted = true;
      flushSoon(0);
      if (settleTimer) clearTimeout(settleTimer);
      settleTimer = setTimeout(() => {
        resyncWanted = true;
        flushSoon(0);
      }, SETTLED_MS);
    },
    tags(machineId, entries) {
      // Most tags without a machine are on nobody's screen.
      if (machineId === null && !scope?.tagIds) return;
      for (const [tagId, time, value, status] of entries) {
        const waiting = tags.get(tagId);
        if (!waiting || waiting.entry[1] <= time)
          tags.set(tagId, { machineId, entry: [tagId, time, value, status >>> 0] });
      }
      if (tags.size > MAX_PENDING) {
        tags.clear();
        resyncWanted = true;
      }
      flushSoon();
    },
    agents(entries) {
      for (const entry of entries) agents.set(entry[0], entry);
      flushSoon();
    },
  });

  const unfollowFigures = options.followFigures((latest) => {
    figures = latest;
    flushSoon();
  });

  const checkAccess = async (): Promise<void> => {
    checkWanted = true;
    if (checking || ended) return;
    checking = true;
    try {
      while (checkWanted && !ended) {
        checkWanted = false;
        if (!(await options.mayLookOn())) end('access_ended');
        lastCertain = performance.now();
      }
    } catch (error) {
      log.warn({ err: error }, 'whether a live stream may go on could not be asked');
      if (performance.now() - lastCertain > MAX_UNCERTAIN_MS) end('access_ended');
    } finally {
      checking = false;
    }
  };
  const unfollowAccess = options.followAccess(() => void checkAccess());

  const heartbeat = setInterval(() => {
    void checkAccess();
    if (!response.writableNeedDrain) {
      lastProgress = performance.now();
      send('heartbeat', { at: Date.now(), live: feed.connected() });
    } else if (performance.now() - lastProgress > STALL_MS) {
      release();
      response.destroy();
    }
  }, HEARTBEAT_MS);

  const release = (): void => {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    if (flushTimer) clearTimeout(flushTimer);
    if (settleTimer) clearTimeout(settleTimer);
    unfollow();
    unfollowFigures();
    unfollowAccess();
    options.onEnd();
  };

  const end = (reason: LiveEnd['reason']): void => {
    if (ended) return;
    release();
    send('end', { reason });
    response.end();
  };

  response.on('drain', () => flushSoon(0));
  response.on('close', release);
  response.on('error', release);
  send('heartbeat', { at: Date.now(), live: feed.connected() });
  flushSoon(0);
  return { end };
}

function stateEntry(machineId: number, state: StateNow): StateEntry {
  return [machineId, state.state, state.word, state.reason, state.since, state.atLeast];
}
