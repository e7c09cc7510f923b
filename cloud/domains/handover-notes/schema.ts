// What the routes of handover notes take and give.

import Type, { type Static } from 'typebox';
import { Id, Instant, Nullable, Strict } from '../../platform/http/schema.ts';

/** Notes of one shift, at most: whoever needs more keeps a diary elsewhere. */
export const MOST_NOTES = 200;

const Day = Type.String({ format: 'date', description: 'A plant day, by which its shifts are counted' });
const ShiftName = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$' });
const Text = Type.String({ minLength: 1, maxLength: 2_000, pattern: '^(?=[^\\u0000]*\\S)[^\\u0000]*$' });

export const NotesQuery = Strict({
  plant: Id,
  day: Day,
  shift: ShiftName,
  lane: Type.Optional({ ...Id, description: 'Its notes, and those for the whole plant' }),
});
export type NotesQuery = Static<typeof NotesQuery>;

export const NoteBody = Strict({
  plantId: Id,
  laneId: Type.Optional(Nullable(Id)),
  day: Day,
  shift: ShiftName,
  text: Text,
});
export type NoteBody = Static<typeof NoteBody>;

export const CorrectionBody = Strict({ text: Text });

export const Note = Type.Object({
  id: Id,
  plantId: Id,
  laneId: Nullable(Id),
  laneName: Nullable(Type.String()),
  day: Type.String(),
  shift: Type.String(),
  text: Type.String(),
  by: Type.String({ description: 'Who wrote it' }),
  at: Instant,
  replacesId: Nullable(Id),
  replacedById: Nullable(Id),
});
export type Note = Static<typeof Note>;

export const Notes = Type.Object({
  items: Type.Array(Note, { description: `In the order they were written, ${MOST_NOTES} at most` }),
});
export type Notes = Static<typeof Notes>;
