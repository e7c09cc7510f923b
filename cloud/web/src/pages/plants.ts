// Plants of the organisation, each with its clock.

import { plants } from '../../../domains/plants/resource.ts';
import { definePage } from '../kit/page.ts';
import { TimeZoneInput } from './time-zone-input.tsx';

export const plantsPage = definePage({
  resource: plants,
  columns: ['name', 'timeZone'],
  form: ['name', 'timeZone'],
  inputs: { timeZone: TimeZoneInput },
  words: {
    en: {
      many: 'Plants',
      one: 'Plant',
      create: 'New plant',
      empty: 'No plant that you may see. Machines, shifts and people belong to a plant; press N to make one.',
      fields: { name: 'Name', timeZone: 'Time zone' },
      choices: {},
      hints: { timeZone: 'Shifts and days are cut by this clock. Type a city, such as Berlin.' },
    },
    de: {
      many: 'Werke',
      one: 'Werk',
      create: 'Neues Werk',
      empty:
        'Kein Werk, das Sie sehen dürfen. Maschinen, Schichten und Menschen gehören zu einem Werk; N legt eines an.',
      fields: { name: 'Name', timeZone: 'Zeitzone' },
      choices: {},
      hints: { timeZone: 'Schichten und Tage richten sich nach dieser Uhr. Tippen Sie eine Stadt, etwa Berlin.' },
    },
  },
});
