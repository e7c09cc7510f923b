// What is known of the units on one link: which of them are dead, and from that whether the whole
// connection is. Pure but for the clock and chance; the driver tells it every outcome.
//
// When is a connection dead that nobody closed? Units behind a gateway die one by one, so one silent
// unit proves nothing. The link is called dead
//  - after three silent requests in a row to units that had answered on this connection, or
//  - when every unit is silent and their breakers are open; if none of them ever answered here, only
//    after five silent requests, so that a dead unit asked first does not take a link down whose other
//    units were not asked yet.
import { type DriverLog, status } from '../driver.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Outcome } from './link.ts';
import { exceptions } from './pdu.ts';

const silentAnsweredUnits = 3;
const silentRequests = 5;

interface UnitState {
  readonly breaker: Breaker;
  /** Has answered anything on this connection. */
  answered: boolean;
  /** Did not answer the last request. */
  silent: boolean;
  /** What its tags read while the breaker is open. */
  badStatus: number;
}

export class Units {
  readonly #log: DriverLog;
  readonly #units = new Map<number, UnitState>();
  #silentAnswered = 0;
  #silentInRow = 0;

  constructor(log: DriverLog) {
    this.#log = log;
  }

  /** Make a unit known before it is asked, so that a silent one is not taken for the only one. */
  introduce(unit: number): void {
    this.#unit(unit);
  }

  /** Whether to ask this unit now. After `true`, `judge` or `undecided` must follow. */
  admit(unit: number): boolean {
    return this.#unit(unit).breaker.admit(performance.now());
  }

  undecided(unit: number): void {
    this.#unit(unit).breaker.undecided();
  }

  /** Take note of an outcome; true when the link must be called dead. */
  judge(number: number, outcome: Outcome): boolean {
    const unit = this.#unit(number);
    const before = unit.breaker.state;
    if (isDeath(outcome)) {
      unit.badStatus = this.badStatus(number, outcome);
      unit.breaker.failure(performance.now(), Math.random());
      if (before === 'closed' && unit.breaker.state === 'open') {
        this.#log.warn({ unit: number }, 'the unit does not answer; it is left alone and tried now and then');
      }
    } else {
      unit.breaker.success();
      if (before !== 'closed') this.#log.info({ unit: number }, 'the unit answers again');
    }
    unit.silent = outcome.kind === 'silent';
    if (!unit.silent) {
      unit.answered = true;
      this.#silentInRow = 0;
      this.#silentAnswered = 0;
      return false;
    }
    this.#silentInRow += 1;
    if (unit.answered) this.#silentAnswered += 1;
    return this.#isLinkDead();
  }

  /** The status of a tag that could not be read. */
  badStatus(unit: number, outcome: Outcome): number {
    switch (outcome.kind) {
      case 'data':
        return status.good;
      case 'exception':
        return exceptionStatus[outcome.code] ?? status.bad;
      case 'malformed':
        return status.badDecodingError;
      case 'silent':
        return outcome.garbled ? status.badCommunicationError : status.badTimeout;
      case 'not asked':
        return this.#unit(unit).badStatus;
    }
  }

  #isLinkDead(): boolean {
    if (this.#silentAnswered >= silentAnsweredUnits) return true;
    const units = [...this.#units.values()];
    if (!units.every(({ silent, breaker }) => silent && breaker.state === 'open')) return false;
    return this.#silentInRow >= silentRequests || units.some(({ answered }) => answered);
  }

  #unit(number: number): UnitState {
    const known = this.#units.get(number);
    if (known !== undefined) return known;
    const unit = { breaker: createBreaker(), answered: false, silent: false, badStatus: status.badTimeout };
    this.#units.set(number, unit);
    return unit;
  }
}

const exceptionStatus: Readonly<Record<number, number>> = {
  [exceptions.illegalFunction]: status.badNodeIdUnknown,
  [exceptions.illegalDataAddress]: status.badNodeIdUnknown,
  [exceptions.illegalDataValue]: status.badOutOfRange,
  [exceptions.gatewayPathUnavailable]: status.badCommunicationError,
  [exceptions.gatewayTargetFailedToRespond]: status.badTimeout,
};

/** No answer, or a gateway that waited for the unit in our place: as costly for the neighbours. */
function isDeath(outcome: Outcome): boolean {
  if (outcome.kind === 'silent') return true;
  return (
    outcome.kind === 'exception' &&
    (outcome.code === exceptions.gatewayPathUnavailable || outcome.code === exceptions.gatewayTargetFailedToRespond)
  );
}
