// The watermark makes figures final, so it may never promise too much: whatever a host acknowledges, late,
// in part or not at all, no payload carries a watermark later than an event that is neither committed nor
// in it. The host here is the test itself, with dice; the agent's side is the real one.

import { afterEach, describe, expect, it } from 'vitest';
import { encodePayload, readPayload } from '../../protocols/sparkplug/payload.ts';
import { topicOf } from '../../protocols/sparkplug/topics.ts';
import { encodeAcknowledgement, names, type OffsetRange } from '../../protocols/sparkplug/unison.ts';
import { Road, type TestEdge, until } from '../support/road.ts';

interface Seen {
  readonly watermark: number;
  readonly times: readonly number[];
  /** Times of events the host had committed when this came. */
  readonly committed: ReadonlySet<number>;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('the watermark', () => {
  let road: Road;
  afterEach(async () => road.close());

  it.each([
    { seed: 1, patience: 1, lost: 0.2, window: 24 * 1024, commits: 0.5 },
    { seed: 2, patience: 40, lost: 0.1, window: 24 * 1024, commits: 0.5 },
    { seed: 3, patience: 150, lost: 0, window: 24 * 1024, commits: 0.5 },
    // One message at a time, while values wait for the disk.
    { seed: 4, patience: 1, lost: 0, window: 1, commits: 0 },
  ])(
    'is never later than an event that is still on its way (seed $seed, an answer every $patience messages)',
    async ({ seed, patience, lost, window, commits }) => {
      road = await Road.open('embedded');
      const roll = dice(seed);
      const start = Date.now() - 1_000_000;
      let horizon = start;
      const pushed = new Set<number>();
      const edge = await road.startEdge({
        uplink: { window },
        buffer: { commitIntervalMs: 15 },
        options: { settled: () => horizon },
      });
      const seen = await listen(edge, { roll, patience, lost });
      for (let round = 0; round < 600; round++) {
        // Events come out of order, but never from before the horizon.
        for (let row = Math.floor(roll() * 4); row >= 0; row--) {
          let time = horizon + Math.floor(roll() * 200);
          while (pushed.has(time)) time++;
          pushed.add(time);
          edge.push('count', time, 1);
        }
        if (roll() < 0.3) edge.push('weight', horizon, round);
        if (roll() < 0.5) horizon += Math.floor(roll() * 120);
        if (roll() < commits) await edge.buffer.commit();
        else if (roll() < 0.3) await new Promise((resolve) => setTimeout(resolve, roll() * 8));
      }
      horizon += 1_000;
      await road.drained(edge);
      expect(new Set(seen.flatMap(({ times }) => times))).toEqual(pushed);
      // And it does move on: with nothing on its way it is what the agent says is settled.
      await until(async () => {
        pushed.add(++horizon);
        edge.push('count', horizon, 1);
        await edge.buffer.commit();
        return seen.some(({ watermark }) => watermark > horizon - 50);
      }, 'the watermark stands still');
      const known = seen.filter(({ watermark }) => watermark > 0);
      expect(known.length).toBeGreaterThan(20);
      const times = [...pushed].sort((a, b) => a - b);
      const broken = known.flatMap((payload) => {
        const open =
          times.find((time) => !payload.committed.has(time) && !payload.times.includes(time)) ??
          Number.POSITIVE_INFINITY;
        return open < payload.watermark ? [{ watermark: payload.watermark - start, open: open - start }] : [];
      });
      expect(broken).toEqual([]);
    },
    60_000,
  );

  /** A host that commits what it got now and then, and whose answers get lost. Answers what it has seen. */
  async function listen(edge: TestEdge, host: { roll: () => number; patience: number; lost: number }): Promise<Seen[]> {
    const cloud = await road.connect(null);
    const seen: Seen[] = [];
    let committed = new Set<number>();
    let waiting: { offset: number; times: readonly number[] }[] = [];
    let late: NodeJS.Timeout | undefined;
    road.alsoStop(async () => clearTimeout(late));
    const count = edge.tags.get('count');
    const answer = (): void => {
      clearTimeout(late);
      committed = new Set([...committed, ...waiting.flatMap(({ times }) => times)]);
      const ranges: OffsetRange[] = waiting.map(({ offset }) => [offset, offset]);
      waiting = [];
      if (host.roll() < host.lost) return;
      const value = encodeAcknowledgement({ session: edge.uplink.session, ranges: merged(ranges) });
      const topic = topicOf({ ...road.agent(), type: 'NCMD', device: null });
      cloud.publish(topic, encodePayload({ metrics: [{ name: names.committed, datatype: 'Bytes', value }] }));
    };
    cloud.on('message', (_topic, payload) => {
      const times: number[] = [];
      let [offset, watermark] = [0, 0];
      readPayload(payload, (metric) => {
        if (metric.alias === count) times.push(metric.timestamp);
        if (metric.name === names.offset) offset = Number(metric.value(4));
        if (metric.name === names.watermark) watermark = Number(metric.value(13));
      });
      seen.push({ watermark, times, committed });
      waiting.push({ offset, times });
      clearTimeout(late);
      if (waiting.length >= host.patience) answer();
      else late = setTimeout(answer, 100);
    });
    await cloud.subscribeAsync('spBv1.0/+/DDATA/#');
    return seen;
  }
});

/** As few ranges as there can be. */
function merged(ranges: OffsetRange[]): OffsetRange[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const result: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = result.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}
