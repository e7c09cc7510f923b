// The PackML states and their numbers after ISA-TR88.00.02 (2015), as the simulated machines show them:
// by name over OPC UA, by number in Modbus registers.

export const stateNumbers = {
  Clearing: 1,
  Stopped: 2,
  Starting: 3,
  Idle: 4,
  Suspended: 5,
  Execute: 6,
  Stopping: 7,
  Aborting: 8,
  Aborted: 9,
  Holding: 10,
  Held: 11,
  Unholding: 12,
  Suspending: 13,
  Unsuspending: 14,
  Resetting: 15,
  Completing: 16,
  Complete: 17,
} as const;

export type PackmlState = keyof typeof stateNumbers;
