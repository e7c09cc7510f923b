// Production standards: the ideal cycle of a material on a machine, given as seconds a piece or pieces an
// hour, and how many pieces one count is; for an operation or for any, from a day of the plant on.
// In SQL the one that holds is mes.production_standard_at.
//
// Tables: mes.production_standards. Permissions: production-standards.*.
export type { StandardFaults } from './faults.ts';
export { productionStandards } from './resource.ts';
export { productionStandardsRoutes } from './routes.ts';
export { productionStandardRules } from './rules.ts';
