// Departments: how a plant is divided, and whom a call or a message goes to.
//
// Tables: mes.departments. Permissions: departments.*.
export { departments } from './resource.ts';
