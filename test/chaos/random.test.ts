// The same promise under a schedule nobody chose: a seeded throw of the dice decides who dies next and
// when. The seed is printed, so that a failure can be played again with UNISON_CHAOS_SEED.

import { afterEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../support/database.ts';
import { Installation } from '../support/installation.ts';
import { checkLedger, say } from '../support/ledger-check.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const kills = 8;

describe.each(databaseKinds)('a random schedule of kills on %s', (kind) => {
  let plant: Installation;
  afterEach(async () => plant.close());

  it('loses nothing, doubles nothing and explains every gap', async () => {
    const seed = Number(process.env['UNISON_CHAOS_SEED'] ?? Date.now() % 1_000_000);
    const dice = generator(seed);
    plant = await Installation.open(kind);
    await plant.start();
    const schedule: string[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const victims = ['edge-1', 'edge-2', 'cloud', 'broker'] as const;
      const victim = victims[Math.floor(dice() * victims.length)] ?? 'cloud';
      const away = 200 + dice() * 3_000;
      schedule.push(`${victim} for ${away.toFixed(0)} ms`);
      await strike(plant, victim, away);
      await pause(1_000 + dice() * 4_000);
    }
    await plant.allUp();
    await pause(2_000);
    await plant.drain();
    const report = await checkLedger(plant);
    const causes = [...new Set(report.gaps.map((gap) => gap.cause))].join(', ');
    say(`${kind}, seed ${seed}: ${schedule.join('; ')}`);
    say(
      `${report.served} changes served, ${report.stored} stored, ${report.inGaps} in ${report.gaps.length} gaps (${causes})`,
    );
    expect(report.broken, `seed ${seed}`).toEqual([]);
  }, 300_000);
});

/** Kills, waits, starts again. On embedded PostgreSQL the broker lives in the cloud. */
async function strike(
  plant: Installation,
  victim: 'edge-1' | 'edge-2' | 'cloud' | 'broker',
  awayMs: number,
): Promise<void> {
  if (victim === 'broker' && plant.kind === 'timescale') {
    await plant.killMosquitto();
    await pause(awayMs);
    await plant.startMosquitto();
    return;
  }
  const program = victim === 'cloud' || victim === 'broker' ? plant.cloud : plant.edges[victim];
  await program.end('SIGKILL');
  await pause(awayMs);
  program.start();
}

/** mulberry32: small, seeded, good enough for a schedule. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
