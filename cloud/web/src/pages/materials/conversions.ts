// How many of one unit are one of another.

import { unitConversions } from '../../../../domains/unit-conversions/resource.ts';
import { definePage } from '../../kit/page.ts';

export const unitConversionsPage = definePage({
  resource: unitConversions,
  columns: ['fromUnitId', 'factor', 'toUnitId', 'materialId'],
  form: ['fromUnitId', 'factor', 'toUnitId', 'materialId'],
  filters: ['materialId'],
  heading: (record, format) =>
    `1 ${String(record['fromUnitName'])} = ${format.number(Number(record['factor']))} ${String(record['toUnitName'])}`,
  words: {
    en: {
      many: 'Conversions',
      one: 'Conversion',
      create: 'New conversion',
      empty: 'No conversion yet. A conversion says how many of one unit are one of another: 1 box = 12 pcs.',
      fields: { fromUnitId: 'One', factor: 'Is so many', toUnitId: 'Of', materialId: 'Only for the material' },
      choices: {},
      hints: { materialId: 'Empty: for all. What a material says itself goes before.', factor: '1 box = 12 pcs: 12.' },
    },
    de: {
      many: 'Umrechnungen',
      one: 'Umrechnung',
      create: 'Neue Umrechnung',
      empty: 'Noch keine Umrechnung. Sie sagt, wie viele der einen Einheit eine andere sind: 1 Karton = 12 Stück.',
      fields: { fromUnitId: 'Eine', factor: 'Sind so viele', toUnitId: 'Von', materialId: 'Nur für das Material' },
      choices: {},
      hints: {
        materialId: 'Leer: für alle. Was ein Material selbst sagt, geht vor.',
        factor: '1 Karton = 12 Stk: 12.',
      },
    },
  },
});
