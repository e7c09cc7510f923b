// The installation as a whole: its first run, the history of the demo, and the removal of the demo.
//
// Tables: the first rows of organizations, plants and users; mes.demo_histories (written by deploy/demo).
// Permissions: demo-data.delete; the history is read with metrics.read.

export { installationRoutes } from './routes.ts';
export type { DemoData } from './schema.ts';
