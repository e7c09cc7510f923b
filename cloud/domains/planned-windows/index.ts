// Planned windows: time in which a machine or a lane is meant to stand, for a reason of the category
// planned_stop. A wish until somebody approves it; who changes its times takes the approval back.
//
// Tables: mes.planned_windows. Permissions: planned-windows.*.
export type { WindowFaults } from './faults.ts';
export { plannedWindows } from './resource.ts';
export { plannedWindowsRoutes } from './routes.ts';
export { plannedWindowRules } from './rules.ts';
