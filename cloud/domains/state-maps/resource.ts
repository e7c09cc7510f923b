// What values of state tags mean beyond PackML: for one machine, or for all of the organisation.

import { choice, defineResource, reference, text } from '../../platform/kit/resource.ts';

export const stateMaps = defineResource({
  name: 'state-maps',
  singular: 'state value',
  table: 'state_maps',
  scope: 'plant',
  title: 'value',
  key: [],
  order: 'value',
  offers: ['list', 'get', 'create', 'update', 'archive', 'export'],
  fields: {
    value: text({ required: true, fixed: true, sort: true, search: true, maxLength: 200 }),
    machineId: reference('machines', { fixed: true, title: 'display_name' }),
    plantId: reference('plants', { readOnly: true }),
    state: choice(['running', 'setup', 'idle', 'stopped'], { required: true, sort: true }),
    lossReasonId: reference('loss-reasons', {}),
  },
});
