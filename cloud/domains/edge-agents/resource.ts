// Edge agents: the programs at the machines, each known by its plant's group and its own name.

import { defineResource, reference, text } from '../../platform/kit/resource.ts';

export const edgeAgents = defineResource({
  name: 'edge-agents',
  singular: 'agent',
  table: 'edge_agents',
  scope: 'plant',
  title: 'edgeId',
  key: ['edgeId'],
  order: 'edgeId',
  // Group and name are in its topics and its account: another name is another agent.
  offers: ['list', 'get', 'create', 'update', 'archive', 'export'],
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    edgeId: text({
      required: true,
      fixed: true,
      sort: true,
      search: true,
      maxLength: 64,
      pattern: { source: '^[A-Za-z0-9._-]+$', says: 'letters, digits, point, dash and underscore' },
    }),
    groupId: text({ required: true, readOnly: true, search: true, maxLength: 100 }),
    description: text({ multiline: true, maxLength: 1000 }),
  },
});
