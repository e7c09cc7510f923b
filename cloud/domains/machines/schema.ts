// Check lists as the API answers them.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable } from '../../platform/http/schema.ts';
import { checkCodes } from './checklist.ts';

const Check = Type.Object({
  code: Type.Enum([...checkCodes]),
  severity: Type.Enum(['blocks', 'advises'], {
    description: 'blocks: no OEE without it; advises: there is one, and it says less or may be wrong',
  }),
  done: Type.Boolean(),
  applies: Type.Boolean({ description: 'false: there is nothing yet that it could be said of' }),
  why: Nullable(Type.String({ description: 'Why it is open; screens have the sentence' })),
  params: Type.Record(Type.String(), Type.Unknown()),
});

export const CheckList = Type.Object({
  machineId: Id,
  displayName: Type.String(),
  checkedAt: Instant,
  /** How many points are open, and how many of them stand in the way of OEE. */
  open: Type.Integer(),
  blocking: Type.Integer(),
  checks: Type.Array(Check),
});
export type CheckList = Static<typeof CheckList>;

export const CheckListsQuery = Type.Object({ plant: Id }, { additionalProperties: false });
export const CheckLists = Type.Object({ items: Type.Array(CheckList) });
