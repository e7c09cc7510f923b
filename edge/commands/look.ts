// unison-edge read and browse: what is there, seen through the same drivers the agent uses, once.

import {
  type BrowseItem,
  type Datatype,
  type Driver,
  DriverError,
  type DriverLog,
  isBad,
  type Readings,
  status as statusCodes,
  type Value,
} from '../../protocols/driver.ts';
import { EdgeConfigError, type LoadedConfig, type LoadedDevice } from '../config.ts';
import { createDriver } from '../drivers.ts';
import { table } from './table.ts';

const timeoutMs = 30_000;

/**
 * Reads every tag of a device (or of all) once and prints name, value, unit, status and source time. A
 * device that cannot be read says why in its place, and the process ends with code 1.
 */
export async function readOnce(config: LoadedConfig, name: string | undefined, log: DriverLog): Promise<string> {
  const parts: string[] = [];
  for (const device of devicesOf(config, name)) {
    const notes: string[] = [];
    const text = await readDevice({ config, device, log: noting(log, notes) }).catch((error: unknown) => {
      if (!(error instanceof DriverError)) throw error;
      process.exitCode = 1;
      return error.message;
    });
    parts.push([device.config.name, text, ...notes.map((note) => `! ${note}`)].join('\n'));
  }
  return parts.join('\n\n');
}

async function readDevice(of: { config: LoadedConfig; device: LoadedDevice; log: DriverLog }): Promise<string> {
  const { device } = of;
  const readings = await withDriver(of, async (driver, signal) => {
    if (!driver.read) throw new EdgeConfigError(`${device.config.name}: this driver cannot read on demand`);
    return driver.read(
      device.tags.map((tag) => tag.driver),
      signal,
    );
  });
  // Modbus has no clock: an empty column would look like a fault.
  const withTime = readings.time.some((time) => time !== null);
  const head = ['tag', 'value', 'unit', 'status', ...(withTime ? ['source time (UTC)'] : [])];
  return table(
    head,
    readings.tag.map((_, row) => rowOfReading(device, readings, row)),
  );
}

function rowOfReading(device: LoadedDevice, readings: Readings, row: number): string[] {
  const tag = device.tags[readings.tag[row] as number];
  const code = readings.status[row] ?? 0;
  const time = readings.time[row] ?? null;
  return [
    tag?.config.name ?? '',
    isBad(code) ? '–' : words(readings.value[row] ?? null, tag?.driver.datatype ?? null),
    tag?.config.unit ?? '',
    statusWords(code),
    time === null ? '' : new Date(time).toISOString(),
  ];
}

/** A 32-bit float with the digits it has: 163.26, not 163.25999450683594. */
function words(value: Value, datatype: Datatype | null): string {
  if (value === null) return '';
  return datatype === 'Float' && typeof value === 'number' && Number.isFinite(value)
    ? String(Number(value.toPrecision(7)))
    : String(value);
}

const meanings: Readonly<Record<number, string>> = {
  [statusCodes.badCommunicationError]: 'no communication with it',
  [statusCodes.badTimeout]: 'no answer in time',
  [statusCodes.badNotConnected]: 'not connected',
  [statusCodes.badNodeIdUnknown]: 'the device has no such address',
  [statusCodes.badOutOfRange]: 'out of range',
  [statusCodes.badDecodingError]: 'the value does not fit the datatype',
  [statusCodes.badWaitingForInitialData]: 'the device has no value yet',
};

function statusWords(code: number): string {
  if (code === 0) return 'good';
  const meaning = meanings[(code & 0xffff_0000) >>> 0];
  const hex = `0x${code.toString(16).padStart(8, '0')}`;
  const kind = isBad(code) ? 'bad' : (code & 0x4000_0000) === 0 ? 'good' : 'uncertain';
  return `${kind}${meaning === undefined ? '' : `: ${meaning}`} (${hex})`;
}

/** What a driver warns of is told below its table, in words. */
function noting(log: DriverLog, notes: string[]): DriverLog {
  const note = (data: object, message: string): void => {
    const details = Object.entries(data).map(([key, value]) => `${key} ${String(value)}`);
    notes.push([details.join(' '), message].filter((part) => part !== '').join(': '));
  };
  return { debug: log.debug.bind(log), info: log.info.bind(log), warn: note, error: note };
}

/** Lists what a device has below a place: folders with where to look next, variables with address, datatype and value. */
export async function browse(
  config: LoadedConfig,
  options: { device: string; below: string | null; depth: number },
  log: DriverLog,
): Promise<string> {
  const [device] = devicesOf(config, options.device);
  if (!device) return '';
  if (device.config.driver === 'modbus') {
    throw new EdgeConfigError(
      `${device.config.name}: a Modbus device cannot say what it has. Take the addresses from its manual; \`unison-edge read\` shows what they give.`,
    );
  }
  const rows: string[][] = [];
  const closed: string[] = [];
  const notes: string[] = [];
  await withDriver({ config, device, log: noting(log, notes) }, async (driver, signal) => {
    const look = driver.browse?.bind(driver);
    if (!look) return;
    const walk = async (below: string | null, depth: number): Promise<void> => {
      for (const item of await look(below, signal)) {
        rows.push(rowOf(item, options.depth - depth));
        if (item.children === null || depth <= 1 || rows.length >= mostRows) continue;
        if (options.below === null && isStandard(item.children)) closed.push(item.children);
        else await walk(item.children, depth - 1);
      }
    };
    await walk(options.below, options.depth);
  });
  return [
    table(['name', 'address', 'datatype', 'value', 'look below'], rows),
    ...(closed.length > 0 ? [`the server's own nodes are not opened; to see one: --below ${closed[0]}`] : []),
    ...(rows.length >= mostRows ? [`more than ${mostRows}: begin further down with --below`] : []),
    ...notes.map((note) => `! ${note}`),
  ].join('\n');
}

/** Namespace 0 is the OPC UA standard's own: nobody looks for a machine there. */
function isStandard(place: string): boolean {
  return /^(ns=0;)?[isgb]=/.test(place);
}

const mostRows = 2_000;

function rowOf(item: BrowseItem, indent: number): string[] {
  const value = words(item.value, item.datatype);
  return [
    `${'  '.repeat(indent)}${item.name}`,
    item.address ?? '',
    item.datatype ?? '',
    value.length > 40 ? `${value.slice(0, 39)}…` : value,
    // A variable is looked below by its address, if at all.
    item.children === item.address ? '' : (item.children ?? ''),
  ];
}

function devicesOf(config: LoadedConfig, name: string | undefined): LoadedDevice[] {
  const found = config.devices.filter((device) => name === undefined || device.config.name === name);
  if (found.length > 0) return found;
  const known = config.devices.map((device) => device.config.name).join(', ');
  throw new EdgeConfigError(`There is no device ${name ?? ''} in ${config.file}. There are: ${known || 'none yet'}.`);
}

async function withDriver<T>(
  of: { config: LoadedConfig; device: LoadedDevice; log: DriverLog },
  work: (driver: Driver, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const events = {
    readings: () => {},
    alive: () => {},
    overflow: () => {},
    lost: (reason: Error) => lost.reject(reason),
  };
  const driver = await createDriver({ device: of.device, events, log: of.log, dataDirectory: of.config.dataDirectory });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await driver.connect(signal);
    return await Promise.race([work(driver, signal), lost.promise]);
  } catch (error) {
    throw withApproval(error, of);
  } finally {
    await driver.close();
  }
}

/** Says the command that approves, beside the folders that the driver names. */
function withApproval(error: unknown, { config, device }: { config: LoadedConfig; device: LoadedDevice }): unknown {
  if (!(error instanceof DriverError) || error.code !== 'certificate_untrusted') return error;
  const thumbprint = /thumbprint ([0-9A-F]{40})/.exec(error.message)?.[1];
  const command = `unison-edge certificates ${config.file} ${device.config.name}`;
  const approval = thumbprint === undefined ? command : `${command} --approve ${thumbprint.slice(0, 12)}`;
  return new DriverError(error.code, `${error.message}\nThe command that does this: ${approval}`, { cause: error });
}
