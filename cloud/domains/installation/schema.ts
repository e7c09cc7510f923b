// What the first run of an installation takes and gives.

import Type from 'typebox';
import { type Static, Strict } from '../../platform/http/schema.ts';
import { Email, NewPassword } from '../identity/index.ts';

const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000\\r\\n]*$' });

export const SetupState = Type.Object({
  empty: Type.Boolean({ description: 'No organisation is there: POST /setup makes the first' }),
  demo: Type.Boolean({ description: 'The demo is there: its administrators may remove it' }),
});

export const DemoData = Type.Object({
  history: Type.Union(
    [
      Type.Object({
        days: Type.Integer({ description: 'Days before the live data that the demo shows' }),
        daysDone: Type.Integer({ description: 'How many of them are there, the newest first' }),
      }),
      Type.Null(),
    ],
    { description: 'Null: this organisation is no demo, or its demo has no history' },
  ),
});
export type DemoData = Static<typeof DemoData>;

export const SetupBody = Strict({
  organization: Name,
  plant: Strict({
    name: Name,
    timeZone: Type.String({ minLength: 1, maxLength: 60, description: 'IANA name: Europe/Berlin' }),
  }),
  administrator: Strict({
    displayName: Name,
    email: Email,
    password: NewPassword,
    language: Type.Optional(Type.Enum(['en', 'de'])),
  }),
});
export type SetupBody = Static<typeof SetupBody>;
