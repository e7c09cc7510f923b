// Loss reasons: why time or pieces are lost, as a tree. They hold for the whole organisation, so that its
// plants can be compared; who works in one plant reads and uses them, and changes none.

import { boolean, choice, defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

export const lossReasons = defineResource({
  name: 'loss-reasons',
  singular: 'loss reason',
  table: 'loss_reasons',
  scope: 'plant',
  wholeOrganization: ['create', 'update', 'archive', 'import'],
  title: 'name',
  key: ['code'],
  order: 'name',
  fields: {
    code: text({
      required: true,
      sort: true,
      search: true,
      maxLength: 40,
      pattern: { source: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', says: 'letters, digits, point, dash and underscore' },
    }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    nameDe: text({ search: true, maxLength: 100 }),
    category: choice(['unplanned_stop', 'planned_stop', 'setup', 'idle', 'scrap', 'rework', 'startup'], {
      required: true,
      sort: true,
    }),
    parentId: reference('loss-reasons', { title: 'code' }),
    isFailure: boolean({ required: true, default: false }),
    frequentPosition: integer({ minimum: 1, maximum: 100 }),
  },
});
