// What can be wrong with the arrangement of a lane, or stand against its change.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  lane_has_machines: ({ lane, machines, more }: { lane: string; machines: readonly string[]; more: boolean }) =>
    `In ${lane} stand ${machines.join(', ')}${more ? ' …' : ''}. Take them out, then archive it.`,
  machine_elsewhere: ({ machine, lane }: { machine: string; lane: string | null }) =>
    `${machine} stands in ${lane ?? 'another lane'} by then: somebody has put it there. Load the lane again, and say that it comes from there to move it.`,
  one_mark_only: ({ marked, mark }: { marked: number; mark: 'constraint' | 'outfeed' }) =>
    `has ${marked} machines marked as ${mark}; a lane has one`,
  serial_only: ({ mark }: { mark: 'constraint' | 'outfeed' }) => `marks a ${mark}, which only a serial lane has`,
};

export type LaneFaults = typeof texts;
export const laneFault = faultsOf(texts);
