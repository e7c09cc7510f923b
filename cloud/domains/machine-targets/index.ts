// Machine targets: the OEE that is asked of a machine, by day. No figure is computed from it; it is drawn
// beside them, and the target of an order's pieces follows from it (DEFINITIONS 1: target now).
//
// Tables: mes.machine_targets. Permissions: machine-targets.*.
export { machineTargets } from './resource.ts';
export { machineTargetRules } from './rules.ts';
