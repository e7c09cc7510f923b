// Work orders: what is to be made by which day. States: planned → released → running ⇄ paused → completed →
// closed, and cancelled; see rules.ts. Runs on machines move an order between running and paused.
//
// Tables: mes.work_orders, mes.work_order_operations, mes.work_order_names. Permissions: work-orders.*.

export type { OrderFaults } from './faults.ts';
export { workOrders } from './resource.ts';
export { workOrdersRoutes } from './routes.ts';
export { workOrderRules } from './rules.ts';
export { followRuns } from './run-status.ts';
