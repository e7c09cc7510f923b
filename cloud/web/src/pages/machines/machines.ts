// Machines of the plants: what stands there, how it is read and judged, and what it still lacks for OEE.

import { machines } from '../../../../domains/machines/resource.ts';
import { definePage } from '../../kit/page.ts';
import { MachineLead } from './check-list.tsx';
import { MachineParts } from './machine-parts.tsx';

export const machinesPage = definePage({
  resource: machines,
  columns: ['displayName', 'name', 'plantId', 'defaultMaterialId'],
  form: [
    'plantId',
    'displayName',
    'name',
    'description',
    'defaultMaterialId',
    'goodSource',
    'rejectSource',
    'runSource',
    'minorStopS',
    'breaksAreFixed',
    'stateNumbering',
  ],
  filters: ['goodSource'],
  alongside: ['checklist', 'places'],
  Lead: MachineLead,
  Detail: MachineParts,
  words: {
    en: {
      many: 'Machines',
      one: 'Machine',
      create: 'New machine',
      empty: 'No machine yet. A machine is what is counted and stopped; press N for the first, or import a CSV.',
      fields: {
        plantId: 'Plant',
        name: 'Name at the edge',
        displayName: 'Name',
        description: 'Description',
        defaultMaterialId: 'Makes by default',
        goodSource: 'Good pieces from',
        rejectSource: 'Rejects from',
        runSource: 'Runs opened by',
        minorStopS: 'Minor stop up to',
        breaksAreFixed: 'Breaks are fixed',
        stateNumbering: 'State numbers',
      },
      choices: {
        goodSource: { machine: 'Machine', operator: 'Operator' },
        rejectSource: {
          machine: 'Machine',
          operator: 'Operator',
          machine_and_operator: 'Machine and operator',
        },
        runSource: { plc: 'Its PLC', operator: 'Operators', schedule: 'The schedule' },
        stateNumbering: { packml_2015: 'PackML 2015', packml_2008: 'PackML 2008' },
      },
      hints: {
        name: 'A short name, such as filler. The configuration of an agent may call it so; otherwise its tags are mapped on screen.',
        defaultMaterialId: 'Where nobody says what runs, its pieces are counted as this material, by its ideal cycle.',
        goodSource: 'Whose pieces count. The others are kept and shown as a difference, never added.',
        rejectSource:
          'With machine and operator, what operators reject moves from good to scrap; the total stays the machine’s.',
        minorStopS:
          'A stop without a reason that is no longer than this is a minor stop; a longer one is unplanned and wants a reason.',
        breaksAreFixed:
          'Yes: time inside a break or planned window is planned even while it runs. No: what runs then counts as running.',
        runSource: 'Left open: its PLC where an order or material tag is mapped to it, else operators.',
        stateNumbering: 'What a number on its state tag means. Names mean the same in both.',
      },
    },
    de: {
      many: 'Maschinen',
      one: 'Maschine',
      create: 'Neue Maschine',
      empty:
        'Noch keine Maschine. Eine Maschine ist, was gezählt wird und steht; N legt die erste an, oder importieren Sie eine CSV.',
      fields: {
        plantId: 'Werk',
        name: 'Name am Edge',
        displayName: 'Name',
        description: 'Beschreibung',
        defaultMaterialId: 'Stellt sonst her',
        goodSource: 'Gutteile von',
        rejectSource: 'Ausschuss von',
        runSource: 'Läufe öffnet',
        minorStopS: 'Kurzstopp bis',
        breaksAreFixed: 'Pausen sind fest',
        stateNumbering: 'Zustands-Nummern',
      },
      choices: {
        goodSource: { machine: 'Maschine', operator: 'Bediener' },
        rejectSource: {
          machine: 'Maschine',
          operator: 'Bediener',
          machine_and_operator: 'Maschine und Bediener',
        },
        runSource: { plc: 'ihre SPS', operator: 'Bediener', schedule: 'der Plan' },
        stateNumbering: { packml_2015: 'PackML 2015', packml_2008: 'PackML 2008' },
      },
      hints: {
        name: 'Ein kurzer Name, etwa filler. So darf die Konfiguration eines Agenten sie nennen; sonst werden ihre Signale am Bildschirm zugeordnet.',
        defaultMaterialId:
          'Wo niemand sagt, was läuft, zählen ihre Stücke als dieses Material, mit dessen idealem Takt.',
        goodSource: 'Wessen Stücke zählen. Die anderen bleiben erhalten und werden als Differenz gezeigt, nie addiert.',
        rejectSource:
          'Bei Maschine und Bediener wandert, was Bediener aussortieren, von Gut zu Ausschuss; die Summe bleibt die der Maschine.',
        minorStopS:
          'Ein Stopp ohne Grund, der nicht länger dauert, ist ein Kurzstopp; ein längerer ist ungeplant und will einen Grund.',
        breaksAreFixed:
          'Ja: Zeit in einer Pause oder einem geplanten Fenster ist geplant, auch wenn die Maschine läuft. Nein: Was dann läuft, zählt als Laufzeit.',
        runSource: 'Offen: ihre SPS, wo ein Auftrags- oder Materialsignal zugeordnet ist, sonst Bediener.',
        stateNumbering: 'Was eine Nummer am Zustandssignal bedeutet. Namen bedeuten in beiden dasselbe.',
      },
    },
  },
});
