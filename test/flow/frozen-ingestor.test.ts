// The only ingestor stands still for a minute, as a paused virtual machine does, and goes on: its process is
// stopped, its socket stays open and nobody reads it. Nothing is lost or doubled, the edge keeps what it
// made on its disk and no more than its window in memory, and others at the broker notice nothing.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { databaseKinds } from '../support/database.ts';
import { Road, until } from '../support/road.ts';

const frozenMs = 60_000;
const window = 256 * 1024;
/** Waiting for the disk: some commits' worth of what is made. */
const mostWaitingRows = 5_000;

// Both at the same time: most of it is waiting.
describe.concurrent('an ingestor that stands still for a minute', () => {
  it.each(databaseKinds)(
    'on %s: what was made meanwhile arrives once, in order, and nobody else waits',
    async (kind) => {
      const road = await Road.open(kind);
      try {
        await standStill(road);
      } finally {
        await road.close();
      }
    },
    240_000,
  );
});

async function standStill(road: Road): Promise<void> {
  const ingestor = await road.startIngestorProcess();
  await until(async () => (await road.holder()) === ingestor.name, 'nobody took the lease');
  const edge = await road.startEdge({ uplink: { window } });
  const others = await startOthers(road);
  const start = Date.now() - 100_000;
  let made = 0;
  const most = { waitingRows: 0, windowBytes: 0 };
  const producing = setInterval(() => {
    for (let row = 0; row < 20; row++) edge.push('count', start + made, made++);
    most.waitingRows = Math.max(most.waitingRows, edge.buffer.waitingRows);
    most.windowBytes = Math.max(most.windowBytes, edge.uplink.window.bytes);
  }, 20);
  road.alsoStop(async () => clearInterval(producing));
  const stored = async (): Promise<number> => {
    const { rows } = await road.owner.query<{ count: number }>('SELECT count(*)::int AS count FROM telemetry.sample');
    return rows[0]?.count ?? 0;
  };
  await until(async () => (await stored()) > 1_000, 'nothing flows');

  ingestor.freeze();
  await sleep(2_000);
  const before = { stored: await stored(), made, heard: others.heard() };
  await sleep(frozenMs - 2_000);
  expect(await stored()).toBe(before.stored);
  expect(made - before.made).toBeGreaterThan(10_000);
  expect(others.heard() - before.heard).toBeGreaterThan(500);
  await until(() => others.heard() === others.said(), 'others wait for the one that stands still', 5_000);
  ingestor.thaw();

  await until(async () => (await stored()) > before.stored + 10_000, 'it does not go on', 60_000);
  clearInterval(producing);
  await road.drained(edge, 120_000);
  const values = (await road.samples()).map((row) => row.value);
  expect(values.length).toBe(made);
  expect(values.every((value, index) => value === index)).toBe(true);
  expect((await road.owner.query('SELECT FROM mes.sample_conflicts')).rowCount).toBe(0);
  expect((await road.owner.query('SELECT cause FROM mes.gap_ledger')).rows).toEqual([]);
  expect((await road.owner.query('SELECT reason FROM mes.dead_letters')).rows).toEqual([]);
  await until(() => others.heard() === others.said(), 'others lost messages');
  // The last message that had room may be larger than the room was.
  expect(most.windowBytes).toBeLessThanOrEqual(window + 64 * 1024);
  const { bytes, maxBytes, dropped } = await edge.buffer.stats();
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  expect(dropped).toBe(0);
  expect(most.waitingRows).toBeLessThan(mostWaitingRows);
}

/** A screen that hears what another program of the cloud says, and all that the edges say besides. */
async function startOthers(road: Road): Promise<{ said(): number; heard(): number }> {
  const speaker = await road.connect(null);
  const screen = await road.connect(null);
  const topic = 'unison/test/clock';
  let said = 0;
  let heard = 0;
  screen.on('message', (name, payload) => {
    // In order, each once.
    if (name === topic && Number(payload.toString()) === heard + 1) heard++;
  });
  await screen.subscribeAsync(['spBv1.0/#', 'unison/#']);
  const speaking = setInterval(() => {
    speaker.publish(topic, String(++said));
  }, 50);
  road.alsoStop(async () => clearInterval(speaking));
  return { said: () => said, heard: () => heard };
}
