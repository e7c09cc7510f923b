// Lanes: the lines of a plant. A serial lane is one flow with one constraint and one outfeed machine; the
// machines of a parallel lane do the same side by side. Who stands in a lane is told by time and can be
// corrected afterwards (docs/adr/0018).
//
// Tables: mes.lanes, mes.lane_memberships. Permissions: lanes.*.
export { laneChecks } from './arrangement.ts';
export type { LaneFaults } from './faults.ts';
export { lanes } from './resource.ts';
export { lanesRoutes } from './routes.ts';
export { laneRules } from './rules.ts';
export type { Arrangement, Places } from './schema.ts';
