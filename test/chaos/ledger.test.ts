// Promise 1: no count is lost, none is counted twice, whatever is killed. The simulated plant writes down
// what it served; the database must say the same, or say in the gap ledger why it cannot.

import { afterEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../support/database.ts';
import { Installation } from '../support/installation.ts';
import { checkLedger, say } from '../support/ledger-check.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(databaseKinds)('the ledger of changes on %s', (kind) => {
  let plant: Installation;
  afterEach(async () => plant.close());

  it('is in the database to the value and the millisecond, without a gap, when nothing fails', async () => {
    plant = await Installation.open(kind);
    await plant.start();
    await pause(20_000);
    await plant.drain();
    const report = await checkLedger(plant);
    say(`${kind}: ${report.served} changes served, ${report.stored} stored, ${report.gaps.length} gaps`);
    expect(report.broken).toEqual([]);
    expect(report.gaps).toEqual([]);
    expect(report.stored).toBeGreaterThan(200);
  }, 180_000);

  it('holds when every process is killed at every point of the road', async () => {
    plant = await Installation.open(kind);
    await plant.start();
    await pause(3_000);
    const points = [
      ['edge-1', 'unison.edge.step:notified:20'],
      ['edge-1', 'unison.edge.step:appended:20'],
      ['edge-1', 'unison.edge.step:committed:20'],
      ['edge-1', 'unison.edge.step:published:20'],
      ['edge-1', 'unison.edge.step:acknowledged:20'],
      ['edge-2', 'unison.edge.step:appended:10'],
      ['edge-2', 'unison.edge.step:published:10'],
      ['cloud', 'unison.ingest.step:written:20'],
      ['cloud', 'unison.ingest.step:committed:20'],
      ['cloud', 'unison.ingest.step:acknowledged:20'],
    ] as const;
    for (const [name, point] of points) {
      const program = name === 'cloud' ? plant.cloud : plant.edges[name];
      await program.end('SIGKILL');
      program.start(point);
      await program.ended();
      program.start();
      await plant.allUp();
      await pause(1_000);
    }
    await plant.drain();
    const report = await checkLedger(plant);
    say(
      `${kind}: ${report.served} changes served, ${report.stored} stored, ${report.inGaps} inside ${report.gaps.length} gaps`,
    );
    expect(report.broken).toEqual([]);
    expect(new Set(report.gaps.map((gap) => gap.cause))).toEqual(new Set(['edge_restart']));
  }, 400_000);
});
