// What can stand against the meaning of a value.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  mapped_meanwhile: ({ value }: { value: string }) => `The value ${value} was mapped anew meanwhile. Change that.`,
  every_plant_only: () => 'A value for all machines can be mapped by who may do so in every plant.',
};

export type StateMapFaults = typeof texts;
export const stateMapFault = faultsOf(texts);
