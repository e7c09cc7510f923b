// unison-edge plan: what a configuration will cost before it runs. Requests per Modbus unit and bus
// time, monitored items, bytes per second at most, sizes of the births, hours until the buffer is full.

import { planReport } from '../../protocols/modbus/plan-report.ts';
import type { LoadedConfig, LoadedDevice } from '../config.ts';
import { declarations } from '../declarations.ts';
import { encodeDeviceBirth } from '../uplink/births.ts';
import { table } from './table.ts';

/** Bytes of one changed value on the wire and in the buffer, measured in test/bench. */
const wireBytesPerValue = 22;
const bufferBytesPerValue = 26;
/** What brokers accept in one message unless they are told otherwise: the smallest of common defaults. */
const packetLimit = 1_048_576;
/** An OPC UA tag without interval is assumed to change this often, for the estimate. */
const assumedChangeMs = 1_000;

export function plan(config: LoadedConfig): string {
  const parts = config.devices.map((device) =>
    device.config.driver === 'modbus' ? planModbus(device) : planOpcua(device),
  );
  const valuesPerSecond = config.devices.reduce((sum, device) => sum + valuesOf(device), 0);
  const bufferBytes = config.config.buffer.maxMegabytes * 1024 * 1024;
  const hours =
    valuesPerSecond === 0 ? Number.POSITIVE_INFINITY : bufferBytes / (valuesPerSecond * bufferBytesPerValue) / 3600;
  const births = config.devices.map((device) => {
    const size = birthSize(device);
    return [
      device.config.name,
      String(device.tags.length),
      `${(size / 1024).toFixed(1)} KiB`,
      size > packetLimit ? 'over 1 MiB: split this device' : '',
    ];
  });
  parts.push(
    `births (one message per device after each connection)\n${table(['device', 'tags', 'size', 'remark'], births)}`,
    [
      'if every tag changes each time it is sampled',
      `  ${valuesPerSecond.toFixed(0)} values/s, ${((valuesPerSecond * wireBytesPerValue) / 1024).toFixed(1)} KiB/s to the broker`,
      `  without the cloud a buffer of ${config.config.buffer.maxMegabytes} MB is full after ${duration(hours)}; values older than ${config.config.buffer.maxAgeDays} days go first`,
    ].join('\n'),
  );
  return parts.join('\n\n');
}

function duration(hours: number): string {
  if (hours < 48) return `${hours.toFixed(1)} h`;
  return hours > 10 * 365 * 24 ? 'more than 10 years' : `${(hours / 24).toFixed(0)} days`;
}

/** One line per device for `check`: births too large for common brokers. */
export function birthWarnings(config: LoadedConfig): string[] {
  return config.devices
    .filter((device) => birthSize(device) > packetLimit)
    .map(
      (device) =>
        `${device.config.name}: its birth of ${(birthSize(device) / 1_048_576).toFixed(1)} MiB passes the packet limit of many brokers (1 MiB): split the device`,
    );
}

function planModbus(device: LoadedDevice): string {
  if (device.config.driver !== 'modbus') return '';
  const { settings } = device.config;
  const byInterval = new Map<number, LoadedDevice['tags'][number]['driver'][]>();
  for (const { driver } of device.tags)
    byInterval.set(driver.intervalMs, [...(byInterval.get(driver.intervalMs) ?? []), driver]);
  const rows: string[][] = [];
  const warnings: string[] = [];
  let busy = 0;
  for (const [interval, tags] of [...byInterval].sort(([a], [b]) => a - b)) {
    const report = planReport(tags, settings);
    for (const unit of report.units) {
      rows.push([
        `${interval} ms`,
        String(unit.unit),
        String(unit.tags),
        String(unit.requests.length),
        String(unit.registers),
        String(unit.bits),
        `${unit.cycleMs} ms`,
      ]);
    }
    if (report.cycleMs > interval)
      warnings.push(
        `  reading takes ${report.cycleMs} ms, more than its ${interval} ms: read less often, or allow larger gaps`,
      );
    busy += report.cycleMs / Math.max(1, interval);
    for (const { tag, reason } of report.problems) warnings.push(`  ${tag} cannot be read: ${reason}`);
  }
  const line = settings.framing === 'tcp' ? '' : ' and a serial line of 9600 baud';
  return [
    `${device.config.name}: Modbus ${settings.framing} ${settings.host}:${settings.port}`,
    table(['every', 'unit', 'tags', 'requests', 'registers', 'coils', 'bus time'], rows),
    `  the link is busy ${(busy * 100).toFixed(0)} % of the time, if devices answer in 10 ms${line}`,
    ...warnings,
  ].join('\n');
}

function planOpcua(device: LoadedDevice): string {
  if (device.config.driver !== 'opcua') return '';
  const { settings, name } = device.config;
  const kind = settings.mode === 'poll' ? 'values read in a poll' : 'monitored items';
  return `${name}: OPC UA ${settings.endpoint}\n  ${device.tags.length} ${kind}, reported every ${settings.publishingInterval} ms`;
}

function valuesOf(device: LoadedDevice): number {
  return device.tags.reduce((sum, tag) => sum + 1000 / (tag.driver.intervalMs || assumedChangeMs), 0);
}

function birthSize(device: LoadedDevice): number {
  const tags = declarations(device).map((tag, index) => ({ no: index + 1, device: device.config.name, ...tag }));
  const now = Date.now();
  return encodeDeviceBirth({ tags, current: () => ({ time: now, value: null, status: 0 }), seq: 0, now }).length;
}
