// The simulated plant without any protocol: the line's machines, their tags' values and what happened
// to them. Pure: the same seed, start and `advance` targets give the same calls of the sink, whatever
// the steps in between. Time is simulated, in whole milliseconds; no real clock is read here.
//
// Within one millisecond a tag may be set more than once; only what it holds at the end of that
// millisecond is reported, so two changes of one tag never carry one time.

import type { Value } from '../driver.ts';
import { createAgenda } from './agenda.ts';
import { createLine } from './line.ts';
import type { PieceRecord, TimeRecord } from './records.ts';
import { plantTags } from './tags.ts';

/** Told what happens, in order of time. `tag` is an index into `plantTags`. */
export interface ModelSink {
  change(tag: number, time: number, value: Value): void;
  piece(record: PieceRecord): void;
  time(record: TimeRecord): void;
}

export interface Model {
  /** The simulated time up to which everything has happened. */
  now(): number;
  /** Time of the next thing to happen. */
  next(): number;
  /** What each tag of `plantTags` holds now. */
  values(): readonly Value[];
  /** Lets time pass until `until`, or until `limit` milliseconds in which something happened. True when `until` is reached. */
  advance(until: number, limit: number): boolean;
  /** Ends the open intervals of the time ledger at `now()`. */
  finish(): void;
}

type Open = Omit<TimeRecord, 'to'>;

export interface ModelOptions {
  readonly seed: number;
  readonly start: number;
  /** For who needs few of the slow measurements: at least so long between two, in ms. Default: as the plant has them. */
  readonly leastWanderMs?: number;
}

export function createModel(options: ModelOptions, sink: ModelSink): Model {
  const indexes = new Map(plantTags.map((tag, index) => [tag.name, index]));
  const values: Value[] = plantTags.map(() => null);
  const reported: Value[] = plantTags.map(() => null);
  const dirty = new Set<number>();
  const moved = new Set<string>();
  const open = new Map<string, Open>();
  const agenda = createAgenda();
  let now = options.start;

  const line = createLine({
    seed: options.seed,
    leastWanderMs: options.leastWanderMs ?? 0,
    now: () => now,
    later: (delayMs, what) => agenda.add(now + delayMs, what),
    set(name, value) {
      const index = indexes.get(name);
      if (index === undefined) return;
      values[index] = value;
      dirty.add(index);
    },
    piece: sink.piece,
    changed: (machine) => moved.add(machine),
  });

  /** Reports what this millisecond left behind. */
  function settle(): void {
    for (const index of dirty) {
      const value = values[index] as Value;
      if (value === reported[index]) continue;
      reported[index] = value;
      sink.change(index, now, value);
    }
    dirty.clear();
    for (const machine of moved) turn(machine);
    moved.clear();
  }

  function turn(machine: string): void {
    const is = line.standing(machine);
    const was = open.get(machine);
    if (
      was !== undefined &&
      was.state === is.state &&
      was.cause === is.cause &&
      was.order === is.order &&
      was.material === is.material
    ) {
      return;
    }
    end(was);
    open.set(machine, { machine, from: now, ...is });
  }

  function end(was: Open | undefined): void {
    if (was === undefined || was.from === now) return;
    const { machine, from, ...rest } = was;
    sink.time({ machine, from, to: now, ...rest });
  }

  function advance(until: number, limit: number): boolean {
    for (let done = 0; done < limit; done++) {
      const next = agenda.next();
      if (next > until) {
        now = Math.max(now, until);
        return true;
      }
      now = next;
      while (agenda.next() === now) agenda.take()();
      settle();
    }
    return false;
  }

  line.start();
  settle();
  return {
    now: () => now,
    next: agenda.next,
    values: () => reported,
    advance,
    finish() {
      for (const was of open.values()) end(was);
      open.clear();
    },
  };
}
