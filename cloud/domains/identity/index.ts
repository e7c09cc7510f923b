// Identity: who may come in. An account is a person, over the whole installation, known by e-mail, by badge,
// or by neither; a user is that person in one organisation; a session is one sign-in on one device.
//
// Tables: mes.accounts, mes.sessions, mes.sign_in_attempts, mes.sign_in_proofs,
// mes.reset_links. Permissions: its routes are
// public or belong to who is signed in. Others may hash, check and make secrets here, and open sessions.

export { clearDeviceCookie, deviceToken, refuseForeignPages, setDeviceCookie } from './cookies.ts';
export { RESET_LINK_LIFETIME_S, RESET_PATH } from './own-account.ts';
export { checkPassword, checkPin } from './password-rules.ts';
export { hashPassword } from './passwords.ts';
export { deviceByToken, type PairedDevice } from './queries.ts';
export { identityRoutes, visitOf, welcome } from './routes.ts';
export type * from './schema.ts';
export { Badge, Email, NewPassword, Pin, SignedIn as SignedInSchema } from './schema.ts';
export { personalSession } from './sessions.ts';
export { signIn } from './sign-in.ts';
export { hashOf, newToken } from './tokens.ts';
