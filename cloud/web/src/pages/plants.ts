// Plants of the organisation, each with its clock.

import { plants } from '../../../domains/plants/resource.ts';
import { definePage } from '../kit/page.ts';
import { TimeZoneInput } from './time-zone-input.tsx';

export const plantsPage = definePage({
  resource: plants,
  columns: ['name', 'timeZone'],
  form: ['name', 'timeZone', 'noOrder'],
  inputs: { timeZone: TimeZoneInput },
  words: {
    en: {
      many: 'Plants',
      one: 'Plant',
      create: 'New plant',
      empty: 'No plant that you may see. Machines, shifts and people belong to a plant; press N to make one.',
      fields: { name: 'Name', timeZone: 'Time zone', noOrder: 'Without an order' },
      choices: { noOrder: { loss: 'is a loss', planned: 'is planned' } },
      hints: {
        timeZone: 'Shifts and days are cut by this clock. Type a city, such as Berlin.',
        noOrder:
          'Time in which a machine stands and no order runs. A loss lowers availability and so OEE; planned time counts for neither.',
      },
    },
    de: {
      many: 'Werke',
      one: 'Werk',
      create: 'Neues Werk',
      empty:
        'Kein Werk, das Sie sehen dürfen. Maschinen, Schichten und Menschen gehören zu einem Werk; N legt eines an.',
      fields: { name: 'Name', timeZone: 'Zeitzone', noOrder: 'Ohne Auftrag' },
      choices: { noOrder: { loss: 'ist Verlust', planned: 'ist geplant' } },
      hints: {
        timeZone: 'Schichten und Tage richten sich nach dieser Uhr. Tippen Sie eine Stadt, etwa Berlin.',
        noOrder:
          'Zeit, in der eine Maschine steht und kein Auftrag läuft. Verlust senkt die Verfügbarkeit und damit die OEE; geplante Zeit zählt für beide nicht.',
      },
    },
  },
});
