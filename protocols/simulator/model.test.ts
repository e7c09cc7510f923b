// The simulated plant as the oracle of OEE: its ledgers must be complete, repeatable and true.

import { describe, expect, it } from 'vitest';
import type { Value } from '../driver.ts';
import { createModel } from './model.ts';
import type { PlantTag } from './plant-tag.ts';
import type { PieceRecord, TimeRecord } from './records.ts';
import { plantTags } from './tags.ts';

const start = Date.UTC(2026, 2, 2, 6);
const hour = 3_600_000;

interface Change {
  readonly tag: PlantTag;
  readonly time: number;
  readonly value: Value;
}

/** Runs a plant for so long, with these steps in turn, and gives everything it told. */
function produce({ seed = 8, forMs = 4 * hour, steps = [60_000], limit = 1_000 } = {}) {
  const changes: Change[] = [];
  const pieces: PieceRecord[] = [];
  const times: TimeRecord[] = [];
  const model = createModel(
    { seed, start },
    {
      change: (tag, time, value) => changes.push({ tag: plantTags[tag] as PlantTag, time, value }),
      piece: (record) => pieces.push(record),
      time: (record) => times.push(record),
    },
  );
  const end = start + forMs;
  for (let i = 0; model.now() < end; i++) {
    const until = Math.min(end, model.now() + (steps[i % steps.length] as number));
    while (!model.advance(until, limit)) {}
  }
  model.finish();
  return { changes, pieces, times, end };
}

function by<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  return Map.groupBy(items, key);
}

function fits({ datatype }: PlantTag, value: Value): boolean {
  if (datatype === 'String') return typeof value === 'string';
  if (datatype === 'Boolean') return typeof value === 'boolean';
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (datatype === 'Float') return Math.fround(value) === value;
  return datatype === 'Double' || Number.isInteger(value);
}

describe('the simulated plant', () => {
  const day = produce({ forMs: 24 * hour });
  const changesOf = by(day.changes, (change) => change.tag.name);
  const piecesOf = by(day.pieces, (piece) => piece.machine);
  const timesOf = by(day.times, (time) => time.machine);

  it('does the same again with the same seed, however its time is cut into steps', () => {
    const first = produce();
    const again = produce({ steps: [1, 7, 12_345, 999, 1_000_000], limit: 3 });
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  });

  it('does something else with another seed', () => {
    expect(JSON.stringify(produce({ seed: 9 }).pieces)).not.toBe(JSON.stringify(produce({ seed: 8 }).pieces));
  });

  it('tells every tag of the map, with values its datatype can hold', () => {
    for (const tag of plantTags) {
      const values = (changesOf.get(tag.name) ?? []).map((change) => change.value);
      expect(values.length, tag.name).toBeGreaterThan(0);
      expect(
        values.find((value) => !fits(tag, value)),
        tag.name,
      ).toBe(undefined);
    }
  });

  it('never changes one tag twice in a millisecond, nor reports a change that is none', () => {
    for (const [name, changes] of changesOf) {
      changes.forEach((change, i) => {
        const before = changes[i - 1];
        if (before === undefined) return;
        if (change.time <= before.time) expect.fail(`${name} at ${change.time} after ${before.time}`);
        if (change.value === before.value) expect.fail(`${name} stayed ${change.value} at ${change.time}`);
      });
    }
  });

  it('accounts for every millisecond of every machine, once', () => {
    expect([...timesOf.keys()].sort()).toEqual(['capper', 'filler', 'labeller', 'packer']);
    for (const [machine, times] of timesOf) {
      let at = start;
      for (const time of times) {
        if (time.from !== at || time.to <= time.from) expect.fail(`${machine} at ${at}: ${JSON.stringify(time)}`);
        at = time.to;
      }
      expect(at, machine).toBe(day.end);
    }
  });

  it('shows in the state tag what the time ledger says', () => {
    const shown = (changesOf.get('filler/state') ?? []).map(({ time, value }) => [time, value]);
    const times = timesOf.get('filler') ?? [];
    const told = times.filter((time, i) => time.state !== times[i - 1]?.state).map((time) => [time.from, time.state]);
    expect(shown).toEqual(told);
  });

  it('counts every piece once: counters and the ledger of pieces agree', () => {
    const counters = plantTags.filter((tag) => tag.piecesPerCount !== null && tag.role !== 'infeed_count');
    expect(counters.length).toBeGreaterThan(10);
    for (const tag of counters) {
      const readings = (changesOf.get(tag.name) ?? []).map((change) => change.value as number);
      const pieces = (piecesOf.get(tag.machine) ?? []).filter(({ kind, reason }) => {
        if (tag.role === 'total_count') return true;
        return tag.role === 'good_count' ? kind === 'good' : reason === tag.reason;
      });
      expect((readings.at(-1) as number) - (readings[0] as number), tag.name).toBe(pieces.length);
    }
  });

  it('gives every good bottle of one machine to the next, but for those on the belt', () => {
    const good = (machine: string) => (piecesOf.get(machine) ?? []).filter((piece) => piece.kind === 'good').length;
    const total = (machine: string) => (piecesOf.get(machine) ?? []).length;
    for (const [from, to] of [
      ['filler', 'capper'],
      ['capper', 'labeller'],
    ] as const) {
      const onBelt = good(from) - total(to);
      expect(onBelt).toBeGreaterThanOrEqual(0);
      expect(onBelt).toBeLessThanOrEqual(25);
    }
  });

  it('makes a packer wait for the machines before it, and a filler for those behind it', () => {
    const causes = (machine: string) =>
      new Set((timesOf.get(machine) ?? []).filter((time) => time.state === 'Suspended').map((time) => time.cause));
    expect(causes('packer')).toEqual(new Set(['starved']));
    expect(causes('filler')).toEqual(new Set(['blocked', 'no_bottles']));
    expect(causes('labeller')).toEqual(new Set(['starved', 'blocked']));
    // While the filler is down for minutes, the packer has nothing to pack.
    const longStop = (timesOf.get('filler') ?? []).find(
      (time) => time.state === 'Aborted' && time.to - time.from > 150_000,
    );
    if (longStop === undefined) return expect.fail('the filler never broke down in a day');
    const packed = (piecesOf.get('packer') ?? []).filter(
      (piece) => piece.time > longStop.from + 120_000 && piece.time < longStop.to,
    );
    expect(packed).toEqual([]);
  });

  it('changes over machine after machine, and no machine makes two orders at a time', () => {
    for (const [machine, pieces] of piecesOf) {
      const orders = pieces.map((piece) => piece.order).filter((order, i, all) => order !== all[i - 1]);
      expect(orders.length, machine).toBeGreaterThan(10);
      expect(new Set(orders).size, machine).toBe(orders.length);
      expect(orders[0]).toBe('WO-10017');
    }
    const setups = (timesOf.get('capper') ?? []).filter(
      (time) => time.cause === 'changeover' && time.state === 'Resetting',
    );
    expect(setups.length).toBeGreaterThan(10);
    const fills = (changesOf.get('filler/order') ?? [])[1]?.time as number;
    expect((changesOf.get('packer/order') ?? [])[1]?.time as number).toBeGreaterThan(fills);
  });

  it('makes no piece while a machine stands', () => {
    for (const [machine, pieces] of piecesOf) {
      const runs = (timesOf.get(machine) ?? []).filter((time) => time.state === 'Execute');
      let run = 0;
      for (const piece of pieces) {
        // The last piece before a stop carries the very millisecond in which the state changes.
        while (runs[run] !== undefined && (runs[run] as TimeRecord).to < piece.time) run++;
        const at = runs[run];
        if (at === undefined || piece.time <= at.from) expect.fail(`${machine} made a piece at ${piece.time}`);
      }
    }
  });

  it('rejects by what it measured: every underfilled bottle weighed too little or was drawn, drifts come and go', () => {
    const weights = new Map(
      (changesOf.get('filler/fill_weight') ?? []).map((change) => [change.time, change.value as number]),
    );
    const target: Record<string, number> = { 'COLA-0.5': 520, 'WATER-1.0': 1000, 'LEMON-0.33': 343 };
    for (const piece of piecesOf.get('filler') ?? []) {
      const weight = weights.get(piece.time);
      if (weight === undefined) continue;
      const off = weight - (target[piece.material] as number);
      if (off < -5) expect(piece.reason).toBe('underfill');
      if (off > 5) expect(piece.reason).toBe('overfill');
    }
    const reasons = new Set(day.pieces.map((piece) => piece.reason));
    for (const tag of plantTags) if (tag.reason !== null) expect(reasons).toContain(tag.reason);
    expect(new Set(day.pieces.map((piece) => piece.kind))).toEqual(new Set(['good', 'scrap', 'rework', 'startup']));
  });

  it('is lively enough to look at: an alarm every two minutes, a state change every quarter of a minute', () => {
    const alarms = day.changes.filter((change) => change.tag.role === 'alarm' && change.value === true);
    const states = day.changes.filter((change) => change.tag.role === 'state');
    expect(alarms.length).toBeGreaterThan(24 * 30);
    expect(states.length).toBeGreaterThan(24 * 240);
  });
});
