// The bottles between two machines, in order, each belonging to its order: when two orders are on the
// belt, the machine behind sees the older one first.

import type { Order } from './bottling.ts';

export interface Conveyor {
  readonly capacity: number;
  count(): number;
  /** Bottles of this order at the head of the belt. */
  available(order: Order): number;
  /** The order at the head of the belt; null when the belt is empty. */
  head(): Order | null;
  put(order: Order): void;
  take(count: number): void;
}

export function createConveyor(capacity: number): Conveyor {
  const runs: { order: Order; count: number }[] = [];
  let total = 0;
  return {
    capacity,
    count: () => total,
    available(order) {
      const head = runs[0];
      return head !== undefined && head.order.index === order.index ? head.count : 0;
    },
    head: () => runs[0]?.order ?? null,
    put(order) {
      const last = runs.at(-1);
      if (last !== undefined && last.order.index === order.index) last.count++;
      else runs.push({ order, count: 1 });
      total++;
    },
    take(count) {
      const head = runs[0];
      if (head === undefined || head.count < count)
        throw new Error(`a machine took ${count} bottles that are not there`);
      head.count -= count;
      total -= count;
      if (head.count === 0) runs.shift();
    },
  };
}
