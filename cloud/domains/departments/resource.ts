// Departments of a plant: who works where, and whom a message goes to.

import { defineResource, reference, text } from '../../platform/kit/resource.ts';

export const departments = defineResource({
  name: 'departments',
  singular: 'department',
  table: 'departments',
  scope: 'plant',
  title: 'name',
  key: ['plantId', 'code'],
  order: 'code',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    code: text({
      required: true,
      sort: true,
      search: true,
      maxLength: 20,
      pattern: { source: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', says: 'letters, digits, point, dash and underscore' },
    }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    description: text({ multiline: true, maxLength: 1000 }),
  },
});
