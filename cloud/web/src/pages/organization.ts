// The organisation one is signed in to.

import { organizations } from '../../../domains/organizations/resource.ts';
import { definePage } from '../kit/page.ts';
import { DemoRemoval } from './demo-removal.tsx';

export const organizationPage = definePage({
  resource: organizations,
  columns: ['name'],
  form: ['name'],
  Detail: DemoRemoval,
  words: {
    en: {
      many: 'Organisation',
      one: 'Organisation',
      create: 'New organisation',
      empty: 'There is no organisation that you may see.',
      fields: { name: 'Name' },
      choices: {},
    },
    de: {
      many: 'Organisation',
      one: 'Organisation',
      create: 'Neue Organisation',
      empty: 'Es gibt keine Organisation, die Sie sehen dürfen.',
      fields: { name: 'Name' },
      choices: {},
    },
  },
});
