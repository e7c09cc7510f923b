// What can be wrong with a planned window, or stand against its approval.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  lane_or_machine: () => 'or a lane must be given, one of them',
  planned_reason_only: () => 'must be a reason of the category planned stop',
  approved_already: () => 'This planned window is approved already.',
};

export type WindowFaults = typeof texts;
export const windowFault = faultsOf(texts);
