// The suite every protocol driver passes: the contract of protocols/driver.ts, tried against a real
// peer over real sockets. A driver's own test calls `driverConformance(name, harness)`.
//
// Nothing here asserts a time: "bounded" means that the case ends before vitest's time-out, so a
// harness should give its driver short time-outs (some 300 ms).
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Driver,
  DriverError,
  type DriverEvents,
  type DriverLog,
  type DriverTag,
  isBad,
  type Readings,
} from '../../protocols/driver.ts';
import { refusedAddress, startMuteHost, startUnansweringHost } from '../support/dead-host.ts';

/** A running device and the ways to disturb it. `startTcpProxy` gives vanish, silence and connections for free. */
export interface Peer<Settings> {
  /** What `createDriver` needs to reach it. */
  readonly settings: Settings;
  /** At least two tags it serves well. `change` changes the first. */
  readonly good: readonly [DriverTag, DriverTag, ...DriverTag[]];
  /** A tag whose address is well formed and which the device does not have. */
  readonly bad: DriverTag;
  /** Give the first good tag another value. */
  change(): void | Promise<void>;
  /** Destroy every connection and stop listening. */
  vanish(): void | Promise<void>;
  /** Keep every connection and answer nothing any more. */
  silence(): void;
  /** End of `silence`: what was held back comes through. */
  resume(): void;
  /** Connections of the driver which are open now. */
  connections(): number;
  /** Close everything; called once, also after `vanish`. */
  stop(): Promise<void>;
}

export interface DriverHarness<Settings> {
  startPeer(): Promise<Peer<Settings>>;
  createDriver(settings: Settings, events: DriverEvents, log: DriverLog): Driver;
  /** Settings that point at any address, for hosts that are dead, mute or not there. */
  settingsAt(address: { host: string; port: number }): Settings;
}

interface Recorded extends DriverEvents {
  readonly batches: { readings: Readings; initial: boolean }[];
  readonly losses: Error[];
  /** Every event of any kind. */
  count(): number;
}

const CASE_TIMEOUT_MS = 30_000;
/** Long enough for an event that must not come to come. */
const SETTLE_MS = 200;
const WAIT_STEP_MS = 5;
/** A driver must notice a silent peer within so many reads. */
const MAX_SILENT_READS = 20;

const never = () => new AbortController().signal;
const quietLog: DriverLog = { debug() {}, info() {}, warn() {}, error() {} };

function record(): Recorded {
  let count = 0;
  const batches: Recorded['batches'] = [];
  const losses: Error[] = [];
  return {
    batches,
    losses,
    count: () => count,
    readings(readings, initial) {
      count += 1;
      batches.push({ readings, initial });
    },
    alive() {
      count += 1;
    },
    overflow() {
      count += 1;
    },
    lost(reason) {
      count += 1;
      losses.push(reason);
    },
  };
}

/** Wait until `condition` holds; vitest's time-out is the bound. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(WAIT_STEP_MS);
}

async function rejection(promise: Promise<unknown>): Promise<DriverError> {
  const error = await promise.then(
    () => new Error('expected a rejection, but it resolved'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DriverError);
  return error as DriverError;
}

/** What keeps a process alive, by kind. Pipes and message ports belong to the test runner. */
function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (/TCP|Timeout|GetAddrInfo|UDP|TLS|FSReq/.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

async function nothingMoreThan(before: Map<string, number>): Promise<void> {
  const excess = () => [...activeResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
  const attempts = 100;
  for (let attempt = 0; attempt < attempts && excess().length > 0; attempt += 1) await sleep(WAIT_STEP_MS * 4);
  expect(excess(), 'sockets or timers left behind').toEqual([]);
}

/** The driver said it is done: its timers are gone now, its sockets as soon as the system has closed them. */
async function nothingLeftSince(started: Map<string, number>): Promise<void> {
  await nextTurn();
  expect(activeResources().get('Timeout') ?? 0, 'timers left behind').toBeLessThanOrEqual(started.get('Timeout') ?? 0);
  await nothingMoreThan(started);
}

/** Declare the conformance suite for one driver. */
export function driverConformance<Settings>(name: string, harness: DriverHarness<Settings>): void {
  const probe = harness.createDriver(harness.settingsAt({ host: '127.0.0.1', port: 9 }), record(), quietLog);
  const canRead = probe.read !== undefined;
  const canSubscribe = probe.subscribe !== undefined;

  describe(`${name} keeps the driver contract`, { timeout: CASE_TIMEOUT_MS }, () => {
    let before: Map<string, number>;
    const cleanups: (() => Promise<unknown>)[] = [];

    beforeEach(() => {
      before = activeResources();
    });
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
      await nothingMoreThan(before);
    });

    const startPeer = async () => {
      const peer = await harness.startPeer();
      cleanups.push(() => peer.stop());
      return peer;
    };
    const startHost = async <Host extends { stop(): Promise<void> }>(start: () => Promise<Host>) => {
      const host = await start();
      cleanups.push(() => host.stop());
      return host;
    };
    const create = (settings: Settings) => {
      const events = record();
      const driver = harness.createDriver(settings, events, quietLog);
      cleanups.push(() => driver.close());
      return { driver, events };
    };
    const connected = async () => {
      const peer = await startPeer();
      const { driver, events } = create(peer.settings);
      await driver.connect(never());
      return { peer, driver, events };
    };

    describe('connecting', () => {
      it('opens nothing and starts no timer when it is only created', async () => {
        const settings = harness.settingsAt({ host: '127.0.0.1', port: 9 });
        const started = activeResources();
        const { events } = create(settings);
        expect(activeResources()).toEqual(started);
        expect(events.count()).toBe(0);
      });

      it('says that the connection was refused where nobody listens', async () => {
        const address = await refusedAddress();
        const started = activeResources();
        const { driver, events } = create(harness.settingsAt(address));
        expect((await rejection(driver.connect(never()))).code).toBe('refused');
        await nothingLeftSince(started);
        expect(events.count()).toBe(0);
      });

      it('gives up on a host that never answers', async () => {
        const dead = await startHost(startUnansweringHost);
        const started = activeResources();
        const { driver, events } = create(harness.settingsAt(dead));
        expect(['timeout', 'unreachable']).toContain((await rejection(driver.connect(never()))).code);
        await nothingLeftSince(started);
        expect(events.count()).toBe(0);
      });

      it('is not kept waiting for ever by a host that accepts and says nothing', async () => {
        const mute = await startHost(startMuteHost);
        const peer = await startPeer();
        const { driver } = create(harness.settingsAt(mute));
        // A protocol without a greeting connects; then the first read must end.
        const failure = await driver.connect(never()).then(
          () => null,
          (reason: unknown) => reason,
        );
        if (failure !== null) expect(failure).toBeInstanceOf(DriverError);
        else {
          const readings = await driver.read?.(peer.good, never()).catch((reason: unknown) => {
            expect(reason).toBeInstanceOf(DriverError);
            return undefined;
          });
          expect(readings?.status.every(isBad) ?? true).toBe(true);
        }
      });

      for (const [kind, start] of [
        ['that never answers', startUnansweringHost],
        ['that accepts and says nothing', startMuteHost],
      ] as const) {
        it(`stops at once, leaving nothing, when aborted while connecting to a host ${kind}`, async () => {
          const host = await startHost(start);
          const started = activeResources();
          const { driver, events } = create(harness.settingsAt(host));
          const stop = new AbortController();
          const connecting = driver.connect(stop.signal);
          stop.abort();
          expect((await rejection(connecting)).code).toBe('aborted');
          await nothingLeftSince(started);
          expect(events.count()).toBe(0);
        });

        it(`can be closed while connecting to a host ${kind}`, async () => {
          const host = await startHost(start);
          const started = activeResources();
          const { driver, events } = create(harness.settingsAt(host));
          const connecting = rejection(driver.connect(never()));
          await driver.close();
          await connecting;
          await nothingLeftSince(started);
          expect(events.count()).toBe(0);
        });
      }

      it('does not begin when the signal has already fired', async () => {
        const peer = await startPeer();
        const { driver, events } = create(peer.settings);
        expect((await rejection(driver.connect(AbortSignal.abort()))).code).toBe('aborted');
        await until(() => peer.connections() === 0);
        expect(events.count()).toBe(0);
      });

      it('can be aborted in the middle of the greeting', async () => {
        const peer = await startPeer();
        peer.silence();
        const { driver, events } = create(peer.settings);
        const stop = new AbortController();
        const connecting = driver.connect(stop.signal).catch((reason: unknown) => reason);
        await until(() => peer.connections() > 0);
        stop.abort();
        // Without a greeting the connection may have been ready before the abort.
        const failure = await connecting;
        if (failure instanceof Error) expect((failure as DriverError).code).toBe('aborted');
        else await driver.close();
        peer.resume();
        await until(() => peer.connections() === 0);
        expect(events.count()).toBe(0);
      });
    });

    describe('closing', () => {
      it('can be closed before it was ever connected, and then does not connect', async () => {
        const peer = await startPeer();
        const { driver } = create(peer.settings);
        await driver.close();
        await rejection(driver.connect(never()));
        await until(() => peer.connections() === 0);
      });

      it('can be closed twice, also at the same time', async () => {
        const { peer, driver, events } = await connected();
        await Promise.all([driver.close(), driver.close()]);
        await driver.close();
        await until(() => peer.connections() === 0);
        expect(events.losses).toEqual([]);
      });

      it('leaves no socket and no timer behind', async () => {
        const peer = await startPeer();
        const started = activeResources();
        const { driver } = create(peer.settings);
        await driver.connect(never());
        await driver.read?.(peer.good, never());
        await driver.subscribe?.(peer.good, never());
        await driver.close();
        await until(() => peer.connections() === 0);
        await nothingMoreThan(started);
      });

      it('ends in bounded time when the peer no longer answers', async () => {
        const { peer, driver, events } = await connected();
        peer.silence();
        const seen = events.count();
        await driver.close();
        await sleep(SETTLE_MS);
        expect(events.count()).toBe(seen);
      });

      it('sends no event after it was closed, whatever happens to the peer', async () => {
        const { peer, driver, events } = await connected();
        await driver.subscribe?.(peer.good, never());
        const closing = driver.close();
        const seen = events.count();
        await peer.change();
        await closing;
        await peer.vanish();
        await sleep(SETTLE_MS);
        expect(events.count()).toBe(seen);
      });
    });

    describe('losing the peer', () => {
      it('says once that the connection is lost when the peer vanishes', async () => {
        const { peer, driver, events } = await connected();
        await driver.subscribe?.(peer.good, never());
        await peer.vanish();
        await until(() => events.losses.length > 0);
        const seen = events.count();
        await sleep(SETTLE_MS);
        expect(events.losses).toHaveLength(1);
        expect(events.count()).toBe(seen);
        await driver.close();
        expect(events.losses).toHaveLength(1);
      });
    });

    if (canRead) {
      describe('reading', () => {
        const read = (driver: Driver, tags: readonly DriverTag[], signal = never()) =>
          driver.read?.(tags, signal) ?? Promise.reject(new Error('no read'));

        it('reads every tag once, and again after a change', async () => {
          const { peer, driver } = await connected();
          const first = await read(driver, peer.good);
          expect([...first.tag].sort((a, b) => a - b)).toEqual(peer.good.map((_, index) => index));
          expect(first.status).toEqual(peer.good.map(() => 0));
          await peer.change();
          const second = await read(driver, peer.good);
          expect(second.value[second.tag.indexOf(0)]).not.toEqual(first.value[first.tag.indexOf(0)]);
        });

        it('delivers an unknown tag as Bad and its neighbours as Good', async () => {
          const { peer, driver, events } = await connected();
          const [first, ...rest] = peer.good;
          const tags = [first, peer.bad, ...rest];
          for (const round of [1, 2]) {
            const readings = await read(driver, tags);
            expect(readings.tag, `round ${round}`).toHaveLength(tags.length);
            for (const [row, tag] of readings.tag.entries()) {
              expect(isBad(readings.status[row] ?? -1), `${tags[tag]?.name} in round ${round}`).toBe(tag === 1);
              if (tag === 1) expect(readings.value[row]).toBeNull();
            }
          }
          expect(events.losses).toEqual([]);
        });

        it('rejects the pending read and is lost once when the peer vanishes in the middle', async () => {
          const { peer, driver, events } = await connected();
          await read(driver, peer.good);
          peer.silence();
          const pending = rejection(read(driver, peer.good));
          await peer.vanish();
          await pending;
          await until(() => events.losses.length > 0);
          await rejection(read(driver, peer.good));
          await sleep(SETTLE_MS);
          expect(events.losses).toHaveLength(1);
          expect(events.count()).toBe(1);
        });

        it('notices a half-open connection: no read waits for ever, and the connection is given up', async () => {
          const { peer, driver, events } = await connected();
          await read(driver, peer.good);
          peer.silence();
          for (let attempt = 0; attempt < MAX_SILENT_READS && events.losses.length === 0; attempt += 1) {
            const readings = await read(driver, peer.good).catch((reason: unknown) => {
              expect(reason).toBeInstanceOf(DriverError);
              return null;
            });
            // What came before the silence may not be told again as if it were new.
            if (readings !== null) expect(readings.status.every(isBad)).toBe(true);
          }
          await until(() => events.losses.length > 0);
          expect(events.losses).toHaveLength(1);
        });

        it('rejects the pending read when it is closed, without calling that a loss', async () => {
          const { peer, driver, events } = await connected();
          await read(driver, peer.good);
          peer.silence();
          const pending = rejection(read(driver, peer.good));
          await driver.close();
          await pending;
          await rejection(read(driver, peer.good));
          expect(events.losses).toEqual([]);
        });

        it('gives up one read by its signal and goes on with the next', async () => {
          const { peer, driver, events } = await connected();
          await read(driver, peer.good);
          peer.silence();
          const stop = new AbortController();
          const pending = rejection(read(driver, peer.good, stop.signal));
          stop.abort();
          expect((await pending).code).toBe('aborted');
          peer.resume();
          const readings = await read(driver, peer.good);
          expect(readings.status).toEqual(peer.good.map(() => 0));
          expect(events.losses).toEqual([]);
        });
      });
    }

    if (canSubscribe) {
      describe('subscribing', () => {
        const subscribe = async (driver: Driver, tags: readonly DriverTag[]) => driver.subscribe?.(tags, never());
        const rows = (events: Recorded) =>
          events.batches.flatMap(({ readings, initial }) =>
            readings.tag.map((tag, row) => ({
              tag,
              initial,
              value: readings.value[row],
              bad: isBad(readings.status[row] ?? 0),
            })),
          );

        it('delivers first values marked as initial, then changes', async () => {
          const { peer, driver, events } = await connected();
          await subscribe(driver, peer.good);
          const tagsSeen = () => new Set(rows(events).map((row) => row.tag));
          await until(() => tagsSeen().size === peer.good.length);
          const first = rows(events).find((row) => row.tag === 0);
          expect(first).toMatchObject({ initial: true, bad: false });
          await peer.change();
          await until(() => rows(events).some((row) => row.tag === 0 && !row.initial && row.value !== first?.value));
        });

        it('delivers an unknown tag as Bad and keeps its neighbours alive', async () => {
          const { peer, driver, events } = await connected();
          const [first, ...rest] = peer.good;
          await subscribe(driver, [first, peer.bad, ...rest]);
          await until(() => rows(events).some((row) => row.tag === 1));
          await until(() => new Set(rows(events).map((row) => row.tag)).size === peer.good.length + 1);
          for (const row of rows(events)) {
            expect(row.bad).toBe(row.tag === 1);
            if (row.tag === 1) expect(row.value).toBeNull();
          }
          const seen = rows(events).length;
          await peer.change();
          await until(() => rows(events).length > seen);
          expect(rows(events).at(-1)).toMatchObject({ tag: 0, bad: false });
          expect(events.losses).toEqual([]);
        });

        it('notices when the data stops though the connection stays open', async () => {
          const { peer, driver, events } = await connected();
          await subscribe(driver, peer.good);
          await until(() => rows(events).length > 0);
          peer.silence();
          await until(() => events.losses.length > 0);
          const seen = events.count();
          await peer.change();
          peer.resume();
          await sleep(SETTLE_MS);
          expect(events.losses).toHaveLength(1);
          expect(events.count()).toBe(seen);
        });
      });
    }
  });
}
