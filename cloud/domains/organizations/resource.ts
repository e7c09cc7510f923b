// The organisation itself, of which a signed-in person sees exactly one.

import { defineResource, text } from '../../platform/kit/resource.ts';

export const organizations = defineResource({
  name: 'organizations',
  singular: 'organization',
  table: 'organizations',
  scope: 'organization',
  title: 'name',
  key: [],
  order: 'name',
  fields: { name: text({ required: true, sort: true, search: true, maxLength: 100 }) },
  // Organisations are made by the first run, and end with their data: neither is a plain command.
  offers: ['list', 'get', 'update'],
});
