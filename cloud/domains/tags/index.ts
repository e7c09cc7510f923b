// Tags: one signal of a device each, made by births. A tag means something once it has a machine and a
// role. Mapping 'agent': what the agent's configuration declares counts, with each birth; 'screen': what a
// person said here counts until he gives it back to the agent. The declaration is always kept beside it.
//
// Tables: mes.tags, tag_last. Permissions: tags.read, tags.map.

export type { TagFaults } from './faults.ts';
export { tagsRoutes } from './routes.ts';
export type { Mapped, Mapping, Tag } from './schema.ts';
