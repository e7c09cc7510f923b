// Settings of an organisation: a few declared values (declarations.ts), each with a default.
//
// Tables: mes.system_settings. Permissions: settings.read, settings.update.
export { settingsRoutes } from './routes.ts';
