// The steps of one work order, in their sequence: where each is done, and how much of it.

import { choice, decimal, defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

export const workOrderOperations = defineResource({
  name: 'work-order-operations',
  singular: 'operation',
  table: 'work_order_operations',
  scope: 'plant',
  title: 'name',
  key: ['workOrderId', 'sequence'],
  order: 'sequence',
  fields: {
    workOrderId: reference('work-orders', { required: true, fixed: true, title: 'number' }),
    /** The order's. */
    plantId: reference('plants', { required: true, readOnly: true }),
    sequence: integer({ required: true, sort: true, minimum: 1, maximum: 9_999 }),
    code: text({ required: true, sort: true, search: true, maxLength: 20 }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    laneId: reference('lanes', {}),
    machineId: reference('machines', { title: 'display_name' }),
    /** Left out: the quantity of the order. */
    plannedQuantity: decimal({ minimum: 0.000001 }),
    status: choice(['planned', 'running', 'completed', 'cancelled'], {
      required: true,
      sort: true,
      default: 'planned',
    }),
  },
});
