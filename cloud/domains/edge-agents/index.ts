// Edge agents: the programs at the machines. States of an agent: made → enrolled (by a one-time token) ⇄
// revoked; archived from any. Its group is its plant's, issued by the core. sql/0015_edge_mapping.sql draws
// the states of its credentials.
//
// Tables: mes.edge_agents, edge_states, devices. Permissions: edge-agents.read, .create, .update, .archive,
// .enrol, .revoke.

export { edgeAgentsRoutes } from './routes.ts';
export type { Overview } from './schema.ts';
