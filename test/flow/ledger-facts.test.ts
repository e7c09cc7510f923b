// The figures are what the plant did: the simulator's own ledger of time and pieces against the facts that come
// out at the other end of the real road, agent, broker, ingestor and computation included.
//
//   npm test -- test/flow/ledger-facts.test.ts                six hours of the OPC UA machines, 45 s of the Modbus ones
//   npm test -- test/flow/ledger-facts.test.ts --mode week    a week at 1000 ×, 20 minutes

import { describe, expect, it } from 'vitest';
import { say } from '../support/ledger-check.ts';
import type { LedgerFacts } from '../support/ledger-facts.ts';
import { runFast, runPolled } from '../support/ledger-run.ts';

const HOUR = 3_600_000;
const isWeek = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'week';
const fast = isWeek ? { simulatedMs: 168 * HOUR, factor: 1_000 } : { simulatedMs: 6 * HOUR, factor: 500 };
const polled = { realMs: isWeek ? 20 * 60_000 : 45_000 };

function told(what: string, { hours, us, pieces, broken }: LedgerFacts): void {
  say(`  ${what}: ${hours} machine hours, ${us} µs, ${pieces} pieces, ${broken.length} differences`);
}

describe('the ledger of the simulated plant', () => {
  it('equals the facts of each hour to the microsecond and the piece where machines tell their own time', async () => {
    let facts = await runFast('timescale', fast);
    told('OPC UA', facts);
    // A machine too busy to keep its connection loses what a server does not keep, and says so by a gap: then
    // there is nothing to compare, and it runs once more.
    if (facts.broken.some((one) => one.startsWith('a gap'))) {
      facts = await runFast('timescale', fast);
      told('OPC UA, once more', facts);
    }
    expect(facts.broken).toEqual([]);
    expect(facts.hours).toBeGreaterThanOrEqual(2 * (fast.simulatedMs / HOUR - 1));
    expect(facts.pieces).toBeGreaterThan(facts.hours * 500);
  }, 3_600_000);

  it('equals the facts to the piece, and each edge of a state within a poll, where machines are polled', async () => {
    const facts = await runPolled('embedded', polled);
    told('Modbus', facts);
    expect(facts.broken).toEqual([]);
    expect(facts.pieces).toBeGreaterThan(polled.realMs / 4_000);
  }, 3_600_000);
});
