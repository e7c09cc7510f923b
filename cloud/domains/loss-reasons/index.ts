// Loss reasons: why time or pieces are lost, as a tree of the organisation. category says which loss it is
// (DEFINITIONS 1), isFailure what MTBF counts, frequentPosition which are offered first.
//
// Tables: mes.loss_reasons. Permissions: loss-reasons.* (to change them: for the whole organisation).
export type { LossReasonFaults } from './faults.ts';
export { lossReasons } from './resource.ts';
export { lossReasonsRoutes } from './routes.ts';
export { lossReasonRules } from './rules.ts';
export { loadStarter } from './service.ts';
export { type StarterReason, starterReasons } from './starter.ts';
