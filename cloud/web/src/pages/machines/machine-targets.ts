// The OEE that machines are asked to reach.

import { machineTargets } from '../../../../domains/machine-targets/resource.ts';
import { definePage } from '../../kit/page.ts';

export const machineTargetsPage = definePage({
  resource: machineTargets,
  columns: ['validFrom', 'machineId', 'targetPercent', 'plantId'],
  form: ['machineId', 'validFrom', 'targetPercent'],
  today: ['validFrom'],
  heading: ({ machineName, targetPercent }) => `${String(machineName)}: ${String(targetPercent)} %`,
  filters: ['machineId'],
  words: {
    en: {
      many: 'OEE targets',
      one: 'OEE target',
      create: 'New target',
      empty: 'No target yet. A target is drawn beside the OEE of its machine; press N for the first.',
      fields: { plantId: 'Plant', machineId: 'Machine', validFrom: 'From', targetPercent: 'Target OEE' },
      choices: {},
      hints: {
        validFrom: 'From this day of the plant on, until the next target of the machine.',
        targetPercent: 'It changes no figure: it is the mark on the bar, and what pieces until now are measured by.',
      },
    },
    de: {
      many: 'OEE-Ziele',
      one: 'OEE-Ziel',
      create: 'Neues Ziel',
      empty: 'Noch kein Ziel. Ein Ziel steht neben der OEE seiner Maschine; N legt das erste an.',
      fields: { plantId: 'Werk', machineId: 'Maschine', validFrom: 'Ab', targetPercent: 'Ziel-OEE' },
      choices: {},
      hints: {
        validFrom: 'Ab diesem Tag des Werks, bis zum nächsten Ziel der Maschine.',
        targetPercent: 'Es ändert keine Kennzahl: Es ist der Strich am Balken und das Maß für die Stücke bis jetzt.',
      },
    },
  },
});
