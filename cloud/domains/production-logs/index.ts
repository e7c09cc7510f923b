// Production logs: what operators declare as good, scrap or rework. A row is never changed; a reversal takes it
// back, once. Whether it counts, or is only shown beside the machine's own counts, the machine's good_source
// and reject_source say.
//
// Tables: mes.production_logs. Permissions: production-logs.read, .create.

export type { LogFaults } from './faults.ts';
export { productionLogsRoutes } from './routes.ts';
