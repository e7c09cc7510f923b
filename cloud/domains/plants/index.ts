// Plants: the sites of an organisation, each with its time zone.
//
// Tables: mes.plants. Permissions: plants.*.

export { plants } from './resource.ts';
export { canonicalTimeZone, plantRules } from './rules.ts';
