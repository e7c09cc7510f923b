// Machines: what stands in a plant and is counted.
//
// Tables: mes.machines. Permissions: machines.*.
export { machines } from './resource.ts';
export { machineRules } from './rules.ts';
