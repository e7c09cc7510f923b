// The Modbus driver: reads tags in the fewest requests, writes single tags, and keeps a dead unit or a
// wrong address from costing its neighbours anything. The contract is in protocols/driver.ts.
import type { Driver, DriverEvents, DriverLog, DriverTag, Readings, Value } from '../driver.ts';
import { decode } from './codec.ts';
import { type Ask, Link, type Outcome } from './link.ts';
import { exceptions, exceptionText, readRequest } from './pdu.ts';
import {
  createExperience,
  type PlannedTag,
  planTags,
  type TableRequest,
  type TagPlan,
  type UnitPlan,
} from './read-plan.ts';
import { type ModbusSettings, unitSettings } from './settings.ts';
import { Units } from './units.ts';
import { confirmWrite, writeRequest } from './write.ts';

const cachedPlans = 64;
const loggedProblems = 10;

/** What became of one read request; `unknown` when the device was not asked or did not answer. */
type BlockResult = 'read' | 'refused' | 'unknown';

/** A driver for one Modbus link, with settings checked against `ModbusSettings`. Opens nothing until `connect`. */
export function createModbusDriver(settings: ModbusSettings, events: DriverEvents, log: DriverLog): Driver {
  const driver = new ModbusDriver(settings, events, log);
  return {
    connect: (signal) => driver.connect(signal),
    close: () => driver.close(),
    read: (tags, signal) => driver.read(tags, signal),
    write: (tag, value, signal) => driver.write(tag, value, signal),
  };
}

class ModbusDriver {
  readonly #settings: ModbusSettings;
  readonly #log: DriverLog;
  readonly #link: Link;
  readonly #units: Units;
  readonly #experience = createExperience();
  readonly #plans = new Map<string, TagPlan>();
  #plansVersion = 0;

  constructor(settings: ModbusSettings, events: DriverEvents, log: DriverLog) {
    this.#settings = settings;
    this.#log = log;
    this.#link = new Link(settings, (reason) => events.lost(reason));
    this.#units = new Units(log);
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.#link.open(signal);
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async read(tags: readonly DriverTag[], signal: AbortSignal): Promise<Readings> {
    this.#link.assertOpen();
    const plan = this.#plan(tags);
    const readings: Readings = { tag: [], time: [], value: [], status: [] };
    for (const { unit } of plan.units) this.#units.introduce(unit);
    for (const { tag, status } of plan.impossible) add(readings, tag, null, status);
    for (const unit of plan.units) await this.#readUnit(unit, readings, signal);
    return readings;
  }

  async write(tag: DriverTag, value: Value, signal: AbortSignal): Promise<void> {
    const { unit, request } = writeRequest(tag, value, this.#settings);
    confirmWrite(tag, await this.#ask({ unit, request, urgent: true }, signal));
  }

  #plan(tags: readonly DriverTag[]): TagPlan {
    if (this.#plansVersion !== this.#experience.version) this.#plans.clear();
    this.#plansVersion = this.#experience.version;
    const key = tags.map(({ address }) => address).join('\n');
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = planTags(tags, this.#settings, this.#experience);
    for (const { tag, reason } of plan.impossible.slice(0, loggedProblems)) {
      this.#log.warn({ tag: tags[tag]?.name, reason }, 'this tag cannot be read as configured');
    }
    const oldest = this.#plans.keys().next().value;
    if (this.#plans.size >= cachedPlans && oldest !== undefined) this.#plans.delete(oldest);
    this.#plans.set(key, plan);
    return plan;
  }

  async #readUnit({ unit, requests, refused }: UnitPlan, readings: Readings, signal: AbortSignal): Promise<void> {
    for (const request of requests) await this.#readBlock(request, readings, signal);
    for (const item of refused) {
      const known = this.#experience.refusedStatus(item, performance.now());
      if (known !== null) {
        add(readings, item.tag, null, known);
        continue;
      }
      const alone = { unit, table: item.address.table, start: item.start, length: item.length, items: [item] };
      if ((await this.#readBlock(alone, readings, signal)) === 'read') this.#experience.accept(item);
    }
  }

  /** Read one block; one that the device refuses is halved until the refused items stand alone. */
  async #readBlock(block: TableRequest, readings: Readings, signal: AbortSignal): Promise<BlockResult> {
    const { unit, table, start, items } = block;
    const request = readRequest(table, start, block.length);
    const outcome = await this.#ask({ unit, request, urgent: false }, signal);
    if (outcome.kind === 'data') {
      for (const { tag, address } of items) {
        const { value, status } = decode(address, { start, bytes: outcome.bytes });
        add(readings, tag, value, status);
      }
      return 'read';
    }
    const refusal = addressRefusal(outcome);
    if (refusal !== null && items.length > 1) return this.#readHalves(block, readings, signal);
    const bad = this.#units.badStatus(unit, outcome);
    for (const item of items) {
      add(readings, item.tag, null, bad);
      if (refusal === null) continue;
      if (!this.#experience.isRefused(item)) this.#log.warn({ unit, table, start }, exceptionText(refusal));
      this.#experience.refuse(item, bad, performance.now());
    }
    return refusal === null ? 'unknown' : 'refused';
  }

  async #readHalves(block: TableRequest, readings: Readings, signal: AbortSignal): Promise<BlockResult> {
    const middle = Math.ceil(block.items.length / 2);
    const left = part(block, block.items.slice(0, middle));
    const right = part(block, block.items.slice(middle));
    const results = [await this.#readBlock(left, readings, signal), await this.#readBlock(right, readings, signal)];
    // Nothing is wrong with the items: it is what lies between them, or the length of the request.
    if (results.every((result) => result === 'read')) {
      this.#experience.separate(left, right);
      const { unit, table, start, length } = block;
      this.#log.info({ unit, table, start, length }, 'the device refuses this block but reads its halves');
    }
    return 'refused';
  }

  async #ask(
    { unit, request, urgent }: Pick<Ask, 'unit' | 'request' | 'urgent'>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    let admitted = false;
    // Asked when its turn has come, not before: while it waited, the unit may have been found dead.
    const admit = () => {
      admitted = this.#units.admit(unit);
      return admitted;
    };
    const { timeoutMs } = unitSettings(this.#settings, unit);
    try {
      const outcome = await this.#link.exchange({ unit, request, urgent, timeoutMs, admit }, signal);
      if (outcome.kind !== 'not asked' && this.#units.judge(unit, outcome)) {
        this.#link.giveUp(`${this.#settings.host}:${this.#settings.port} is connected but answers nothing any more`);
        this.#link.assertOpen();
      }
      return outcome;
    } catch (error) {
      if (admitted) this.#units.undecided(unit);
      throw error;
    }
  }
}

/** The exception by which a device refuses an unknown address (2) or too long a block (2 or 3), else null. */
function addressRefusal(outcome: Outcome): number | null {
  if (outcome.kind !== 'exception') return null;
  const { code } = outcome;
  return code === exceptions.illegalDataAddress || code === exceptions.illegalDataValue ? code : null;
}

/** Modbus has no source time: `time` is always null. */
function add(readings: Readings, tag: number, value: Value, status: number): void {
  readings.tag.push(tag);
  readings.time.push(null);
  readings.value.push(value);
  readings.status.push(status);
}

function part({ unit, table }: TableRequest, items: readonly PlannedTag[]): TableRequest {
  const start = Math.min(...items.map((item) => item.start));
  const end = Math.max(...items.map((item) => item.start + item.length));
  return { unit, table, start, length: end - start, items };
}
