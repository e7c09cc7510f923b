// Runs: what a machine made when. They are opened by the PLC's order and material tags, by operators or by the
// schedule, whichever the machine's run_source says (ADR 0021), and corrected afterwards with a reason. Runs of
// one machine never overlap.
//
// Tables: mes.machine_runs, mes.machine_run_corrections, mes.machine_run_conflicts, mes.run_marks.
// Permissions: machine-runs.read, .start, .end, .correct.

export type { RunFaults } from './faults.ts';
export { followingRuns } from './follow.ts';
export { machineRunsRoutes } from './routes.ts';
