// What can be wrong with a work order, or stand against its change.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  wrong_status: (order: {
    number: string;
    status: string;
    step: string;
    needed: readonly string[];
    who: string | null;
    at: string | null;
  }) =>
    `Work order ${order.number} is ${order.status}${order.who === null ? '' : ` since ${order.who} changed it at ${order.at}`}. To ${order.step} it, it must be ${order.needed.join(' or ')}. Load it again.`,
  order_runs: ({ number, machines, step }: { number: string; machines: string; step: string }) =>
    `Work order ${number} runs on ${machines}. End it there, then ${step} it.`,
  order_ended: ({ number, status }: { number: string; status: string }) =>
    `Work order ${number} is ${status}: only its remarks and its ERP reference may still change.`,
  material_stays: ({ number }: { number: string }) =>
    `Work order ${number} has been made in part: its material stays. Make a new order for another material.`,
  order_goes_on: ({ number, status }: { number: string; status: string }) =>
    `Work order ${number} is ${status}. Complete or cancel it first.`,
  begin_missing: () => 'needs a planned begin',
};

export type OrderFaults = typeof texts;
export const orderFault = faultsOf(texts);
