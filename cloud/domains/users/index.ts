// Users: the people of an organisation. How they sign in is their account's (domain identity), what they may
// do their roles' (domain roles). Archived users cannot sign in; their name stays on what they did.
//
// Tables: mes.users. Permissions: users.read, users.create, users.update, users.archive, users.import.

export { usersRoutes } from './routes.ts';
