// What signing in takes and gives.

import Type from 'typebox';
import { Id, Instant, type Static, Strict } from '../../platform/http/schema.ts';

export const LoginBody = Strict({
  email: Type.String({ minLength: 3, maxLength: 254 }),
  password: Type.String({ minLength: 1, maxLength: 256 }),
  organizationId: Type.Optional(Id),
});

const Organization = Type.Object({ id: Id, name: Type.String() });

export const SignedIn = Type.Object({
  accessToken: Type.String({ description: 'Send as "Authorization: Bearer …".' }),
  expiresAt: Instant,
  user: Type.Object({ id: Id, name: Type.String(), email: Type.String() }),
  organization: Organization,
});

/** The password was right; sign in again with one of these. */
export const ChooseOrganization = Type.Object({ organizations: Type.Array(Organization) });

export type Login = Static<typeof LoginBody>;
export type SignedIn = Static<typeof SignedIn>;
export type ChooseOrganization = Static<typeof ChooseOrganization>;
