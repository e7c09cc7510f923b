// Two ingestors and one edge: the one that holds it is killed, or frozen in the middle of a transaction
// and woken again, and the other takes over. Each value is stored once, and nobody is misled.

import { afterEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../support/database.ts';
import { Road, type TestEdge, until } from '../support/road.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each(databaseKinds)('two ingestors on %s', (kind) => {
  let road: Road;
  let producing: NodeJS.Timeout | undefined;
  afterEach(async () => {
    clearInterval(producing);
    await road.close();
  });

  /** A count every 10 ms, each with its own time. Answers how many there are when stopped. */
  function produce(edge: TestEdge): () => number {
    const start = Date.now();
    let made = 0;
    producing = setInterval(() => {
      edge.push('count', Math.max(start + made, Date.now()), made);
      made++;
    }, 10);
    return () => {
      clearInterval(producing);
      return made;
    };
  }

  async function expectAll(made: number): Promise<void> {
    const rows = await road.samples();
    expect(rows.map((row) => row.value)).toEqual(range(made));
    expect((await road.owner.query('SELECT FROM mes.sample_conflicts')).rowCount).toBe(0);
    expect((await road.owner.query('SELECT cause FROM mes.gap_ledger')).rows).toEqual([]);
    // Nobody took the edge of the other for a stranger.
    expect((await road.owner.query('SELECT reason, topic FROM mes.dead_letters')).rows).toEqual([]);
  }

  it('the one that holds the edge is killed: the other has it within ten seconds', async () => {
    road = await Road.open(kind);
    const doomed = await road.startIngestorProcess();
    await until(async () => (await road.holder()) === doomed.name, 'nobody took the lease');
    await road.startIngestor({ name: 'heir' });
    const edge = await road.startEdge();
    const finish = produce(edge);
    await until(async () => (await road.samples()).length > 20, 'nothing flows');
    await doomed.kill();
    const { length } = await road.samples();
    await until(async () => (await road.samples()).length > length + 20, 'nobody took over', 10_000);
    expect(await road.holder()).toBe('heir');
    const made = finish();
    await road.drained(edge);
    await expectAll(made);
  });

  for (const freezeAt of ['written', 'committed'] as const) {
    it(`the one that holds the edge freezes with its batch ${freezeAt}, and wakes when the other has taken over`, async () => {
      road = await Road.open(kind);
      const sleeper = await road.startIngestorProcess({ freezeAt });
      await until(async () => (await road.holder()) === sleeper.name, 'nobody took the lease');
      const edge = await road.startEdge();
      const finish = produce(edge);
      await until(() => sleeper.isFrozen(), 'it did not freeze');
      await road.startIngestor({ name: 'heir' });
      await until(async () => (await road.holder()) === 'heir', 'nobody took over', 15_000);
      // Its open transaction holds the keys of the first rows until the server ends it.
      const { length } = await road.samples();
      await until(async () => (await road.samples()).length > length + 20, 'the heir cannot write', 25_000);
      sleeper.thaw();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const made = finish();
      await road.drained(edge);
      await expectAll(made);
      expect(await road.holder()).toBe('heir');
      const state = await road.owner.query('SELECT online FROM mes.edge_states');
      expect(state.rows).toEqual([{ online: true }]);
    });
  }

  it('the one that holds the edge hangs for a while and goes on: the edge moves once, and stays', async () => {
    road = await Road.open(kind);
    const sleeper = await road.startIngestorProcess();
    await until(async () => (await road.holder()) === sleeper.name, 'nobody took the lease');
    await road.startIngestor({ name: 'heir' });
    const edge = await road.startEdge();
    const finish = produce(edge);
    await until(async () => (await road.samples()).length > 20, 'nothing flows');
    sleeper.freeze();
    await until(async () => (await road.holder()) === 'heir', 'nobody took over', 15_000);
    // While both knew nothing of each other the edge restarted; the sleeper hears that late.
    await edge.stop();
    sleeper.thaw();
    const made = finish();
    const again = await road.startEdge();
    again.push('count', Date.now() + 1, made);
    await road.drained(again);
    const rows = await road.samples();
    expect(rows.at(-1)?.value).toBe(made);
    expect(await road.holder()).toBe('heir');
    expect((await road.owner.query('SELECT cause FROM mes.gap_ledger')).rows).toEqual([]);
  });

  it('stopped in the middle of everything, an ingestor gives its edges back and leaves nothing unsaid', async () => {
    road = await Road.open(kind);
    const first = await road.startIngestor({ name: 'first' });
    const edge = await road.startEdge();
    const finish = produce(edge);
    await until(async () => (await road.samples()).length > 20, 'nothing flows');
    await Promise.all([first.stop(), first.stop()]);
    expect(await road.holder()).toBeUndefined();
    await road.startIngestor({ name: 'second' });
    const made = finish();
    await road.drained(edge);
    await expectAll(made);
  });
});
