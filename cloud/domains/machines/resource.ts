// Machines: what stands in a plant and is counted, and how each is read and judged.

import { boolean, choice, defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

export const machines = defineResource({
  name: 'machines',
  singular: 'machine',
  table: 'machines',
  scope: 'plant',
  title: 'displayName',
  key: ['plantId', 'name'],
  order: 'displayName',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    name: text({
      required: true,
      sort: true,
      search: true,
      maxLength: 60,
      pattern: { source: '^[a-z0-9][a-z0-9_-]*$', says: 'small letters, digits, dash and underscore' },
    }),
    displayName: text({ required: true, sort: true, search: true, maxLength: 100 }),
    description: text({ multiline: true, maxLength: 1000 }),
    defaultMaterialId: reference('materials', { title: 'code' }),
    goodSource: choice(['machine', 'operator'], { required: true, default: 'machine' }),
    rejectSource: choice(['machine', 'operator', 'machine_and_operator'], { required: true, default: 'machine' }),
    minorStopS: integer({ required: true, sort: true, maximum: 86_400, unit: 's', default: 300 }),
    breaksAreFixed: boolean({ required: true, default: false }),
    /** Who opens its runs; left open, its PLC where an order or material tag is mapped, else operators. */
    runSource: choice(['plc', 'operator', 'schedule'], {}),
    stateNumbering: choice(['packml_2015', 'packml_2008'], { required: true, default: 'packml_2015' }),
  },
});
