// Organisations: the tenants. The fence shows each person only the one they are signed in to.
//
// Tables: mes.organizations. Permissions: organizations.read, organizations.update.
export { organizations } from './resource.ts';
