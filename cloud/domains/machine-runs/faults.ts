// What can be wrong with a run, or stand against its begin, end or correction.

import { faultsOf } from '../../platform/faults.ts';

/** What stands in the way: of which order, from and to as instants. */
interface OtherRun {
  readonly what: string | null;
  readonly from: string;
  readonly to: string | null;
  readonly plantId: number;
}

const texts = {
  opened_by_other: ({ machine, source }: { machine: string; source: string }) =>
    `The runs of ${machine} are opened by ${source === 'plc' ? 'its PLC' : 'the schedule'}. Correct a run, or change who opens them in the machine's set-up.`,
  run_ended: ({ at }: { at: string; plantId: number }) => `This run ended at ${at} already.`,
  plc_ends_run: ({ machine }: { machine: string }) =>
    `The PLC of ${machine} ends this run. Move its end, if the PLC was wrong.`,
  outside_run: () => 'must be inside the run',
  name_linked: ({ name }: { name: string }) => `"${name}" is linked to an order already. Correct the run instead.`,
  order_not_to_start: ({ number, status }: { number: string; status: string }) =>
    `Work order ${number} is ${status}. ${status === 'planned' ? 'Release it first.' : 'Start another one.'}`,
  machine_runs: (run: OtherRun & { machine: string; who: string | null }) => {
    const who = run.who === null ? '' : `, begun by ${run.who}`;
    const what = run.what ?? 'another run';
    return run.to === null
      ? `${run.machine} runs ${what} since ${run.from}${who}. End it first.`
      : `${run.machine} ran ${what} from ${run.from} to ${run.to}${who}. Runs of one machine do not overlap.`;
  },
  covers_run: ({ what, from, to }: OtherRun) =>
    `There it would cover the run of ${what ?? 'no order'} from ${from}${to === null ? '' : ` to ${to}`}. Delete or move that one first.`,
};

export type RunFaults = typeof texts;
export const runFault = faultsOf(texts);
