// Paired devices of an organisation, as lists and forms show them: tablets at a line, and TVs.

import { choice, defineResource, reference, text } from '../../platform/kit/resource.ts';

export const pairedDevices = defineResource({
  name: 'paired-devices',
  singular: 'device',
  table: 'paired_devices',
  scope: 'plant',
  title: 'name',
  key: [],
  order: 'name',
  // Archiving revokes; what was revoked is paired anew, not restored into use.
  offers: ['list', 'get', 'create', 'update', 'archive'],
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    kind: choice(['tablet', 'tv'], { required: true, fixed: true }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
  },
});
