// Lanes: the lines of a plant. Which machines stand in one is told by time (service.ts).

import { choice, defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

export const lanes = defineResource({
  name: 'lanes',
  singular: 'lane',
  table: 'lanes',
  scope: 'plant',
  title: 'name',
  key: ['plantId', 'name'],
  order: 'position',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    kind: choice(['serial', 'parallel'], { required: true, sort: true, default: 'serial' }),
    position: integer({ required: true, sort: true, maximum: 10_000, default: 0 }),
    description: text({ multiline: true, maxLength: 1000 }),
  },
});
