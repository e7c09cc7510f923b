// The map that holds where nobody has said otherwise: PackML, by state name and by number. Pure.
//
// Numbers. ISA-TR88.00.02-2015, as its tags Status.StateCurrent are implemented by Beckhoff (TF PackML,
// E_PMLState) and Siemens (LPMLV2022): 1 Clearing … 17 Complete. The 2008 edition's tags are PackTags 3.0,
// which Beckhoff's Tc3_PackML names as the source of the very same numbers; so both columns are alike, and
// each stands for itself should an edition be corrected. What differs in the field is older or other:
// PackTags 2.0 had 1 as Off and no number for Clearing, Resetting, Completing, and OPC 30060 (tobacco
// machines) counts from 0 as Stopped. Such a machine gets entries of its own in the state map.
// mes.packml_states() in sql/0015_edge_mapping.sql is the same table; a test compares the two.

/** The states of a machine that a tag maps to (ISO 22400-2 time model); nothing known is `unknown`. */
export const machineStates = ['running', 'setup', 'idle', 'stopped', 'unknown'] as const;
export type MachineState = (typeof machineStates)[number];

/** Why, where the state itself says so. */
export const stateReasons = ['machine_fault', 'starved_or_blocked', 'maintenance'] as const;
export type StateReason = (typeof stateReasons)[number];

export const numberings = ['packml_2015', 'packml_2008'] as const;
export type Numbering = (typeof numberings)[number];

interface PackmlState {
  /** Null: it has none, being a mode that some machines name in their state. */
  readonly number: Readonly<Record<Numbering, number>> | null;
  readonly state: Exclude<MachineState, 'unknown'>;
  readonly reason?: StateReason;
}

const both = (number: number) => ({ packml_2015: number, packml_2008: number });

export const packmlStates: Readonly<Record<string, PackmlState>> = {
  Clearing: { number: both(1), state: 'stopped', reason: 'machine_fault' },
  Stopped: { number: both(2), state: 'stopped' },
  Starting: { number: both(3), state: 'idle' },
  Idle: { number: both(4), state: 'idle' },
  Suspended: { number: both(5), state: 'idle', reason: 'starved_or_blocked' },
  Execute: { number: both(6), state: 'running' },
  Stopping: { number: both(7), state: 'stopped' },
  Aborting: { number: both(8), state: 'stopped', reason: 'machine_fault' },
  Aborted: { number: both(9), state: 'stopped', reason: 'machine_fault' },
  Holding: { number: both(10), state: 'stopped' },
  Held: { number: both(11), state: 'stopped' },
  Unholding: { number: both(12), state: 'stopped' },
  Suspending: { number: both(13), state: 'idle', reason: 'starved_or_blocked' },
  Unsuspending: { number: both(14), state: 'idle', reason: 'starved_or_blocked' },
  Resetting: { number: both(15), state: 'idle' },
  Completing: { number: both(16), state: 'running' },
  Complete: { number: both(17), state: 'idle' },
  Maintenance: { number: null, state: 'stopped', reason: 'maintenance' },
  Manual: { number: null, state: 'setup' },
};
