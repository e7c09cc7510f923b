// Which driver a device gets. node-opcua is large: it is loaded only where a device needs it.

import { resolve } from 'node:path';
import type { Driver, DriverEvents, DriverLog } from '../protocols/driver.ts';
import type { LoadedDevice } from './config.ts';

/** Makes a driver for one connection; opens nothing. `dataDirectory` holds the certificates. */
export async function createDriver(options: {
  device: LoadedDevice;
  events: DriverEvents;
  log: DriverLog;
  dataDirectory: string;
}): Promise<Driver> {
  const { device, events, log, dataDirectory } = options;
  const { config } = device;
  switch (config.driver) {
    case 'opcua': {
      const { createOpcuaDriver } = await import('../protocols/opcua/driver.ts');
      return createOpcuaDriver(
        { ...config.settings, certificates: resolve(dataDirectory, config.settings.certificates) },
        events,
        log,
      );
    }
    case 'modbus': {
      const { createModbusDriver } = await import('../protocols/modbus/driver.ts');
      return createModbusDriver(config.settings, events, log);
    }
  }
}
