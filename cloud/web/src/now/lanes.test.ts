// How lanes are laid on the pages of a TV.

import { describe, expect, it } from 'vitest';
import type { Now } from '../../../domains/telemetry/index.ts';
import { tvPages } from './lanes.tsx';

const lane = (id: number, count: number): Now['lanes'][number] => ({
  id,
  name: `Line ${id}`,
  kind: 'serial',
  machines: Array.from({ length: count }, (_, at) => {
    const name = `m${id}.${at}`;
    return { id: id * 100 + at, name, displayName: name, state: null, tags: [] };
  }),
});

const laid = (lanes: Now['lanes'], columns: number) =>
  tvPages(lanes, columns).map((page) => page.map(({ id, machines }) => [id, machines.length]));

describe('a TV', () => {
  it('shows 24 tiles at most, then pages; lanes stay whole and in their order', () => {
    expect(laid([lane(1, 6), lane(2, 8), lane(3, 6), lane(4, 20)], 6)).toEqual([
      [
        [1, 6],
        [2, 8],
        [3, 6],
      ],
      [[4, 20]],
    ]);
  });

  it('cuts a lane that no page holds, and loses none of its machines', () => {
    expect(laid([lane(1, 40)], 6)).toEqual([[[1, 24]], [[1, 16]]]);
    expect(laid([], 1)).toEqual([]);
  });
});
