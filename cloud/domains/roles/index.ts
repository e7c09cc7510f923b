// Roles: who may do what. A permission is `<domain>.<action>`, named by the routes; a role is a list of
// them, or of patterns; somebody has a role everywhere or at one plant. System roles come with every
// organisation (default-roles.ts) and stay as they are.
//
// Tables: mes.roles, mes.user_roles, mes.user_plant_access. Permissions: roles.*, users.assign.

export { ADMINISTRATOR } from './default-roles.ts';
export { permissionMatrix } from './matrix.ts';
export { rolesRoutes } from './routes.ts';
export type { OwnSession, RoleHolders, UserAccess } from './schema.ts';
export {
  assignFirstRoles,
  refuseWithoutAdministrator,
  requireMayGive,
  requireRightsOf,
  setPlantAccess,
  setRoles,
} from './service.ts';
export { ensureSystemRoles, keepAllSystemRoles, keepSystemRoles } from './system-roles.ts';
