// Routings: the steps that a new work order of a material gets as its operations.
//
// Tables: mes.routings, mes.routing_operations. Permissions: routings.*, routing-operations.*.

export { routings } from './resource.ts';
