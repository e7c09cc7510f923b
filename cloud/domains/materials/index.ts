// Materials: what is made, in which revision, with what attributes an organisation gives them. They are found
// by mes.search_materials: ranked, and mistyped words forgiven (ADR 0022).
//
// Tables: mes.materials, mes.material_revisions, mes.material_words. Permissions: materials.*, with
// materials.revise for a new revision.
export type { MaterialFaults } from './faults.ts';
export { materials } from './resource.ts';
export { materialsRoutes } from './routes.ts';
export { materialRules } from './rules.ts';
