// unison-edge read and browse: what is there, seen through the same drivers the agent uses, once.

import { type BrowseItem, type Driver, type DriverLog, isBad } from '../../protocols/driver.ts';
import { EdgeConfigError, type LoadedConfig, type LoadedDevice } from '../config.ts';
import { createDriver } from '../drivers.ts';
import { table } from './table.ts';

const timeoutMs = 30_000;

/** Reads every tag of a device (or of all) once and prints name, value, unit, status and source time. */
export async function readOnce(config: LoadedConfig, name: string | undefined, log: DriverLog): Promise<string> {
  const parts: string[] = [];
  for (const device of devicesOf(config, name)) {
    const tags = device.tags.map((tag) => tag.driver);
    const readings = await withDriver({ config, device, log }, async (driver, signal) => {
      if (!driver.read) throw new EdgeConfigError(`${device.config.name}: this driver cannot read on demand`);
      return driver.read(tags, signal);
    });
    const rows = readings.tag.map((index, row) => {
      const tag = device.tags[index];
      const status = readings.status[row] ?? 0;
      const time = readings.time[row];
      return [
        tag?.config.name ?? '',
        isBad(status) ? '–' : String(readings.value[row]),
        tag?.config.unit ?? '',
        status === 0 ? 'good' : `${isBad(status) ? 'bad' : 'uncertain'} 0x${status.toString(16).padStart(8, '0')}`,
        time ? new Date(time).toISOString() : '',
      ];
    });
    parts.push(`${device.config.name}\n${table(['tag', 'value', 'unit', 'status', 'source time'], rows)}`);
  }
  return parts.join('\n\n');
}

/** Lists what a device has below a place: folders with where to look next, variables with address, datatype and value. */
export async function browse(
  config: LoadedConfig,
  options: { device: string; below: string | null; depth: number },
  log: DriverLog,
): Promise<string> {
  const [device] = devicesOf(config, options.device);
  if (!device) return '';
  const rows: string[][] = [];
  await withDriver({ config, device, log }, async (driver, signal) => {
    const look = driver.browse?.bind(driver);
    if (!look)
      throw new EdgeConfigError(
        `${device.config.name}: ${device.config.driver} has no way to say what is there; see the device's manual`,
      );
    const walk = async (below: string | null, depth: number): Promise<void> => {
      for (const item of await look(below, signal)) {
        rows.push(rowOf(item, options.depth - depth));
        if (item.children !== null && depth > 1 && rows.length < mostRows) await walk(item.children, depth - 1);
      }
    };
    await walk(options.below, options.depth);
  });
  const more = rows.length >= mostRows ? `\n… more than ${mostRows}: begin further down with --below` : '';
  return table(['name', 'address', 'datatype', 'value', 'look below'], rows) + more;
}

const mostRows = 2_000;

function rowOf(item: BrowseItem, indent: number): string[] {
  const value = item.value === null ? '' : String(item.value);
  return [
    `${'  '.repeat(indent)}${item.name}`,
    item.address ?? '',
    item.datatype ?? '',
    value.slice(0, 40),
    item.children ?? '',
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
  } finally {
    await driver.close();
  }
}
