// Runs out of what a PLC says: boundaries, materials, and tags that disagree, whatever the order of arrival.

import { describe, expect, it } from 'vitest';
import { type PlcTag, type PlcText, runsOfPlc, without } from './rules.ts';

const order: PlcTag = { id: 1, role: 'order' };
const material: PlcTag = { id: 2, role: 'material' };
const second: PlcTag = { id: 3, role: 'order' };
const says = (tag: PlcTag, time: number, text: string): PlcText => ({ tagId: tag.id, time, text });
const runs = (tags: readonly PlcTag[], texts: readonly PlcText[]) => runsOfPlc(tags, { texts, holder: null }).runs;

describe('runs of a PLC', () => {
  it('last from one order to the next, or to an empty text', () => {
    const texts = [says(order, 0, 'A'), says(order, 100_000, 'B'), says(order, 200_000, ''), says(order, 300_000, 'A')];
    expect(runs([order], texts).map(({ from, to, order: name }) => [from, to, name])).toEqual([
      [0, 100_000, 'A'],
      [100_000, 200_000, 'B'],
      [300_000, null, 'A'],
    ]);
  });

  it('take a material that comes a moment before or after its order', () => {
    const texts = [
      says(order, 0, 'A'),
      says(material, 3_000, 'COLA'),
      says(material, 97_000, 'WATER'),
      says(order, 100_000, 'B'),
    ];
    expect(runs([order, material], texts)).toMatchObject([
      { from: 0, to: 100_000, order: 'A', material: 'COLA' },
      { from: 100_000, to: null, order: 'B', material: 'WATER' },
    ]);
  });

  it('are cut where the material changes within an order', () => {
    const texts = [says(order, 0, 'A'), says(material, 0, 'COLA'), says(material, 50_000, 'WATER')];
    expect(runs([order, material], texts)).toMatchObject([
      { from: 0, to: 50_000, order: 'A', material: 'COLA' },
      { from: 50_000, to: null, order: 'A', material: 'WATER' },
    ]);
  });

  it('go by material alone where there is no order tag', () => {
    const texts = [says(material, 0, 'COLA'), says(material, 50_000, '')];
    expect(runs([material], texts)).toMatchObject([{ from: 0, to: 50_000, order: null, material: 'COLA' }]);
  });

  it('belong to the tag that spoke first while it speaks; what another says is a conflict', () => {
    const texts = [
      says(order, 0, 'A'),
      says(second, 10_000, 'B'),
      says(order, 20_000, ''),
      says(order, 30_000, 'C'),
      says(second, 40_000, ''),
    ];
    const said = runsOfPlc([order, second], { texts, holder: null });
    expect(said.runs.map(({ from, to, order: name }) => [from, to, name])).toEqual([
      [0, 20_000, 'A'],
      [20_000, 40_000, 'B'],
      [40_000, null, 'C'],
    ]);
    expect(said.conflicts).toEqual([
      { tagId: 3, time: 10_000, order: 'B', heldBy: 'A' },
      { tagId: 1, time: 30_000, order: 'C', heldBy: 'B' },
    ]);
  });

  it('are the same in any order of arrival', () => {
    const texts = [
      says(order, 0, 'A'),
      says(material, 1, 'COLA'),
      says(order, 9_000, 'B'),
      says(second, 9_500, 'X'),
      says(order, 30_000, ''),
    ];
    const tags = [order, material, second];
    const expected = runsOfPlc(tags, { texts, holder: null });
    for (let turn = 0; turn < texts.length; turn += 1) {
      const turned = [...texts.slice(turn), ...texts.slice(0, turn)];
      expect(runsOfPlc(tags, { texts: turned, holder: null })).toEqual(expected);
      expect(runsOfPlc(tags, { texts: turned.toReversed(), holder: null })).toEqual(expected);
    }
  });
});

describe('stretches that are taken', () => {
  it('are cut out of runs', () => {
    const left = without(
      [
        { from: 0, to: 100 },
        { from: 100, to: null },
      ],
      [
        { from: 20, to: 30 },
        { from: 90, to: 120 },
        { from: 500, to: null },
      ],
    );
    expect(left).toEqual([
      { from: 0, to: 20 },
      { from: 30, to: 90 },
      { from: 120, to: 500 },
    ]);
  });
});
