// One day of the simulated plant as an agent would have reported it, from the simulator's own model and in a
// moment: changes only, counts once a minute and when a machine stops, measurements now and then.

import type { Value } from '../../../protocols/driver.ts';
import { machineSpecs, materials } from '../../../protocols/simulator/bottling.ts';
import { createModel } from '../../../protocols/simulator/model.ts';
import { type PackmlState, stateNumbers } from '../../../protocols/simulator/packml.ts';
import type { TagRole } from '../../../protocols/simulator/plant-tag.ts';
import type { PieceRecord, TimeRecord } from '../../../protocols/simulator/records.ts';
import { plantTags } from '../../../protocols/simulator/tags.ts';
import type { HistoryDay, Stretch } from './days.ts';

export interface HistorySample {
  /** Index into `plantTags`. */
  readonly tag: number;
  readonly time: number;
  readonly value: Value;
}

export interface HistoryOrder extends Stretch {
  readonly number: string;
  readonly material: string;
  /** Good bottles of the filler. */
  readonly bottles: number;
}

/** A stop that people would have given a reason. */
export interface HistoryStop extends Stretch {
  readonly machine: string;
  readonly cause: string;
}

export interface SimulatedDay {
  /** In order of time; counters as the model has them, which begins each day at the same figures. */
  readonly samples: readonly HistorySample[];
  /** What each tag holds at the end of the day. */
  readonly last: readonly Value[];
  readonly orders: readonly HistoryOrder[];
  readonly stops: readonly HistoryStop[];
}

const COUNT_EVERY_MS = 60_000;
const MEASURE_EVERY_MS = 15 * 60_000;
/** Milliseconds of the model in which something happened, for each turn of the event loop. */
const STEP = 20_000;
const LEAST_STOP_MS = 5 * 60_000;
const MOST_STOPS = 8;
const BROKEN = { machine: 'capper', cause: 'head_overload' };
/** The name of the line's first order, as protocols/simulator/bottling.ts makes it. */
const FIRST_ORDER = 10_017;

/** The name that the day's n-th order has in the history: the line counts its orders anew each day. */
function orderNumber(day: string, name: string): string {
  const index = Number(name.slice('WO-'.length)) - FIRST_ORDER;
  return `WO-${day.slice(2).replaceAll('-', '')}-${String(index + 1).padStart(2, '0')}`;
}

/** Equal days make equal histories. Yields to the event loop again and again. */
export async function simulateDay(day: HistoryDay): Promise<SimulatedDay> {
  const held = day.breakdown === null ? 0 : day.breakdown.to - day.breakdown.from;
  const breaksAt = day.breakdown?.from ?? Number.POSITIVE_INFINITY;
  /** Time of the plant: the model knows nothing of the breakdown, during which it stands. */
  const real = (time: number): number => (time < breaksAt ? time : time + held);
  const reporter = new Reporter(real);
  const diary = new Diary(day.day, real);
  const model = createModel(
    { seed: Math.floor(day.from / 3_600_000), start: day.from, leastWanderMs: MEASURE_EVERY_MS / 3 },
    {
      change(tag, time, value) {
        const shown = diary.note({ tag, time, value });
        reporter.change(tag, time, shown);
      },
      piece: (record) => diary.piece(record),
      time: (record) => diary.time(record),
    },
  );
  if (day.isOff) return standing(day, model.values());
  const advance = async (until: number): Promise<void> => {
    while (!model.advance(until, STEP)) await new Promise((resolve) => setImmediate(resolve));
  };
  if (day.breakdown !== null && day.breakdown.to < day.to) {
    await advance(breaksAt - 1);
    const before = [...reporter.values];
    reporter.flush();
    standStill(reporter, before, day.breakdown);
    diary.stops.push({ ...BROKEN, ...day.breakdown });
  }
  await advance(day.to - (day.breakdown !== null && day.breakdown.to < day.to ? held : 0) - 1);
  reporter.flush();
  model.finish();
  return {
    samples: reporter.samples.toSorted((a, b) => a.time - b.time),
    last: reporter.values,
    orders: diary.ordersUntil(day.to),
    stops: diary.longest(),
  };
}

/** The line stands all day: nothing but how it stands. */
function standing(day: HistoryDay, values: readonly Value[]): SimulatedDay {
  const samples = plantTags.map((tag, index) => {
    const value =
      tag.role === 'order' || tag.role === 'material' ? '' : shownState(tag.name, 'Stopped', values[index] ?? null);
    return { tag: index, time: day.from, value };
  });
  return { samples, last: samples.map(({ value }) => value), orders: [], stops: [] };
}

/** What a tag shows when its machine is in this state; of other tags, what they showed. */
function shownState(name: string, state: PackmlState, value: Value): Value {
  if (name.endsWith('/state_number')) return stateNumbers[state];
  if (!name.endsWith('/state')) return value;
  return typeof value === 'number' ? stateNumbers[state] : state;
}

/** One machine is broken, the others wait; then all is as it was before. */
function standStill(reporter: Reporter, before: readonly Value[], { from, to }: Stretch): void {
  for (const [index, tag] of plantTags.entries()) {
    const value = before[index] ?? null;
    const isBroken = tag.machine === BROKEN.machine;
    const during =
      isBroken && tag.name.endsWith(`/${BROKEN.cause}`)
        ? true
        : shownState(tag.name, isBroken ? 'Aborted' : 'Suspended', value);
    if (during === value) continue;
    reporter.samples.push({ tag: index, time: from, value: during }, { tag: index, time: to - 1, value });
  }
}

/** How often a tag is sent that changes all the time, in ms. */
function periodOf(role: TagRole | null): number {
  if (role === 'measurement' || role === 'infeed_count') return MEASURE_EVERY_MS;
  return role?.endsWith('_count') ? COUNT_EVERY_MS : 0;
}

/** What an agent with deadbands and report by exception sends on. */
class Reporter {
  readonly samples: HistorySample[] = [];
  readonly values: Value[] = plantTags.map(() => null);
  readonly #sentAt: number[] = plantTags.map(() => Number.NEGATIVE_INFINITY);
  readonly #held = new Map<number, HistorySample>();
  readonly #real: (time: number) => number;

  constructor(real: (time: number) => number) {
    this.#real = real;
  }

  change(tag: number, time: number, value: Value): void {
    this.values[tag] = value;
    const { role, machine } = plantTags[tag] ?? {};
    const every = periodOf(role ?? null);
    if (time - (this.#sentAt[tag] ?? 0) < every) {
      if (role !== 'measurement') this.#held.set(tag, { tag, time, value });
      return;
    }
    // Before a machine says that it stands, or what it makes next, what it has made until then.
    if (every === 0) this.flush(machine);
    this.#held.delete(tag);
    this.#send({ tag, time, value });
  }

  /** Sends what is held back: what one machine made, or all. */
  flush(machine?: string): void {
    for (const [tag, sample] of this.#held) {
      const { machine: of, role } = plantTags[tag] ?? {};
      if (machine !== undefined && (of !== machine || role === 'infeed_count')) continue;
      this.#held.delete(tag);
      this.#send(sample);
    }
  }

  #send({ tag, time, value }: HistorySample): void {
    this.#sentAt[tag] = time;
    this.samples.push({ tag, time: this.#real(time), value });
  }
}

const stoppedStates: ReadonlySet<string> = new Set<PackmlState>(['Aborting', 'Aborted', 'Clearing', 'Stopped']);
const fillerOrder = plantTags.findIndex((tag) => tag.name === 'filler/order');

/** Orders and long stops of a day. */
class Diary {
  readonly stops: HistoryStop[] = [];
  readonly #day: string;
  readonly #real: (time: number) => number;
  readonly #orders = new Map<string, { from: number; number: string; material: string; bottles: number }>();

  constructor(day: string, real: (time: number) => number) {
    this.#day = day;
    this.#real = real;
  }

  /** The value as the history shows it. */
  note({ tag, time, value }: HistorySample): Value {
    if (plantTags[tag]?.role !== 'order' || typeof value !== 'string') return value;
    const number = orderNumber(this.#day, value);
    if (tag === fillerOrder && !this.#orders.has(value)) {
      const index = Number(value.slice('WO-'.length)) - FIRST_ORDER;
      const material = materials[index % materials.length]?.name ?? '';
      this.#orders.set(value, { number, material, bottles: 0, from: this.#real(time) });
    }
    return number;
  }

  piece({ machine, kind, order }: PieceRecord): void {
    const known = machine === machineSpecs[0]?.name && kind === 'good' ? this.#orders.get(order) : undefined;
    if (known) known.bottles += 1;
  }

  time({ machine, state, cause, from, to }: TimeRecord): void {
    if (cause === null || !stoppedStates.has(state)) return;
    const stretch = { from: this.#real(from), to: this.#real(to - 1) + 1 };
    const last = this.stops.findLast((one) => one.machine === machine);
    if (last?.to === stretch.from && last.cause === cause)
      this.stops.splice(this.stops.lastIndexOf(last), 1, { ...last, to: stretch.to });
    else this.stops.push({ machine, cause, ...stretch });
  }

  ordersUntil(end: number): HistoryOrder[] {
    const orders = [...this.#orders.values()];
    // An order that the day's end cut off before its first bottle was for one.
    return orders.map((order, index) => ({
      ...order,
      bottles: Math.max(order.bottles, 1),
      to: orders[index + 1]?.from ?? end,
    }));
  }

  longest(): HistoryStop[] {
    const long = this.stops.filter(({ from, to }) => to - from >= LEAST_STOP_MS);
    return long.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, MOST_STOPS);
  }
}
