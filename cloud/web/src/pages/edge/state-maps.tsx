// What values of state tags mean, beyond PackML; above the list, those that nobody has mapped yet.

import { stateMaps } from '../../../../domains/state-maps/resource.ts';
import { definePage } from '../../kit/page.ts';
import { usePlant } from '../../shell/plant.ts';
import { ResourcePages } from '../resource-pages.tsx';
import { UnmappedValues } from './unmapped-values.tsx';

export const stateMapsPage = definePage({
  resource: stateMaps,
  columns: ['value', 'machineId', 'state', 'lossReasonId'],
  form: ['machineId', 'value', 'state', 'lossReasonId'],
  filters: ['machineId', 'state'],
  words: {
    en: {
      many: 'States',
      one: 'State value',
      create: 'New state value',
      empty:
        'Nothing beyond PackML: its names and numbers are known without an entry. Press N to say what another value means.',
      fields: { value: 'Value', machineId: 'Machine', plantId: 'Plant', state: 'Means', lossReasonId: 'Loss reason' },
      choices: { state: { running: 'Running', setup: 'Setup', idle: 'Idle', stopped: 'Stopped' } },
      hints: {
        machineId: 'Empty: for all machines of the organisation. A machine’s own entry goes before that.',
        value: 'As the machine says it, such as 17 or Waiting; of a bit 0 or 1.',
      },
    },
    de: {
      many: 'Zustände',
      one: 'Zustandswert',
      create: 'Neuer Zustandswert',
      empty:
        'Nichts über PackML hinaus: Dessen Namen und Nummern sind ohne Eintrag bekannt. N sagt, was ein anderer Wert bedeutet.',
      fields: {
        value: 'Wert',
        machineId: 'Maschine',
        plantId: 'Werk',
        state: 'Bedeutet',
        lossReasonId: 'Verlustgrund',
      },
      choices: { state: { running: 'Läuft', setup: 'Rüsten', idle: 'Wartet', stopped: 'Steht' } },
      hints: {
        machineId: 'Leer: für alle Maschinen der Organisation. Der eigene Eintrag einer Maschine geht vor.',
        value: 'Wie die Maschine ihn sagt, etwa 17 oder Wartet; bei einem Bit 0 oder 1.',
      },
    },
  },
});

export function StateMapPages({ base }: { base: string }) {
  const { id } = usePlant('any');
  return (
    <div className="page">
      <UnmappedValues query={id === null ? '' : `plant=${id}`} />
      <ResourcePages page={stateMapsPage} base={base} />
    </div>
  );
}
