// One machine of the line: PackML states, pieces, rejects, stops and changeovers. Pure and
// deterministic: it knows only the simulated time it is given.
//
//   Idle ─▶ Starting ─▶ Execute ◀──────────────────────────────────────────────┐
//                         │ no bottles or no room for longer than the grace time │
//                         ├─▶ Suspending ─▶ Suspended (starved, blocked) ─▶ Unsuspending ─┤
//                         │ a stop of kind `suspend`: the same, for a drawn time          │
//                         │ a stop of kind `hold`                                         │
//                         ├─▶ Holding ─▶ Held ─▶ Unholding ───────────────────────────────┤
//                         │ a stop of kind `abort`                                        │
//                         ├─▶ Aborting ─▶ Aborted ─▶ Clearing ─▶ Stopped ─▶ Resetting ─▶ Idle ─▶ Starting ─┤
//                         │ the order is complete                                         │
//                         └─▶ Completing ─▶ Complete ─▶ Resetting (new order) ─▶ Idle ─▶ Starting ─┘
//
// A machine waits for one thing at a time, its appointment; making a new one forgets the old. While it
// waits for bottles or room it also listens to `nudge`, with which its neighbours tell it that the belt
// or their order changed.

import type { Value } from '../driver.ts';
import type { MachineSpec, Order, Stop } from './bottling.ts';
import { conveyor as belt, idealCycleMs, startupGoodInARow } from './bottling.ts';
import type { Conveyor } from './conveyor.ts';
import { createFate, type Fate } from './fate.ts';
import type { PackmlState } from './packml.ts';
import type { Random } from './random.ts';
import type { PieceKind } from './records.ts';

/** What a machine needs of the line around it. */
export interface Surroundings {
  readonly random: Random;
  readonly infeed: Conveyor | null;
  readonly outfeed: Conveyor | null;
  readonly upstream: () => Machine | null;
  order(index: number): Order;
  later(delayMs: number, what: () => void): void;
  set(name: string, value: Value): void;
  piece(kind: PieceKind, reason: string | null): void;
  /** The state, its cause or the order changed. */
  changed(): void;
  nudgeUpstream(): void;
  nudgeDownstream(): void;
}

interface Step {
  readonly state: PackmlState;
  readonly forMs: number;
  readonly enter?: () => void;
}

/** How long a machine stands in Execute without bottles or room before it suspends. */
const graceMs = 2_500;

export class Machine {
  readonly spec: MachineSpec;
  readonly counts = { total: 0, good: 0, infeed: 0, rejects: new Map<string, number>() };
  state: PackmlState = 'Idle';
  cause: string | null = null;
  order: Order;

  readonly #around: Surroundings;
  readonly #fate: Fate;
  #appointment = 0;
  #waiting: 'no' | 'execute' | 'suspended' = 'no';
  #goodInOrder = 0;
  /** Good pieces still wanted in a row before rejects stop being start-up rejects; set by a changeover. */
  #startupLeft = 0;
  #pace = 1.02;

  constructor(spec: MachineSpec, around: Surroundings) {
    this.spec = spec;
    this.#around = around;
    this.order = around.order(0);
    this.#fate = createFate(spec, around);
    this.counts.total = spec.counters.total;
    this.counts.good = spec.counters.good;
    this.counts.infeed = spec.counters.infeed;
    for (const reject of spec.rejects) this.counts.rejects.set(reject.reason, spec.counters.reject);
  }

  start(idleMs: number): void {
    this.#showOrder();
    this.#showCounts();
    this.#fate.measure(this.order.material);
    this.#fate.showAlarms();
    this.#through('startup', [
      { state: 'Idle', forMs: idleMs },
      { state: 'Starting', forMs: 1_500 },
    ]);
  }

  /** A neighbour moved: look again whether there are bottles and room. */
  nudge(): void {
    if (this.#waiting === 'execute' && (this.#orderIsOver() || this.#obstacle(false) === null)) this.#next();
    else if (this.#waiting === 'suspended' && this.#mayResume()) this.#resume();
  }

  /** One appointment at a time: what was planned before no longer happens. */
  #plan(delayMs: number, what: () => void): void {
    const mine = ++this.#appointment;
    this.#around.later(delayMs, () => {
      if (mine === this.#appointment) what();
    });
  }

  #enter(state: PackmlState, cause: string | null): void {
    this.state = state;
    this.cause = cause;
    this.#around.changed();
  }

  #through(cause: string, steps: readonly Step[], then: () => void = () => this.#execute()): void {
    this.#waiting = 'no';
    const [step, ...rest] = steps;
    if (step === undefined) {
      then();
      return;
    }
    this.#enter(step.state, cause);
    step.enter?.();
    this.#plan(step.forMs, () => this.#through(cause, rest, then));
  }

  #execute(): void {
    this.#enter('Execute', null);
    this.#next();
  }

  /** Begin the next cycle, or wait, or change over. */
  #next(): void {
    this.#waiting = 'no';
    if (this.#orderIsOver()) {
      this.#changeOver();
      return;
    }
    if (this.#obstacle(false) === null) {
      this.#begin();
      return;
    }
    this.#waiting = 'execute';
    this.#plan(graceMs, () => this.#suspend());
  }

  #suspend(): void {
    const why = this.#obstacle(false) ?? 'starved';
    this.#through(why, [{ state: 'Suspending', forMs: 400 }], () => {
      this.#enter('Suspended', why);
      this.#waiting = 'suspended';
      // Nothing planned: only a nudge ends this.
      this.#appointment++;
      if (this.#mayResume()) this.#resume();
    });
  }

  #resume(): void {
    this.#through(this.cause ?? 'starved', [{ state: 'Unsuspending', forMs: 600 }]);
  }

  #mayResume(): boolean {
    return this.#orderIsOver() || this.#obstacle(true) === null;
  }

  /** True when everything in front has gone over to another order: what is on the belt is the rest. */
  #restOfOrder(): boolean {
    const { infeed, upstream } = this.#around;
    const before = upstream();
    return infeed !== null && before !== null && before.order.index > this.order.index;
  }

  #orderIsOver(): boolean {
    const { infeed } = this.#around;
    if (infeed === null) return this.#goodInOrder >= this.order.bottles;
    return this.#restOfOrder() && infeed.available(this.order) === 0;
  }

  /** Why a cycle cannot begin. To run again after a wait it takes more than one bottle, or it would stutter. */
  #obstacle(afterWait: boolean): 'starved' | 'blocked' | null {
    const { infeed, outfeed } = this.#around;
    if (infeed !== null) {
      const wanted = this.#restOfOrder() ? 1 : afterWait ? belt.resumeAt : this.spec.piecesPerCount;
      if (infeed.available(this.order) < wanted) return 'starved';
    }
    if (outfeed !== null && outfeed.count() + (afterWait ? belt.resumeRoom : 1) > outfeed.capacity) return 'blocked';
    return null;
  }

  #begin(): void {
    const { infeed, random } = this.#around;
    const wanted = this.spec.piecesPerCount;
    const taken = infeed === null ? wanted : Math.min(wanted, infeed.available(this.order));
    if (infeed !== null) {
      infeed.take(taken);
      this.#around.nudgeUpstream();
    }
    this.counts.infeed += taken;
    this.#around.set('infeed_count', this.counts.infeed);
    if (random.chance(0.005)) this.#pace = random.between(1, 1.06);
    const cycle = idealCycleMs(this.spec, this.order.material) * this.#pace * random.between(0.99, 1.01);
    this.#plan(Math.round(cycle), () => this.#finish(taken < wanted));
  }

  #finish(incomplete: boolean): void {
    const { material } = this.order;
    const measured = this.#fate.measure(material);
    const reason = incomplete ? 'incomplete_pack' : (measured ?? this.#fate.reject(this.#startupLeft > 0));
    this.counts.total++;
    if (reason === null) this.#good();
    else this.#reject(reason);
    this.#showCounts();
    const stop = this.#fate.stop(material);
    if (stop === null) this.#next();
    else this.#stop(stop);
  }

  #good(): void {
    this.counts.good++;
    this.#goodInOrder++;
    if (this.#startupLeft > 0) this.#startupLeft--;
    this.#around.piece('good', null);
    if (this.#around.outfeed !== null) {
      this.#around.outfeed.put(this.order);
      this.#around.nudgeDownstream();
    }
  }

  #reject(reason: string): void {
    this.counts.rejects.set(reason, (this.counts.rejects.get(reason) ?? 0) + 1);
    const startingUp = this.#startupLeft > 0;
    if (startingUp) this.#startupLeft = startupGoodInARow;
    const spec = this.spec.rejects.find((one) => one.reason === reason);
    this.#around.piece(startingUp ? 'startup' : (spec?.disposition ?? 'scrap'), reason);
  }

  #stop(stop: Stop): void {
    const lasts = this.#around.random.whole(stop.fromMs, stop.toMs);
    const raise = (): void => this.#fate.raise(stop);
    const clear = (): void => this.#fate.clear(stop);
    switch (stop.kind) {
      case 'hold':
        return this.#through(stop.cause, [
          { state: 'Holding', forMs: 500, enter: raise },
          { state: 'Held', forMs: lasts },
          { state: 'Unholding', forMs: 800, enter: clear },
        ]);
      case 'suspend':
        return this.#through(stop.cause, [
          { state: 'Suspending', forMs: 400, enter: raise },
          { state: 'Suspended', forMs: lasts },
          { state: 'Unsuspending', forMs: 600, enter: clear },
        ]);
      case 'abort':
        return this.#through(stop.cause, [
          { state: 'Aborting', forMs: 300, enter: raise },
          { state: 'Aborted', forMs: Math.round(lasts * 0.8) },
          { state: 'Clearing', forMs: Math.round(lasts * 0.2), enter: clear },
          { state: 'Stopped', forMs: 3_000 },
          { state: 'Resetting', forMs: 2_000 },
          { state: 'Idle', forMs: 1_000 },
          { state: 'Starting', forMs: 2_000 },
        ]);
    }
  }

  #changeOver(): void {
    const { infeed, random } = this.#around;
    // The next order on the belt, or the next of the list where nothing is on the belt yet.
    const next = infeed?.head() ?? this.#around.order(this.order.index + 1);
    const [from, to] = this.spec.setupMs;
    this.#through('changeover', [
      { state: 'Completing', forMs: 1_500 },
      { state: 'Complete', forMs: 3_000 },
      { state: 'Resetting', forMs: random.whole(from, to), enter: () => this.#take(next) },
      { state: 'Idle', forMs: 1_000 },
      { state: 'Starting', forMs: 2_000 },
    ]);
  }

  #take(order: Order): void {
    this.order = order;
    this.#goodInOrder = 0;
    this.#startupLeft = startupGoodInARow;
    this.#showOrder();
    this.#around.changed();
    // The machine behind may now know that nothing more of its order comes.
    this.#around.nudgeDownstream();
  }

  #showOrder(): void {
    this.#around.set('order', this.order.name);
    this.#around.set('material', this.order.material.name);
  }

  #showCounts(): void {
    this.#around.set('infeed_count', this.counts.infeed);
    this.#around.set('total_count', this.counts.total);
    this.#around.set('good_count', this.counts.good);
    for (const [reason, count] of this.counts.rejects) this.#around.set(`reject_${reason}`, count);
  }
}
