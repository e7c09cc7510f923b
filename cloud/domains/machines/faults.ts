// What can stand against a change of a machine.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  machine_in_lane: ({ machine, lane }: { machine: string; lane: string }) =>
    `${machine} stands in ${lane}. Take it out of there, then archive it.`,
};

export type MachineFaults = typeof texts;
export const machineFault = faultsOf(texts);
