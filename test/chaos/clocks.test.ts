// Wrong clocks in the plant: the values of today stay in today, in their order, none overwritten, and
// each sample says that its time is not the device's.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { clockFlag } from '../../protocols/sparkplug/unison.ts';
import { Installation } from '../support/installation.ts';
import { readStored } from '../support/ledger-check.ts';

let plant: Installation;
afterEach(async () => plant.close());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const hour = 3_600_000;

it('a PLC that says 2099, then an hour back, then stands still', async () => {
  plant = await Installation.open('embedded');
  const began = Date.now();
  await plant.start();
  await pause(5_000);
  const faults: [command: string, from: number, to: number][] = [];
  for (const command of [`clock-error ${Date.UTC(2099, 0, 1) - Date.now()}`, `clock-error ${-hour}`, 'freeze-clock']) {
    const from = Date.now();
    plant.plant.tell(command);
    await pause(7_000);
    faults.push([command, from, Date.now()]);
  }
  plant.plant.tell('thaw-clock');
  plant.plant.tell('clock-error 0');
  await pause(3_000);
  await plant.drain();

  const rows = [...(await readStored(plant)).values()].flat().filter((row) => row.device === 'filling');
  const outside = rows.filter((row) => row.time < began - 10_000 || row.time > Date.now());
  expect(outside).toEqual([]);

  const served = readFileSync(join(plant.ledgers, 'changes.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { tag: string; value: number | string | boolean; via: string })
    .filter((change) => change.via === 'opcua');
  for (const tag of new Set(served.map((change) => change.tag))) {
    const values = served
      .filter((change) => change.tag === tag)
      .map(({ value }) => (typeof value === 'boolean' ? Number(value) : value));
    const kept = rows.filter((row) => row.tag === tag).map((row) => row.value);
    // What was served before the agent came is not its to keep; from its first value on all are there, in order.
    expect(kept.length, tag).toBeGreaterThan(0);
    expect(kept, tag).toEqual(values.slice(values.length - kept.length));
  }

  for (const [command, from, to] of faults) {
    // The first second may still bring values stamped before the fault; a frozen clock is believed for its tolerance.
    const during = rows.filter((row) => row.time > from + 3_500 && row.time < to - 500);
    expect(during.length, command).toBeGreaterThan(5);
    expect(
      during.filter((row) => (row.status & clockFlag) !== clockFlag),
      command,
    ).toEqual([]);
  }
  const { rows: conflicts } = await plant.owner.query('SELECT * FROM mes.sample_conflicts');
  expect(conflicts).toEqual([]);
}, 180_000);
