// Shift reports: shifts of a plant as people speak of them ("last night"), over the shift instances of its
// machines: how far each is (open, ended, closed, restated), its versions with what caused them, and who
// answers for it.
//
// A shift is closed by the worker (cloud/kpi/shift-life.ts) or by a signature; later changes write further
// versions (cloud/kpi/restate.ts). What a version's figures are, /metrics says with `version`.
//
// Tables: mes.shift_figures, mes.shift_signatures (both append-only), mes.shift_restatements.
// Permissions: shifts.read, shifts.sign.

export type { ShiftReportFaults } from './faults.ts';
export { shiftReportsRoutes } from './routes.ts';
export type { ShiftReport, ShiftReportPage, ShiftVersionPage } from './schema.ts';
