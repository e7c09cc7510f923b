// The steps of routings (cloud/domains/routings).
//
// Tables: mes.routing_operations. Permissions: routing-operations.*.

export { routingOperations } from './resource.ts';
