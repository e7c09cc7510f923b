// Data is life: a subscription whose keep-alives come but whose changes do not is deaf. A few tags are read now
// and then; a value that differs from what was reported is a suspicion, since its report may be on its way.
//
//   trusted ──a read value differs──▶ suspected ──reported meanwhile, or reports are only late──▶ trusted
//                                         │ patience is over, and it still differs
//                                         └──────────────────────────────────────────────────▶ deaf
//
// Clocks have no part in it: a machine's may be an hour off, or run a thousand times as fast as ours.

import type { Readings, Value } from '../protocols/driver.ts';
import type { LoadedTag } from './config.ts';
import type { LastSample } from './normalize.ts';

export interface Suspect {
  readonly index: number;
  /** What the subscription had brought when the tag was read. */
  readonly known: { readonly time: number; readonly value: Value };
  /** Source time of the value that was read. */
  readonly time: number | null;
}

export interface HearingOptions {
  readonly tags: readonly LoadedTag[];
  /** The last sample of a tag by its index. */
  readonly lastOf: (index: number) => LastSample | undefined;
  /** How late a report may be, beside what the tag's own sampling takes. */
  readonly patienceMs: number;
}

export class Hearing {
  readonly #options: HearingOptions;
  /** The latest source time of all that was reported since the suspicion. */
  #newest = Number.NEGATIVE_INFINITY;
  #keptAlive = false;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** The subscription brought something. */
  report({ time }: Readings): void {
    for (const at of time) if (at !== null && at > this.#newest) this.#newest = at;
  }

  /** The server says that it has nothing to report. */
  keepAlive(): void {
    this.#keptAlive = true;
  }

  /** Tags whose read value is not what was reported; what was heard before counts no more. */
  suspects(indexes: readonly number[], read: Readings): Suspect[] {
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#keptAlive = false;
    return indexes.flatMap((index, row) => {
      const last = this.#options.lastOf(index);
      // Within a deadband nothing is reported, and what never came has its own reason.
      if (!last || this.#options.tags[index]?.driver.deadband !== 0 || !differs(read, row, last.value)) return [];
      return [{ index, known: { time: last.time, value: last.value }, time: read.time[row] ?? null }];
    });
  }

  /** How long reports of these tags may take. */
  patience(suspects: readonly Suspect[]): number {
    return (
      this.#options.patienceMs +
      2 * Math.max(0, ...suspects.map(({ index }) => this.#options.tags[index]?.driver.intervalMs ?? 0))
    );
  }

  /** After that time and another read: the tags that changed and were not reported. */
  deaf(suspects: readonly Suspect[], read: Readings): number[] {
    return suspects.flatMap(({ index, known, time }, row) => {
      const last = this.#options.lastOf(index);
      const isSilent = last !== undefined && last.time === known.time && Object.is(last.value, known.value);
      // A server with much to report is late, not deaf, until what it reports is newer than what was read.
      const isInTime = this.#keptAlive || this.#newest > (time ?? Number.NEGATIVE_INFINITY);
      return isSilent && isInTime && differs(read, row, known.value) ? [index] : [];
    });
  }
}

const differs = (read: Readings, row: number, value: Value): boolean =>
  read.status[row] === 0 && !Object.is(read.value[row] ?? null, value);
