// What API keys take and give.

import Type from 'typebox';
import { Id, Instant, Nullable, type Static, Strict } from '../../platform/http/schema.ts';

const MAX_ROLES = 20;
const MAX_PLANTS = 200;

export const ApiKey = Type.Object({
  id: Id,
  name: Type.String(),
  roles: Type.Array(Type.Object({ id: Id, roleName: Type.String() })),
  plantIds: Nullable(Type.Array(Id, { description: 'Null: all plants' })),
  expiresAt: Nullable(Instant),
  lastUsedAt: Nullable(Instant),
  createdAt: Instant,
  createdByName: Nullable(Type.String()),
  actsFor: Nullable(
    Type.Object(
      { id: Id, name: Type.String(), archived: Type.Boolean() },
      {
        description:
          'Whose rights bound it: it may what its roles may and this person may, too. Archived: it is refused',
      },
    ),
  ),
  revokedAt: Nullable(Instant),
});
export type ApiKey = Static<typeof ApiKey>;

export const ApiKeyList = Type.Object({ items: Type.Array(ApiKey) });
export const ApiKeyParams = Type.Object({ id: Id });

export const CreateApiKeyBody = Strict({
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000\\r\\n]*$' }),
  roleIds: Type.Array(Id, { minItems: 1, maxItems: MAX_ROLES }),
  plantIds: Nullable(Type.Array(Id, { minItems: 1, maxItems: MAX_PLANTS })),
  expiresAt: Nullable(Instant),
});
export type CreateApiKeyBody = Static<typeof CreateApiKeyBody>;

export const CreatedApiKey = Type.Object({
  ...ApiKey.properties,
  key: Type.String({ description: 'Send as "Authorization: Bearer umk_…". Shown once.' }),
});
