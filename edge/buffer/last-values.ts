// The last stored time and value of each tag: what the normalizer compares with, also after a restart.

import type { Value } from '../../protocols/driver.ts';
import { type BatchView, textEnd, valueAt } from './batch.ts';

export interface LastValue {
  time: number;
  value: Value;
  status: number;
}

export class LastValues {
  readonly #byTag = new Map<number, LastValue>();

  /** From what `serialize` gave, or empty. */
  constructor(stored?: unknown) {
    if (typeof stored !== 'string') return;
    for (const [tag, time, value, status, big] of JSON.parse(stored) as [number, number, Value, number, number?][]) {
      this.#byTag.set(tag, { time, value: big === 1 ? BigInt(value as string) : value, status });
    }
  }

  timeOf(tag: number): number | undefined {
    return this.#byTag.get(tag)?.time;
  }

  absorb(view: BatchView): void {
    let text = 0;
    for (let row = 0; row < view.count; row++) {
      const tag = view.tag[row] as number;
      const time = view.time[row] as number;
      const known = this.#byTag.get(tag);
      if (!known) this.#byTag.set(tag, { time, value: valueAt(view, row, text), status: view.status[row] as number });
      else if (time >= known.time) {
        known.time = time;
        known.value = valueAt(view, row, text);
        known.status = view.status[row] as number;
      }
      text = textEnd(view, row, text);
    }
  }

  entries(): [tag: number, last: LastValue][] {
    return [...this.#byTag];
  }

  serialize(): string {
    return JSON.stringify(
      this.entries().map(([tag, { time, value, status }]) =>
        typeof value === 'bigint' ? [tag, time, value.toString(), status, 1] : [tag, time, value, status],
      ),
    );
  }
}
