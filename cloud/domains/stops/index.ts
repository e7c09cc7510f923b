// Stops: why a machine stood, as people say it, and what its time came to.
//
// A classification says a reason of a machine and a stretch of time, never of an interval, since intervals
// are computed anew. The latest that is not taken back holds. It recolours time in which the machine did not
// run; running time only where it overrules it, which takes a permission of its own and words. A stop is one
// uncut stretch with one reason, whatever shift, order or break cuts it (DEFINITIONS 1). A timeline tells any
// period in as many pieces as a screen can show (docs/adr/0029).
//
// Tables: mes.stop_classifications (append-only), mes.machine_intervals (derived by cloud/kpi).
// Permissions: stop-classifications.read, .create, .overrule; intervals.read; telemetry.read for samples.

export type { StopFaults } from './faults.ts';
export { stopsRoutes } from './routes.ts';
export type { Classification, Classifications, Interval, LikelyReasons, Stop, Stops } from './schema.ts';
export type { Alarm, Count, Samples, Timeline } from './timeline-schema.ts';
