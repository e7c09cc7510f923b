// Units of measure: pcs, kg, box. What one is in another is the domain unit-conversions.
//
// Tables: mes.units_of_measure. Permissions: units-of-measure.*.
export { starterConversions, starterUnits, units } from './resource.ts';
export { unitsRoutes } from './routes.ts';
export { takeStarterUnits } from './service.ts';
