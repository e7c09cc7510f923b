// Figures of a plant as it is now: of each machine this shift's OEE with its factors, what its run has made
// against its target, and why it stands; of each lane the line's figure. Nothing is stored, and no formula is
// here: the figures are those of the domain metrics. One computation for each plant that somebody looks at is
// shared by all browsers (figures-feed.ts).
//
// Reads mes.shift_instances, machine_runs, machine_intervals, lane_memberships.
// Permissions: metrics.read.

export { createFiguresFeed, type FiguresFeed } from './figures-feed.ts';
export { nowFiguresRoutes } from './routes.ts';
export type { MachineFigures, NowFigures } from './schema.ts';
