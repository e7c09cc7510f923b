// Operations of orders, and the routings they come from.

import { routingOperations } from '../../../../domains/routing-operations/resource.ts';
import { routings } from '../../../../domains/routings/resource.ts';
import { workOrderOperations } from '../../../../domains/work-order-operations/resource.ts';
import { definePage } from '../../kit/page.ts';
import { orderWords } from './words.ts';

const { planned, running, completed, cancelled } = orderWords.en.statuses;
const german = orderWords.de.statuses;

export const operationsPage = definePage({
  resource: workOrderOperations,
  columns: ['workOrderId', 'sequence', 'name', 'machineId', 'laneId', 'plannedQuantity', 'status'],
  form: ['workOrderId', 'sequence', 'code', 'name', 'machineId', 'laneId', 'plannedQuantity', 'status'],
  filters: ['workOrderId', 'machineId', 'status'],
  words: {
    en: {
      many: 'Operations',
      one: 'Operation',
      create: 'New operation',
      empty: 'No operation yet. Orders get them from the routing of their material; press N for one by hand.',
      fields: {
        workOrderId: 'Order',
        plantId: 'Plant',
        sequence: 'No.',
        code: 'Code',
        name: 'Name',
        laneId: 'Lane',
        machineId: 'Machine',
        plannedQuantity: 'Planned quantity',
        status: 'Status',
      },
      choices: { status: { planned, running, completed, cancelled } },
      hints: { plannedQuantity: 'Left empty: the quantity of the order' },
    },
    de: {
      many: 'Arbeitsgänge',
      one: 'Arbeitsgang',
      create: 'Neuer Arbeitsgang',
      empty: 'Noch kein Arbeitsgang. Aufträge bekommen sie vom Arbeitsplan ihres Materials; N legt einen von Hand an.',
      fields: {
        workOrderId: 'Auftrag',
        plantId: 'Werk',
        sequence: 'Nr.',
        code: 'Kürzel',
        name: 'Name',
        laneId: 'Linie',
        machineId: 'Maschine',
        plannedQuantity: 'Geplante Menge',
        status: 'Status',
      },
      choices: {
        status: {
          planned: german.planned,
          running: german.running,
          completed: german.completed,
          cancelled: german.cancelled,
        },
      },
      hints: { plannedQuantity: 'Leer: die Menge des Auftrags' },
    },
  },
});

export const routingsPage = definePage({
  resource: routings,
  columns: ['name', 'materialId'],
  form: ['name', 'materialId'],
  filters: ['materialId'],
  words: {
    en: {
      many: 'Routings',
      one: 'Routing',
      create: 'New routing',
      empty:
        'No routing yet. A routing says by which steps a material is made; new orders of it get these as operations.',
      fields: { name: 'Name', materialId: 'Material' },
      choices: {},
    },
    de: {
      many: 'Arbeitspläne',
      one: 'Arbeitsplan',
      create: 'Neuer Arbeitsplan',
      empty:
        'Noch kein Arbeitsplan. Er sagt, in welchen Schritten ein Material entsteht; neue Aufträge bekommen sie als Arbeitsgänge.',
      fields: { name: 'Name', materialId: 'Material' },
      choices: {},
    },
  },
});

export const routingStepsPage = definePage({
  resource: routingOperations,
  columns: ['routingId', 'sequence', 'name', 'code', 'machineName', 'laneName'],
  form: ['routingId', 'sequence', 'code', 'name', 'machineName', 'laneName'],
  filters: ['routingId'],
  words: {
    en: {
      many: 'Steps of routings',
      one: 'Step',
      create: 'New step',
      empty: 'No step yet. Make a routing first, then its steps in their sequence.',
      fields: {
        routingId: 'Routing',
        sequence: 'No.',
        code: 'Code',
        name: 'Name',
        machineName: 'Machine',
        laneName: 'Lane',
      },
      choices: {},
      hints: {
        machineName: 'Its short name; each plant takes its own of that name',
        laneName: 'Its name, where no machine is fixed',
      },
    },
    de: {
      many: 'Schritte der Arbeitspläne',
      one: 'Schritt',
      create: 'Neuer Schritt',
      empty: 'Noch kein Schritt. Legen Sie zuerst einen Arbeitsplan an, dann seine Schritte in ihrer Folge.',
      fields: {
        routingId: 'Arbeitsplan',
        sequence: 'Nr.',
        code: 'Kürzel',
        name: 'Name',
        machineName: 'Maschine',
        laneName: 'Linie',
      },
      choices: {},
      hints: {
        machineName: 'Ihr Kurzname; jedes Werk nimmt seine eigene dieses Namens',
        laneName: 'Ihr Name, wo keine Maschine feststeht',
      },
    },
  },
});
