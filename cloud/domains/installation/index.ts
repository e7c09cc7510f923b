// The installation as a whole: its first run, and the removal of the demo.
//
// Tables: the first rows of organizations, plants and users. Permissions: demo-data.delete.

export { installationRoutes } from './routes.ts';
