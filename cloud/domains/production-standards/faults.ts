// What can be wrong with a production standard.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  one_speed_only: () => 'must be left out where pieces an hour are given',
  no_speed: () => 'or the pieces per hour must be given',
};

export type StandardFaults = typeof texts;
export const standardFault = faultsOf(texts);
