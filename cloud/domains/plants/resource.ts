// The plants of an organisation. A plant has one time zone: shifts and days are cut by its clock.

import { choice, defineResource, text } from '../../platform/kit/resource.ts';

export const plants = defineResource({
  name: 'plants',
  singular: 'plant',
  table: 'plants',
  scope: 'plant',
  // Who runs one plant makes no others.
  wholeOrganization: ['create', 'archive', 'import'],
  title: 'name',
  key: ['name'],
  order: 'name',
  fields: {
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    timeZone: text({ required: true, sort: true, maxLength: 60 }),
    /** What time without an order is: a loss that counts against availability, or planned. */
    noOrder: choice(['loss', 'planned'], { required: true, default: 'loss' }),
  },
});
