// Identity: who may come in. An account is a person with an e-mail address and a password, over the whole
// installation; a user is that person in one organisation; a session is one sign-in on one device.
//
// Tables: mes.accounts, mes.users, mes.sessions, mes.organizations. Permissions: its routes are public.

export { hashPassword } from './passwords.ts';
export { identityRoutes } from './routes.ts';
export type * from './schema.ts';
