// State maps: what the values of state tags mean. A machine's own entry goes before the organisation's, that
// before PackML by name, or by number in the machine's numbering. A value that no map knows is `unknown`,
// and a task: mes.unmapped_values, which empties by itself.
//
// Tables: mes.state_maps, state_values; view mes.unmapped_values. Permissions: state-maps.*.

export type { StateMapFaults } from './faults.ts';
export { meaningOf, plainMap, type StateMap, type StateMeaning, type TagValue } from './meaning.ts';
export { machineStates } from './packml.ts';
export { readStateMaps } from './queries.ts';
export { stateMapsRoutes } from './routes.ts';
