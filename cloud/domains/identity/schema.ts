// What signing in takes and gives.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';
import { PASSWORD_MAX, PASSWORD_MIN, PIN_PATTERN } from './password-rules.ts';

/** A password that is being proven: whatever it may have been. */
const AnyPassword = Type.String({ minLength: 1, maxLength: PASSWORD_MAX });
export const NewPassword = Type.String({
  minLength: 1,
  maxLength: PASSWORD_MAX,
  description: `At least ${PASSWORD_MIN} characters; several unrelated words are best.`,
});
export const Pin = Type.String({ pattern: PIN_PATTERN, description: '4 to 8 digits' });
export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^@\\s\\u0000]+@[^@\\s\\u0000]+$',
  description: 'an e-mail address',
});
export const Badge = Type.String({
  pattern: '^[A-Za-z0-9-]{3,64}$',
  description: '3 to 64 letters, digits and dashes',
});
const Token = Type.String({ minLength: 20, maxLength: 100, pattern: '^[A-Za-z0-9_-]+$' });

export const LoginBody = Strict({
  email: Type.Optional(Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\u0000]+$' })),
  badge: Type.Optional(Badge),
  userId: Type.Optional(Type.Integer({ ...Id, description: 'Only on a paired tablet: one of GET /device/users' })),
  password: Type.Optional(AnyPassword),
  pin: Type.Optional(Type.String({ pattern: PIN_PATTERN, description: 'Only on a paired tablet' })),
  organizationId: Type.Optional(Id),
});

const Organization = Type.Object({ id: Id, name: Type.String() });

export const SignedIn = Type.Object({
  accessToken: Type.String({ description: 'Send as "Authorization: Bearer …".' }),
  expiresAt: Instant,
  user: Type.Object({ id: Id, name: Type.String(), email: Nullable(Type.String()), language: Type.String() }),
  organization: Organization,
  idleAfterS: Type.Integer({ description: 'The session ends when it was not refreshed for so long, s' }),
});

/** The password was right; sign in again with one of these. */
export const ChooseOrganization = Type.Object({ organizations: Type.Array(Organization) });

export const OwnSessions = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String({ format: 'uuid' }),
      organization: Type.String(),
      deviceName: Type.String(),
      createdAt: Instant,
      lastUsedAt: Instant,
      expiresAt: Instant,
      current: Type.Boolean(),
    }),
  ),
});
export const SessionParams = Type.Object({ id: Type.String({ format: 'uuid' }) });

export const OwnOrganizations = Type.Object({
  items: Type.Array(Type.Object({ id: Id, name: Type.String(), current: Type.Boolean() })),
});
export const SwitchBody = Strict({ organizationId: Id });

export const ChangePasswordBody = Strict({ oldPassword: AnyPassword, newPassword: NewPassword });
export const ChangePinBody = Strict({
  password: Type.Optional(AnyPassword),
  oldPin: Type.Optional(Pin),
  pin: Pin,
});
export const ForgotPasswordBody = Strict({ email: Email });
export const ResetPasswordBody = Strict({ token: Token, password: NewPassword });

export type Login = Static<typeof LoginBody>;
export type SignedIn = Static<typeof SignedIn>;
