// An operator sets the clock of the gateways an hour ahead, back, an hour behind, and right again, while the
// line runs. Two whole agents see it, one of OPC UA and one of Modbus: every value is stored once, at its true
// time and in its order, says that the clock was in doubt, and each step is on record.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentStatus } from '../../edge/agent.ts';
import { clockFlag } from '../../protocols/sparkplug/unison.ts';
import { edgeNames, Installation } from '../support/installation.ts';
import { checkLedger, readStored } from '../support/ledger-check.ts';
import { until } from '../support/road.ts';
import { SteppedClock } from '../support/stepped-clock.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const hour = 3_600_000;
const devices = { 'edge-1': 'filling', 'edge-2': 'packing' } as const;

let directory: string;
let clock: SteppedClock;
let plant: Installation;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'unison-clock-'));
  clock = new SteppedClock(directory);
  plant = await Installation.open('embedded', clock.environment);
});
afterEach(async () => {
  await plant?.close();
  await rm(directory, { recursive: true, force: true });
});

async function agents(): Promise<AgentStatus[]> {
  return Promise.all(
    edgeNames.map(async (name) => {
      const answer = await fetch(`http://127.0.0.1:${plant.ports[name]}/health`);
      return (await answer.json()) as AgentStatus;
    }),
  );
}

interface Step {
  readonly offset: number;
  /** True time: set, seen by both agents, and until when it stood. */
  readonly set: number;
  readonly seen: number;
  readonly until: number;
}

/** Sets the clock, waits until both agents see it, and lets the line run for some seconds. */
async function step(offset: number): Promise<Step> {
  const set = Date.now();
  clock.set(offset);
  await until(
    async () => (await agents()).every(({ clock: { isSuspect } }) => isSuspect === (offset !== 0)),
    `the agents do not see the clock at ${offset}`,
  );
  await until(
    async () => (await agents()).every(({ clock: { wallOffsetMs } }) => Math.abs(wallOffsetMs - offset) < 60_000),
    `the agents follow a clock that is off by ${offset}`,
  );
  const seen = Date.now();
  await pause(7_000);
  return { offset, set, seen, until: Date.now() };
}

/** What the plant served, in its order, by tag. */
function served(): Map<string, (number | string)[]> {
  const values = new Map<string, (number | string)[]>();
  for (const line of readFileSync(join(plant.ledgers, 'changes.jsonl'), 'utf8').split('\n')) {
    if (line === '') continue;
    const { tag, value } = JSON.parse(line) as { tag: string; value: number | string | boolean };
    values.set(tag, [...(values.get(tag) ?? []), typeof value === 'boolean' ? Number(value) : value]);
  }
  return values;
}

it('the gateway’s clock goes an hour ahead and an hour back: the values of today stay in today', async () => {
  const began = Date.now();
  await plant.start();
  await pause(5_000);
  const steps: Step[] = [];
  for (const offset of [hour, 0, -hour, hour, 0]) steps.push(await step(offset));
  await plant.drain();

  const report = await checkLedger(plant);
  expect(report.broken).toEqual([]);
  expect(report.stored).toBeGreaterThan(500);
  const stored = await readStored(plant);
  for (const [tag, rows] of stored) {
    const values = served().get(tag) ?? [];
    const kept = rows.map((row) => row.value);
    expect(kept, tag).toEqual(values.slice(values.length - kept.length));
  }

  const rows = [...stored.values()].flat();
  expect(rows.filter((row) => row.time < began - 10_000 || row.time > Date.now())).toEqual([]);
  for (const { offset, seen, until: end } of steps) {
    // A value that was on its way when the clock was set right is not in doubt any more.
    const during = rows.filter((row) => row.time > seen && row.time < end - 1_000);
    expect(during.length, String(offset)).toBeGreaterThan(20);
    const flags = new Set(during.map((row) => (row.status & clockFlag) === clockFlag));
    expect([...flags], String(offset)).toEqual([offset !== 0]);
  }

  for (const name of edgeNames) {
    const gaps = report.gaps.filter((gap) => gap.edge === name);
    expect(gaps.map(({ cause, device }) => ({ cause, device }))).toEqual(
      steps.map(() => ({ cause: 'clock_step', device: devices[name] })),
    );
    for (const [index, { set, until: end }] of steps.entries()) {
      // Edge time is true to some milliseconds.
      expect(gaps[index]?.from).toBeGreaterThan(set - 100);
      expect(gaps[index]?.to).toBeLessThan(end);
    }
  }
  expect((await plant.owner.query('SELECT topic, reason FROM mes.dead_letters')).rows).toEqual([]);
}, 180_000);

it('a gateway that got the wrong hour before it ever met the cloud goes back when the clock is set right', async () => {
  const began = Date.now();
  await plant.startOffline();
  await until(async () => (await agents().catch(() => [])).length === 2, 'the agents do not run', 60_000);
  await pause(3_000);
  const isFollowed = async (offset: number): Promise<boolean> =>
    (await agents())
      .flatMap(({ devices: all }) => Object.values(all))
      .every(({ lastValueAt }) => Math.abs((lastValueAt ?? 0) - Date.now() - offset) < 60_000);
  clock.set(hour);
  await until(() => isFollowed(hour), 'knowing nothing better, the agents do not follow');
  plant.cloud.start();
  await plant.allUp();
  await pause(3_000);
  clock.set(0);
  await until(() => isFollowed(0), 'the agents do not go back, though the cloud says that the clock is right');
  const right = Date.now();
  await pause(7_000);
  await plant.drain();
  // A value that changed in the wrong hour and not since is read again in a while.
  const unknown = async (): Promise<string[]> => {
    const now = await readStored(plant);
    return [...served()].flatMap(([tag, values]) => (now.get(tag)?.at(-1)?.value === values.at(-1) ? [] : [tag]));
  };
  await expect.poll(unknown, { timeout: 60_000, interval: 500 }).toEqual([]);

  const stored = await readStored(plant);
  const rows = [...stored.values()].flat();
  expect(rows.filter((row) => row.time < began - 10_000 || row.time > Date.now())).toEqual([]);
  // From the right hour on every value is stored again, once, at its time.
  const { gaps, broken } = await checkLedger(plant);
  expect(broken.filter((sentence) => Number(/at (\d{13})/.exec(sentence)?.[1]) > right)).toEqual([]);
  expect(rows.filter((row) => row.time > right).length).toBeGreaterThan(50);
  // What had the wrong hour is not stored but on record, value by value; so is the way back.
  for (const edge of edgeNames) {
    const causes = new Set(gaps.filter((gap) => gap.edge === edge).map(({ cause }) => cause));
    expect([...causes].sort()).toEqual(['clock_step', 'time_out_of_range']);
  }
  expect((await plant.owner.query('SELECT topic, reason, detail FROM mes.dead_letters')).rows).toEqual([]);
}, 180_000);
