// The figures are what the plant did: the simulator's own ledger of time and pieces against the facts that come
// out at the other end of the real road, agent, broker, ingestor and computation included.
//
//   npm test -- test/flow/ledger-facts.test.ts                12 hours of the OPC UA machines at 1000 ×, 45 s of the Modbus ones
//   npm test -- test/flow/ledger-facts.test.ts --mode week    a week at 1000 ×, and 20 minutes

import { describe, expect, it } from 'vitest';
import { say } from '../support/ledger-check.ts';
import type { LedgerFacts } from '../support/ledger-facts.ts';
import { runFast, runPolled } from '../support/ledger-run.ts';

const HOUR = 3_600_000;
const isWeek = (import.meta as { env?: { MODE?: string } }).env?.MODE === 'week';
const fast = { simulatedMs: (isWeek ? 168 : 12) * HOUR, factor: 1_000 };
const polled = { realMs: isWeek ? 20 * 60_000 : 45_000 };

function told(what: string, { hours, us, pieces, edges, broken }: LedgerFacts): void {
  const compared = edges.all > 0 ? `, ${edges.all} edges (${edges.late} of them late: a busy machine)` : '';
  say(`  ${what}: ${hours} machine hours, ${us} µs, ${pieces} pieces${compared}, ${broken.length} differences`);
}

describe('the ledger of the simulated plant', () => {
  it('equals the facts of each hour to the microsecond and the piece where machines tell their own time', async () => {
    const facts = await runFast('timescale', fast);
    told('OPC UA', facts);
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
