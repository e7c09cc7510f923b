// Counters: what machines count, and the steps of a counter that nobody can explain but a person.
//
// A reading is what a counter shows; a count is a step of it; pieces are counts times pieces_per_count of
// the production standard in force. A review is a step that waits for a decision and is not counted until
// then. Derived by cloud/kpi from the samples (DEFINITIONS 8), never added up.
//
// Tables: mes.counter_buckets, mes.counter_reviews (derived), mes.counter_decisions (append-only).
// Permissions: counters.read, counters.decide.

export type { CounterFaults } from './faults.ts';
export { countersRoutes } from './routes.ts';
export type * from './schema.ts';
export { sumCounted } from './service.ts';
