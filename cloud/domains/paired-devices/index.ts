// Paired devices: tablets at a line, on which operators sign in with a PIN for minutes, and TVs, which show
// the plant and nothing else (role tv_link). A device belongs to one plant.
//
// Tables: mes.paired_devices, mes.sessions. Permissions: paired-devices.read, .create, .update, .archive, .pair.

export { pairedDevicesRoutes } from './routes.ts';
