// What can stand against a change of an operation.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  operations_stay: ({ number, status }: { number: string; status: string }) =>
    `Work order ${number} is ${status}: its operations stay as they are.`,
};

export type OperationFaults = typeof texts;
export const operationFault = faultsOf(texts);
