// Roles, as the kit serves them.

import { boolean, defineResource, text, texts } from '../../platform/kit/resource.ts';

export const roles = defineResource({
  name: 'roles',
  singular: 'role',
  table: 'roles',
  scope: 'organization',
  title: 'roleName',
  key: ['roleCode'],
  order: 'roleName',
  offers: ['list', 'get', 'create', 'update', 'archive'],
  fields: {
    roleCode: text({
      required: true,
      fixed: true,
      sort: true,
      search: true,
      maxLength: 40,
      pattern: { source: '^[a-z][a-z0-9_]*$', says: 'lower-case letters, digits and underscore, a letter first' },
    }),
    roleName: text({ required: true, sort: true, search: true, maxLength: 100 }),
    description: text({ multiline: true, maxLength: 1_000 }),
    isSystemRole: boolean({ required: true, readOnly: true }),
    permissions: texts({ required: true, default: [], maxItems: 200, maxLength: 100 }),
  },
});
