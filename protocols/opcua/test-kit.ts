// What the tests of the OPC UA driver share: settings with short waits, tags, and a recorder of events.

import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Value from 'typebox/value';
import {
  type Driver,
  DriverError,
  type DriverEvents,
  type DriverLog,
  type DriverTag,
  type Value as TagValue,
} from '../driver.ts';
import { createOpcuaDriver } from './driver.ts';
import { type OpcuaSettings, opcuaSettings } from './settings.ts';

export const never = (): AbortSignal => new AbortController().signal;

/** Settings as they come from a YAML file: defaults filled in, checked. */
export function settingsFor(endpoint: string, certificates: string, given: object = {}): OpcuaSettings {
  const short = {
    publishingInterval: 50,
    keepAlive: 1_000,
    sessionTimeout: 3_000,
    requestTimeout: 5_000,
    connectTimeout: 10_000,
  };
  return Value.Parse(opcuaSettings, Value.Default(opcuaSettings, { endpoint, certificates, ...short, ...given }));
}

export const unsecured = { security: { policy: 'None', mode: 'None' } };

export function tag(name: string, given: Partial<DriverTag> = {}): DriverTag {
  return { name, address: `ns=1;s=${name}`, datatype: 'Int32', intervalMs: 10, deadband: 0, ...given };
}

export interface Row {
  readonly tag: number;
  readonly time: number | null;
  readonly value: TagValue;
  readonly status: number;
  readonly initial: boolean;
}

export interface Recorder extends DriverEvents {
  readonly rows: Row[];
  readonly overflows: number[][];
  readonly losses: Error[];
  readonly warnings: string[];
  readonly log: DriverLog;
  alives: number;
}

function recorder(): Recorder {
  const rows: Row[] = [];
  const overflows: number[][] = [];
  const losses: Error[] = [];
  const warnings: string[] = [];
  return {
    rows,
    overflows,
    losses,
    warnings,
    alives: 0,
    log: { debug() {}, info() {}, warn: (_, message) => warnings.push(message), error() {} },
    readings(readings, initial) {
      readings.tag.forEach((index, row) => {
        const { time, value, status } = readings;
        rows.push({
          tag: index,
          time: time[row] ?? null,
          value: value[row] ?? null,
          status: status[row] ?? -1,
          initial,
        });
      });
    },
    alive() {
      this.alives += 1;
    },
    overflow: (tags) => overflows.push(tags),
    lost: (reason) => losses.push(reason),
  };
}

/** Waits until the condition holds; the test's own time-out is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** The DriverError a connect, read or write must end with. */
export async function failure(promise: Promise<unknown>): Promise<DriverError> {
  const reason = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (reason instanceof DriverError) return reason;
  throw new Error('expected a DriverError', { cause: reason });
}

/** What a plant engineer does: moves what waits in rejected/ to trusted/. Returns the file names. */
export async function approveAll(certificates: string): Promise<string[]> {
  await mkdir(join(certificates, 'trusted'), { recursive: true });
  const files = await readdir(join(certificates, 'rejected'));
  for (const file of files) await rename(join(certificates, 'rejected', file), join(certificates, 'trusted', file));
  return files;
}

/** Drivers and folders of one test, all tidied up at its end. */
export interface Bench {
  folder(): Promise<string>;
  create(settings: OpcuaSettings): { driver: Driver; events: Recorder };
  connect(settings: OpcuaSettings): Promise<{ driver: Driver; events: Recorder }>;
  later(tidy: () => Promise<unknown>): void;
  tidy(): Promise<void>;
}

export function bench(): Bench {
  const tidies: (() => Promise<unknown>)[] = [];
  const create: Bench['create'] = (settings) => {
    const events = recorder();
    const driver = createOpcuaDriver(settings, events, events.log);
    tidies.push(() => driver.close());
    return { driver, events };
  };
  return {
    folder: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'opcua-edge-'));
      tidies.push(() => rm(folder, { recursive: true, force: true }));
      return folder;
    },
    create,
    connect: async (settings) => {
      const made = create(settings);
      await made.driver.connect(never());
      return made;
    },
    later: (tidy) => tidies.push(tidy),
    tidy: async () => {
      for (const tidy of tidies.splice(0).reverse()) await tidy();
    },
  };
}
