// Work orders: what is to be made, how much of it, by which day, and how far it is.

import {
  choice,
  date,
  decimal,
  defineResource,
  instant,
  integer,
  reference,
  text,
} from '../../platform/kit/resource.ts';

export const workOrders = defineResource({
  name: 'work-orders',
  singular: 'work order',
  table: 'work_orders',
  scope: 'plant',
  title: 'number',
  key: ['number'],
  order: 'number',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    number: text({ required: true, fixed: true, sort: true, search: true, maxLength: 40 }),
    materialId: reference('materials', { required: true, title: 'code' }),
    quantity: decimal({ required: true, minimum: 0.000001 }),
    /** Left out: the unit of the material. */
    unitId: reference('units-of-measure', { title: 'code', fixed: true }),
    promisedDate: date({ required: true, sort: true }),
    /** 1 is first. */
    priority: integer({ required: true, sort: true, minimum: 1, maximum: 9, default: 5 }),
    laneId: reference('lanes', {}),
    plannedFrom: instant({}),
    plannedTo: instant({}),
    status: choice(['planned', 'released', 'running', 'paused', 'completed', 'closed', 'cancelled'], {
      required: true,
      readOnly: true,
      sort: true,
      default: 'planned',
    }),
    actualFrom: instant({ readOnly: true }),
    actualTo: instant({ readOnly: true }),
    erpReference: text({ search: true, maxLength: 100 }),
    remarks: text({ multiline: true, maxLength: 1000 }),
  },
});
