// What a configured device declares: its tags as the buffer's dictionary and the births have them.

import { datatypeCode } from '../protocols/sparkplug/datatypes.ts';
import type { LoadedDevice } from './config.ts';
import { encodeMeaning } from './uplink/births.ts';

/** The device's tags with their Sparkplug datatype codes and birth properties. */
export function declarations(device: LoadedDevice): { name: string; datatype: number; properties: string }[] {
  const polled = device.config.driver === 'modbus' || device.config.settings.mode === 'poll';
  return device.tags.map(({ config, driver, machine }) => ({
    name: config.name,
    datatype: datatypeCode[driver.datatype],
    properties: encodeMeaning({
      unit: config.unit,
      machine,
      role: config.role,
      reason: config.reason,
      counter: config.counter?.kind ?? (config.role?.endsWith('_count') ? 'cumulative' : undefined),
      modulus: config.counter?.modulus,
      pollMs: polled ? driver.intervalMs : undefined,
    }),
  }));
}
