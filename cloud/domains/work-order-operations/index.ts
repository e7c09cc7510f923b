// The operations of work orders. A new order gets those of its material's routing (cloud/domains/routings).
//
// Tables: mes.work_order_operations. Permissions: work-order-operations.*.

export type { OperationFaults } from './faults.ts';
export { workOrderOperations } from './resource.ts';
export { workOrderOperationRules } from './rules.ts';
