// Telemetry: what machines said and say. A tag is one signal of a device; a sample is its value at a time;
// a gap is a stretch that could not be seen; an agent is the program at the machines that sends all this.
// Machine states: running, setup, idle, stopped, unknown (rules.ts).
//
// Reads mes.plants, lanes, machines, devices, tags, tag_last, samples, sample_texts, edge_agents,
// edge_states, device_coverage, gap_ledger, dead_letters. Permissions: plants.read, telemetry.read, edge.read.

export { createLiveFeed, type LiveFeed } from './live-feed.ts';
export type { LiveEvent, LiveHeartbeat } from './live-stream.ts';
export { telemetryRoutes } from './routes.ts';
export type * from './schema.ts';
