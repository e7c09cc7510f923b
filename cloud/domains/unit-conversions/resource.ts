// How many of one unit are one of another: 1 from = factor to, for all materials or for one.

import { decimal, defineResource, reference } from '../../platform/kit/resource.ts';

export const unitConversions = defineResource({
  name: 'unit-conversions',
  singular: 'unit conversion',
  table: 'unit_conversions',
  scope: 'plant',
  wholeOrganization: ['create', 'update', 'archive', 'import'],
  title: 'fromUnitId',
  key: ['materialId', 'fromUnitId', 'toUnitId'],
  order: 'fromUnitId',
  fields: {
    /** Null: for all materials. A material's own goes before. */
    materialId: reference('materials', { fixed: true, title: 'code' }),
    fromUnitId: reference('units-of-measure', { required: true, fixed: true, sort: true, title: 'code' }),
    toUnitId: reference('units-of-measure', { required: true, fixed: true, title: 'code' }),
    factor: decimal({ required: true, minimum: 1e-9, maximum: 1e9 }),
  },
});
