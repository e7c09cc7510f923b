// Ideal cycles: how fast a machine should make a material.

import { productionStandards } from '../../../../domains/production-standards/resource.ts';
import { definePage } from '../../kit/page.ts';

export const productionStandardsPage = definePage({
  resource: productionStandards,
  columns: ['materialId', 'machineId', 'operation', 'validFrom', 'idealCycle', 'piecesPerCount'],
  form: ['machineId', 'materialId', 'operation', 'validFrom', 'idealCycleS', 'piecesPerHour', 'piecesPerCount'],
  today: ['validFrom'],
  filters: ['machineId', 'materialId'],
  heading: (record) => `${String(record['materialName'])} · ${String(record['machineName'])}`,
  words: {
    en: {
      many: 'Ideal cycles',
      one: 'Ideal cycle',
      create: 'New ideal cycle',
      empty: 'No ideal cycle yet. OEE compares what was made with what a machine could make; press N for the first.',
      fields: {
        plantId: 'Plant',
        machineId: 'Machine',
        materialId: 'Material',
        operation: 'Operation',
        validFrom: 'Valid from',
        idealCycleS: 'Seconds a piece',
        piecesPerHour: 'Pieces an hour',
        idealCycle: 'Ideal cycle',
        piecesPerCount: 'Pieces per count',
      },
      choices: {},
      hints: {
        operation: 'Empty: for any operation that has none of its own.',
        idealCycleS: 'Give this, or pieces an hour.',
        piecesPerCount: 'Cavities or pack size: a packer that counts packs of six has 6.',
      },
    },
    de: {
      many: 'Idealzeiten',
      one: 'Idealzeit',
      create: 'Neue Idealzeit',
      empty: 'Noch keine Idealzeit. OEE vergleicht, was gemacht wurde, mit dem, was möglich wäre; N legt die erste an.',
      fields: {
        plantId: 'Werk',
        machineId: 'Maschine',
        materialId: 'Material',
        operation: 'Arbeitsgang',
        validFrom: 'Gültig ab',
        idealCycleS: 'Sekunden je Stück',
        piecesPerHour: 'Stück je Stunde',
        idealCycle: 'Idealzeit',
        piecesPerCount: 'Stück je Zählimpuls',
      },
      choices: {},
      hints: {
        operation: 'Leer: für jeden Arbeitsgang ohne eigene.',
        idealCycleS: 'Dies oder Stück je Stunde angeben.',
        piecesPerCount: 'Kavitäten oder Packungsgröße: ein Packer, der Sechserpacks zählt, hat 6.',
      },
    },
  },
});
