// API keys: how machines and other programs sign in. A key has roles, plants and an end; only the hash of its
// secret is kept. It acts for a person, and may no more than that person does.
//
// Tables: mes.api_keys, mes.api_key_roles. Permissions: api-keys.read, api-keys.create, api-keys.revoke.

export { readApiKeyAccess } from './queries.ts';
export { apiKeysRoutes } from './routes.ts';
