// The steps of a routing. Machine and lane are told by name: each plant has its own of that name.

import { defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

export const routingOperations = defineResource({
  name: 'routing-operations',
  singular: 'step',
  table: 'routing_operations',
  scope: 'organization',
  title: 'name',
  key: ['routingId', 'sequence'],
  order: 'sequence',
  fields: {
    routingId: reference('routings', { required: true, fixed: true }),
    sequence: integer({ required: true, sort: true, minimum: 1, maximum: 9_999 }),
    code: text({ required: true, sort: true, search: true, maxLength: 20 }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    machineName: text({ maxLength: 100 }),
    laneName: text({ maxLength: 100 }),
  },
});
