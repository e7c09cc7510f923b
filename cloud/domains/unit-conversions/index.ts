// Unit conversions: 1 box = 12 pcs, in general or for one material, whose own goes before. A quantity finds
// its way over at most four of them, in exact fractions; two ways that disagree are refused, not chosen from.
//
// Tables: mes.unit_conversions. Permissions: unit-conversions.*.
export type { ConversionFaults } from './faults.ts';
export { unitConversions } from './resource.ts';
export { unitConversionsRoutes } from './routes.ts';
export { unitConversionRules } from './service.ts';
