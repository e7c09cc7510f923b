// What pairing takes and gives.

import Type from 'typebox';
import { Id, Instant, Strict } from '../../platform/http/schema.ts';

export const Code = Type.Object({
  code: Type.String({ description: 'Shown once; to be typed at the tablet' }),
  path: Type.String({ description: 'The same as a link, for a TV' }),
  expiresAt: Instant,
});

export const PairBody = Strict({ code: Type.String({ minLength: 10, maxLength: 20, pattern: '^[A-Za-z0-9 -]+$' }) });

/** A device as itself: reads the API with this token, without a person. */
export const DeviceSession = Type.Object({
  accessToken: Type.String({ description: 'Send as "Authorization: Bearer …".' }),
  expiresAt: Instant,
  device: Type.Object({ id: Id, name: Type.String(), kind: Type.String() }),
  organization: Type.Object({ id: Id, name: Type.String() }),
  plant: Type.Object({ id: Id, name: Type.String() }),
});

export const DeviceUsers = Type.Object({ items: Type.Array(Type.Object({ id: Id, name: Type.String() })) });
