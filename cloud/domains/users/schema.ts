// What commands on users take and give, beside the kit's.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';
import { recordSchema } from '../../platform/kit/schemas.ts';
import { Badge, Email, NewPassword, Pin } from '../identity/index.ts';
import { users } from './resource.ts';

const Reason = Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Why, for the history' }));
const DisplayName = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000\\r\\n]*$' });
const Language = Type.Enum(['en', 'de']);
const TimeFormat = Type.Enum(['24h', '12h']);
const Version = Type.Integer({ minimum: 1, description: 'The version you read' });
const MAX_ROLES = 100;

export const CreateUserBody = Strict({
  displayName: DisplayName,
  email: Type.Optional(Nullable(Email)),
  badge: Type.Optional(Nullable(Badge)),
  language: Type.Optional(Language),
  password: Type.Optional(NewPassword),
  pin: Type.Optional(Pin),
  roles: Type.Array(Strict({ roleId: Id, plantId: Nullable(Id) }), { maxItems: MAX_ROLES }),
  reason: Reason,
});
export type CreateUserBody = Static<typeof CreateUserBody>;

/** A new user, and how he is invited to set a password. */
export const CreatedUser = Type.Object({
  ...recordSchema(users).properties,
  invitation: Nullable(
    Type.Enum(['mailed', 'by_hand'], {
      description: 'by_hand: no letter can go; make a link. Null: it takes none (a password was set, or no e-mail)',
    }),
  ),
});

export const UserParams = Type.Object({ id: Id });

export const SignInState = Type.Object({
  hasPassword: Type.Boolean(),
  hasPin: Type.Boolean(),
  shared: Type.Boolean({ description: 'Also a user of another organisation: then only he changes how he signs in' }),
  lockedUntil: Nullable(Instant),
});

export const PinBody = Strict({ pin: Nullable(Pin), reason: Reason });

export const ResetLinkBody = Strict({
  by: Type.Enum(['link', 'mail'], { description: 'Into your hands, or to the e-mail address' }),
  reason: Reason,
});
export const ResetLink = Type.Object({
  path: Nullable(Type.String({ description: 'Of the page, with the token; shown once. Null: it was mailed' })),
  expiresAt: Instant,
});

export const Profile = Type.Object({
  id: Id,
  displayName: Type.String(),
  email: Nullable(Type.String()),
  badge: Nullable(Type.String()),
  language: Type.String(),
  timeFormat: Type.String(),
  version: Type.Integer(),
});
export const ProfileBody = Strict({
  version: Version,
  displayName: Type.Optional(DisplayName),
  language: Type.Optional(Language),
  timeFormat: Type.Optional(TimeFormat),
});
