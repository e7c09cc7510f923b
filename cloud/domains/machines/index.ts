// Machines: what stands in a plant and is counted, and what each still lacks before its OEE can be trusted
// (checklist.ts).
//
// Tables: mes.machines; the check list reads those of tags, lanes, calendars, runs and standards.
// Permissions: machines.*.
export type { MachineFaults } from './faults.ts';
export { machines } from './resource.ts';
export { machinesRoutes } from './routes.ts';
export { machineRules } from './rules.ts';
export type { CheckList } from './schema.ts';
