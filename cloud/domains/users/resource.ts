// The users of an organisation, as lists and forms show them.

import { boolean, choice, defineResource, text, texts } from '../../platform/kit/resource.ts';

export const users = defineResource({
  name: 'users',
  singular: 'user',
  table: 'users',
  scope: 'organization',
  title: 'displayName',
  key: [],
  order: 'displayName',
  // A user is made by a command of its own: there is more to say than fields.
  offers: ['list', 'get', 'update', 'archive', 'import', 'export'],
  fields: {
    displayName: text({ required: true, sort: true, search: true, maxLength: 100 }),
    email: text({
      search: true,
      maxLength: 254,
      pattern: { source: '^[^@\\s\\u0000]+@[^@\\s\\u0000]+$', says: 'an e-mail address' },
    }),
    badge: text({
      search: true,
      maxLength: 64,
      pattern: { source: '^[A-Za-z0-9-]{3,64}$', says: '3 to 64 letters, digits and dashes' },
    }),
    language: choice(['en', 'de'], { required: true, sort: true, default: 'en' }),
    timeFormat: choice(['24h', '12h'], { required: true, default: '24h' }),
    allPlants: boolean({ required: true, readOnly: true }),
  },
});

const { displayName, email, badge, language, timeFormat } = users.fields;

/**
 * The columns of the CSV file: what the list shows and the rights, never a secret. A role is its code, at one
 * plant `operator@Plant North`; plants by name, none: all of them. Several are divided by `|`.
 */
export const userFile = defineResource({
  name: 'users',
  singular: 'user',
  table: 'users',
  scope: 'organization',
  title: 'displayName',
  key: [],
  order: 'displayName',
  fields: {
    displayName,
    email,
    badge,
    language,
    timeFormat,
    roles: texts({ default: [], maxLength: 300 }),
    plants: texts({ default: [] }),
  },
});
