// A wall clock that can be set in a running program, seen by that program only: libfaketime shifts what
// the system answers. The monotonic clock goes on as it is, as it does when an operator sets the time.

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faketimePath } from './services.ts';

export class SteppedClock {
  readonly #file: string;

  /** `directory` holds the file that the programs look into. */
  constructor(directory: string) {
    this.#file = join(directory, 'wall-clock');
    this.set(0);
  }

  /** For the programs that see this clock. */
  get environment(): Record<string, string> {
    return {
      LD_PRELOAD: faketimePath(),
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // They look again after one second.
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** From now on the clock is off by so much. Whole seconds. */
  set(offsetMs: number): void {
    const seconds = Math.round(offsetMs / 1_000);
    // Renamed, so that nobody reads half of it.
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
