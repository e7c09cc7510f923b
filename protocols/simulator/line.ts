// The bottling line: filler → capper → labeller → packer with belts between them, the orders that run
// through it, and the slow measurements and the energy meter around it.

import type { Value } from '../driver.ts';
import { conveyor, energyWanders, machineSpecs, makeOrder, type Order, type Wander } from './bottling.ts';
import { createConveyor } from './conveyor.ts';
import { Machine } from './machine.ts';
import { modbusUnits } from './modbus-place.ts';
import { stateNumbers } from './packml.ts';
import { createRandom, type Random } from './random.ts';
import type { PieceRecord } from './records.ts';

export interface LineOptions {
  readonly seed: number;
  /** Slow measurements are taken no more often than this, in ms. */
  readonly leastWanderMs: number;
  now(): number;
  later(delayMs: number, what: () => void): void;
  set(tag: string, value: Value): void;
  piece(record: PieceRecord): void;
  changed(machine: string): void;
}

export interface Standing {
  readonly state: string;
  readonly cause: string | null;
  readonly order: string;
  readonly material: string;
}

export interface Line {
  start(): void;
  standing(machine: string): Standing;
}

export function createLine(options: LineOptions): Line {
  const orders = createOrders(createRandom(options.seed, 'orders'));
  const belts = machineSpecs.slice(1).map(() => createConveyor(conveyor.capacity));
  const machines: Machine[] = [];
  machineSpecs.forEach((spec, at) => {
    const set = (name: string, value: Value): void => options.set(`${spec.name}/${name}`, value);
    const machine: Machine = new Machine(spec, {
      random: createRandom(options.seed, spec.name),
      infeed: belts[at - 1] ?? null,
      outfeed: belts[at] ?? null,
      upstream: () => machines[at - 1] ?? null,
      order: orders,
      later: options.later,
      set,
      piece: (kind, reason) =>
        options.piece({
          machine: spec.name,
          time: options.now(),
          kind,
          reason,
          order: machine.order.name,
          material: machine.order.material.name,
          count: 1,
          pieces: spec.piecesPerCount,
        }),
      changed() {
        if (spec.name in modbusUnits) {
          set('state', stateNumbers[machine.state]);
        } else {
          set('state', machine.state);
          set('state_number', stateNumbers[machine.state]);
        }
        options.changed(spec.name);
      },
      // Not at once but next in the same millisecond: the one who moves finishes its step first.
      nudgeUpstream: () => options.later(0, () => machines[at - 1]?.nudge()),
      nudgeDownstream: () => options.later(0, () => machines[at + 1]?.nudge()),
    });
    machines.push(machine);
  });

  return {
    start() {
      machines.forEach((machine, at) => {
        machine.start(500 + 700 * at);
        for (const wander of machine.spec.wanders) {
          startWander({ wander, machine: machine.spec.name, runs: () => machine.state === 'Execute', options });
        }
      });
      const running = (): number => machines.filter((machine) => machine.state === 'Execute').length;
      for (const wander of energyWanders) {
        startWander({ wander, machine: 'energy', runs: () => running() > 0, options });
      }
      startMeter(options, running);
    },
    standing(name) {
      const machine = machines.find((one) => one.spec.name === name);
      if (machine === undefined) throw new Error(`no machine ${name} in the line`);
      const { state, cause, order } = machine;
      return { state, cause, order: order.name, material: order.material.name };
    },
  };
}

/** Orders by number; each is drawn once, in order, whoever asks first. */
function createOrders(random: Random): (index: number) => Order {
  const made: Order[] = [];
  return (index) => {
    while (made.length <= index) made.push(makeOrder(made.length, random));
    return made[index] as Order;
  };
}

interface WanderOptions {
  readonly wander: Wander;
  readonly machine: string;
  readonly runs: () => boolean;
  readonly options: LineOptions;
}

/** A value pulled towards one of two targets with a little noise, set every so often. */
function startWander({ wander, machine, runs, options }: WanderOptions): void {
  const name = `${machine}/${wander.name}`;
  const random = createRandom(options.seed, name);
  const perStep = Math.round(1 / wander.step);
  let exact = wander.standing;
  const step = (): void => {
    const target = runs() ? wander.running : wander.standing;
    exact += (target - exact) * wander.pull + wander.sigma * random.normal();
    const rounded = Math.round(exact * perStep) / perStep;
    options.set(name, wander.float ? Math.fround(rounded) : rounded);
    options.later(Math.max(wander.everyMs, options.leastWanderMs), step);
  };
  step();
}

/** Power follows the machines that run; energy is its sum over time, so it never goes down. */
function startMeter(options: LineOptions, running: () => number): void {
  const random = createRandom(options.seed, 'meter');
  const everyMs = Math.max(1_000, options.leastWanderMs);
  let wattHours = 18_250_000;
  const step = (): void => {
    const kilowatts = 3.2 + 5.4 * running() + random.between(-0.4, 0.4);
    wattHours += (kilowatts * everyMs) / 3_600;
    options.set('energy/power', Math.fround(Math.round(kilowatts * 100) / 100));
    options.set('energy/reactive_power', Math.round(kilowatts * 310 - 900));
    options.set('energy/active_energy', Math.floor(wattHours));
    options.later(everyMs, step);
  };
  step();
}
