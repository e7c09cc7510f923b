// Materials: what is made, what it is made of, what it is packed in.

import { attributes, defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

export const materials = defineResource({
  name: 'materials',
  singular: 'material',
  table: 'materials',
  scope: 'plant',
  // Materials hold for the whole organisation.
  wholeOrganization: ['create', 'update', 'archive', 'import', 'revise'],
  title: 'code',
  key: ['code'],
  order: 'code',
  searchedBy: 'search_materials',
  fields: {
    code: text({ required: true, sort: true, search: true, maxLength: 40 }),
    name: text({ required: true, sort: true, search: true, maxLength: 200 }),
    description: text({ multiline: true, maxLength: 2_000 }),
    materialGroup: text({ search: true, maxLength: 100 }),
    unitId: reference('units-of-measure', { required: true, title: 'code' }),
    /** The one that is made now; another one comes by the command, with its reason. */
    revision: text({ required: true, fixed: true, default: '1', maxLength: 20 }),
    startupGoodInARow: integer({ required: true, default: 0, maximum: 1_000_000 }),
    attributes: attributes({ required: true, default: {} }),
  },
});
