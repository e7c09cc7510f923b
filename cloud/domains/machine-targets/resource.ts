// The OEE that a machine is asked to reach, from a day of its plant on.

import { date, decimal, defineResource, reference } from '../../platform/kit/resource.ts';

export const machineTargets = defineResource({
  name: 'machine-targets',
  singular: 'target',
  table: 'machine_targets',
  scope: 'plant',
  title: 'validFrom',
  key: ['machineId', 'validFrom'],
  order: 'validFrom',
  fields: {
    // The machine's own.
    plantId: reference('plants', { required: true, readOnly: true }),
    machineId: reference('machines', { required: true, fixed: true, title: 'display_name' }),
    validFrom: date({ required: true, sort: true }),
    targetPercent: decimal({ required: true, sort: true, minimum: 0.1, maximum: 100, unit: '%' }),
  },
});
