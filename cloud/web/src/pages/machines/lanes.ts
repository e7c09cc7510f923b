// Lanes of the plants, and who stands in them.

import { lanes } from '../../../../domains/lanes/resource.ts';
import { definePage } from '../../kit/page.ts';
import { LaneArrangement } from './lane-arrangement.tsx';

export const lanesPage = definePage({
  resource: lanes,
  columns: ['name', 'kind', 'plantId', 'position'],
  form: ['plantId', 'name', 'kind', 'position', 'description'],
  filters: ['kind'],
  alongside: ['arrangement'],
  Lead: LaneArrangement,
  words: {
    en: {
      many: 'Lanes',
      one: 'Lane',
      create: 'New lane',
      empty: 'No lane yet. A lane is a line of machines that makes one figure; press N for the first.',
      fields: {
        plantId: 'Plant',
        name: 'Name',
        kind: 'Kind',
        position: 'Place in the plant',
        description: 'Description',
      },
      choices: { kind: { serial: 'One after the other', parallel: 'Side by side' } },
      hints: {
        kind: 'One after the other: its time and speed are those of the constraint, its good pieces those of the outfeed. Side by side: the figures of all its machines together.',
        position: 'Lanes are shown in this order, smallest first.',
      },
    },
    de: {
      many: 'Linien',
      one: 'Linie',
      create: 'Neue Linie',
      empty: 'Noch keine Linie. Eine Linie ist eine Folge von Maschinen mit einer Kennzahl; N legt die erste an.',
      fields: { plantId: 'Werk', name: 'Name', kind: 'Art', position: 'Platz im Werk', description: 'Beschreibung' },
      choices: { kind: { serial: 'Hintereinander', parallel: 'Nebeneinander' } },
      hints: {
        kind: 'Hintereinander: Zeit und Takt sind die des Engpasses, Gutteile die des Auslaufs. Nebeneinander: die Kennzahlen aller Maschinen zusammen.',
        position: 'Linien werden in dieser Reihenfolge gezeigt, die kleinste zuerst.',
      },
    },
  },
});
