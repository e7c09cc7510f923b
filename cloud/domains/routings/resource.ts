// Routings: how a material is made, step by step. One per material.

import { defineResource, reference, text } from '../../platform/kit/resource.ts';

export const routings = defineResource({
  name: 'routings',
  singular: 'routing',
  table: 'routings',
  scope: 'organization',
  title: 'name',
  key: ['name'],
  order: 'name',
  fields: {
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    materialId: reference('materials', { required: true, title: 'code' }),
  },
});
