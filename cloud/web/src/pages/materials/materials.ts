// Materials, found although mistyped.

import { materials } from '../../../../domains/materials/resource.ts';
import { definePage } from '../../kit/page.ts';
import { MaterialDetail } from './material-detail.tsx';

export const materialsPage = definePage({
  resource: materials,
  columns: ['code', 'name', 'materialGroup', 'unitId', 'revision'],
  form: ['code', 'name', 'description', 'materialGroup', 'unitId', 'revision', 'startupGoodInARow', 'attributes'],
  filters: ['unitId'],
  heading: (record) => `${String(record['code'])} ${String(record['name'])}`,
  alongside: [
    'revisions',
    '/production-standards?materialId={id}&limit=100&sort=-validFrom',
    '/unit-conversions?materialId={id}&limit=100',
  ],
  Detail: MaterialDetail,
  words: {
    en: {
      many: 'Materials',
      one: 'Material',
      create: 'New material',
      empty: 'No material yet. A material is what is made, or what goes into it; import a CSV, or press N.',
      fields: {
        code: 'Code',
        name: 'Name',
        description: 'Description',
        materialGroup: 'Group',
        unitId: 'Unit',
        revision: 'Revision',
        startupGoodInARow: 'Good in a row after changeover',
        attributes: 'Attributes',
      },
      choices: {},
      hints: {
        startupGoodInARow: 'Until so many good pieces came in a row, rejects after a changeover are start-up losses.',
        attributes: 'What else you want to know of it, such as colour or weight.',
      },
      faults: {
        is_fixed:
          'A file makes no new revision: make it on the page of the material, with its reason, then import the file again; or leave the column out.',
      },
    },
    de: {
      many: 'Materialien',
      one: 'Material',
      create: 'Neues Material',
      empty: 'Noch kein Material. Ein Material wird gemacht oder geht darin auf; CSV importieren oder N drücken.',
      fields: {
        code: 'Nummer',
        name: 'Name',
        description: 'Beschreibung',
        materialGroup: 'Gruppe',
        unitId: 'Einheit',
        revision: 'Revision',
        startupGoodInARow: 'Gute in Folge nach dem Rüsten',
        attributes: 'Merkmale',
      },
      choices: {},
      hints: {
        startupGoodInARow: 'Bis so viele gute Stücke aufeinander folgten, ist Ausschuss nach dem Rüsten Anlaufverlust.',
        attributes: 'Was Sie sonst davon wissen wollen, etwa Farbe oder Gewicht.',
      },
      faults: {
        is_fixed:
          'Eine Datei macht keine neue Revision: bitte auf der Seite des Materials mit Begründung machen und die Datei noch einmal importieren, oder die Spalte weglassen.',
      },
    },
  },
});
