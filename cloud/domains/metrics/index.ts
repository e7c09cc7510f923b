// Figures: OEE with its factors, losses and yields, as sums over facts and quotients of sums. Nothing is
// stored here: cloud/kpi computes the facts (mes.time_facts, mes.count_facts), this reads them.
//
// Permissions: metrics.read.

export type { MetricsFaults } from './faults.ts';
export { metricsRoutes } from './routes.ts';
export type { LossKey } from './rules.ts';
export type { DefinitionsPage, MetricsPage, ParetoPage, TargetNowPage } from './schema.ts';
export { readMetrics } from './service.ts';
export { readTargetNow } from './target-service.ts';
