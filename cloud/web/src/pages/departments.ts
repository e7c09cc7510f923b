// Departments of a plant.

import { departments } from '../../../domains/departments/resource.ts';
import { definePage } from '../kit/page.ts';

export const departmentsPage = definePage({
  resource: departments,
  columns: ['name', 'code', 'plantId', 'description'],
  form: ['plantId', 'code', 'name', 'description'],
  words: {
    en: {
      many: 'Departments',
      one: 'Department',
      create: 'New department',
      empty: 'No department yet. Departments say who works where and whom a message goes to; press N for the first.',
      fields: { plantId: 'Plant', code: 'Code', name: 'Name', description: 'Description' },
      choices: {},
      hints: { code: 'Short, such as FILL: letters, digits, point, dash and underscore' },
    },
    de: {
      many: 'Abteilungen',
      one: 'Abteilung',
      create: 'Neue Abteilung',
      empty:
        'Noch keine Abteilung. Abteilungen sagen, wer wo arbeitet und wen eine Meldung erreicht; N legt die erste an.',
      fields: { plantId: 'Werk', code: 'Kürzel', name: 'Name', description: 'Beschreibung' },
      choices: {},
      hints: { code: 'Kurz, etwa FILL: Buchstaben, Ziffern, Punkt, Bindestrich und Unterstrich' },
    },
  },
});
